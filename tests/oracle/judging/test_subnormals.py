"""Subnormals: flushing them is seen, allowed where it is declared, and then by no more than it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.subnormals import flush_allowance
from convoracle.oracle.judging.verdict import Outcome, Verdict, judge
from convoracle.oracle.numbers.dtypes import Arithmetic, Format, format_of
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound

FILLS = ("subnormal", "subnormal_operands", "wide", "normal", "zeros", "cancellation")
ACCUMULATORS = (
    ("float32", "float32"),
    ("float16", "float16"),
    ("float16", "float32"),
    ("float64", "float64"),
    ("bfloat16", "float32"),
)
pytestmark = pytest.mark.filterwarnings("ignore:underflow:RuntimeWarning")


def _verdict(
    pass_: Pass, operands: Operands, geometry: ConvGeometry, actual: np.ndarray, arithmetic: Arithmetic, allowed: bool
) -> Verdict:
    result = exact.evaluate(pass_, operands, geometry)
    bound = rounding_bound(pass_, result, operands, arithmetic, geometry)
    if allowed:
        bound = bound + flush_allowance(pass_, result, operands, arithmetic, geometry)
    return judge(actual, result, bound, arithmetic.result_dtype)


def _honest_passes(first: int, last: int, pairs: tuple, geometry_of: Callable, filled: Callable, emulated: type) -> int:
    judged = 0
    orders = ("in order", "reversed", "shuffled", "pairwise", "blocked")
    for seed in range(first, last):
        geometry, (dtype, accumulator) = geometry_of(seed // 2), pairs[seed % len(pairs)]
        operands = filled(geometry, dtype, FILLS[seed // 5 % 6], seed, bias=seed % 3 > 0)
        arithmetic = Arithmetic.of(dtype, accumulator)
        for pass_ in Pass:
            for flushes in (False, True):
                implementation = emulated(accumulator, orders[seed // 2 % 5], flushes, dtype)
                actual = implementation.evaluate(pass_, operands, geometry)
                verdict = _verdict(pass_, operands, geometry, actual, arithmetic, allowed=flushes)
                assert not verdict.outcome.is_mismatch, (str(geometry), pass_, dtype, accumulator, seed, verdict)
                judged += 1
    return judged


def test_gradual_underflow_conforms_and_flushing_is_within_its_allowance(
    geometry_of: Callable, filled: Callable, emulated: type
) -> None:
    _honest_passes(0, 60, ACCUMULATORS, geometry_of, filled, emulated)


@pytest.mark.campaign
def test_no_honest_arithmetic_is_called_wrong(geometry_of: Callable, filled: Callable, emulated: type) -> None:
    assert _honest_passes(1000, 2200, ACCUMULATORS, geometry_of, filled, emulated) > 20_000


@pytest.mark.parametrize("fill", ["subnormal", "subnormal_operands"])
@pytest.mark.parametrize(("dtype", "accumulator"), ACCUMULATORS[:4])
def test_flushing_that_is_not_declared_is_caught(
    fill: str, dtype: str, accumulator: str, filled: Callable, emulated: type
) -> None:
    geometry = ConvGeometry.of(in_channels=2, out_channels=2, size=4, kernel=2)
    operands = filled(geometry, dtype, fill, 1, bias=False)
    arithmetic = Arithmetic.of(dtype, accumulator)
    for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT):
        actual = emulated(accumulator, flushes=True, result=dtype).evaluate(pass_, operands, geometry)
        verdict = _verdict(pass_, operands, geometry, actual, arithmetic, allowed=False)
        assert verdict.outcome is Outcome.VIOLATES
        assert verdict.wrong > verdict.elements / 2


def test_an_error_of_more_than_flushing_costs_is_caught(filled: Callable, emulated: type) -> None:
    geometry = ConvGeometry.of(in_channels=2, size=6, kernel=3)
    operands = filled(geometry, "float32", "uniform", 1)
    arithmetic = Arithmetic.of("float32")
    actual = emulated("float32").evaluate(Pass.FORWARD, operands, geometry)
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    bound = rounding_bound(Pass.FORWARD, result, operands, arithmetic, geometry)
    allowance = flush_allowance(Pass.FORWARD, result, operands, arithmetic, geometry)
    assert (allowance < 1e-6 * bound).all()
    wrong = actual + np.float32(0.001)
    assert _verdict(Pass.FORWARD, operands, geometry, wrong, arithmetic, allowed=True).outcome is Outcome.VIOLATES


def test_an_operand_below_the_normal_range_may_cost_its_terms_and_no_others() -> None:
    geometry = ConvGeometry.of(size=3, kernel=1)
    values = np.array([[[2.0**-130, 1.0, 2.0**-126]]], np.float32)
    weight = np.full(geometry.weight_shape, 2.0**100, np.float32)
    operands = Operands(values, weight, None, np.ones(geometry.output_shape, np.float32))
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    allowance = flush_allowance(Pass.FORWARD, result, operands, Arithmetic.of("float32"), geometry)
    assert allowance[0, 0, 0] == pytest.approx(2.0**-30)
    assert allowance[0, 0, 1] < 2.0**50
    assert allowance[0, 0, 2] < 2.0**-70


def _allowance(pass_: Pass, operands: Operands, geometry: ConvGeometry, arithmetic: Arithmetic) -> float:
    """Of a result's one element."""
    result = exact.evaluate(pass_, operands, geometry)
    return flush_allowance(pass_, result, operands, arithmetic, geometry).item()


