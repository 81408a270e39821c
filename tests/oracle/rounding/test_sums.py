"""Bounds of sums by what is declared: who keeps it stays within, who is one step narrower does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound, summation
from convoracle.oracle.rounding.sums import Summation, compensated, growth, roundings_in_order

U = format_of("float32").unit_roundoff
N = 4096
Round = Callable[[Fraction], Fraction]
Sum = Callable[[Sequence[Fraction], Round], Fraction]


def to_nearest(number: Fraction, precision: int = 24) -> Fraction:
    place = _place(number, precision)
    return round(number / place) * place


def toward_zero(number: Fraction, precision: int = 24) -> Fraction:
    place = _place(number, precision)
    return int(number / place) * place


def _place(number: Fraction, precision: int) -> Fraction:
    """The last place of a number in a format without limits of its range."""
    if not number:
        return Fraction(1)
    size = abs(number)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= size < Fraction(2) ** exponent
    return Fraction(2) ** (exponent - precision + 1)


def sequential(terms: Sequence[Fraction], rounded: Round) -> Fraction:
    total = terms[0]
    for term in terms[1:]:
        total = rounded(total + term)
    return total


def pairwise(terms: Sequence[Fraction], rounded: Round) -> Fraction:
    half = len(terms) // 2
    return terms[0] if not half else rounded(pairwise(terms[:half], rounded) + pairwise(terms[half:], rounded))


def blocks_of(length: int) -> Sum:
    def total(terms: Sequence[Fraction], rounded: Round) -> Fraction:
        sums = [sequential(terms[i : i + length], rounded) for i in range(0, len(terms), length)]
        return sequential(sums, rounded)

    return total


def lanes(count: int) -> Sum:
    def total(terms: Sequence[Fraction], rounded: Round) -> Fraction:
        return sequential([sequential(terms[i::count], rounded) for i in range(min(count, len(terms)))], rounded)

    return total


def kahan(terms: Sequence[Fraction], rounded: Round) -> Fraction:
    total = lost = Fraction(0)
    for term in terms:
        corrected = rounded(term - lost)
        new = rounded(total + corrected)
        lost = rounded(rounded(new - total) - corrected)
        total = new
    return total


def tensor_core(length: int, precision: int = 24) -> Sum:
    """Blocks of terms and the sum so far, each cut off at the last place of the largest."""

    def total(terms: Sequence[Fraction], rounded: Round) -> Fraction:
        so_far = Fraction(0)
        for i in range(0, len(terms), length):
            block = [so_far, *terms[i : i + length]]
            place = max(_place(each, precision) for each in block if each) if any(block) else Fraction(1)
            so_far = toward_zero(sum(int(each / place) * place for each in block), precision)
        return so_far

    return total


def narrower(rounded: Callable[[Fraction, int], Fraction], precision: int) -> Round:
    return lambda number: rounded(number, precision)


def ratio(terms: Sequence[Fraction], total: Sum, rounded: Round, **conventions: str) -> float:
    """Error / bound of a sum of float32 numbers, each multiplied by 1, under a declaration."""
    x = np.array([float(term) for term in terms], np.float32).reshape(1, -1, 1)
    geometry = ConvGeometry.of(in_channels=len(terms), size=1, kernel=1)
    operands = Operands(x, np.ones((1, len(terms), 1), np.float32), None, np.ones((1, 1, 1), np.float32))
    right = exact.evaluate(Pass.FORWARD, operands, geometry)
    bound = rounding_bound(Pass.FORWARD, right, operands, Arithmetic.of("float32", conventions=conventions), geometry)
    given = [Fraction(float(each)) for each in x.ravel()]
    actual = np.array(float(total(given, rounded))).reshape(1, 1, 1)
    return float((compare(actual, right, bound).error / bound).item())


def swallowed(addend: float, count: int = N) -> list[Fraction]:
    """1, and what is lost when it is added to 1."""
    return [Fraction(1)] + [Fraction(addend)] * (count - 1)


KEPT = {
    "in sequence": (sequential, to_nearest, {}),
    "pairwise": (pairwise, to_nearest, {"order": "pairwise"}),
    **{f"in blocks of {n}": (blocks_of(n), to_nearest, {"order": f"blocks of {n}"}) for n in (2, 7, 32, 1000)},
    **{f"in {n} lanes": (lanes(n), to_nearest, {"order": f"{n} parts"}) for n in (2, 8, 100)},
    "compensated": (kahan, to_nearest, {"sums": "compensated"}),
    "compensated toward zero": (kahan, toward_zero, {"sums": "compensated", "accumulation": "faithful"}),
    "toward zero": (sequential, toward_zero, {"accumulation": "faithful"}),
    "pairwise toward zero": (pairwise, toward_zero, {"order": "pairwise", "accumulation": "faithful"}),
    **{f"tensor core of {n}": (tensor_core(n), to_nearest, {"accumulation": "aligned"}) for n in (1, 4, 16)},
}
"""Name -> a sum, its rounding, and what it declares."""

NARROWER = {
    "blocks of 32, in sequence": (sequential, to_nearest, {"order": "blocks of 32"}, U),
    "blocks of 32, blocks of 2": (blocks_of(2), to_nearest, {"order": "blocks of 32"}, U / 2),
    "8 lanes, in sequence": (sequential, to_nearest, {"order": "8 parts"}, U),
    "pairwise, in sequence": (sequential, to_nearest, {"order": "pairwise"}, U),
    "pairwise, in blocks of 64": (blocks_of(64), to_nearest, {"order": "pairwise"}, U / 64),
    "compensated, plain": (sequential, to_nearest, {"sums": "compensated"}, U),
    "compensated, pairwise": (pairwise, narrower(toward_zero, 24), {"sums": "compensated"}, 2 * U * (1 - U)),
    "to nearest, toward zero": (sequential, toward_zero, {}, 2 * U * (1 - U)),
    "toward zero, of one bit less": (
        sequential,
        narrower(toward_zero, 23),
        {"accumulation": "faithful"},
        4 * U * (1 - 2 * U),
    ),
    "tensor core, of two bits less": (tensor_core(8, 22), to_nearest, {"accumulation": "aligned"}, 8 * U * (1 - 4 * U)),
}
"""Declared, computed -> a sum, its rounding, what it declares, and the addend that is lost."""


@pytest.mark.parametrize("name", KEPT)
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-(2**24) + 1, 2**24 - 1), min_size=1, max_size=120),
    st.lists(st.integers(-20, 20), min_size=120, max_size=120),
)
def test_who_keeps_what_is_declared_stays_within(name: str, significands: list[int], exponents: list[int]) -> None:
    total, rounded, conventions = KEPT[name]
    terms = [Fraction(s) * Fraction(2) ** e for s, e in zip(significands, exponents, strict=False)]
    if any(terms):
        assert ratio(terms, total, rounded, **conventions) <= 1


@pytest.mark.parametrize("addend", [U, 2 * U * (1 - U), U / 2, U / 32])
@pytest.mark.parametrize("name", KEPT)
def test_long_sums_that_lose_what_is_added_stay_within(name: str, addend: float) -> None:
    total, rounded, conventions = KEPT[name]
    assert ratio(swallowed(addend), total, rounded, **conventions) <= 1


@pytest.mark.parametrize("name", NARROWER)
def test_one_step_narrower_than_declared_is_seen(name: str) -> None:
    total, rounded, conventions, addend = NARROWER[name]
    assert ratio(swallowed(addend), total, rounded, **conventions) > 1.1


@pytest.mark.parametrize("length", [4, 16])
def test_tensor_cores_need_no_more_than_faithful_sums_where_one_number_is_the_largest(length: int) -> None:
    """What no test can see: blocks that are aligned reach the bound of faithful sums, and not that of their own."""
    found = ratio(swallowed(2 * U * (1 - U)), tensor_core(length), to_nearest, accumulation="faithful")
    assert 0.9 < found <= 1
    one_bit_less = ratio(swallowed(4 * U * (1 - 2 * U)), tensor_core(length, 23), to_nearest, accumulation="aligned")
    assert 0.6 < one_bit_less < 1


@pytest.mark.parametrize(
    ("order", "terms", "expected"),
    [
        ("any", 10, None),
        ("pairwise", 1, 1),
        ("pairwise", 1024, 11),
        ("pairwise", 1025, 12),
        ("blocks of 32", 4096, 32 + 128 - 1),
        ("blocks of 32", 20, 32),
        ("blocks of 5", 12, 5 + 3 - 1),
        ("8 parts", 4096, 512 + 8 - 1),
        ("8 parts", 0, 1),
    ],
)
def test_roundings_in_an_order(order: str, terms: int, expected: int | None) -> None:
    assert roundings_in_order(order, terms) == expected


def test_a_short_sum_has_no_more_roundings_than_terms() -> None:
    arithmetic = Arithmetic.of("float32", conventions={"order": "blocks of 32"})
    assert growth(np.array([3, 100]), arithmetic, Summation(100, 0)) == pytest.approx([3 * U, 35 * U], rel=1e-5)


@pytest.mark.parametrize("unit", [2.0**-53, 2.0**-24, 2.0**-11, 2.0**-7])
def test_compensated_sums_are_off_by_a_few_roundings_whatever_their_number(unit: float) -> None:
    terms = np.array([1, 2, 3, 1000, 10**7])
    few = compensated(terms, unit) / unit
    assert few[0] == pytest.approx(1)
    assert few[2] == pytest.approx(5.25, rel=0.2)
    assert (np.diff(few) > 0).all()


@pytest.mark.parametrize(
    ("pass_", "text", "expected"),
    [
        (Pass.FORWARD, "n2c6k4i5x5f3x3p1x1g2", Summation(27, 0)),
        (Pass.FORWARD, "n2c6k4i1x1f3x3p1x1", Summation(54, 0)),
        (Pass.INPUT_GRADIENT, "n2c6k4i5x5f3x3p1x1g2", Summation(18, 0)),
        (Pass.WEIGHT_GRADIENT, "n2c6k4i5x5f3x3p1x1g2", Summation(50, 0)),
        (Pass.BIAS_GRADIENT, "n2c6k4i5x5f3x3p1x1g2", Summation(50, 0)),
        (Pass.JVP, "n1c1k1i4f2", Summation(4, 1)),
    ],
)
def test_the_terms_of_a_loop_are_those_of_the_whole_kernel(pass_: Pass, text: str, expected: Summation) -> None:
    geometry = parse_geometry(text)
    shapes = (geometry.input_shape, geometry.weight_shape, geometry.output_shape)
    x, w, go = (np.ones(shape, np.float32) for shape in shapes)
    assert summation(pass_, Operands(x, w, None, go), geometry) == expected
