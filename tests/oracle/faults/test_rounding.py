"""The right terms in a worse arithmetic: which factors, sums and results are rounded, and to what."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults import fault_named, honest
from convoracle.oracle.faults.rounding import MODELS
from convoracle.oracle.numbers.dtypes import numpy_dtype
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

NINE = 2.0**-9


@pytest.mark.parametrize(
    ("name", "dtype", "input", "weight", "right", "wrong"),
    [
        ("factors-in-tfloat32", "float32", [1 + 2.0**-12], [3], 3 + 3 * 2.0**-12, 3),
        ("factors-in-bfloat16", "float32", [1], [1 + NINE], 1 + NINE, 1),
        ("factors-in-float32", "float64", [1 + 2.0**-40], [1], 1 + 2.0**-40, 1),
        ("factors-in-float32", "float32", [1 + 2.0**-23], [1], 1 + 2.0**-23, 1 + 2.0**-23),
        ("input-in-bfloat16", "float32", [1 + NINE], [1 + NINE], 1 + 2 * NINE + NINE**2, 1 + NINE),
        ("weight-in-bfloat16", "float64", [1 + NINE], [1 + NINE], 1 + 2 * NINE + NINE**2, 1 + NINE),
        ("result-in-bfloat16", "float32", [1 + NINE], [1], 1 + NINE, 1),
        ("result-in-float16", "float16", [1 + 2.0**-10], [1], 1 + 2.0**-10, 1 + 2.0**-10),
        ("sums-in-float16", "float32", [2048, 1, 1], [1, 1, 1], 2050, 2048),
        ("sums-in-float32", "float64", [2.0**24, 1, 1], [1, 1, 1], 2.0**24 + 2, 2.0**24),
    ],
)
def test_the_output(
    name: str,
    dtype: str,
    input: list[float],
    weight: list[float],
    right: float,
    wrong: float,
    result_of: Callable[..., Array],
) -> None:
    text = f"n1c1k1i{len(input)}f{len(weight)}"
    for model, output in ((None, right), (name, wrong)):
        found = result_of(model, Pass.FORWARD, text, dtype, input=input, weight=weight)
        assert (found.dtype, found.item()) == (numpy_dtype(dtype), output)


def test_every_element_is_as_coarse_as_64_times_the_largest(result_of: Callable[..., Array]) -> None:
    """64000 and what is near it is a multiple of 2**-8 in float32."""
    given = {"input": [1000, 0.1234567, np.inf], "weight": [1]}
    found = result_of("error-of-the-largest-element", Pass.FORWARD, "n1c1k1i3f1", "float32", **given)
    assert found.ravel().tolist() == [1000, 32 / 256, np.inf]
    huge = {"input": [3e38, 1], "weight": [1]}
    found = result_of("error-of-the-largest-element", Pass.FORWARD, "n1c1k1i2f1", "float32", **huge)
    assert found.ravel().tolist() == [float(np.float32(3e38)), 1]


def test_the_old_weight_of_an_update_is_no_factor(result_of: Callable[..., Array]) -> None:
    given = {"input": [1 + NINE], "output_gradient": [1], "weight": [1 + NINE], "rate": 1.0}
    found = result_of("factors-in-bfloat16", Pass.UPDATE, "n1c1k1i1f1", "float32", **given)
    assert found.item() == NINE
    summed = {"input": [1, 1, 1], "output_gradient": [2048, 1, 1], "weight": [2050], "rate": 1.0}
    assert result_of("sums-in-float16", Pass.UPDATE, "n1c1k1i3f1", "float32", **summed).item() == 2


@pytest.mark.parametrize(
    ("name", "dtypes"),
    [
        ("sums-in-float16", {"float64", "float32"}),
        ("sums-in-bfloat16", {"float64", "float32", "float16"}),
        ("sums-in-float32", {"float64"}),
        ("factors-in-tfloat32", {"float64", "float32"}),
        ("factors-in-bfloat16", {"float64", "float32", "float16"}),
        ("input-in-bfloat16", {"float64", "float32"}),
        ("result-in-bfloat16", {"float64", "float32", "float16"}),
        ("tfloat32-for-multiples-of-8-channels", {"float32"}),
    ],
)
def test_only_where_the_format_is_worse_than_the_dtype(name: str, dtypes: set[str]) -> None:
    """In float16 a weight's step is off by as much as one operand in bfloat16 is."""
    assert set(fault_named(name).needs.dtypes) == dtypes


def test_where_there_are_no_terms_there_is_nothing_to_round() -> None:
    for model in MODELS:
        assert not any(model.shows(pass_, parse_geometry("n0c32k32i3f1")) for pass_ in Pass)
    assert fault_named("sums-in-float16").shows(Pass.BIAS_GRADIENT, parse_geometry("n1c1k1i3f1"))
    assert not fault_named("factors-in-float16").shows(Pass.BIAS_GRADIENT, parse_geometry("n1c1k1i3f1"))
    assert not fault_named("weight-in-float16").shows(Pass.WEIGHT_GRADIENT, parse_geometry("n1c1k1i3f1"))


def test_a_model_rounds_float64_to_bfloat16_once(result_of: Callable[..., Array]) -> None:
    """By way of float32 it would be a tie, and 1."""
    above_a_tie = [1 + 2.0**-8 + 2.0**-40]
    found = result_of("result-in-bfloat16", Pass.FORWARD, "n1c1k1i1f1", input=above_a_tie, weight=[1])
    assert found.item() == 1 + 2.0**-7


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
