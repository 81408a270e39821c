"""NaN and Inf in operands: both honest ways of padding pass, and every way of spilling or losing them fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.contamination import (
    classify,
    contaminate,
    expect_contaminated,
    finite_part,
    is_contaminated,
    of_compensated_sums,
    of_skipped_zeros,
    of_transform,
)
from convoracle.oracle.judging.nonfinite import Expectation, judge_nonfinite
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import numpy_dtype, result_dtype
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import ARRAYS, Array, Operands, Pass, shape_of

DTYPES = ("float32", "float16", "bfloat16", "float64", "float8_e5m2", "float8_e4m3fn")
LINE = ConvGeometry.of(size=8, kernel=3, padding=1)
FIVE = np.array([2.0, np.inf, -np.inf, np.nan, 0.0], np.float32)
pytestmark = pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")


def _operands(geometry: ConvGeometry, **planted: tuple[int, float]) -> Operands:
    """Ones throughout, but for a value at a flat index of an operand."""
    shapes = {"input": geometry.input_shape, "weight": geometry.weight_shape, "output_gradient": geometry.output_shape}
    arrays = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    for name, (position, value) in planted.items():
        arrays[name].ravel()[position] = value
    return Operands(**arrays, bias=None)


def _judge(actual: Array, operands: Operands, geometry: ConvGeometry, pass_: Pass = Pass.FORWARD) -> Verdict:
    return judge_nonfinite(actual, expect_contaminated(pass_, operands, geometry), "float32")


def _honest_passes(
    first: int, last: int, geometry_of: Callable, lattice: Callable, emulated: type, orders: tuple[str, ...]
) -> int:
    judged = 0
    for seed in range(first, last):
        geometry, dtype = geometry_of(seed // 2), DTYPES[seed % len(DTYPES)]
        operands = contaminate(lattice(geometry, dtype, seed, bias=seed // 6 % 3 > 0), seed)
        for pass_ in Pass:
            expectation = expect_contaminated(pass_, operands, geometry)
            skipping = emulated(result_dtype(dtype), orders[seed % len(orders)]).evaluate(pass_, operands, geometry)
            results = [skipping] if dtype.startswith("float8") else [skipping, _padding(pass_, operands, geometry)]
            for actual in results:
                verdict = judge_nonfinite(actual, expectation, result_dtype(dtype))
                undecided = verdict.outcome is Outcome.UNDECIDED and verdict.cause == "resolution"
                assert undecided or verdict.outcome is Outcome.CONFORMS, (str(geometry), pass_, dtype, seed, verdict)
                judged += not undecided
    return judged


def _padding(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The reference: padded windows unrolled and multiplied, zeros and all."""
    with np.errstate(invalid="ignore"):
        return reference.evaluate(pass_, operands, geometry)


def test_implementations_that_pad_and_that_skip_the_padding_both_conform(
    geometry_of: Callable, lattice: Callable, emulated: type, order: str
) -> None:
    _honest_passes(0, 24, geometry_of, lattice, emulated, (order,))


@pytest.mark.campaign
def test_no_honest_implementation_is_called_wrong(geometry_of: Callable, lattice: Callable, emulated: type) -> None:
    orders = ("in order", "reversed", "shuffled", "pairwise", "blocked")
    assert _honest_passes(1000, 2500, geometry_of, lattice, emulated, orders) > 20_000


def test_the_classes_are_those_of_the_terms_summed_in_ieee_arithmetic(
    geometry_of: Callable, lattice: Callable, emulated: type
) -> None:
    for seed in range(100):
        geometry = geometry_of(seed)
        operands = contaminate(lattice(geometry, "float64", seed, zeros=0.3), seed)
        for pass_ in Pass:
            special, _ = classify(pass_, operands, geometry)
            actual = emulated("float64").evaluate(pass_, operands, geometry)
            np.testing.assert_array_equal(special, np.where(np.isfinite(actual), 0.0, actual))


def test_every_pass_that_multiplies_has_zeros_that_meet_nan_or_inf(geometry_of: Callable, lattice: Callable) -> None:
    """Else no kernel that leaves out products with zero could be seen."""
    met = Counter()
    for seed in range(80):
        geometry = geometry_of(seed)
        operands = contaminate(lattice(geometry, "float32", seed), seed)
        for pass_ in Pass:
            told = (classify(pass_, operands, geometry, zeros_count=count)[0] for count in (True, False))
            met[pass_] += not np.array_equal(*told, equal_nan=True)
    assert met.pop(Pass.BIAS_GRADIENT) == 0
    assert set(met) == set(Pass) - {Pass.BIAS_GRADIENT}
    assert min(met.values()) >= 5


