"""Every pass of a convolution written for TensorFlow: by GradientTape, once and twice, and by ForwardAccumulator."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from ....oracle.problem.passes import Pass
from ..calls.framework import Given, Tensor

Convolution = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(input, weight, bias) -> output."""


def derive(pass_: Pass, convolution: Convolution, given: Given) -> Tensor:
    """The result of a pass but the update, on operands that are tensors as the convolution wants them."""
    match pass_:
        case Pass.FORWARD:
            return convolution(given.input, given.weight, given.bias)
        case Pass.INPUT_GRADIENT:
            return _gradient(lambda input: convolution(input, given.weight, None), given.input, given)
        case Pass.WEIGHT_GRADIENT:
            return _gradient(lambda weight: convolution(given.input, weight, None), given.weight, given)
        case Pass.BIAS_GRADIENT:
            cotangent = given.output_gradient
            bias = tf.zeros(cotangent.shape[-1], cotangent.dtype) if given.bias is None else given.bias
            return _gradient(lambda bias: convolution(given.input, given.weight, bias), bias, given)
        case Pass.JVP:
            variables, directions = _variables(given), _directions(given)
            with tf.autodiff.ForwardAccumulator(variables, directions) as accumulator:
                output = _call(convolution, variables)
            return accumulator.jvp(output)
        case _:
            return _double_backward(pass_, convolution, given)


def _gradient(function: Callable[[Tensor], Tensor], at: Tensor, given: Given) -> Tensor:
    with tf.GradientTape() as tape:
        tape.watch(at)
        output = function(at)
    return tape.gradient(output, at, given.output_gradient)


def _double_backward(pass_: Pass, convolution: Convolution, given: Given) -> Tensor:
    """dE/d(the pass's variable), E being the inner product of the directions with the gradients."""
    variables = _variables(given)
    cotangent = tf.convert_to_tensor(given.output_gradient)
    subject = {Pass.DOUBLE_BACKWARD_INPUT: variables[0], Pass.DOUBLE_BACKWARD_WEIGHT: variables[1]}.get(
        pass_, cotangent
    )
    with tf.GradientTape() as outer:
        outer.watch(subject)
        with tf.GradientTape() as inner:
            inner.watch(variables)
            output = _call(convolution, variables)
        gradients = inner.gradient(output, variables, cotangent)
    return outer.gradient(gradients, subject, _directions(given))


def _variables(given: Given) -> list[Tensor]:
    return [given.input, given.weight, *([] if given.bias is None else [given.bias])]


def _directions(given: Given) -> list[Tensor]:
    directions = [given.input_direction, given.weight_direction]
    return directions if given.bias_direction is None else [*directions, given.bias_direction]


def _call(convolution: Convolution, variables: list[Tensor]) -> Tensor:
    input, weight, *bias = variables
    return convolution(input, weight, bias[0] if bias else None)
