"""The judge: exact, not to be fooled by NaN, and honest about what it could not see."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convoracle.oracle.answers import exact
from convoracle.oracle.answers.exact import ExactResult
from convoracle.oracle.answers.smallest import known
from convoracle.oracle.judging.verdict import VACUOUS, Outcome, compare, judge
from convoracle.oracle.numbers.dtypes import Arithmetic, numpy_dtype
from convoracle.oracle.numbers.scaled import Scaled, scaled
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound

CASE = Case(
    ConvGeometry.of(batch=2, in_channels=2, out_channels=3, size=(4, 4), kernel=2), True, "float32", "uniform", 5
)
FLOAT32 = "float32"


@pytest.fixture
def lattice() -> tuple[ExactResult, Array]:
    result = exact.evaluate(Pass.FORWARD, lattice_operands(CASE), CASE.geometry)
    return result, result.value.to_float64().astype(np.float32)


@pytest.fixture
def real() -> tuple[ExactResult, Array, Operands]:
    operands = real_operands(CASE)
    result = exact.evaluate(Pass.FORWARD, operands, CASE.geometry)
    return result, result.value.to_float64().astype(np.float32), operands


def _zeros(result: ExactResult) -> np.ndarray:
    return np.zeros(result.magnitude.shape)


def test_an_equal_result_conforms_and_says_that_nothing_could_hide(lattice: tuple[ExactResult, Array]) -> None:
    result, actual = lattice
    verdict = judge(actual, result, _zeros(result), FLOAT32)
    assert verdict.outcome is Outcome.CONFORMS
    assert (verdict.wrong, verdict.ratio, verdict.resolution, verdict.worst) == (0, 0.0, 0.0, None)


def test_one_wrong_element_is_found_and_placed(lattice: tuple[ExactResult, Array]) -> None:
    result, actual = lattice
    actual[1, 2, 0, 1] += 1
    verdict = judge(actual, result, _zeros(result), FLOAT32)
    assert verdict.outcome is Outcome.VIOLATES
    assert (verdict.wrong, verdict.elements) == (1, actual.size)
    assert verdict.region == ((1, 2), (2, 3), (0, 1), (1, 2))
    assert verdict.worst is not None
    assert verdict.worst.index == (1, 2, 0, 1)
    assert verdict.worst.error == 1.0
    assert verdict.worst.actual == verdict.worst.expected + 1


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_wrong_wherever_the_exact_value_is_finite(
    lattice: tuple[ExactResult, Array], value: float
) -> None:
    result, actual = lattice
    actual[0, 0, 0, 0] = value
    for bound in (_zeros(result), np.full(result.magnitude.shape, 1e300)):
        verdict = judge(actual, result, bound, FLOAT32)
        assert verdict.outcome is Outcome.VIOLATES
        assert verdict.wrong == 1
        assert verdict.worst is not None
        assert verdict.worst.error == np.inf


def test_another_shape_or_dtype_violates(lattice: tuple[ExactResult, Array]) -> None:
    result, actual = lattice
    shape = judge(actual[:1], result, _zeros(result), FLOAT32)
    assert (shape.outcome, shape.cause) == (Outcome.VIOLATES, "shape")
    assert "returned shape (1, 3, 3, 3), but should be (2, 3, 3, 3)" in shape.reason
    dtype = judge(actual.astype(np.float64), result, _zeros(result), FLOAT32)
    assert (dtype.outcome, dtype.cause) == (Outcome.VIOLATES, "dtype")
    assert "returned dtype float64, but should be float32" in dtype.reason
    for verdict in (shape, dtype):
        assert (verdict.worst, verdict.wrong, verdict.elements) == (None, 0, 0)
        assert (verdict.region, verdict.ratio, verdict.resolution) == (None, 0.0, None)


def test_a_negative_zero_is_equal_to_zero() -> None:
    geometry = ConvGeometry.of(size=1, kernel=1, padding=1)
    operands = Operands(*(np.ones((1, 1, n), np.float32) for n in (1, 1)), None, np.ones((1, 1, 3), np.float32))
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    assert (
        judge(np.array([[[-0.0, 1.0, 0.0]]], np.float32), result, np.zeros((1, 1, 3)), FLOAT32).outcome
        is Outcome.CONFORMS
    )


def test_rounding_to_nearest_conforms_and_an_error_above_the_bound_does_not(
    real: tuple[ExactResult, Array, Operands],
) -> None:
    result, actual, operands = real
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of("float32"), CASE.geometry)
    assert judge(actual, result, bound, FLOAT32).outcome is Outcome.CONFORMS
    actual[0, 1, 2, 2] += np.float32(2.5 * bound[0, 1, 2, 2])
    verdict = judge(actual, result, bound, FLOAT32)
    assert verdict.outcome is Outcome.VIOLATES
    assert 1 < verdict.ratio < 4
    assert verdict.worst is not None
    assert verdict.worst.index == (0, 1, 2, 2)


def test_a_bound_that_would_hide_a_missing_term_leaves_it_undecided(real: tuple[ExactResult, Array, Operands]) -> None:
    result, actual, _ = real
    verdict = judge(actual, result, np.full(result.magnitude.shape, 10.0), FLOAT32)
    assert (verdict.outcome, verdict.wrong, verdict.elements) == (Outcome.UNDECIDED, 0, actual.size)
    assert verdict.resolution is not None
    assert verdict.resolution > 1
    assert "would hide a fault of up to" in verdict.reason


def test_where_the_resolution_is_below_one_every_missing_term_shows(real: tuple[ExactResult, Array, Operands]) -> None:
    result, actual, operands = real
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of("float32"), CASE.geometry)
    verdict = judge(actual, result, bound, FLOAT32)
    assert verdict.resolution is not None
    assert verdict.resolution < 1
    for sign in (1, -1):
        faulty = actual + np.float32(sign) * result.smallest.everywhere().astype(np.float32)
        assert judge(faulty, result, bound, FLOAT32).wrong == actual.size


@pytest.mark.parametrize(
    ("below", "outcome"), [(0.0, Outcome.UNDECIDED), (2.0**-50, Outcome.UNDECIDED), (2.0**-49, Outcome.CONFORMS)]
)
def test_the_line_between_conforming_and_undecided_is_a_bound_of_one_term(below: float, outcome: Outcome) -> None:
    """The one term is 1; a resolution of exactly 1, which is that of 1 - 2**-50, hides it."""
    ones = np.ones((1, 1, 1), np.int8)
    result = exact.evaluate(Pass.FORWARD, Operands(ones, ones, None, ones), ConvGeometry.of(size=1, kernel=1))
    verdict = judge(ones.astype(np.int32), result, np.full((1, 1, 1), 1 - below), "int32")
    assert verdict.outcome is outcome
    assert verdict.resolution is not None
    assert (verdict.resolution < 1) == (outcome is Outcome.CONFORMS)


def test_an_error_counts_to_what_is_hidden_as_the_bound_does() -> None:
    """Half a term of bound beside an error as large hides a whole one: a fault of the other sign looks right."""
    ones = np.ones((1, 1, 1), np.float32)
    result = exact.evaluate(Pass.FORWARD, Operands(ones, ones, None, ones), ConvGeometry.of(size=1, kernel=1))
    half = np.full((1, 1, 1), 0.5)
    outcomes = {error: judge(ones + np.float32(error), result, half, FLOAT32).outcome for error in (0.0, 0.25, 0.5)}
    assert outcomes == {0.0: Outcome.CONFORMS, 0.25: Outcome.CONFORMS, 0.5: Outcome.UNDECIDED}


def test_an_empty_result_could_not_have_failed() -> None:
    geometry = ConvGeometry.of(batch=0, size=3, kernel=2)
    empty = Operands(
        *(np.ones(s, np.float32) for s in (geometry.input_shape, geometry.weight_shape)),
        None,
        np.ones(geometry.output_shape, np.float32),
    )
    result = exact.evaluate(Pass.FORWARD, empty, geometry)
    verdict = judge(np.empty((0, 1, 2), np.float32), result, np.zeros((0, 1, 2)), FLOAT32)
    assert (verdict.cause, verdict.elements) == (VACUOUS, 0)


def test_a_zero_term_would_not_be_missed_and_the_verdict_says_so() -> None:
    geometry = ConvGeometry.of(size=2, kernel=2)
    operands = Operands(
        np.array([[[0.0, 1.0]]], np.float32), np.ones((1, 1, 2), np.float32), None, np.ones((1, 1, 1), np.float32)
    )
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    verdict = judge(np.ones((1, 1, 1), np.float32), result, np.zeros((1, 1, 1)), FLOAT32)
    assert (verdict.outcome, verdict.resolution) == (Outcome.UNDECIDED, np.inf)
    assert "a term is zero and would not be missed" in verdict.reason


def test_the_resolution_counts_the_rounding_of_the_faulty_result() -> None:
    """A term missing by just more than half an ulp can be rounded away: then the resolution is not below 1."""
    geometry = ConvGeometry.of(size=2, kernel=2)
    x = np.array([[[1 + 2.0**-23, -(2.0**-24)]]], np.float32)
    operands = Operands(x, np.ones((1, 1, 2), np.float32), None, np.ones((1, 1, 1), np.float32))
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of("float32", "float64"), geometry)
    missing = x[..., :1].astype(np.float32)
    verdict = judge(missing, result, bound, FLOAT32)
    assert verdict.outcome is not Outcome.CONFORMS


COMPLEX = Case(ConvGeometry.of(in_channels=2, size=3, kernel=2), True, "complex64", "uniform", 3)


def test_the_parts_of_a_complex_result_are_judged_each_for_itself() -> None:
    result = exact.evaluate(Pass.FORWARD, lattice_operands(COMPLEX), COMPLEX.geometry)
    parts = result.value.to_float64()
    actual = (parts[..., 0] + 1j * parts[..., 1]).astype(np.complex64)
    assert judge(actual, result, _zeros(result), "complex64").outcome is Outcome.CONFORMS
    actual[0, 0, 1] += 1j
    verdict = judge(actual, result, _zeros(result), "complex64")
    assert (verdict.outcome, verdict.wrong, verdict.elements) == (Outcome.VIOLATES, 1, 4)
    assert verdict.worst is not None
    assert (verdict.worst.index, verdict.worst.error) == ((0, 0, 1, 1), 1.0)
    assert verdict.region == ((0, 1), (0, 1), (1, 2), (1, 2))


def test_a_real_result_of_complex_operands_has_the_wrong_dtype() -> None:
    result = exact.evaluate(Pass.FORWARD, lattice_operands(COMPLEX), COMPLEX.geometry)
    verdict = judge(np.zeros((1, 1, 2), np.float32), result, _zeros(result), "complex64")
    assert verdict.reason == "returned dtype float32, but should be complex64"


@pytest.mark.parametrize(("dtype", "result_dtype"), [("int8", "int32"), ("float8_e5m2", "float32")])
def test_a_result_wider_than_the_operands_is_required_where_it_is_declared(dtype: str, result_dtype: str) -> None:
    case = replace(CASE, dtype=dtype)
    result = exact.evaluate(Pass.FORWARD, lattice_operands(case), case.geometry)
    wide = result.value.to_float64().astype(result_dtype)
    assert judge(wide, result, _zeros(result), result_dtype).outcome is Outcome.CONFORMS
    wide[0, 0, 0, 0] += 1
    assert judge(wide, result, _zeros(result), result_dtype).wrong == 1
    with np.errstate(all="ignore"):
        narrow = wide.astype(numpy_dtype(dtype))
    assert judge(narrow, result, _zeros(result), result_dtype).cause == "dtype"


NEAR = st.integers(-3, 3).map(lambda ulps: 1 + ulps * 2.0**-52)
FACTORS = st.one_of(
    NEAR, st.sampled_from([0.0, -1.0, 0.5, 2.0, 1e-9, 1e9, 2.0**-60, 2.0**60, 1 + 2.0**-24]), st.floats(-4, 4)
)


@given(st.one_of(st.integers(-(1 << 93), 1 << 93), st.integers(-(1 << 50), 1 << 50)), st.integers(-90, 20), FACTORS)
@example((1 << 80) + 1, -60, 2.0**-60)
@example((1 << 92) + (1 << 39) + 1, 0, 1.0)
@example(-(1 << 60) - 1, 0, -(2.0**-53))  # a tie, but for what rounding the exact value leaves out
def test_a_distance_is_the_exact_one_rounded_once(integer: int, exponent: int, factor: float) -> None:
    number = Scaled((np.array([integer & 0xFFFFFFFF]), np.array([integer >> 32])), exponent)
    result = ExactResult(number, np.zeros(1), known(np.ones(1)), terms=np.ones(1, np.int64))
    actual = result.rounded * factor
    right = abs(Fraction(actual.item()) - integer * Fraction(2) ** exponent)
    assert compare(actual, result, np.zeros(1)).error.item() == float(right)


def test_an_element_without_an_error_has_no_ratio(real: tuple[ExactResult, Array, Operands]) -> None:
    result, actual, _ = real
    bound = np.full(result.magnitude.shape, 1e-3)
    exactly = replace(result, value=scaled(actual))
    assert judge(actual, exactly, bound, FLOAT32).worst is None
    off = actual.copy()
    off[1, 0, 0, 0] = np.nextafter(off[1, 0, 0, 0], np.float32(np.inf))
    verdict = judge(off, exactly, bound, FLOAT32)
    assert verdict.worst is not None
    assert verdict.worst.index == (1, 0, 0, 0)
    assert verdict.ratio == verdict.worst.error / 1e-3 < 1
    assert verdict.worst.ulps == 1