def test_the_dense_evaluation_is_the_one_with_every_zero_written_out(
    geometry_of: Callable, lattice: Callable, emulated: type
) -> None:
    for seed in range(100):
        geometry = geometry_of(seed)
        if geometry.transposed or geometry.padding_mode != "zeros":
            continue
        operands = contaminate(lattice(geometry, "float64", seed), seed)
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
            special, zero_products = classify(pass_, operands, geometry)
            dense = _dense(pass_, operands, geometry, emulated("float64"))
            np.testing.assert_array_equal(np.isnan(special) | zero_products, np.isnan(dense))


def _dense(pass_: Pass, operands: Operands, geometry: ConvGeometry, arithmetic: object) -> Array:
    padded = tuple(size + low + high for size, (low, high) in zip(geometry.size, geometry.padding, strict=True))
    explicit = replace(geometry, size=padded, padding=((0, 0),) * geometry.rank)
    if pass_ is not Pass.INPUT_GRADIENT:
        zeros = np.pad(operands.input, ((0, 0), (0, 0), *geometry.padding))
        plain = Operands(zeros, operands.weight, operands.bias, operands.output_gradient)
        return arithmetic.evaluate(pass_, plain, explicit)
    reach = [d * (r - 1) for d, r in zip(geometry.dilation, geometry.kernel, strict=True)]
    stuffed = np.zeros((geometry.batch, geometry.out_channels, *(p + m for p, m in zip(padded, reach, strict=True))))
    at = (slice(m, m + s * o, s) for m, s, o in zip(reach, geometry.stride, geometry.output_size, strict=True))
    stuffed[:, :, *at] = operands.output_gradient
    grouped = np.flip(operands.weight, tuple(range(2, operands.weight.ndim))).reshape(
        geometry.groups, -1, geometry.in_channels // geometry.groups, *geometry.kernel
    )
    weight = np.ascontiguousarray(grouped.swapaxes(1, 2).reshape(geometry.in_channels, -1, *geometry.kernel))
    adjoint = ConvGeometry.of(
        batch=geometry.batch,
        in_channels=geometry.out_channels,
        out_channels=geometry.in_channels,
        size=stuffed.shape[2:],
        kernel=geometry.kernel,
        dilation=geometry.dilation,
        groups=geometry.groups,
    )
    whole = arithmetic.evaluate(Pass.FORWARD, Operands(stuffed, weight, None, np.zeros(adjoint.output_shape)), adjoint)
    kept = (slice(low, low + size) for size, (low, _) in zip(geometry.size, geometry.padding, strict=True))
    return whole[:, :, *kept]


def test_nan_times_anything_and_infinity_times_zero_are_nan() -> None:
    operands = _operands(LINE, input=(3, np.nan), weight=(0, 0.0))
    special, _ = classify(Pass.FORWARD, operands, LINE)
    assert np.flatnonzero(np.isnan(special)).tolist() == [2, 3, 4]
    operands = _operands(LINE, input=(3, np.inf), weight=(0, 0.0))
    special, _ = classify(Pass.FORWARD, operands, LINE)
    np.testing.assert_array_equal(special.ravel(), [0, 0, np.inf, np.inf, np.nan, 0, 0, 0])


@pytest.mark.parametrize("zeros_count", [True, False])
@pytest.mark.parametrize("factor", [-2.0, -0.5, 0.0, 0.5, 2.0, np.inf, -np.inf, np.nan])
def test_one_product_is_what_ieee_arithmetic_makes_of_it_unless_a_factor_of_zero_leaves_it_out(
    factor: float, *, zeros_count: bool
) -> None:
    product = FIVE * np.float32(factor)
    left_out = not zeros_count and ((FIVE == 0) | (factor == 0))
    expected = np.where(np.isfinite(product) | left_out, 0.0, product)
    for shape in ({"size": 5}, {"size": 1, "out_channels": 5}):
        geometry = ConvGeometry.of(kernel=1, **shape)
        operands = _operands(geometry)
        (operands.input if geometry.size == (5,) else operands.weight).flat = FIVE
        (operands.weight if geometry.size == (5,) else operands.input).flat = factor
        special, _ = classify(Pass.FORWARD, operands, geometry, zeros_count=zeros_count)
        np.testing.assert_array_equal(special.ravel(), expected)


def test_infinities_of_both_signs_cancel_to_nan_and_those_of_one_stay() -> None:
    operands = _operands(LINE, input=(3, np.inf))
    operands.input.ravel()[5] = -np.inf
    special, _ = classify(Pass.FORWARD, operands, LINE)
    np.testing.assert_array_equal(special.ravel(), [0, 0, np.inf, np.inf, np.nan, -np.inf, -np.inf, 0])


