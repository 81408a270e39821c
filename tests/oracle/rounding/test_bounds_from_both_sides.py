"""Each part of the bound from both sides: an arithmetic that just meets it, one that just does not, and what it is.

Everything here is one element of a forward pass or of an update, whose products are given; ties to even are what
rounding to nearest costs most, and cutting off costs nearly twice as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound, stores

HALF = format_of("float16").unit_roundoff
SMALLEST = format_of("float16").smallest_subnormal
IN_BFLOAT16 = format_of("bfloat16").unit_roundoff


class Sum:
    """The sum of x_i w_i, and of a bias, in some arithmetic."""

    def __init__(
        self, arithmetic: Arithmetic, x: Sequence[complex], w: Sequence[complex], bias: complex | None = None
    ) -> None:
        dtype = "complex64" if np.iscomplexobj(np.array(x)) else arithmetic.storage.dtype
        geometry = ConvGeometry.of(in_channels=len(x), size=1, kernel=1)
        arrays = [np.array(values, dtype).reshape(1, -1, 1) for values in (x, w)]
        assert all((array.ravel() == values).all() for array, values in zip(arrays, (x, w), strict=True))
        added = None if bias is None else np.array([bias], dtype)
        operands = Operands(*arrays, added, np.ones((1, 1, 1), dtype))
        self.exact = exact.evaluate(Pass.FORWARD, operands, geometry)
        self.bound = rounding_bound(Pass.FORWARD, self.exact, operands, arithmetic, geometry)

    def ratio(self, actual: float) -> float:
        """Error / bound of a result."""
        return _ratio(actual, self.exact, self.bound)


def _ratio(actual: float, result: exact.ExactResult, bound: np.ndarray) -> float:
    return float((compare(np.full((1, 1, 1), actual), result, bound).error / bound).item())


@pytest.mark.parametrize(("dtype", "terms"), [("float16", 8), ("float16", 30), ("bfloat16", 8), ("float32", 500)])
def test_sums_reach_n_u_s_where_each_addition_is_a_tie_and_exceed_it_where_they_are_cut_off(
    dtype: str, terms: int
) -> None:
    u = format_of(dtype).unit_roundoff
    for addend, is_honest in ((u, True), (2 * u * (1 - u), False)):
        swallowed = Sum(Arithmetic.of(dtype), [1.0] + [addend] * (terms - 1), [1.0] * terms)
        ratio = swallowed.ratio(1.0)
        assert (ratio <= 1) == is_honest
        assert ratio > (1 - 1 / terms) * (1 - terms * u) - u


@pytest.mark.parametrize("terms", [1, 7])
def test_products_that_underflow_reach_half_a_spacing_each_and_exceed_it_where_they_are_cut_off(terms: int) -> None:
    """Each is half of the smallest number, and rounds to zero; three quarters of it round to the whole."""
    for share, is_honest in ((0.5, True), (0.75, False)):
        lost = Sum(Arithmetic.of("float16"), [share * 2.0**-4] * terms, [SMALLEST * 2.0**4] * terms)
        assert (lost.ratio(0.0) <= 1) == is_honest
        assert lost.ratio(0.0) > 0.99 * 2 * share * (1 - terms * HALF)


def test_a_result_that_is_stored_reaches_half_an_ulp_and_exceeds_it_where_it_is_cut_off() -> None:
    arithmetic = Arithmetic.of("float16", "float32")
    tie = Sum(arithmetic, [1.0, HALF], [1.0, 1.0])
    cut_off = Sum(arithmetic, [1.0, 2 * HALF * (1 - HALF)], [1.0, 1.0])
    assert 0.99 < tie.ratio(1.0) <= 1
    assert cut_off.ratio(1.0) > 1.9


def test_a_result_too_small_for_its_format_is_off_by_half_a_spacing_of_it() -> None:
    arithmetic = Arithmetic.of("float16", "float32")
    assert 0.99 < Sum(arithmetic, [SMALLEST], [0.5]).ratio(0.0) <= 1
    assert Sum(arithmetic, [SMALLEST], [0.75]).ratio(0.0) > 1.4


def test_a_sum_may_be_stored_before_its_bias_but_not_each_of_its_terms() -> None:
    """Here 1 + u is stored as 1, and 1 + (1 + 2 u) as 2."""
    arithmetic = Arithmetic.of("float16", "float32")
    with_bias = Sum(arithmetic, [1.0, HALF], [1.0, 1.0], 1 + 2 * HALF)
    assert 0.7 < with_bias.ratio(2.0) <= 1
    assert Sum(arithmetic, [1.0] + [HALF] * 8, [1.0] * 9, 1.0).ratio(2.0) > 1.9


@pytest.mark.parametrize(
    ("conventions", "spacings", "is_honest"),
    [
        ({}, 0.5, True),
        ({}, 1 - 2.0**-10, False),
        ({"operands": "truncated"}, 1 - 2.0**-10, True),
        ({"operands": "truncated"}, 1.5, False),
    ],
)
def test_operands_rounded_to_nearest_reach_two_u_and_those_cut_off_twice_as_much(
    conventions: dict[str, str], spacings: float, *, is_honest: bool
) -> None:
    """Both operands become 1, from so many spacings of bfloat16 above it."""
    arithmetic = Arithmetic.of("float32", multiplier="bfloat16", conventions=conventions)
    operand = 1 + spacings * 2 * IN_BFLOAT16
    ratio = Sum(arithmetic, [operand], [operand]).ratio(1.0)
    assert (ratio <= 1) == is_honest
    assert ratio > 0.97


def test_operands_too_small_for_the_multiplier_are_off_by_half_its_spacing_times_the_other() -> None:
    """Of both operands the largest is taken, so that half of the bound can be reached."""
    arithmetic = Arithmetic.of("float32", multiplier="float16")
    assert 0.49 < Sum(arithmetic, [SMALLEST / 2], [60000.0]).ratio(0.0) < 0.51
    assert Sum(arithmetic, [SMALLEST * 2.125], [60000.0]).ratio(0.0) > 1


def derived(arithmetic: Arithmetic, x: Sequence[float], w: Sequence[float], bias: float | None = None) -> Fraction:
    """What the theorems give, in rational numbers: operands, then n u S and n h, then each result that is stored."""
    u, h = Fraction(arithmetic.accumulator.unit_roundoff), Fraction(arithmetic.accumulator.smallest_subnormal) / 2
    products = [Fraction(a) * Fraction(b) for a, b in zip(x, w, strict=True)]
    terms = [*products, *([] if bias is None else [Fraction(bias)])]
    size, value, n = sum(map(abs, terms)), abs(sum(terms)), len(terms)
    before = derived_before(arithmetic, size, n, max(1, *(abs(Fraction(number)) for number in (*x, *w, bias or 0))))
    error = before + n * u * (size + before) + n * h
    if arithmetic.result != arithmetic.accumulator:
        v, k = Fraction(arithmetic.result.unit_roundoff), Fraction(arithmetic.result.smallest_subnormal) / 2
        for stored in [size] * (bias is not None) + [value]:
            error += v * (stored + error) + k
    return error


def derived_before(arithmetic: Arithmetic, size: Fraction, n: int, largest: Fraction) -> Fraction:
    """What operands of n products may change when they are rounded to the multiplier, each in size or in spacing."""
    times = 2 if arithmetic.does("operands", "truncated") else 1
    multiplier, storage = arithmetic.multiplier, arithmetic.storage
    before = Fraction(0)
    if multiplier.precision < storage.precision:
        each = times * Fraction(multiplier.unit_roundoff)
        before += size * ((1 + each) ** 2 - 1)
    if multiplier.smallest_subnormal > storage.smallest_subnormal:
        each = times * Fraction(multiplier.unit_roundoff) if before else Fraction(0)
        lost = times * Fraction(multiplier.smallest_subnormal) / 2
        before += n * lost * (1 + each) * (2 * largest + lost)
    return before


ARITHMETICS = {
    "float16": Arithmetic.of("float16"),
    "float16 summed in float32": Arithmetic.of("float16", "float32"),
    "float32 summed in float16": Arithmetic.of("float32", "float16"),
    "float32 multiplied in bfloat16": Arithmetic.of("float32", multiplier="bfloat16"),
    "float32 multiplied in float16": Arithmetic.of("float32", multiplier="float16"),
    "float32 multiplied in float16, cut off": Arithmetic.of(
        "float32", multiplier="float16", conventions={"operands": "truncated"}
    ),
    "bfloat16 multiplied in float16": Arithmetic.of("bfloat16", "float32", multiplier="float16"),
    "float8 stored in bfloat16": Arithmetic.of("float8_e4m3fn", "float32", result="bfloat16"),
}


@pytest.mark.parametrize("bias", [None, 2.0, -0.25])
@pytest.mark.parametrize("name", ARITHMETICS)
def test_the_bound_is_what_its_theorems_give_and_never_less(name: str, bias: float | None) -> None:
    for x, w in (([1.5, -0.75, 4.0], [0.5, 3.0, -1.25]), ([2.0**-8], [2.0**-6]), ([7.0] * 9, [0.25] * 9)):
        bound = Fraction(Sum(ARITHMETICS[name], x, w, bias).bound.item())
        expected = derived(ARITHMETICS[name], x, w, bias)
        assert expected <= bound <= expected * (1 + Fraction(1, 2**46))


def test_operands_near_the_largest_number_leave_the_bound_a_number() -> None:
    """Twice 2**1023 is no float64; but a multiplier that has all the operands rounds none of them."""
    assert Sum(Arithmetic.of("float64"), [2.0**1023], [2.0**-1020]).bound == pytest.approx(8 * 2.0**-53, rel=1e-12)


def three_products(x: Sequence[complex], w: Sequence[complex], multiplier: str) -> complex:
    """Gauss's way in float32: what is multiplied is rounded to the multiplier's format first."""
    single, narrow = np.float32, format_of(multiplier).dtype.type
    sums = [single(0)] * 3
    for a, b in zip(x, w, strict=True):
        left, right = ([c.real, c.imag, single(single(c.real) + single(c.imag))] for c in (a, b))
        made = [single(single(narrow(p)) * single(narrow(q))) for p, q in zip(left, right, strict=True)]
        sums = [single(total + each) for total, each in zip(sums, made, strict=True)]
    real, imaginary = single(sums[0] - sums[1]), single(single(sums[2] - sums[0]) - sums[1])
    return complex(real, imaginary)


@pytest.mark.parametrize("multiplier", ["float32", "bfloat16"])
def test_three_products_meet_their_bound_and_exceed_that_of_four(multiplier: str) -> None:
    """The imaginary part of numbers that have little of it is a difference of large ones."""
    random = np.random.default_rng(0)
    gauss, four = (
        Arithmetic.of("complex64", multiplier=multiplier, conventions=conventions)
        for conventions in ({"complex": "three products"}, {})
    )
    ratios = []
    for _ in range(200):
        parts = (random.uniform(1, 2, (2, 2, 3)) * [[[1.0], [1e-4]]]).astype(np.float32).astype(float)
        left, right = (list(real + 1j * imaginary) for real, imaginary in parts)
        actual = np.full((1, 1, 1), three_products(left, right, multiplier), np.complex64)
        sums = [Sum(arithmetic, left, right) for arithmetic in (gauss, four)]
        ratios.append([(compare(actual, each.exact, each.bound).error / each.bound)[..., 1].item() for each in sums])
    largest = np.max(ratios, axis=0)
    assert 0.05 < largest[0] <= 1
    assert largest[1] > 1


@pytest.mark.parametrize(("multiplier", "narrow"), [("complex64", 0.0), ("bfloat16", IN_BFLOAT16)])
def test_three_products_add_the_roundings_of_three_sums_to_the_bound_of_four(multiplier: str, narrow: float) -> None:
    """(n + 8) u S of both parts, with n terms in each; as many for the sums of factors that are rounded again."""
    x, w = [1 + 0.5j, 2 - 1j], [0.25 + 1j, 1 + 1j]
    single = format_of("float32")
    with_three, with_four = (
        Sum(Arithmetic.of("complex64", multiplier=multiplier, conventions=conventions), x, w)
        for conventions in ({"complex": "three products"}, {})
    )
    both = with_four.exact.magnitude.sum()
    terms = int(with_four.exact.terms.max())
    more = ((terms + 8) * single.unit_roundoff + 8 * narrow) * both + terms * single.smallest_subnormal / 2
    assert with_three.bound == pytest.approx(with_four.bound + more, rel=2.0**-44)


def test_three_products_may_underflow_as_often_as_the_four_once_more() -> None:
    """Of zeros nothing else is left: half a spacing for each of n terms, and as much for the third sum."""
    for conventions, sums in (({}, 1), ({"complex": "three products"}, 2)):
        zeros = Sum(Arithmetic.of("complex64", conventions=conventions), [0j, 0j], [0j, 0j])
        assert zeros.bound == pytest.approx(sums * 4 * 2.0**-150, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("pass_", "text", "count"),
    [
        (Pass.BIAS_GRADIENT, "n1c1k1i1f1", 1),
        (Pass.FORWARD, "n1c1k1i1f1", 1),
        (Pass.FORWARD, "n1c1k1i1f1/bias", 2),
        (Pass.JVP, "n1c1k1i1f1", 2),
        (Pass.JVP, "n1c1k1i1f1/bias", 3 + 2),
        (Pass.INPUT_GRADIENT, "n1c1k1i1f1p1", 1),
        (Pass.INPUT_GRADIENT, "n1c1k1i1f1p1+0mreplicate", 2),
        (Pass.INPUT_GRADIENT, "n1c1k1i1f1p1mreplicate", 3 + 2),
        (Pass.DOUBLE_BACKWARD_INPUT, "n1c1k1i1f1p2mreplicate", 5 + 4),
        (Pass.UPDATE, "n0c1k1i1f1", 3),
        (Pass.UPDATE, "n3c1k1i1f1", 9),
    ],
)
def test_all_summands_and_their_sums_may_be_stored_and_three_numbers_of_each_image(
    pass_: Pass, text: str, count: int
) -> None:
    """Two summands are off by no more together than their sum, were it stored: they count as one."""
    name, _, bias = text.partition("/")
    case = Case(parse_geometry(name), bool(bias), "float32", "uniform", 1)
    assert stores(pass_, real_operands(case), case.geometry) == count


class Step:
    """w - rate * sum of x_i g_i, of images or of one, in some arithmetic."""

    def __init__(self, arithmetic: Arithmetic, weight: float, images: Sequence[Sequence[float]], rate: float) -> None:
        dtype = arithmetic.storage.dtype
        geometry = ConvGeometry.of(batch=len(images), size=len(images[0]), kernel=1)
        arrays = [np.array(values, dtype) for values in (images, np.ones_like(images), [[[weight]]])]
        x, g = (array.reshape(len(images), 1, -1) for array in arrays[:2])
        operands = Operands(x, arrays[2], None, g, learning_rate=rate)
        self.exact = exact.evaluate(Pass.UPDATE, operands, geometry)
        self.bound = rounding_bound(Pass.UPDATE, self.exact, operands, arithmetic, geometry)

    def ratio(self, actual: float) -> float:
        """Error / bound of a result."""
        return _ratio(actual, self.exact, self.bound)


def test_a_step_in_one_format_reaches_a_rounding_of_each_sum_and_exceeds_it_where_it_is_cut_off() -> None:
    """1 + u is 1, as often as there are terms: the weight's share of the bound is what is reached."""
    for share, is_honest in ((1.0, True), (2 - 2 * HALF, False)):
        step = Step(Arithmetic.of("float16"), 1.0, [[-share * HALF] * 30], 1.0)
        assert (step.ratio(1.0) <= 1) == is_honest
        assert step.ratio(1.0) > 0.9


