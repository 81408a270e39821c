"""Overflow: to the Inf of the right sign, where the exact value demands it, and in no order where it cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.nonfinite import Expectation, judge_nonfinite
from convoracle.oracle.judging.overflow import expect_overflow, has_narrower_range
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.checks.value import answer, operands_of, solve, standard

pytestmark = pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
ACCUMULATORS = (
    ("float32", "float32"),
    ("float16", "float16"),
    ("float16", "float32"),
    ("bfloat16", "bfloat16"),
    ("bfloat16", "float32"),
    ("float32", "float64"),
    ("float64", "float64"),
)


def _judge_one(
    values: list[float],
    actual: float,
    dtype: str = "float32",
    accumulator: str | None = None,
    bias: float | None = None,
) -> Verdict:
    """A sum of the values, each times one."""
    geometry = ConvGeometry.of(in_channels=len(values), size=1, kernel=1)
    form = format_of(dtype).dtype
    operands = Operands(
        np.array(values).astype(form).reshape(geometry.input_shape),
        np.ones(geometry.weight_shape, form),
        None if bias is None else np.array([bias]).astype(form),
        np.ones(geometry.output_shape, form),
    )
    expectation = expect_overflow(Pass.FORWARD, operands, geometry, Arithmetic.of(dtype, accumulator))
    return judge_nonfinite(np.full((1, 1, 1), actual).astype(form), expectation, dtype)


def _campaign(first: int, last: int, geometry_of: Callable, filled: Callable, emulated: type) -> Counter[str]:
    seen: Counter[str] = Counter()
    orders = ("in order", "reversed", "shuffled", "pairwise", "blocked")
    for seed in range(first, last):
        geometry, (dtype, accumulator) = geometry_of(seed // 2), ACCUMULATORS[seed % 6]
        operands = filled(geometry, dtype, "huge", seed, bias=seed // 6 % 3 > 0)
        for pass_ in Pass:
            expectation = expect_overflow(pass_, operands, geometry, Arithmetic.of(dtype, accumulator))
            actual = emulated(accumulator, orders[seed % 5], result=dtype).evaluate(pass_, operands, geometry)
            verdict = judge_nonfinite(actual, expectation, dtype)
            assert not verdict.outcome.is_mismatch, (str(geometry), pass_, dtype, accumulator, seed, verdict)
            saturated = np.nan_to_num(actual.astype(np.float64), nan=np.nan, posinf=format_of(dtype).largest)
            must = ~(np.abs(saturated - expectation.exact.value.to_float64()) <= expectation.bound) & (actual == np.inf)
            clamped = np.where(must, np.array(format_of(dtype).largest, actual.dtype), actual)
            caught = judge_nonfinite(clamped, expectation, dtype)
            assert caught.wrong == must.sum()
            seen.update(judged=1, must=int(must.sum()), infinite=int(np.isinf(actual.astype(np.float64)).sum()))
            seen.update(elements=actual.size, unconstrained=int(_unconstrained(expectation).sum()))
    return seen


def _unconstrained(expectation: Expectation) -> np.ndarray:
    """Where nothing but a finite number out of its bound would be noticed."""
    return expectation.finite & expectation.plus & expectation.minus & expectation.nan


def test_honest_sums_conform_and_clamped_ones_do_not(geometry_of: Callable, filled: Callable, emulated: type) -> None:
    seen = _campaign(0, 60, geometry_of, filled, emulated)
    assert seen["must"] > 50
    assert seen["unconstrained"] < seen["elements"] / 10


@pytest.mark.campaign
def test_no_honest_sum_is_called_wrong(geometry_of: Callable, filled: Callable, emulated: type) -> None:
    assert _campaign(1000, 3300, geometry_of, filled, emulated)["judged"] > 20_000


@pytest.mark.parametrize(("dtype", "accumulator"), ACCUMULATORS[:-1])
def test_a_sum_beyond_the_largest_number_is_infinite(dtype: str, accumulator: str) -> None:
    largest = format_of(dtype).largest
    values = [largest] * 4
    assert _judge_one(values, np.inf, dtype, accumulator).outcome is Outcome.CONFORMS
    for wrong, cause in ((largest, "value"), (-np.inf, "inf"), (np.nan, "nan"), (0.0, "value")):
        assert _judge_one(values, wrong, dtype, accumulator).cause == cause


def test_a_float64_sum_beyond_the_largest_number_is_infinite() -> None:
    largest = format_of("float64").largest
    assert _judge_one([largest] * 4, np.inf, "float64").outcome is Outcome.CONFORMS
    assert _judge_one([largest] * 4, largest, "float64").cause == "value"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_a_sum_within_the_range_is_finite(dtype: str) -> None:
    values = [float(2.0 ** (format_of(dtype).max_exponent - 2))] * 4
    assert _judge_one(values, sum(values), dtype).outcome is Outcome.CONFORMS
    assert _judge_one(values, np.inf, dtype).cause == "inf"
    assert _judge_one(values, np.nan, dtype).cause == "nan"


def test_partial_sums_may_overflow_in_the_accumulator_but_not_beyond_it() -> None:
    values = [60000.0, 60000.0, -60000.0]
    for honest in (60000.0, np.inf):
        assert _judge_one(values, honest, "float16").outcome is Outcome.UNDECIDED
    assert _judge_one(values, -np.inf, "float16").cause == "inf"
    assert _judge_one(values, np.nan, "float16").cause == "nan"
    assert _judge_one(values, 60000.0, "float16", "float32").outcome is Outcome.CONFORMS
    assert _judge_one(values, np.inf, "float16", "float32").cause == "inf"


def test_where_both_signs_may_overflow_only_a_wrong_finite_value_is_wrong() -> None:
    values = [60000.0, 60000.0, -60000.0, -60000.0]
    for possible in (np.inf, -np.inf, np.nan, 0.0):
        assert _judge_one(values, possible, "float16").outcome is Outcome.UNDECIDED
    assert _judge_one(values, 65504.0, "float16").cause == "value"


def test_a_late_bias_may_find_an_overflowed_sum() -> None:
    assert _judge_one([60000.0, 60000.0], np.inf, "float16", "float32", bias=-60000.0).outcome is Outcome.UNDECIDED
    assert _judge_one([60000.0, 60000.0], 60000.0, "float16", "float32", bias=-60000.0).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("geometry", "may_overflow"), [("n1c1k1i1f1p2mreplicate", True), ("n1c1k1i1f5p4", False)])
def test_what_padding_sends_back_may_overflow_where_it_is_added_late(geometry: str, may_overflow: bool) -> None:
    """The sum is one unit below the largest number; each addition in bfloat16 adds half a unit."""
    convolution, form = parse_geometry(geometry), format_of("bfloat16")
    unit = 2.0**120
    summands = [2.0**127 + unit, unit / 2, 1.5 * unit, 1.5 * unit, 2.0**127 - 6.5 * unit]
    gradient = np.array(summands).astype(form.dtype).reshape(convolution.output_shape)
    assert sum(gradient.astype(np.float64).ravel()) == form.largest - unit
    late = sum(gradient.ravel()[1:], gradient[0, 0, 0])
    assert np.isposinf(late.astype(np.float64))
    ones = np.ones(convolution.weight_shape, form.dtype)
    operands = Operands(np.ones(convolution.input_shape, form.dtype), ones, None, gradient)
    expectation = expect_overflow(Pass.INPUT_GRADIENT, operands, convolution, Arithmetic.of("bfloat16", "float32"))
    verdict = judge_nonfinite(np.full((1, 1, 1), late), expectation, "bfloat16")
    assert verdict.outcome is (Outcome.UNDECIDED if may_overflow else Outcome.VIOLATES)


def test_an_update_overflows_against_its_gradient(emulated: type) -> None:
    geometry = ConvGeometry.of(size=1, kernel=1)
    big = np.full((1, 1, 1), 1e30, np.float32)
    operands = Operands(big, np.zeros((1, 1, 1), np.float32), None, big)
    expectation = expect_overflow(Pass.UPDATE, operands, geometry, Arithmetic.of("float32"))
    assert not expectation.plus.any()
    actual = emulated("float32").evaluate(Pass.UPDATE, operands, geometry)
    assert actual == -np.inf
    assert judge_nonfinite(actual, expectation, "float32").outcome is Outcome.CONFORMS
    assert judge_nonfinite(-actual, expectation, "float32").cause == "inf"


@pytest.mark.parametrize("scaled", ["input", "output_gradient"])
def test_a_factor_that_the_rate_takes_out_of_range_may_overflow_and_a_finite_step_is_still_judged(scaled: str) -> None:
    """BLAS may scale a packed operand by alpha: 10 times 10,000 is Inf in float16, though the step is of 53."""
    case = parse_case("n1c1k1i1f1/float16/tall/1433")
    arithmetic, operands = Arithmetic.of("float16"), operands_of(Numbers.REALS, case)
    assert operands.learning_rate == 10
    if scaled == "output_gradient":
        operands = replace(operands, input=operands.output_gradient, output_gradient=operands.input)
    exact = solve(Numbers.REALS, Pass.UPDATE, operands, case.geometry)
    held_to = standard(Numbers.REALS, Pass.UPDATE, operands, exact, arithmetic, case)
    arrays = operands.arrays() | {scaled: operands.arrays()[scaled] * np.float16(operands.learning_rate)}
    first = operands.weight - arrays["input"] * arrays["output_gradient"]
    last = operands.weight - np.float16(10) * (operands.input * operands.output_gradient)
    assert np.isinf(first).all()
    assert np.isfinite(last).all()
    assert Outcome.VIOLATES not in {held_to.judge(result).outcome for result in (first, last)}
    assert held_to.judge(last + 9).outcome is Outcome.VIOLATES


def test_a_rate_that_leaves_all_factors_in_range_lets_none_overflow() -> None:
    case = parse_case("n1c1k1i1f1/float16/tall/1433")
    operands = replace(operands_of(Numbers.REALS, case), learning_rate=6.5)
    exact = solve(Numbers.REALS, Pass.UPDATE, operands, case.geometry)
    held_to = standard(Numbers.REALS, Pass.UPDATE, operands, exact, Arithmetic.of("float16"), case)
    assert held_to.judge(np.full((1, 1, 1), -np.inf, np.float16)).outcome is Outcome.VIOLATES


def test_a_result_without_infinity_overflows_to_nan() -> None:
    geometry = ConvGeometry.of(in_channels=4, size=1, kernel=1)
    form = format_of("float8_e4m3fn").dtype
    x, w = np.full(geometry.input_shape, 448.0).astype(form), np.ones(geometry.weight_shape).astype(form)
    operands = Operands(x, w, None, np.ones(geometry.output_shape).astype(form))
    arithmetic = Arithmetic.of("float8_e4m3fn", "float32", result="float8_e4m3fn")
    expectation = expect_overflow(Pass.FORWARD, operands, geometry, arithmetic)
    actual = np.full((1, 1, 1), 1792.0).astype(form)
    assert np.isnan(actual.astype(np.float64)).all()
    assert judge_nonfinite(actual, expectation, "float8_e4m3fn").outcome is Outcome.CONFORMS
    assert judge_nonfinite(np.full_like(actual, 448.0), expectation, "float8_e4m3fn").cause == "value"


def test_an_operand_beyond_the_multipliers_range_leaves_nothing_certain() -> None:
    geometry = ConvGeometry.of(size=1, kernel=1)
    operands = Operands(*(np.full((1, 1, 1), v, np.float32) for v in (1e6, 1.0)), None, np.ones((1, 1, 1), np.float32))
    arithmetic = Arithmetic.of("float32", multiplier="float16")
    assert _unconstrained(expect_overflow(Pass.FORWARD, operands, geometry, arithmetic)).all()


def test_integers_do_not_overflow_to_infinity(lattice: Callable) -> None:
    geometry = ConvGeometry.of(size=3, kernel=2)
    with pytest.raises(InvalidArgument, match="real floating-point"):
        expect_overflow(Pass.FORWARD, lattice(geometry, "int8", 0), geometry, Arithmetic.of("int8"))


@pytest.mark.parametrize("fill", ["large", "tall"])
def test_results_of_a_narrower_range_overflow_where_they_must(fill: str) -> None:
    """float32 sums stored as float16: Inf beyond 65504, and a clamped one is wrong."""
    arithmetic, infinite = Arithmetic.of("float32", "float32", result="float16"), 0
    for seed in range(12):
        case = parse_case(f"n1c2k2i4f2/float32/{fill}/{seed}")
        operands = operands_of(Numbers.REALS, case, arithmetic)
        result = answer(Numbers.REALS, case, Pass.FORWARD, arithmetic)
        assert has_narrower_range(arithmetic)
        with np.errstate(over="ignore"):
            actual = reference.evaluate(Pass.FORWARD, operands, case.geometry).astype(np.float16)
        held_to = standard(Numbers.REALS, Pass.FORWARD, operands, result, arithmetic, case)
        assert not held_to.judge(actual).outcome.is_mismatch
        clamped = np.nan_to_num(actual, posinf=65504.0, neginf=-65504.0)
        infinite += int(np.isinf(actual).any())
        assert held_to.judge(clamped).outcome.is_mismatch == np.isinf(actual).any()
    assert infinite or fill == "tall"