def test_the_update_turns_an_infinite_gradient_and_keeps_an_infinite_weight() -> None:
    geometry = ConvGeometry.of(size=3, kernel=2)
    special, _ = classify(Pass.UPDATE, _operands(geometry, input=(2, np.inf)), geometry)
    np.testing.assert_array_equal(special.ravel(), [0, -np.inf])
    special, _ = classify(Pass.UPDATE, _operands(geometry, input=(2, np.inf), weight=(1, np.inf)), geometry)
    np.testing.assert_array_equal(special.ravel(), [0, np.nan])


def test_a_contaminated_tap_may_reach_the_windows_that_have_it_in_the_padding_and_no_others() -> None:
    operands = _operands(LINE, weight=(0, np.inf))
    special, zero_products = classify(Pass.FORWARD, operands, LINE)
    np.testing.assert_array_equal(special.ravel(), [0, *[np.inf] * 7])
    assert np.flatnonzero(zero_products).tolist() == [0]


def test_padding_that_repeats_data_has_no_zeros_to_meet() -> None:
    for mode in ("reflect", "replicate", "circular"):
        geometry = ConvGeometry.of(size=8, kernel=3, padding=1, padding_mode=mode)
        for pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT):
            operands = _operands(geometry, weight=(0, np.nan), output_gradient=(0, np.nan))
            assert not classify(pass_, operands, geometry)[1].any()


def _honest_line(operands: Operands) -> Array:
    """The skipping result on LINE, from the slices themselves."""
    x, w = operands.input.ravel(), operands.weight.ravel()
    y = x * w[1]
    y[1:] += x[:-1] * w[0]
    y[:-1] += x[1:] * w[2]
    return y.reshape(LINE.output_shape)


def _winograd(operands: Operands) -> Array:
    """F(2, 3) on LINE: four inputs transformed for each two outputs."""
    (a, b, c), d = operands.weight.ravel(), np.pad(operands.input.ravel(), 1)
    outputs = []
    for i in range(0, 8, 2):
        m1, m4 = (d[i] - d[i + 2]) * a, (d[i + 1] - d[i + 3]) * c
        m2, m3 = (d[i + 1] + d[i + 2]) * (a + b + c) / 2, (d[i + 2] - d[i + 1]) * (a - b + c) / 2
        outputs += [m1 + m2 + m3, m2 - m3 - m4]
    return np.array(outputs, np.float32).reshape(LINE.output_shape)


def _fourier(operands: Operands) -> Array:
    spectrum = np.fft.rfft(np.pad(operands.input.ravel(), 1)) * np.conj(np.fft.rfft(operands.weight.ravel(), 10))
    return np.rint(np.fft.irfft(spectrum, 10)[:8]).astype(np.float32).reshape(LINE.output_shape)


FAULTS: dict[str, tuple[Callable[[Operands], Array], str]] = {
    "NaN one window too far": (lambda o: _spilled(_honest_line(o)), "nan"),
    "the whole result, by a Fourier transform": (_fourier, "nan"),
    "NaN made zero": (lambda o: np.nan_to_num(_honest_line(o), posinf=np.inf, neginf=-np.inf), "lost"),
    "NaN masked by a maximum": (lambda o: np.fmax(_honest_line(o), np.float32(-3e38)), "lost"),
    "a finite value wrong": (lambda o: _honest_line(o) + np.float32([1, *[0] * 7]), "value"),
    "an operand's NaN skipped": (lambda o: _honest_line(finite_part(o)), "lost"),
}


def _spilled(result: Array) -> Array:
    result[..., 1:][np.isnan(result[..., :-1])] = np.nan
    return result


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_handling_of_nan_is_caught(fault: str) -> None:
    wrong, cause = FAULTS[fault]
    operands = _operands(LINE, input=(3, np.nan))
    assert _judge(_honest_line(operands), operands, LINE).outcome is Outcome.CONFORMS
    verdict = _judge(wrong(operands), operands, LINE)
    assert (verdict.outcome, verdict.cause) == (Outcome.VIOLATES, cause)


@pytest.mark.parametrize(
    ("value", "cause"), [(np.nan, "nan"), (-np.inf, "inf"), (3.4e38, "lost")], ids=["NaN", "the other sign", "clamped"]
)
def test_an_infinity_turned_into_anything_else_is_caught(value: float, cause: str) -> None:
    operands = _operands(LINE, input=(3, np.inf))
    actual = _honest_line(operands)
    assert _judge(actual, operands, LINE).outcome is Outcome.CONFORMS
    actual[np.isinf(actual)] = value
    verdict = _judge(actual, operands, LINE)
    assert (verdict.outcome, verdict.cause, verdict.wrong, verdict.region) == (
        Outcome.VIOLATES,
        cause,
        3,
        ((0, 1), (0, 1), (2, 5)),
    )