def test_a_gradient_may_be_stored_and_the_step_too_but_not_each_of_its_terms() -> None:
    """The gradient -1 - u is stored as -1, and 1 + 2 u + 1 as 2."""
    arithmetic = Arithmetic.of("float16", "float32")
    assert 0.7 < Step(arithmetic, 1 + 2 * HALF, [[-1.0, -HALF]], 1.0).ratio(2.0) <= 1
    assert Step(arithmetic, 1.0, [[-1.0] + [-HALF] * 10], 1.0).ratio(2.0) > 1.9


def test_each_image_may_be_stored_and_taken_from_the_weight_before_the_next() -> None:
    """8 images of -u, each lost in the weight 1; images of -2 u are lost where sums are cut off, and beyond."""
    arithmetic = Arithmetic.of("float16", "float32")
    assert 0.7 < Step(arithmetic, 1.0, [[-HALF]] * 8, 1.0).ratio(1.0) <= 1
    assert Step(arithmetic, 1.0, [[-HALF, -HALF]] * 8, 1.0).ratio(1.0) > 1.5


@pytest.mark.parametrize("rate", [0.125, 1.5, 3.0])
@pytest.mark.parametrize(
    "arithmetic",
    [
        Arithmetic.of("float32"),
        Arithmetic.of("float16", "float32"),
        Arithmetic.of("float32", "float16"),
        Arithmetic.of("float32", multiplier="bfloat16"),
    ],
    ids=["float32", "float16 summed in float32", "float32 summed in float16", "float32 multiplied in bfloat16"],
)
def test_the_bound_of_a_step_is_what_its_derivation_gives_and_never_less(arithmetic: Arithmetic, rate: float) -> None:
    for weight, images in ((1.25, [[0.5, -2.0]]), (-3.0, [[1.0], [0.75], [-8.0]]), (2.0**-10, [[2.0**-12]])):
        bound = Fraction(Step(arithmetic, weight, images, rate).bound.item())
        expected = derived_step(arithmetic, abs(Fraction(weight)), images, Fraction(rate))
        assert expected <= bound <= expected * (1 + Fraction(1, 2**40))


