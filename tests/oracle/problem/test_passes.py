"""Passes: what their results are like, which operands they multiply, and operands changed one by one."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import (
    FORWARDS,
    INPUT_GRADIENTS,
    WEIGHT_GRADIENTS,
    Pass,
    factors_of,
    is_numeric,
    shape_of,
)

GEOMETRY = parse_geometry("n2c4k6i5x4f3x2s2x1p1x0g2")


def test_each_pass_is_like_one_thing() -> None:
    kinds = (*FORWARDS, *INPUT_GRADIENTS, *WEIGHT_GRADIENTS, Pass.BIAS_GRADIENT)
    assert sorted(map(str, kinds)) == sorted(map(str, Pass))
    for pass_ in Pass:
        name = "output_gradient" if pass_ in FORWARDS else pass_.result_like
        assert pass_.result_shape(GEOMETRY) == shape_of(name, GEOMETRY)


@pytest.mark.parametrize(
    ("pass_", "factors"),
    [
        (Pass.FORWARD, {"input", "weight"}),
        (Pass.INPUT_GRADIENT, {"output_gradient", "weight"}),
        (Pass.WEIGHT_GRADIENT, {"output_gradient", "input"}),
        (Pass.BIAS_GRADIENT, set()),
        (Pass.UPDATE, {"output_gradient", "input"}),
        (Pass.JVP, {"input", "weight", "input_direction", "weight_direction"}),
        (Pass.DOUBLE_BACKWARD_WEIGHT, {"output_gradient", "input_direction"}),
    ],
)
def test_the_factors_of_a_pass(pass_: Pass, factors: set[str]) -> None:
    assert factors_of(pass_, GEOMETRY) == factors


def test_every_array_is_changed_and_the_step_is_not() -> None:
    operands = lattice_operands(parse_case("n1c1k1i3f2/float32/uniform/1"))
    doubled = operands.map(lambda array: 2 * array)
    assert doubled.bias is None
    assert doubled.learning_rate == operands.learning_rate
    before, after = operands.arrays(), doubled.arrays()
    assert before.keys() == after.keys()
    assert all((after[name] == 2 * array).all() for name, array in before.items())


def test_what_counts_as_a_number() -> None:
    assert all(is_numeric(np.dtype(dtype)) for dtype in ("i1", "c16", ml_dtypes.bfloat16))
    assert not any(is_numeric(np.dtype(dtype)) for dtype in ("O", "U3", "V4"))