def test_the_differences_of_a_winograd_tile_turn_infinity_into_nan() -> None:
    operands = _operands(LINE, input=(3, np.inf))
    verdict = _judge(_winograd(operands), operands, LINE)
    assert (verdict.outcome, verdict.cause) == (Outcome.VIOLATES, "nan")
    expectation = of_transform(expect_contaminated(Pass.FORWARD, operands, LINE))
    assert judge_nonfinite(_winograd(operands), expectation, "float32").outcome is Outcome.CONFORMS


def test_a_transform_may_spread_nan_but_not_lose_it() -> None:
    operands = _operands(LINE, input=(3, np.nan))
    expectation = of_transform(expect_contaminated(Pass.FORWARD, operands, LINE))
    assert judge_nonfinite(_fourier(operands), expectation, "float32").outcome is Outcome.CONFORMS
    lost = judge_nonfinite(_fourier(finite_part(operands)), expectation, "float32")
    assert (lost.outcome, lost.cause) == (Outcome.VIOLATES, "lost")


def _may_be(expectation: Expectation) -> list[str]:
    """What each element may be: f, finite; + and -, an Inf of the sign; n, NaN."""
    masks = {"f": expectation.finite, "+": expectation.plus, "-": expectation.minus, "n": expectation.nan}
    return ["".join(name for name, mask in masks.items() if mask.flat[i]) for i in range(expectation.nan.size)]


def test_compensated_sums_may_be_nan_in_place_of_an_infinity_of_either_sign() -> None:
    geometry = ConvGeometry.of(size=5, kernel=1)
    operands = replace(_operands(geometry), input=FIVE.reshape(1, 1, 5))
    plain = expect_contaminated(Pass.FORWARD, operands, geometry)
    assert _may_be(plain) == ["f", "+", "-", "n", "f"]
    assert _may_be(of_compensated_sums(plain)) == ["f", "+n", "-n", "n", "f"]


@pytest.mark.parametrize(
    ("weight", "may_be"),
    [(1.0, ["f", "+", "-", "n", "f"]), (-1.0, ["f", "-", "+", "n", "f"]), (0.0, ["f", "fn", "fn", "fn", "f"])],
)
def test_who_leaves_out_zeros_may_have_a_finite_number_for_zero_times_infinity(
    weight: float, may_be: list[str]
) -> None:
    geometry = ConvGeometry.of(size=5, kernel=1)
    operands = replace(_operands(geometry, weight=(0, weight)), input=FIVE.reshape(1, 1, 5))
    plain = expect_contaminated(Pass.FORWARD, operands, geometry)
    assert _may_be(of_skipped_zeros(plain, Pass.FORWARD, operands, geometry)) == may_be


def test_what_is_nan_without_the_zeros_is_so_with_them() -> None:
    """Inf - Inf, beside zero times one: NaN in any case."""
    geometry = ConvGeometry.of(size=3, kernel=3)
    operands = replace(_operands(geometry, weight=(1, 0.0)), input=np.float32([[[np.inf, 1, -np.inf]]]))
    plain = expect_contaminated(Pass.FORWARD, operands, geometry)
    assert _may_be(of_skipped_zeros(plain, Pass.FORWARD, operands, geometry)) == ["n"]


READERS = {
    "input": {Pass.FORWARD, Pass.WEIGHT_GRADIENT, Pass.UPDATE, Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT},
    "weight": {Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.UPDATE, Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT},
    "bias": {Pass.FORWARD},
    "output_gradient": {
        Pass.INPUT_GRADIENT,
        Pass.WEIGHT_GRADIENT,
        Pass.BIAS_GRADIENT,
        Pass.UPDATE,
        Pass.DOUBLE_BACKWARD_INPUT,
        Pass.DOUBLE_BACKWARD_WEIGHT,
    },
    "input_direction": {Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, Pass.DOUBLE_BACKWARD_WEIGHT},
    "weight_direction": {Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, Pass.DOUBLE_BACKWARD_INPUT},
    "bias_direction": {Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT},
}
"""Array -> the passes that read it, by their definitions."""


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_the_passes_that_read_a_contaminated_array_are_contaminated(name: str, value: float, lattice: Callable) -> None:
    operands = lattice(LINE, "float32", 1, bias=name.startswith("bias"))
    assert not any(is_contaminated(pass_, operands, LINE) for pass_ in Pass)
    operands.arrays()[name].flat[0] = value
    assert {pass_ for pass_ in Pass if is_contaminated(pass_, operands, LINE)} == READERS[name]
    assert not any(is_contaminated(pass_, finite_part(operands), LINE) for pass_ in Pass)