def _sum_of(
    x: Sequence[float], w: Sequence[float], dtype: str, bias: float | None = None
) -> tuple[Operands, ConvGeometry]:
    """The forward pass that sums the products x_i w_i, and a bias."""
    geometry, form = ConvGeometry.of(in_channels=len(x), size=1, kernel=1), format_of(dtype).dtype
    left, right = (np.array(values, form).reshape(1, -1, 1) for values in (x, w))
    added = None if bias is None else np.array([bias], form)
    return Operands(left, right, added, np.ones((1, 1, 1), form)), geometry


def _after_storing(inner: Fraction, count: int, scale: Fraction | int, form: Format) -> Fraction:
    """What was lost before, as so many roundings to a format enlarge it, and what each of those may lose itself."""
    least = Fraction(2) ** form.min_exponent
    return (1 + Fraction(form.unit_roundoff)) ** count * (inner + count * scale * least)


def _is_just_enough(allowance: float, derived: Fraction, form: Format) -> bool:
    """Whether it is never less than what can be lost, and more by one rounding to the result's format at most."""
    return derived <= Fraction(allowance) <= derived * (1 + Fraction(form.unit_roundoff)) * (1 + Fraction(1, 2**45))


@pytest.mark.parametrize(
    ("names", "terms", "bias", "stored"),
    [
        (("float16", "float16"), 1, None, 0),
        (("float16", "float16"), 40, None, 0),
        (("float16", "float32"), 3, None, 1),
        (("bfloat16", "float32"), 3, None, 1),
        (("bfloat16", "float32"), 3, 1.0, 2),
        (("float32", "float16"), 3, None, 1),
    ],
)
def test_each_product_and_each_sum_and_each_number_that_is_stored_may_be_flushed_and_nothing_else(
    names: tuple[str, str], terms: int, bias: float | None, stored: int
) -> None:
    """2 n m for n products and n sums, and n u of it for their roundings."""
    arithmetic = Arithmetic.of(*names)
    operands, geometry = _sum_of([1.0] * terms, [0.5] * terms, names[0], bias)
    n, u = terms + (bias is not None), Fraction(arithmetic.accumulator.unit_roundoff)
    flushed = 2 * n * Fraction(2) ** arithmetic.accumulator.min_exponent * (1 + n * u)
    derived = _after_storing(flushed, stored, 1, arithmetic.result)
    assert _is_just_enough(_allowance(Pass.FORWARD, operands, geometry, arithmetic), derived, arithmetic.result)


@pytest.mark.parametrize("rate", [-0.25, 3.0])
@pytest.mark.parametrize("shares", [0.5, 1.0, 8.0])
@pytest.mark.parametrize("names", [("float16", "float16"), ("bfloat16", "float32")])
def test_a_step_may_lose_each_scaled_operand_and_product_and_its_weight_where_that_is_subnormal(
    names: tuple[str, str], shares: float, rate: float
) -> None:
    """Of two images, each with one product of 1/2 and zero: six numbers may be stored, each scaled where that is more.

    The weight is so many times the smallest normal number m.
    """
    arithmetic, form = Arithmetic.of(*names), format_of(names[0]).dtype
    geometry, m, n = ConvGeometry.of(batch=2, size=1, kernel=1), Fraction(2) ** arithmetic.accumulator.min_exponent, 2
    weight = np.array([[[shares * float(m)]]]).astype(form)
    x, g = (np.full((2, 1, 1), value, form) for value in (0.5, 0.0))
    allowance = _allowance(Pass.UPDATE, Operands(x, weight, None, g, learning_rate=rate), geometry, arithmetic)
    scale, u = max(Fraction(1), abs(Fraction(rate))), Fraction(arithmetic.accumulator.unit_roundoff)
    of_gradient = 2 * n * m * (1 + n * u)
    scaling = n * m * (1 + Fraction(1, 2)) + 2 * m
    lost = Fraction(shares) * m if shares < 1 else 0
    derived = _after_storing(scale * of_gradient + scaling + lost, 3 * 2, scale, arithmetic.result)
    assert _is_just_enough(allowance, derived, arithmetic.result)


