"""Every pass of a convolution written for JAX: `jax.vjp` for the gradients, once and twice, `jax.jvp` forwards.

JAX's gradients of complex numbers are not conjugated; those of convoracle,
PyTorch and TensorFlow are. Conjugating the cotangent and the result makes one the other.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from ....oracle.problem.passes import Pass
from ..calls.framework import Given

Convolution = Callable[[jax.Array, jax.Array, jax.Array | None], jax.Array]
"""(input, weight, bias) -> output."""


def derive(pass_: Pass, convolution: Convolution, given: Given) -> jax.Array:
    """The result of a pass, on operands that are JAX's arrays."""
    match pass_:
        case Pass.FORWARD:
            return convolution(given.input, given.weight, given.bias)
        case Pass.INPUT_GRADIENT:
            return _gradient(lambda input: convolution(input, given.weight, None), given.input, given)
        case Pass.WEIGHT_GRADIENT:
            return _gradient(lambda weight: convolution(given.input, weight, None), given.weight, given)
        case Pass.BIAS_GRADIENT:
            output = jax.eval_shape(convolution, given.input, given.weight, None)
            bias = jnp.zeros(output.shape[1], output.dtype) if given.bias is None else given.bias
            return _gradient(lambda bias: convolution(given.input, given.weight, bias), bias, given)
        case Pass.UPDATE:
            return given.weight - given.learning_rate * derive(Pass.WEIGHT_GRADIENT, convolution, given)
        case Pass.JVP:
            at, along = _variables(given), _directions(given)
            return jax.jvp(lambda *variables: _call(convolution, variables), at, along)[1]
        case _:
            return _double_backward(pass_, convolution, given)


def _gradient(function: Callable[[jax.Array], jax.Array], at: jax.Array, given: Given) -> jax.Array:
    _, pull_back = jax.vjp(function, at)
    (gradient,) = pull_back(jnp.conj(given.output_gradient))
    return jnp.conj(gradient)


def _double_backward(pass_: Pass, convolution: Convolution, given: Given) -> jax.Array:
    """dE/d(the pass's variable), E being the inner product of the directions with the gradients."""
    variables = (given.output_gradient, *_variables(given))
    subject = {Pass.DOUBLE_BACKWARD_INPUT: 1, Pass.DOUBLE_BACKWARD_WEIGHT: 2}.get(pass_, 0)

    def gradients(variable: jax.Array) -> tuple[jax.Array, ...]:
        cotangent, *at = [variable if place == subject else other for place, other in enumerate(variables)]
        _, pull_back = jax.vjp(lambda *at: _call(convolution, at), *at)
        return tuple(pull_back(cotangent))

    _, pull_back = jax.vjp(gradients, variables[subject])
    (result,) = pull_back(_directions(given))
    return result


def _variables(given: Given) -> tuple[jax.Array, ...]:
    return (given.input, given.weight, *(() if given.bias is None else (given.bias,)))


def _directions(given: Given) -> tuple[jax.Array, ...]:
    directions = (given.input_direction, given.weight_direction)
    return directions if given.bias_direction is None else (*directions, given.bias_direction)


def _call(convolution: Convolution, variables: tuple[jax.Array, ...]) -> jax.Array:
    input, weight, *bias = variables
    return convolution(input, weight, bias[0] if bias else None)