def test_a_group_does_not_reach_another() -> None:
    geometry = ConvGeometry.of(in_channels=2, out_channels=2, size=3, kernel=2, groups=2)
    operands = _operands(geometry, output_gradient=(0, np.nan))
    dense = np.full(geometry.weight_shape, np.nan, np.float32)
    verdict = _judge(dense, operands, geometry, Pass.WEIGHT_GRADIENT)
    assert (verdict.cause, verdict.wrong) == ("nan", 2)


@pytest.mark.parametrize("dtype", DTYPES)
def test_contamination_follows_from_the_seed_and_leaves_its_operands_alone(dtype: str, lattice: Callable) -> None:
    clean = lattice(LINE, dtype, 1)
    first, second = contaminate(clean, 5), contaminate(clean, 5)
    changed = 0
    for name, array in first.arrays().items():
        np.testing.assert_array_equal(array.astype(np.float64), second.arrays()[name].astype(np.float64))
        assert array.dtype == numpy_dtype(dtype)
        assert np.isfinite(clean.arrays()[name].astype(np.float64)).all()
        changed += not np.isfinite(array.astype(np.float64)).all()
    assert 1 <= changed <= 2


def test_one_or_two_arrays_are_planted_in_and_the_others_have_zeros_in_three_of_four_cases() -> None:
    geometry = ConvGeometry.of(in_channels=4, out_channels=4, size=(9, 9), kernel=5)
    ones = Operands(**{name: np.ones(shape_of(name, geometry), np.float32) for name in ARRAYS})
    seeds, in_two, planted, zeros = 300, 0, Counter(), []
    for seed in range(seeds):
        arrays = contaminate(ones, seed).arrays()
        special = {name: array[~np.isfinite(array)] for name, array in arrays.items()}
        names = {name for name, values in special.items() if values.size}
        assert names & {"input", "weight", "output_gradient"}
        in_two += len(names) == 2
        planted.update(special[name].size for name in names if arrays[name].size > 99)
        others = np.concatenate([arrays[name].ravel() for name in arrays.keys() - names])
        zeros.append(np.mean(others == 0))
    assert 0.4 < in_two / seeds < 0.6
    assert set(planted) == {1, 2, 3}
    assert all(0.25 < count / planted.total() < 0.42 for count in planted.values())
    with_zeros = [share for share in zeros if share]
    assert 0.65 < len(with_zeros) / seeds < 0.85
    assert 0.35 < np.mean(with_zeros) < 0.45


@pytest.mark.parametrize(("dtype", "kinds"), [("float32", {"nan", "inf", "-inf"}), ("float8_e4m3fn", {"nan"})])
def test_every_special_number_that_a_dtype_has_is_planted(dtype: str, kinds: set[str], lattice: Callable) -> None:
    clean = lattice(LINE, dtype, 1)
    arrays = [array for seed in range(30) for array in contaminate(clean, seed).arrays().values()]
    values = np.concatenate([array.astype(np.float64).ravel() for array in arrays])
    assert set(map(str, values[~np.isfinite(values)])) == kinds


def test_a_bias_alone_is_planted_in_where_all_else_is_empty(lattice: Callable) -> None:
    geometry = ConvGeometry.of(batch=0, in_channels=0, out_channels=2, size=3, kernel=1)
    operands = contaminate(lattice(geometry, "float32", 1), 3)
    assert not np.isfinite([*operands.bias, *operands.bias_direction]).all()


def test_integers_and_complex_numbers_are_refused(lattice: Callable) -> None:
    for dtype in ("int8", "complex64"):
        with pytest.raises(InvalidArgument, match="real floating-point"):
            contaminate(lattice(LINE, dtype, 0), 0)


def test_an_empty_batch_has_nothing_to_contaminate(lattice: Callable) -> None:
    geometry = replace(LINE, batch=0)
    operands = contaminate(lattice(geometry, "float32", 3), 3)
    for pass_ in Pass:
        actual = reference.evaluate(pass_, operands, geometry)
        expectation = expect_contaminated(pass_, operands, geometry)
        verdict = judge_nonfinite(actual, expectation, "float32")
        assert verdict.outcome is (Outcome.CONFORMS if actual.size else Outcome.UNDECIDED)