def test_a_transform_may_flush_two_products_and_their_sum_in_each_part_of_a_complex_number() -> None:
    """Worked out on planes of four points: 4 x 48 steps, norms of 5 and 2 on sqrt(4) points, and one plane."""
    geometry, ones = ConvGeometry.of(size=4, kernel=1), np.ones((1, 1, 4), np.float16)
    operands = Operands(np.array([[[3.0, -4.0, 0, 0]]], np.float16), ones[..., :1] * 2, None, ones)
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    direct, transform = (
        flush_allowance(
            Pass.FORWARD, result, operands, Arithmetic.of("float16", conventions={"algorithm": algorithm}), geometry
        )
        for algorithm in ("direct", "transform")
    )
    more = 4 * 48 * 3 * 2.0**-14 * (2 * (5 + 2) + 1)
    assert transform - direct == pytest.approx(more * (1 + 2.0**-11), rel=1e-9)


def test_terms_too_small_to_be_seen_in_the_sizes_of_the_others_are_allowed_for_when_they_are_lost() -> None:
    """S is 1 + 3 units, units of 2**-52: rounded down, twice, to 1 + 2 units.

    Without the last term it is 1 + 1.004 units, rounded up, twice, to 1 + 2 units as well; but nearly 2 units are lost.
    """
    lost = 2.0**-51 - 2.0**-60
    operands, geometry = _sum_of(
        [1.0, 2.0**-53, 2.0**-60, lost * 2.0**-79], [1.0, 1.0, 1.0, 2.0**79], "float32", bias=2.0**-53
    )
    assert exact.exact_magnitude(Pass.FORWARD, operands, geometry).item() == 1 + 2.0**-51
    assert lost <= _allowance(Pass.FORWARD, operands, geometry, Arithmetic.of("float32")) < 2 * lost


def test_complex_numbers_are_flushed_by_parts() -> None:
    geometry = ConvGeometry.of(size=1, kernel=1)
    tiny, one = np.full((1, 1, 1), 1 + 2.0**-130 * 1j, np.complex64), np.ones((1, 1, 1), np.complex64)
    operands = Operands(tiny, one, None, one)
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    allowance = flush_allowance(Pass.FORWARD, result, operands, Arithmetic.of("complex64"), geometry)
    assert allowance[0, 0, 0, 1] >= 2.0**-130


def test_integers_have_nothing_to_flush(lattice: Callable) -> None:
    geometry = ConvGeometry.of(size=3, kernel=2)
    operands = lattice(geometry, "int8", 0)
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    assert not flush_allowance(Pass.FORWARD, result, operands, Arithmetic.of("int8"), geometry).any()


@pytest.mark.parametrize("padding", [2, 5, 8])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_every_repetition_of_a_padded_element_may_be_flushed_as_it_is_stored(dtype: str, padding: int) -> None:
    """As frameworks do that pad first: each share of the gradient is stored, and lost where it is subnormal."""
    geometry = ConvGeometry.of(size=1, kernel=1, padding=padding, padding_mode="replicate")
    arithmetic, stored = Arithmetic.of(dtype, "float32"), format_of(dtype).dtype.type
    smallest = 2.0 ** format_of(dtype).min_exponent
    share = stored(0.99 * smallest)
    gradient = np.full(geometry.output_shape, share)
    operands = Operands(np.ones((1, 1, 1), stored), np.ones((1, 1, 1), stored), None, gradient)
    result = exact.evaluate(Pass.INPUT_GRADIENT, operands, geometry)
    bound = rounding_bound(Pass.INPUT_GRADIENT, result, operands, arithmetic, geometry)
    allowance = flush_allowance(Pass.INPUT_GRADIENT, result, operands, arithmetic, geometry)
    lost = gradient.size * float(share)
    assert lost > bound.max()
    assert lost <= (bound + allowance).max()
    assert (bound + allowance).max() < 7 * lost


def test_a_step_may_lose_a_scaled_operand_and_its_weight() -> None:
    geometry = ConvGeometry.of(size=1, kernel=1)
    tiny, one = np.full((1, 1, 1), 2.0**-120, np.float32), np.full((1, 1, 1), 8.0, np.float32)
    operands = Operands(one, np.full((1, 1, 1), 2.0**-130, np.float32), None, tiny, learning_rate=2.0**-8)
    result = exact.evaluate(Pass.UPDATE, operands, geometry)
    arithmetic = Arithmetic.of("float32")
    bound = rounding_bound(Pass.UPDATE, result, operands, arithmetic, geometry)
    allowance = flush_allowance(Pass.UPDATE, result, operands, arithmetic, geometry)
    error = 2.0**-130 - 2.0**-128 * 8
    assert bound.max() < abs(error) <= (bound + allowance).max()
