"""Models on numbers that one can follow, beside what the right result would be."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.explaining.diagnosis import diagnose
from convoracle.oracle.faults import fault_named, honest
from convoracle.oracle.numbers.dtypes import Arithmetic, numpy_dtype
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.oracle.problem.unwritten import unwritten


def forward(name: str | None, geometry: ConvGeometry, input: list[float], weight: list[float], dtype: str) -> Array:
    """The output with a fault, or without one, of operands given by their elements in order."""
    operands = Operands(
        np.array(input, dtype).reshape(geometry.input_shape),
        np.array(weight, dtype).reshape(geometry.weight_shape),
        None,
        np.zeros(geometry.output_shape, dtype),
    )
    implementation = honest.evaluate if name is None else fault_named(name).plant(honest.evaluate)
    return implementation(Pass.FORWARD, operands, geometry)


@pytest.mark.parametrize(
    ("name", "geometry", "input", "weight", "right", "wrong"),
    [
        ("reflection-skips-an-element", "n1c1k1i3f1p1mreflect", [1, 2, 3], [1], [2, 1, 2, 3, 2], [3, 1, 2, 3, 1]),
        ("transform-wraps-around", "n1c1k1i3f1p1", [1, 2, 3], [1], [0, 1, 2, 3, 0], [3, 1, 2, 3, 1]),
        ("padding-dilated", "n1c1k1i4f2p1+0d2", [1, 2, 3, 4], [10, 1], [2, 13, 24], [1, 2, 13]),
        ("dilated-kernel-too-long", "n1c1k1i4f2d2", [1, 2, 3, 4], [10, 1], [13, 24], [13]),
        ("groups-ignored", "n1c2k2i1f1g2", [1, 2], [10, 100], [10, 200], [30, 300]),
        ("first-group-read-by-all", "n1c2k2i1f1g2", [1, 2], [10, 100], [10, 200], [10, 100]),
        ("kernels-of-the-first-group", "n1c2k2i1f1g2", [1, 2], [10, 100], [10, 200], [10, 20]),
        ("input-rows-aligned", "n1c1k1i3x2f1x1", [1, 2, 3, 4, 5, 6], [1], [1, 2, 3, 4, 5, 6], [1, 2, 5, 6, 3, 4]),
        ("input-rows-of-output-length", "n1c1k1i2x3f1x2", [1, 2, 3, 4, 5, 6], [1, 0], [1, 2, 4, 5], [1, 2, 3, 4]),
        ("output-rows-of-input-length", "n1c1k1i2x3f1x2", [1, 2, 3, 4, 5, 6], [1, 0], [1, 2, 4, 5], [1, 2, 0, 4]),
        ("output-written-as-channels-last", "n1c1k2i2f1", [1, 2], [1, 10], [1, 2, 10, 20], [1, 10, 2, 20]),
        ("equal-sizes-taken-for-channels-last", "n1c2k1i2f1", [1, 2, 3, 4], [1, 10], [31, 42], [21, 43]),
        ("equal-sizes-taken-for-channels-last", "n1c2k1i3f1", [1, 2, 3, 4, 5, 6], [1, 10], [41, 52, 63], [41, 52, 63]),
        ("windows-from-the-padding-dropped", "n1c1k1i3f3s2p2", [1, 2, 3], [1, 10, 100], [100, 321, 3], [0, 321, 3]),
        ("outermost-tap-dropped-at-the-border", "n1c1k1i3f3s2p2", [1, 2, 3], [1, 10, 9], [9, 48, 3], [0, 48, 3]),
        ("outermost-tap-dropped-at-the-border", "n1c1k1i3f3p2+0", [1, 2, 3], [1, 10, 9], [9, 28, 48], [0, 18, 48]),
        ("pairs-saturate-in-int16", "n1c2k1i1f1", [127, 127], [127, 127], [32258], [255]),
        ("pairs-saturate-in-int16", "n1c2k1i1f1", [127, 127], [-128, -128], [-32512], [0]),
        ("pairs-saturate-in-int16", "n1c2k1i1f1", [127, -128], [127, 127], [-127], [-127]),
        ("pairs-saturate-in-int16", "n1c3k1i1f1", [127, 0, 127], [127, 0, 127], [32258], [32258]),
        ("lowest-integer-not-negated", "n1c1k1i2f1", [-3, 3], [-128], [384, -384], [-384, -384]),
        ("lowest-integer-not-negated", "n1c1k1i1f1", [-128], [-127], [16256], [16256]),
    ],
)  # fmt: skip
def test_the_output(
    name: str, geometry: str, input: list[float], weight: list[float], right: list[float], wrong: list[float]
) -> None:
    dtype = "int8" if fault_named(name).needs.dtypes == ("int8",) else "float32"
    given = (parse_geometry(geometry), input, weight, dtype)
    assert forward(None, *given).ravel().tolist() == right
    assert forward(name, *given).ravel().tolist() == wrong


def test_a_pair_of_a_transposed_and_grouped_convolution_saturates_in_its_own_group() -> None:
    geometry = parse_geometry("n1c4k2i1f2g2t")
    input, weight = [0, 0, 127, 127], [127, 127, 127, 127, 1, 127, 1, 127]
    assert forward(None, geometry, input, weight, "int8").ravel().tolist() == [0, 0, 254, 32258]
    # 128 is added to the input and its share taken off again: 2 * 128 * 127 fits, 2 * 255 * 127 does not.
    assert forward("pairs-saturate-in-int16", geometry, input, weight, "int8").ravel().tolist() == [0, 0, 254, 255]


@pytest.mark.parametrize("channels", [4, 8, 32])
def test_aligned_channels_alone_are_rounded(channels: int) -> None:
    model = fault_named(f"tfloat32-for-multiples-of-{channels}-channels")
    for inputs, outputs in ((channels, channels), (2 * channels, channels), (channels - 1, channels), (channels, 1)):
        geometry = ConvGeometry.of(size=3, kernel=2, in_channels=inputs, out_channels=outputs)
        operands = real_operands(Case(geometry, False, "float32", "uniform", 1))
        right, wrong = (
            each(Pass.FORWARD, operands, geometry) for each in (honest.evaluate, model.plant(honest.evaluate))
        )
        aligned = inputs % channels == outputs % channels == 0
        assert np.array_equal(right, wrong) != aligned
        assert model.shows(Pass.FORWARD, geometry) == aligned


@pytest.mark.parametrize("form", ["float16", "bfloat16"])
@pytest.mark.parametrize("operand", ["input", "weight", "output_gradient"])
def test_one_operand_is_rounded_and_the_others_are_not(operand: str, form: str) -> None:
    geometry = parse_geometry("n2c2k3i5f2s2p1")
    operands = real_operands(Case(geometry, True, "float32", "normal", 3))
    arrays = operands.arrays() | {
        name: array.astype(numpy_dtype(form)).astype(np.float32)
        for name, array in operands.arrays().items()
        if name.removesuffix("_direction") == operand
    }
    rounded = Operands(**arrays, learning_rate=operands.learning_rate)  # type: ignore[arg-type]
    model = fault_named(f"{operand.replace('_', '-')}-in-{form}")
    for pass_ in set(Pass) - {Pass.UPDATE}:
        wrong = model.plant(honest.evaluate)(pass_, operands, geometry)
        expected = rounded if pass_ in model.passes else operands
        assert np.array_equal(wrong, honest.evaluate(pass_, expected, geometry)), str(pass_)


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("result-never-written", np.s_[:]),
        ("last-row-never-written", np.s_[..., -1:, :]),
        ("row-remainder-never-written-4", np.s_[..., 4:]),
    ],
)
def test_what_still_holds_what_was_put_there_is_told(name: str, left: object, dtype: str) -> None:
    geometry = parse_geometry("n2c2k3i6x7f2x2")
    operands = lattice_operands(Case(geometry, True, dtype, "uniform", 2))
    result = honest.evaluate(Pass.FORWARD, operands, geometry)
    result[left] = unwritten(result.shape, result.dtype)[left]  # type: ignore[index]
    arithmetic = Arithmetic.of(dtype)
    diagnosis = diagnose(result, Pass.FORWARD, operands, geometry, arithmetic)
    assert diagnosis.first == (name,)
    result[left] = 0  # type: ignore[index]
    assert diagnose(result, Pass.FORWARD, operands, geometry, arithmetic).first != (name,)
