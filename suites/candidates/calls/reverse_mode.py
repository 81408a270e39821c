"""The passes of a function of tensors by the reverse mode of its framework, used once for gradients, twice beyond.

The functions import nothing of convoracle; each but the last two computes the pass of its name. `tensor` makes a
tensor of an array, and `pull_back` takes a function, where it is and cotangents of its results, and
returns the gradients with respect to its arguments.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np


def forward(tensor: Any, pull_back: Any, convolution: Any, input: Any, weight: Any, bias: Any = None) -> Any:
    return convolution(tensor(input), tensor(weight), None if bias is None else tensor(bias))


def input_gradient(tensor: Any, pull_back: Any, convolution: Any, input: Any, weight: Any, output_gradient: Any) -> Any:
    return gradients(tensor, pull_back, convolution, [input, weight], output_gradient)[0]


def weight_gradient(
    tensor: Any, pull_back: Any, convolution: Any, input: Any, weight: Any, output_gradient: Any
) -> Any:
    return gradients(tensor, pull_back, convolution, [input, weight], output_gradient)[1]


def bias_gradient(
    tensor: Any, pull_back: Any, convolution: Any, input: Any, weight: Any, output_gradient: Any, bias: Any = None
) -> Any:
    if bias is None:
        bias = np.zeros(output_gradient.shape[1], input.dtype)
    return gradients(tensor, pull_back, convolution, [input, weight, bias], output_gradient)[2]


def update(
    tensor: Any, pull_back: Any, convolution: Any, input: Any, weight: Any, output_gradient: Any, learning_rate: float
) -> Any:
    gradient = weight_gradient(tensor, pull_back, convolution, input, weight, output_gradient)
    return tensor(weight) - learning_rate * gradient


def double_backward_output_gradient(
    tensor: Any,
    pull_back: Any,
    convolution: Any,
    input: Any,
    weight: Any,
    output_gradient: Any,
    input_direction: Any,
    weight_direction: Any,
    bias: Any = None,
    bias_direction: Any = None,
) -> Any:
    at, directions = [input, weight], [input_direction, weight_direction]
    if bias is not None and bias_direction is not None:
        at, directions = [*at, bias], [*directions, bias_direction]
    return second_gradients(tensor, pull_back, convolution, at, output_gradient, directions)[-1]


def double_backward_input(
    tensor: Any,
    pull_back: Any,
    convolution: Any,
    input: Any,
    weight: Any,
    output_gradient: Any,
    input_direction: Any,
    weight_direction: Any,
) -> Any:
    directions = [input_direction, weight_direction]
    return second_gradients(tensor, pull_back, convolution, [input, weight], output_gradient, directions)[0]


def double_backward_weight(
    tensor: Any,
    pull_back: Any,
    convolution: Any,
    input: Any,
    weight: Any,
    output_gradient: Any,
    input_direction: Any,
    weight_direction: Any,
) -> Any:
    directions = [input_direction, weight_direction]
    return second_gradients(tensor, pull_back, convolution, [input, weight], output_gradient, directions)[1]


def gradients(tensor: Any, pull_back: Any, convolution: Any, at: Sequence[Any], output_gradient: Any) -> Any:
    return pull_back(lambda *at: [convolution(*at)], [*map(tensor, at)], [tensor(output_gradient)])


def second_gradients(
    tensor: Any, pull_back: Any, convolution: Any, at: Sequence[Any], output_gradient: Any, directions: Sequence[Any]
) -> Any:
    """Of the inner product of the gradients with directions, with respect to each variable and the output gradient."""

    def first(*at: Any) -> Any:
        return pull_back(lambda *at: [convolution(*at)], at[:-1], at[-1:])

    return pull_back(first, [*map(tensor, at), tensor(output_gradient)], [*map(tensor, directions)])
