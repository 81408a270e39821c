"""Every pass of a convolution written for TensorFlow: by GradientTape, once and twice, and by ForwardAccumulator.

The functions import nothing of convoracle. Those called as the passes compute them of a
function of input, filters and bias, and of operands with channels last and taps first.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf


def derived(
    derivative: Callable[..., tf.Tensor],
    convolution: Callable[..., tf.Tensor],
    trace: Callable[[Callable[..., tf.Tensor]], Callable[..., tf.Tensor]],
    like: str,
    **settings: Any,
) -> Callable[..., np.ndarray]:
    """What computes a pass whose result is like the operand of that name."""
    convolve = functools.partial(convolution, **settings)
    function = trace(lambda tensors: derivative(convolve, **tensors))
    return lambda **operands: array(like, function({name: tensor(name, each) for name, each in operands.items()}))


def updated(
    convolution: Callable[..., tf.Tensor],
    trace: Callable[[Callable[..., tf.Tensor]], Callable[..., tf.Tensor]],
    **settings: Any,
) -> Callable[..., np.ndarray]:
    """What computes the weight after one step."""
    convolve = functools.partial(convolution, **settings)
    gradient = trace(lambda tensors: weight_gradient(convolve, **tensors))

    def compute(learning_rate: float, **operands: np.ndarray) -> np.ndarray:
        tensors = {name: tensor(name, each) for name, each in operands.items()}
        filters = tf.Variable(tensors["weight"])
        alpha = tf.constant(learning_rate, filters.dtype)
        tf.raw_ops.ResourceApplyGradientDescent(var=filters.handle, alpha=alpha, delta=gradient(tensors))
        return array("weight", filters)

    return compute


def eager(function: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    return function


def graph(function: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    return tf.function(function, autograph=False)


def xla(function: Callable[..., tf.Tensor]) -> Callable[..., tf.Tensor]:
    return tf.function(function, autograph=False, jit_compile=True)


def tensor(name: str, array: np.ndarray) -> tf.Tensor:
    """Channels last, or taps first."""
    if name.startswith("weight"):
        array = np.moveaxis(array, (0, 1), (-1, -2))
    elif not name.startswith("bias"):
        array = np.moveaxis(array, 1, -1)
    return tf.constant(np.ascontiguousarray(array))


def array(name: str, tensor: tf.Tensor) -> np.ndarray:
    array = tensor.numpy()
    if name == "bias":
        return np.array(array)
    if name == "weight":
        return np.ascontiguousarray(np.moveaxis(array, (-1, -2), (0, 1)))
    return np.ascontiguousarray(np.moveaxis(array, -1, 1))


def forward(
    convolution: Callable[..., tf.Tensor], input: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor | None = None
) -> tf.Tensor:
    return convolution(input, weight, bias)


def input_gradient(
    convolution: Callable[..., tf.Tensor], input: tf.Tensor, weight: tf.Tensor, output_gradient: tf.Tensor
) -> tf.Tensor:
    return gradient(lambda input: convolution(input, weight), input, output_gradient)


def weight_gradient(
    convolution: Callable[..., tf.Tensor], input: tf.Tensor, weight: tf.Tensor, output_gradient: tf.Tensor
) -> tf.Tensor:
    return gradient(lambda weight: convolution(input, weight), weight, output_gradient)


def bias_gradient(
    convolution: Callable[..., tf.Tensor],
    input: tf.Tensor,
    weight: tf.Tensor,
    output_gradient: tf.Tensor,
    bias: tf.Tensor | None = None,
) -> tf.Tensor:
    if bias is None:
        bias = tf.zeros(output_gradient.shape[-1], output_gradient.dtype)
    return gradient(lambda bias: convolution(input, weight, bias), bias, output_gradient)


def jvp(
    convolution: Callable[..., tf.Tensor],
    input: tf.Tensor,
    weight: tf.Tensor,
    input_direction: tf.Tensor,
    weight_direction: tf.Tensor,
    bias: tf.Tensor | None = None,
    bias_direction: tf.Tensor | None = None,
) -> tf.Tensor:
    at = present(input, weight, bias)
    directions = present(input_direction, weight_direction, bias_direction)
    with tf.autodiff.ForwardAccumulator(at, directions) as accumulator:
        output = convolution(*at)
    return accumulator.jvp(output)


def double_backward_output_gradient(
    convolution: Callable[..., tf.Tensor],
    input: tf.Tensor,
    weight: tf.Tensor,
    output_gradient: tf.Tensor,
    input_direction: tf.Tensor,
    weight_direction: tf.Tensor,
    bias: tf.Tensor | None = None,
    bias_direction: tf.Tensor | None = None,
) -> tf.Tensor:
    at = present(input, weight, bias)
    directions = present(input_direction, weight_direction, bias_direction)
    return gradient(lambda cotangent: gradients(convolution, at, cotangent), output_gradient, directions)


def double_backward_input(
    convolution: Callable[..., tf.Tensor],
    input: tf.Tensor,
    weight: tf.Tensor,
    output_gradient: tf.Tensor,
    input_direction: tf.Tensor,
    weight_direction: tf.Tensor,
) -> tf.Tensor:
    directions = [input_direction, weight_direction]
    return gradient(lambda input: gradients(convolution, [input, weight], output_gradient), input, directions)


def double_backward_weight(
    convolution: Callable[..., tf.Tensor],
    input: tf.Tensor,
    weight: tf.Tensor,
    output_gradient: tf.Tensor,
    input_direction: tf.Tensor,
    weight_direction: tf.Tensor,
) -> tf.Tensor:
    directions = [input_direction, weight_direction]
    return gradient(lambda weight: gradients(convolution, [input, weight], output_gradient), weight, directions)


def gradient(function: Callable[[tf.Tensor], Any], at: tf.Tensor, cotangents: Any) -> tf.Tensor:
    """Of the inner product of a function's results with cotangents."""
    with tf.GradientTape() as tape:
        tape.watch(at)
        results = function(at)
    return tape.gradient(results, at, cotangents)


def gradients(
    convolution: Callable[..., tf.Tensor], at: Sequence[tf.Tensor], output_gradient: tf.Tensor
) -> Sequence[tf.Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(at)
        output = convolution(*at)
    return tape.gradient(output, at, output_gradient)


def present(*tensors: tf.Tensor | None) -> list[tf.Tensor]:
    return [tensor for tensor in tensors if tensor is not None]
