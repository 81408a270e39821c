"""Every pass by reverse mode, of gradients by central differences: exact of what is linear in each tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import exact, reference
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.candidates.calls import reverse_mode

CASE = parse_case("n2c1k2i3f2/bias/float64/uniform/5")
OPERANDS = lattice_operands(CASE)


def tensor(array: Array) -> Array:
    return np.asarray(array, np.float64)


def convolution(input: Array, weight: Array, bias: Array | None = None) -> Array:
    return reference.forward(input, weight, CASE.geometry, bias)


def pull_back(
    function: Callable[..., Sequence[Array]], at: Sequence[Array], cotangents: Sequence[Array]
) -> list[Array]:
    """Differences of the inner product with the cotangents, which is linear in each of the tensors."""

    def inner(*at: Array) -> float:
        return sum(float((value * given).sum()) for value, given in zip(function(*at), cotangents, strict=True))

    found = []
    for number, array in enumerate(at):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(array.shape):
            step = np.zeros(array.shape)
            step[index] = 1
            ends = (inner(*at[:number], array + sign * step, *at[number + 1 :]) for sign in (1, -1))
            gradient[index] = (next(ends) - next(ends)) / 2
        found.append(gradient)
    return found


ARGUMENTS: dict[Pass, tuple[str, ...]] = {
    Pass.FORWARD: ("input", "weight", "bias"),
    Pass.INPUT_GRADIENT: ("input", "weight", "output_gradient"),
    Pass.WEIGHT_GRADIENT: ("input", "weight", "output_gradient"),
    Pass.BIAS_GRADIENT: ("input", "weight", "output_gradient"),
    Pass.UPDATE: ("input", "weight", "output_gradient", "learning_rate"),
    Pass.DOUBLE_BACKWARD_INPUT: ("input", "weight", "output_gradient", "input_direction", "weight_direction"),
    Pass.DOUBLE_BACKWARD_WEIGHT: ("input", "weight", "output_gradient", "input_direction", "weight_direction"),
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: (
        "input", "weight", "output_gradient", "input_direction", "weight_direction", "bias", "bias_direction",
    ),
}  # fmt: skip


@pytest.mark.parametrize("pass_", ARGUMENTS, ids=str)
def test_a_pass_is_what_the_equations_say(pass_: Pass) -> None:
    arguments: dict[str, Any] = {name: getattr(OPERANDS, name) for name in ARGUMENTS[pass_]}
    made = getattr(reverse_mode, str(pass_))(tensor, pull_back, convolution, **arguments)
    assert np.array_equal(made, exact.evaluate(pass_, OPERANDS.of(pass_), CASE.geometry).value.to_float64())


def test_a_bias_changes_no_gradient_and_is_left_out_of_second_order_without_its_direction() -> None:
    first = [OPERANDS.input, OPERANDS.weight, OPERANDS.output_gradient]
    with_bias = reverse_mode.bias_gradient(tensor, pull_back, convolution, *first, bias=OPERANDS.bias)
    assert np.array_equal(with_bias, reverse_mode.bias_gradient(tensor, pull_back, convolution, *first))
    directed = [*first, OPERANDS.input_direction, OPERANDS.weight_direction]
    given = (tensor, pull_back, convolution, *directed)
    with_bias = reverse_mode.double_backward_output_gradient(*given, bias=OPERANDS.bias)
    assert np.array_equal(with_bias, reverse_mode.double_backward_output_gradient(*given))
