"""What each element may be, one by one: finite, an Inf of a sign, NaN; and where it may be anything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.nonfinite import Expectation, judge_nonfinite, wrong_elements
from convoracle.oracle.judging.verdict import VACUOUS, Outcome, Verdict
from convoracle.oracle.numbers.dtypes import format_of
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass

HALF = format_of("float16")
MAYBE = list(product((False, True), repeat=4))
"""Whether finite, +Inf, -Inf and NaN may be."""
ANYTHING, FINITE, NAN = (True, True, True, True), (True, False, False, False), (False, False, False, True)


def _expectation(may_be: list[tuple[bool, ...]], value: float = 1.0, bound: float = 0.25) -> Expectation:
    """Of as many elements, each exactly `value`, of one term."""
    count = len(may_be)
    ones = np.ones((1, 1, count), np.float32)
    operands = Operands(value * ones, ones[..., :1], None, ones)
    result = exact.evaluate(Pass.FORWARD, operands, ConvGeometry.of(size=count, kernel=1))
    finite, plus, minus, nan = (np.array(mask).reshape(1, 1, count) for mask in zip(*may_be, strict=True))
    return Expectation(result, np.full((1, 1, count), bound), finite, plus, minus, nan)


def _judged(may_be: list[tuple[bool, ...]], *actual: float, **expected: float) -> Verdict:
    return judge_nonfinite(np.array(actual, np.float32).reshape(1, 1, -1), _expectation(may_be, **expected), "float32")


@pytest.mark.parametrize("may_be", MAYBE)
def test_each_value_is_right_where_it_may_be_and_wrong_elsewhere(may_be: tuple[bool, ...]) -> None:
    for value, may, cause in zip((1.0, np.inf, -np.inf, np.nan), may_be, ("lost", "inf", "inf", "nan"), strict=True):
        verdict = _judged([may_be], value)
        assert (verdict.outcome is Outcome.VIOLATES) == (not may)
        assert may or verdict.cause == cause
        actual = np.full((1, 1, 1), value, np.float32)
        assert wrong_elements(actual, _expectation([may_be])).item() == (not may)


def test_a_finite_number_is_right_up_to_the_bound_and_wrong_beyond() -> None:
    for actual, outcome in ((1.25, Outcome.CONFORMS), (1.25 + 2.0**-20, Outcome.VIOLATES)):
        verdict = _judged([(True, False, False, False)], actual)
        assert verdict.outcome is outcome
        assert verdict.ratio == (actual - 1) / 0.25
    assert (verdict.cause, verdict.wrong, verdict.elements) == ("value", 1, 1)
    assert verdict.worst is not None
    assert verdict.worst.error == 0.25 + 2.0**-20
    assert verdict.worst.ulps == (0.25 + 2.0**-20) / 2.0**-23


@pytest.mark.parametrize(
    ("actual", "bound", "ratio"),
    [
        ((1.0, 1.0), 0.25, 0.0),
        ((1.125, 1.0625), 0.25, 0.5),
        ((1.0, 1.0), 0.0, 0.0),
        ((1.125, 1.0), 0.0, np.inf),
        ((1.125, np.nan), 0.25, 0.5),
        ((np.nan, np.inf), 0.25, 0.0),
    ],
)
def test_the_ratio_is_the_largest_error_by_the_bound_of_what_is_finite(
    actual: tuple[float, float], bound: float, ratio: float
) -> None:
    assert _judged([FINITE, FINITE], *actual, bound=bound).ratio == ratio


def test_what_is_finite_and_must_not_be_counts_to_no_ratio() -> None:
    verdict = _judged([NAN, FINITE], 7.0, 1.125)
    assert (verdict.cause, verdict.ratio) == ("lost", 0.5)
    assert verdict.worst is not None
    assert (verdict.worst.error, verdict.worst.ulps) == (np.inf, np.inf)


@pytest.mark.parametrize("may_be", MAYBE)
@pytest.mark.parametrize(
    ("value", "in_range"), [(65504.0, True), (65504.25, True), (65504.5, False), (-65504.5, False)]
)
def test_an_element_may_overflow_that_may_be_finite_in_range_and_something_else(
    value: float, may_be: tuple[bool, ...], *, in_range: bool
) -> None:
    """The largest float16 is 65504, and the bound a quarter."""
    finite, *others = may_be
    assert _expectation([may_be], value).may_overflow(HALF).item() == (finite and in_range and any(others))


def test_what_is_expected_is_the_finite_value_or_else_an_infinite_one_or_else_nan() -> None:
    expected = _expectation(MAYBE).expected().ravel()
    for (finite, plus, minus, _), value in zip(MAYBE, expected, strict=True):
        number = 1.0 if finite else np.inf if plus else -np.inf if minus else np.nan
        assert value == number or np.isnan([value, number]).all()


def test_nothing_is_proven_where_every_element_may_overflow_but_by_one_that_may_not_it_is() -> None:
    undecided = _judged([ANYTHING, ANYTHING], 1.0, np.inf)
    assert (undecided.outcome, undecided.cause) == (Outcome.UNDECIDED, "resolution")
    assert "every element may overflow" in undecided.reason
    assert _judged([ANYTHING, FINITE], np.inf, 1.0).outcome is Outcome.CONFORMS


def test_the_finite_elements_decide_whether_a_missing_term_would_have_shown() -> None:
    """A bound of a whole term hides it, unless what is there is NaN, which has to be."""
    hidden = _judged([FINITE, NAN], 1.0, np.nan, bound=1.0)
    assert (hidden.outcome, hidden.cause) == (Outcome.UNDECIDED, "resolution")
    assert "would be hidden" in hidden.reason
    assert _judged([NAN, NAN], np.nan, np.nan, bound=1.0).outcome is Outcome.CONFORMS


@pytest.mark.parametrize(("below", "outcome"), [(2.0**-50, Outcome.UNDECIDED), (2.0**-49, Outcome.CONFORMS)])
def test_the_line_between_conforming_and_undecided_is_that_of_finite_results(below: float, outcome: Outcome) -> None:
    """The term is 1, and a faulty result may round towards it by 2**-24: one that falls short by 2**-50 is hidden."""
    verdict = _judged([FINITE, NAN], 1.0, np.nan, bound=(1 - 2.0**-24) * (1 - below))
    assert verdict.outcome is outcome


def test_the_commonest_fault_gives_the_cause_and_the_place() -> None:
    verdict = _judged([FINITE, NAN, FINITE, NAN], np.nan, 1.0, 1.0, 2.0)
    assert (verdict.cause, verdict.wrong, verdict.elements) == ("lost", 3, 4)
    assert verdict.worst is not None
    assert (verdict.worst.index, verdict.worst.error) == ((0, 0, 1), np.inf)
    assert verdict.region == ((0, 1), (0, 1), (0, 4))
    assert "1 NaN where none may be, 2 finite where NaN or Inf must be" in verdict.reason


def test_another_shape_another_dtype_and_no_element_are_told_first() -> None:
    expectation = _expectation([FINITE])
    assert judge_nonfinite(np.ones((1, 1, 2), np.float32), expectation, "float32").cause == "shape"
    assert judge_nonfinite(np.ones((1, 1, 1)), expectation, "float32").cause == "dtype"
    empty = Expectation(expectation.exact, *(np.zeros((1, 1, 0), bool),) * 5)
    assert judge_nonfinite(np.ones((1, 1, 0), np.float32), empty, "float32").cause == VACUOUS
