"""What the checks of values ask, what they expect, and what they hold a result to."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.checks.value import (
    Standard,
    allowed_error,
    answer,
    is_asked,
    is_large,
    operands_of,
    solve,
    standard,
)

CASE = parse_case("n1c1k1i4f2/float32/uniform/1")
NAN, INF = math.nan, math.inf


def arithmetic(**conventions: str) -> Arithmetic:
    return Arithmetic.of("float32", conventions=conventions)


def operands(*numbers: float, weight: tuple[float, float] = (4, 5)) -> Operands:
    """Four elements and a kernel of two."""
    arrays = np.array([[numbers]], np.float32), np.array([[weight]], np.float32)
    return Operands(*arrays, None, np.ones((1, 1, 3), np.float32))


def standard_of(numbers: Numbers, given: Operands, held_to: Arithmetic, text: str = str(CASE)) -> Standard:
    case = parse_case(text)
    return standard(numbers, Pass.FORWARD, given, solve(numbers, Pass.FORWARD, given, case.geometry), held_to, case)


def outcome(found: Standard, *values: float) -> Outcome:
    return found.judge(np.array([[values]], np.float32)).outcome


@pytest.mark.parametrize("numbers", list(Numbers), ids=str)
def test_operands_are_kept_and_read_only(numbers: Numbers) -> None:
    given = operands_of(numbers, CASE)
    assert operands_of(numbers, CASE) is given
    assert not any(array.flags.writeable for array in given.arrays().values())
    assert answer(numbers, CASE, Pass.FORWARD) is answer(numbers, CASE, Pass.FORWARD)


def test_each_kind_of_numbers_has_operands_of_its_own() -> None:
    lattice, reals, planted = (operands_of(numbers, CASE) for numbers in Numbers)
    assert all((array % 1 == 0).all() for array in lattice.arrays().values())
    assert any((array % 1 != 0).any() for array in reals.arrays().values())
    assert not all(np.isfinite(array).all() for array in planted.arrays().values())


def test_operands_fit_what_is_declared() -> None:
    """Integers are small enough for a narrower accumulator; of integer dtypes none is larger than what is taken."""
    narrow = operands_of(Numbers.INTEGERS, CASE, Arithmetic.of("float32", "float16"))
    wide = operands_of(Numbers.INTEGERS, CASE, Arithmetic.of("float32"))
    assert np.abs(narrow.input).max() < np.abs(wide.input).max()
    case = parse_case("n1c4k1i9f2/int8/uniform/1")
    few = operands_of(Numbers.REALS, case, Arithmetic.of("int8", largest_operand=3))
    assert np.abs(few.input).max() <= 3 < np.abs(operands_of(Numbers.REALS, case).input.astype(int)).max()


@pytest.mark.parametrize(("size", "large"), [(1 << 20, False), ((1 << 20) + 1, True)])
def test_a_case_is_large_above_a_million_products(size: int, large: bool) -> None:
    case = parse_case(f"n1c1k1i{size}f1/float32/uniform/0")
    assert case.geometry.products == size
    assert is_large(case) is large


@pytest.mark.parametrize(
    ("numbers", "text", "conventions", "asked"),
    [
        (Numbers.INTEGERS, "n0c1k1i3f2/complex64/huge/0/broadcast", {}, True),
        (Numbers.CONTAMINATED, "n1c1k1i3f2/int8/uniform/0", {}, False),
        (Numbers.CONTAMINATED, "n1c1k1i3f2/complex64/uniform/0", {}, False),
        (Numbers.CONTAMINATED, "n1c0k1i3f2/float32/uniform/0", {}, False),
        (Numbers.CONTAMINATED, "n1c1k1i3f2/float32/uniform/0/broadcast", {}, False),
        (Numbers.CONTAMINATED, "n1c1k1i2000000f1/float32/uniform/0", {}, False),
        (Numbers.REALS, "n1c1k1i3f2/float32/uniform/0", {}, True),
        (Numbers.REALS, "n1c1k1i3f2/int8/uniform/0", {}, True),
        (Numbers.REALS, "n1c1k1i3f2/complex64/uniform/0", {}, True),
        (Numbers.REALS, "n1c1k1i3f2/float32/huge/0", {}, True),
        (Numbers.REALS, "n1c1k1i3f2/complex64/huge/0", {}, False),
        (Numbers.REALS, "n1c1k1i3f2/float32/huge/0", {"algorithm": "transform"}, False),
        (Numbers.REALS, "n1c1k1i3f2/float32/uniform/0", {"algorithm": "transform"}, True),
        (Numbers.REALS, "n1c1k1i2000000f1/float32/huge/0", {}, False),
        (Numbers.REALS, "n1c1k1i3f2/float32/large/0", {"algorithm": "transform"}, True),
        (Numbers.REALS, "n1c1k1i3x4x3f3x3x3/float16/tall/47", {}, True),
        (Numbers.REALS, "n1c1k1i3x4x3f3x3x3/float16/tall/47", {"algorithm": "winograd F(2, 3)"}, False),
        (Numbers.REALS, "n1c1k1i3x4x3f3x3x3/float16/tall/47", {"algorithm": "transform"}, False),
        (Numbers.REALS, "n1c1k1i3x4x3f3x3x3/float32/tall/47", {"algorithm": "winograd F(2, 3)"}, True),
        (Numbers.REALS, "n1c1k1i3x4x3f2x2x2/float16/tall/47", {"algorithm": "winograd F(2, 3)"}, True),
        (Numbers.REALS, "n1c1k1i3x4x3f3x3x3/float16/uniform/47", {"algorithm": "winograd F(6, 3)"}, True),
    ],
)
def test_where_a_check_says_something(numbers: Numbers, text: str, conventions: dict[str, str], asked: bool) -> None:
    case = parse_case(text)
    held_to = Arithmetic.of(case.dtype, conventions=conventions)
    assert is_asked(numbers, case, Pass.FORWARD, held_to) is asked


def test_large_reals_are_ranged_where_a_narrower_format_is_declared() -> None:
    case = parse_case("n1c1k1i3f2/float32/large/0")
    narrow = Arithmetic.of("float32", multiplier="float16", conventions={"algorithm": "transform"})
    assert not is_asked(Numbers.REALS, case, Pass.FORWARD, narrow)


@pytest.mark.parametrize(
    ("text", "algorithm", "asked"),
    [
        ("n1c1k1i4f2/float16/tall/1001", "direct", True),
        ("n1c1k1i4f2/float16/tall/1001", "transform", False),
        ("n1c1k1i4f2/float16/tall/1037", "transform", True),
        ("n1c1k1i4f2/complex64/huge/0", "direct", False),
    ],
)
def test_an_update_whose_scaled_factor_may_leave_the_range_is_ranged(text: str, algorithm: str, asked: bool) -> None:
    """The rate is 10, and the largest input 11,720 (117,200 is above float16's 65,504) or 3,320 (33,200 is not)."""
    case = parse_case(text)
    held_to = Arithmetic.of(case.dtype, conventions={"algorithm": algorithm})
    assert is_asked(Numbers.REALS, case, Pass.UPDATE, held_to) is asked


def test_a_pass_that_reads_no_nan_is_not_asked_for_it() -> None:
    """The bias gradient reads the output gradient, and the forward pass does not."""
    cases = [parse_case(f"n1c1k1i4f2/float32/uniform/{seed}") for seed in range(20)]
    for case in cases:
        given = operands_of(Numbers.CONTAMINATED, case)
        planted = not np.isfinite(given.output_gradient).all()
        assert is_asked(Numbers.CONTAMINATED, case, Pass.BIAS_GRADIENT, arithmetic()) is planted


@pytest.mark.parametrize(
    ("values", "right"),
    [((14, 23, 32), True), ((14, 23, 33), False), ((14, np.nextafter(np.float32(23), 24), 32), False)],
)
def test_structure_is_equality(values: tuple[float, ...], right: bool) -> None:
    """1 * 4 + 2 * 5, 2 * 4 + 3 * 5 and 3 * 4 + 4 * 5."""
    found = standard_of(Numbers.INTEGERS, operands(1, 2, 3, 4), arithmetic())
    assert outcome(found, *values) is (Outcome.CONFORMS if right else Outcome.VIOLATES)
    assert found.expected().tolist() == [[[14, 23, 32]]]
    assert found.bound.tolist() == [[[0, 0, 0]]]
    wrong = found.wrong(np.array([[values]], np.float32))
    assert wrong.tolist() == [[[value != expected for value, expected in zip(values, (14, 23, 32), strict=True)]]]


def test_a_transform_may_round_integers_but_not_to_the_next_one() -> None:
    found = standard_of(Numbers.INTEGERS, operands(1, 2, 3, 4), arithmetic(algorithm="transform"))
    assert (found.bound > 0).all()
    assert (found.bound < 0.5).all()
    assert outcome(found, 14, 23, 32 + 1e-6) is Outcome.CONFORMS
    assert outcome(found, 14, 23, 33) is Outcome.VIOLATES


def test_precision_allows_what_two_products_and_a_sum_may_be_off() -> None:
    """Of float32, u = 2^-24 for each product and for the sum, of 0.1 * 4 + 0.2 * 5 = 1.4."""
    found = standard_of(Numbers.REALS, operands(0.1, 0.2, 0.3, 0.4), arithmetic())
    assert 1.4 * 2.0**-24 <= found.bound[0, 0, 0] <= 1.4 * 4 * 2.0**-24
    exact = found.expected()[0, 0]
    assert outcome(found, *exact) is Outcome.CONFORMS
    assert outcome(found, *exact[:2], exact[2] + 5e-6) is Outcome.VIOLATES


def test_flushed_subnormals_are_allowed_where_that_is_declared() -> None:
    tiny = operands(1e-40, 0, 0, 0, weight=(1, 1))
    assert outcome(standard_of(Numbers.REALS, tiny, arithmetic()), 0, 0, 0) is Outcome.VIOLATES
    flushing = arithmetic(subnormals="flushed")
    for fill in ("uniform", "huge"):
        found = standard_of(Numbers.REALS, tiny, flushing, f"n1c1k1i4f2/float32/{fill}/1")
        assert outcome(found, 0, 0, 0) is not Outcome.VIOLATES


def test_a_sum_beyond_the_range_is_infinite() -> None:
    given = operands(3e38, 3e38, 0, -3e38, weight=(1, 1))
    found = standard_of(Numbers.REALS, given, arithmetic(), "n1c1k1i4f2/float32/huge/1")
    third = float(np.float32(3e38))
    assert outcome(found, INF, third, -third) is not Outcome.VIOLATES
    assert outcome(found, third, third, -third) is Outcome.VIOLATES
    assert outcome(found, INF, INF, -third) is Outcome.VIOLATES
    assert found.expectation is not None


@pytest.mark.parametrize(
    ("values", "conventions", "right"),
    [
        ((14, 23, NAN), {}, True),
        ((14, 23, 12), {}, False),
        ((14, NAN, NAN), {}, False),
        ((NAN, NAN, NAN), {"contamination": "spreads"}, True),
        ((NAN, NAN, NAN), {"algorithm": "transform"}, True),
        ((14, 23, 12), {"contamination": "spreads"}, False),
        ((14, 24, NAN), {"contamination": "spreads"}, False),
    ],
)
def test_nan_is_where_its_terms_have_it(values: tuple[float, ...], conventions: dict[str, str], right: bool) -> None:
    found = standard_of(Numbers.CONTAMINATED, operands(1, 2, 3, NAN), arithmetic(**conventions))
    assert outcome(found, *values) is (Outcome.CONFORMS if right else Outcome.VIOLATES)


@pytest.mark.parametrize(("zeros", "right"), [("multiplied", False), ("skipped", True)])
def test_zero_times_nan_is_nothing_where_zeros_are_skipped(zeros: str, right: bool) -> None:
    found = standard_of(Numbers.CONTAMINATED, operands(1, 2, 3, NAN, weight=(4, 0)), arithmetic(zeros=zeros))
    assert outcome(found, 4, 8, NAN) is Outcome.CONFORMS
    assert outcome(found, 4, 8, 12) is (Outcome.CONFORMS if right else Outcome.VIOLATES)


@pytest.mark.parametrize(("sums", "right"), [("plain", False), ("compensated", True)])
def test_infinity_may_be_nan_where_sums_are_compensated(sums: str, right: bool) -> None:
    found = standard_of(Numbers.CONTAMINATED, operands(1, 2, 3, INF), arithmetic(sums=sums))
    assert outcome(found, 14, 23, INF) is Outcome.CONFORMS
    assert outcome(found, 14, 23, NAN) is (Outcome.CONFORMS if right else Outcome.VIOLATES)


def test_of_contaminated_operands_the_finite_part_is_solved() -> None:
    exact = solve(Numbers.CONTAMINATED, Pass.FORWARD, operands(1, 2, 3, NAN), CASE.geometry)
    assert exact.value.to_float64().tolist() == [[[14, 23, 12]]]


def test_only_reals_that_come_near_the_end_of_the_range_are_expected_to_overflow() -> None:
    integers = standard_of(Numbers.INTEGERS, operands(1, 2, 3, 4), arithmetic(), "n1c1k1i4f2/float32/huge/1")
    assert integers.expectation is None
    assert standard_of(Numbers.REALS, operands(1, 2, 3, 4), arithmetic()).expectation is None


def test_integers_are_exact_up_to_the_sums_that_the_accumulator_holds() -> None:
    """Of three sums only the last, 3 * 4 + 2^23 * 5, is above 2^24."""
    found = standard_of(Numbers.INTEGERS, operands(1, 2, 3, 2**23), arithmetic())
    assert found.bound[0, 0, :2].tolist() == [0, 0]
    assert found.bound[0, 0, 2] > 0


@pytest.mark.parametrize("numbers", [Numbers.INTEGERS, Numbers.REALS])
def test_the_own_error_of_an_expected_value_is_allowed_on_top_with_its_rounding(numbers: Numbers) -> None:
    """A result further from zero by 1 is rounded by up to 2^-24 more."""
    given = operands(1, 2, 3, 2**23)
    exact = solve(numbers, Pass.FORWARD, given, CASE.geometry)
    without, with_it = (
        allowed_error(numbers, Pass.FORWARD, replace(exact, error=error), given, arithmetic(), CASE.geometry)
        for error in (0.0, 1.0)
    )
    assert np.allclose(with_it - without, 1 + 2.0**-24, rtol=2.0**-40, atol=0)


def test_the_own_error_is_all_that_is_allowed_where_every_sum_is_exact() -> None:
    given = operands(1, 2, 3, 4)
    exact = replace(solve(Numbers.INTEGERS, Pass.FORWARD, given, CASE.geometry), error=1.0)
    allowed = allowed_error(Numbers.INTEGERS, Pass.FORWARD, exact, given, arithmetic(), CASE.geometry)
    assert (allowed == 1 + 2.0**-24).all()
