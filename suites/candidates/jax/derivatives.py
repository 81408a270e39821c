"""Every pass of a convolution written for JAX, compiled: by `jax.vjp`, once and twice, and `jax.jvp`.

The functions import nothing of convoracle. Those called as the passes compute them of a
function of input, weight and bias, and of the operands. JAX's gradients of complex numbers are not conjugated;
those of convoracle, PyTorch and TensorFlow are. Conjugating the cotangent and the result makes one the other.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def compiled(
    derivative: Callable[..., jax.Array], convolution: Callable[..., jax.Array], **settings: object
) -> Callable[..., np.ndarray]:
    """What computes a pass on the CPU. 64-bit numbers are switched on, for the whole process."""
    jax.config.update("jax_enable_x64", True)
    function = jax.jit(functools.partial(derivative, functools.partial(convolution, **settings)))

    def compute(**operands: Any) -> np.ndarray:
        with jax.default_device(jax.devices("cpu")[0]):
            return np.asarray(function(**operands))

    return compute


def forward(
    convolution: Callable[..., jax.Array], input: jax.Array, weight: jax.Array, bias: jax.Array | None = None
) -> jax.Array:
    return convolution(input, weight, bias)


def input_gradient(
    convolution: Callable[..., jax.Array], input: jax.Array, weight: jax.Array, output_gradient: jax.Array
) -> jax.Array:
    return gradient(lambda input: convolution(input, weight), input, output_gradient)


def weight_gradient(
    convolution: Callable[..., jax.Array], input: jax.Array, weight: jax.Array, output_gradient: jax.Array
) -> jax.Array:
    return gradient(lambda weight: convolution(input, weight), weight, output_gradient)


def bias_gradient(
    convolution: Callable[..., jax.Array],
    input: jax.Array,
    weight: jax.Array,
    output_gradient: jax.Array,
    bias: jax.Array | None = None,
) -> jax.Array:
    if bias is None:
        bias = jnp.zeros(output_gradient.shape[1], output_gradient.dtype)
    return gradient(lambda bias: convolution(input, weight, bias), bias, output_gradient)


def update(
    convolution: Callable[..., jax.Array],
    input: jax.Array,
    weight: jax.Array,
    output_gradient: jax.Array,
    learning_rate: float,
) -> jax.Array:
    return weight - learning_rate * weight_gradient(convolution, input, weight, output_gradient)


def jvp(
    convolution: Callable[..., jax.Array],
    input: jax.Array,
    weight: jax.Array,
    input_direction: jax.Array,
    weight_direction: jax.Array,
    bias: jax.Array | None = None,
    bias_direction: jax.Array | None = None,
) -> jax.Array:
    directions = present(input_direction, weight_direction, bias_direction)
    return jax.jvp(convolution, present(input, weight, bias), directions)[1]


def double_backward_output_gradient(
    convolution: Callable[..., jax.Array],
    input: jax.Array,
    weight: jax.Array,
    output_gradient: jax.Array,
    input_direction: jax.Array,
    weight_direction: jax.Array,
    bias: jax.Array | None = None,
    bias_direction: jax.Array | None = None,
) -> jax.Array:
    directions = present(input_direction, weight_direction, bias_direction)
    at = present(input, weight, bias)
    return pulled_back(lambda cotangent: gradients(convolution, at, cotangent), output_gradient, directions)


def double_backward_input(
    convolution: Callable[..., jax.Array],
    input: jax.Array,
    weight: jax.Array,
    output_gradient: jax.Array,
    input_direction: jax.Array,
    weight_direction: jax.Array,
) -> jax.Array:
    directions = (input_direction, weight_direction)
    return pulled_back(lambda input: gradients(convolution, (input, weight), output_gradient), input, directions)


def double_backward_weight(
    convolution: Callable[..., jax.Array],
    input: jax.Array,
    weight: jax.Array,
    output_gradient: jax.Array,
    input_direction: jax.Array,
    weight_direction: jax.Array,
) -> jax.Array:
    directions = (input_direction, weight_direction)
    return pulled_back(lambda weight: gradients(convolution, (input, weight), output_gradient), weight, directions)


def gradient(function: Callable[[jax.Array], jax.Array], at: jax.Array, output_gradient: jax.Array) -> jax.Array:
    return pulled_back(function, at, output_gradient.conj()).conj()


def pulled_back(function: Callable[[jax.Array], Any], at: jax.Array, cotangents: Any) -> jax.Array:
    (result,) = jax.vjp(function, at)[1](cotangents)
    return result


def gradients(
    function: Callable[..., jax.Array], at: Sequence[jax.Array], output_gradient: jax.Array
) -> tuple[jax.Array, ...]:
    return jax.vjp(function, *at)[1](output_gradient)


def present(*arrays: jax.Array | None) -> tuple[jax.Array, ...]:
    return tuple(array for array in arrays if array is not None)
