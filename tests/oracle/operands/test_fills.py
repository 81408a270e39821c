"""The hard fills are as hard as they say, in every format, and the bound holds on them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.verdict import Outcome, judge
from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.numbers.scaled import Scaled
from convoracle.oracle.operands.fills import FILLS, OTHER_FILLS, fill_of
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import ARRAYS, Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound

GEOMETRY = ConvGeometry.of(in_channels=2, out_channels=2, size=(6, 6), kernel=2)
pytestmark = pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
WIDE = ("float16", "bfloat16", "float32", "float64")


@pytest.mark.parametrize("dtype", [*WIDE, "float8_e4m3fn", "float8_e5m2"])
@pytest.mark.parametrize("name", FILLS)
def test_every_fill_gives_finite_numbers_that_follow_from_the_generator(name: str, dtype: str) -> None:
    form = format_of(dtype)
    for operand in ARRAYS:
        drawn = [fill_of(name, operand)(np.random.default_rng(5), (3, 4), form) for _ in range(2)]
        assert drawn[0].shape == (3, 4)
        assert drawn[0].dtype == np.float64
        np.testing.assert_array_equal(*drawn)
        assert np.isfinite(drawn[0].astype(form.dtype).astype(np.float64)).all()


@pytest.mark.parametrize("name", FILLS)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 1, 3)])
def test_every_fill_takes_every_shape(name: str, shape: tuple[int, ...]) -> None:
    assert np.shape(FILLS[name](np.random.default_rng(0), shape, format_of("float32"))) == shape


def test_the_bias_has_the_size_of_the_products() -> None:
    assert {name for name, _ in OTHER_FILLS} <= set(FILLS)
    assert {operand for _, operand in OTHER_FILLS} <= set(ARRAYS)


@pytest.mark.parametrize("dtype", WIDE)
def test_cancellation_reaches_a_condition_number_near_the_precision(dtype: str, filled: Callable) -> None:
    result = exact.evaluate(Pass.FORWARD, filled(GEOMETRY, dtype, "cancellation", 2, bias=False), GEOMETRY)
    value = np.abs(result.value.to_float64())
    conditions = result.magnitude[value > 0] / value[value > 0]
    assert conditions.max() > 2.0 ** (format_of(dtype).precision - 6)


@pytest.mark.parametrize("dtype", WIDE)
def test_cancellation_stays_within_the_bound_and_shows_a_missing_term(
    dtype: str, filled: Callable, emulated: type
) -> None:
    operands = filled(GEOMETRY, dtype, "cancellation", 3, bias=False)
    result = exact.evaluate(Pass.FORWARD, operands, GEOMETRY)
    bound = rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of(dtype), GEOMETRY)
    actual = emulated(dtype).evaluate(Pass.FORWARD, operands, GEOMETRY)
    assert judge(actual, result, bound, dtype).outcome is Outcome.CONFORMS
    operands.input[0, 0, 0, 0] = 0
    missing = emulated(dtype).evaluate(Pass.FORWARD, operands, GEOMETRY)
    verdict = judge(missing, result, bound, dtype)
    assert (verdict.outcome, verdict.wrong) == (Outcome.VIOLATES, 2)


@pytest.mark.parametrize("dtype", WIDE)
def test_huge_sums_straddle_the_largest_number(dtype: str, filled: Callable) -> None:
    shares = []
    for seed in range(20):
        result = exact.evaluate(Pass.FORWARD, filled(GEOMETRY, dtype, "huge", seed, bias=seed % 2 > 0), GEOMETRY)
        value = result.value
        small = Scaled(value.limbs, value.exponent - 64).to_float64()
        shares.append(float((np.abs(small) > np.ldexp(format_of(dtype).largest, -64)).mean()))
    assert 0.05 < np.mean(shares) < 0.9


@pytest.mark.parametrize("dtype", WIDE)
def test_subnormal_products_are_subnormal_and_not_all_zero(dtype: str) -> None:
    form = format_of(dtype)
    x, w = (FILLS["subnormal"](np.random.default_rng(s), (500,), form).astype(form.dtype) for s in (1, 2))
    products = np.abs((x * w).astype(np.float64))
    assert (products <= 2.0**form.min_exponent).all()
    assert (products > 0).all()
    numbers = FILLS["subnormal_operands"](np.random.default_rng(3), (500,), form).astype(form.dtype).astype(np.float64)
    assert (np.abs(numbers) <= 2.0**form.min_exponent).all()
    assert (numbers != 0).all()


def test_zeros_of_both_signs_are_among_ordinary_numbers() -> None:
    values = FILLS["zeros"](np.random.default_rng(1), (1000,), format_of("float32")).astype(np.float32)
    zero = values == 0
    assert 400 < zero.sum() < 600
    assert 100 < np.signbit(values[zero]).sum() < 400


def test_the_sign_of_a_zero_result_is_not_judged(filled: Callable, emulated: type) -> None:
    operands = filled(GEOMETRY, "float32", "zeros", 4, bias=False)
    operands = Operands(operands.input * 0, operands.weight, None, operands.output_gradient)
    result = exact.evaluate(Pass.FORWARD, operands, GEOMETRY)
    for sign in (1.0, -1.0):
        actual = np.copysign(emulated("float32").evaluate(Pass.FORWARD, operands, GEOMETRY), np.float32(sign))
        assert not judge(actual, result, np.zeros(actual.shape), "float32").outcome.is_mismatch
