"""The passes of a function of tensors by the reverse mode of its framework, used once for gradients, twice beyond.

The functions import nothing of convoracle; each but the last two computes the pass of its name. `tensor` makes a
tensor of an array, and `pull_back` takes a function, where it is and cotangents of its results, and
returns the gradients with respect to its arguments.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def forward(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray | None = None,
) -> Any:
    return convolution(tensor(input), tensor(weight), None if bias is None else tensor(bias))


def input_gradient(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    output_gradient: np.ndarray,
) -> Any:
    return gradients(tensor, pull_back, convolution, [input, weight], output_gradient)[0]


def weight_gradient(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    output_gradient: np.ndarray,
) -> Any:
    return gradients(tensor, pull_back, convolution, [input, weight], output_gradient)[1]


def bias_gradient(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    output_gradient: np.ndarray,
    bias: np.ndarray | None = None,
) -> Any:
    if bias is None:
        bias = np.zeros(output_gradient.shape[1], input.dtype)
    return gradients(tensor, pull_back, convolution, [input, weight, bias], output_gradient)[2]


def update(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    output_gradient: np.ndarray,
    learning_rate: float,
) -> Any:
    gradient = weight_gradient(tensor, pull_back, convolution, input, weight, output_gradient)
    return tensor(weight) - learning_rate * gradient


def double_backward_output_gradient(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    output_gradient: np.ndarray,
    input_direction: np.ndarray,
    weight_direction: np.ndarray,
    bias: np.ndarray | None = None,
    bias_direction: np.ndarray | None = None,
) -> Any:
    at, directions = [input, weight], [input_direction, weight_direction]
    if bias is not None and bias_direction is not None:
        at, directions = [*at, bias], [*directions, bias_direction]
    return second_gradients(tensor, pull_back, convolution, at, output_gradient, directions)[-1]


def double_backward_input(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    output_gradient: np.ndarray,
    input_direction: np.ndarray,
    weight_direction: np.ndarray,
) -> Any:
    directions = [input_direction, weight_direction]
    return second_gradients(tensor, pull_back, convolution, [input, weight], output_gradient, directions)[0]


def double_backward_weight(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    input: np.ndarray,
    weight: np.ndarray,
    output_gradient: np.ndarray,
    input_direction: np.ndarray,
    weight_direction: np.ndarray,
) -> Any:
    directions = [input_direction, weight_direction]
    return second_gradients(tensor, pull_back, convolution, [input, weight], output_gradient, directions)[1]


def gradients(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    at: Sequence[np.ndarray],
    output_gradient: np.ndarray,
) -> Sequence[Any]:
    return pull_back(lambda *at: [convolution(*at)], [*map(tensor, at)], [tensor(output_gradient)])


def second_gradients(
    tensor: Callable[[np.ndarray], Any],
    pull_back: Callable[..., Sequence[Any]],
    convolution: Callable[..., Any],
    at: Sequence[np.ndarray],
    output_gradient: np.ndarray,
    directions: Sequence[np.ndarray],
) -> Sequence[Any]:
    """Of the inner product of the gradients with directions, with respect to each variable and the output gradient."""

    def first(*at: Any) -> Sequence[Any]:
        return pull_back(lambda *at: [convolution(*at)], at[:-1], at[-1:])

    return pull_back(first, [*map(tensor, at), tensor(output_gradient)], [*map(tensor, directions)])