def derived_step(
    arithmetic: Arithmetic, weight: Fraction, images: Sequence[Sequence[float]], rate: Fraction
) -> Fraction:
    """What the derivation in `steps` gives, in rational numbers; the terms are products with 1."""
    u, h = Fraction(arithmetic.accumulator.unit_roundoff), Fraction(arithmetic.accumulator.smallest_subnormal) / 2
    h = max(h, Fraction(arithmetic.multiplier.smallest_subnormal) / 2)
    terms = [abs(Fraction(x)) for image in images for x in image]
    n, gradient, largest = len(terms), sum(terms), max(1, *terms)
    before = derived_before(arithmetic, gradient, n, max(largest, weight))
    entering = u if arithmetic.accumulator.precision < arithmetic.storage.precision else 0
    growth = (1 + (n + 1) * u / 2) ** 2 * (1 + u) * (1 + entering) - 1
    underflow = h * (n * (rate + 1 + largest) + 1) * (1 + (n + 2) * u)
    error = rate * (before + growth * (gradient + before)) + (n * u + entering) * weight + underflow
    if arithmetic.result == arithmetic.accumulator:
        return error
    v, k = Fraction(arithmetic.result.unit_roundoff), Fraction(arithmetic.result.smallest_subnormal) / 2
    step, count = rate * gradient, len(images)
    error = error * (1 + v) ** (count + 2) + count * k * rate
    error += v * (step + error)
    error += v * (step + error) + count * k
    for _ in range(count):
        error += v * (weight + step + error) + k
    return error
