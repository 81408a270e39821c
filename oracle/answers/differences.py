"""Finite differences of the forward pass: a witness for the gradients that knows none of their formulas.

The loss L = sum of dL/dO * O is linear in the input, in the weight and in the
bias, so the central difference (L(x + h e) - L(x - h e)) / 2h has no truncation
error at any step h. With a power of two as the step, on integers, it is exact:
equal to the gradient, not close to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, check_array
from .reference import forward

STEP = 1.0
_BLOCK_ELEMENTS = 1 << 18
"""More of them at a time take twice the time, in pages that the system hands out anew."""


def input_gradient(input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Float64:
    """dL/dX by central differences at `input`, in float64.

    Each image is perturbed one element at a time; the perturbed copies go
    through the forward pass as one batch.

    Parameters
    ----------
    input : (N, C, *I) ndarray
    weight : (K, C // groups, *R) ndarray; of a transposed convolution (C, K // groups, *R)
    output_gradient : (N, K, *O) ndarray
    geometry : ConvGeometry

    Returns
    -------
    (N, C, *I) ndarray of float64

    Raises
    ------
    InvalidArgument
        If a shape disagrees with `geometry`.
    """
    check_array("input", input, geometry.input_shape, geometry, where="differences.input_gradient")
    gradient = np.zeros(geometry.input_shape)
    filters = weight.astype(np.float64)
    for n in range(geometry.batch):
        image, cotangent = input[n].astype(np.float64), output_gradient[n].astype(np.float64)

        def losses(images: Float64, cotangent: Float64 = cotangent) -> Float64:
            outputs = forward(images, filters, replace(geometry, batch=len(images)))
            return _inner_products(outputs, cotangent)

        gradient[n] = _central_difference(losses, image, geometry.products // max(geometry.batch, 1))
    return gradient


def weight_gradient(input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Float64:
    """dL/dF by central differences at `weight`, in float64; parameters as in :func:`input_gradient`.

    The perturbed copies go through the forward pass as output channels beside one another.
    """
    check_array("weight", weight, geometry.weight_shape, geometry, where="differences.weight_gradient")
    images, cotangent = input.astype(np.float64), output_gradient.astype(np.float64)

    def losses(filters: Float64) -> Float64:
        return _inner_products(_outputs(images, filters, geometry), cotangent)

    return _central_difference(losses, weight.astype(np.float64), math.prod(geometry.output_shape))


def bias_gradient(input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Float64:
    """dL/db by central differences at b = 0, in float64; parameters as in :func:`input_gradient`."""
    images, filters = input.astype(np.float64), weight.astype(np.float64)
    cotangent = output_gradient.astype(np.float64)

    def losses(biases: Float64) -> Float64:
        copies = np.broadcast_to(filters, (len(biases), *filters.shape))
        return _inner_products(_outputs(images, copies, geometry, biases), cotangent)

    return _central_difference(losses, np.zeros(geometry.bias_shape), math.prod(geometry.output_shape))


def jvp(operands: Operands, geometry: ConvGeometry) -> Float64:
    """The derivative of the output along the operands' directions, in float64: (O(1) - O(-1)) / 2, at any operands.

    With O(t) the output at X + t V, F + t U and b + t c, whose terms of second
    order in t cancel.

    Parameters
    ----------
    operands : Operands
        With directions of input and weight, and of the bias if there is one.
    geometry : ConvGeometry

    Returns
    -------
    (N, K, *O) ndarray of float64

    Raises
    ------
    InvalidArgument
        If a shape disagrees with `geometry`.
    """
    wide = {name: array.astype(np.float64) for name, array in operands.arrays().items()}

    def output(step: float) -> Float64:
        bias = wide.get("bias_direction")
        return forward(
            wide["input"] + step * wide["input_direction"],
            wide["weight"] + step * wide["weight_direction"],
            geometry,
            None if bias is None else step * bias,
        )

    return (output(STEP) - output(-STEP)) / (2 * STEP)


def _outputs(images: Float64, filters: Float64, geometry: ConvGeometry, biases: Float64 | None = None) -> Float64:
    """(M, N, K, *O): what M weights, each with its bias, make of the same images."""
    copies, groups = len(filters), geometry.groups
    of_group = geometry.out_channels // groups
    if geometry.transposed:
        together = filters.swapaxes(0, 1).reshape(geometry.in_channels, copies * of_group, *geometry.kernel)
    else:
        together = filters.reshape(copies, groups, of_group, -1).swapaxes(0, 1)
        together = together.reshape(copies * geometry.out_channels, *geometry.weight_shape[1:])
    bias = None if biases is None else biases.reshape(copies, groups, of_group).swapaxes(0, 1).ravel()
    outputs = forward(images, together, replace(geometry, out_channels=copies * geometry.out_channels), bias)
    apart = outputs.reshape(geometry.batch, groups, copies, of_group, *geometry.output_size)
    return np.moveaxis(apart, 2, 0).reshape(copies, *geometry.output_shape)


def _central_difference(losses: Callable[[Float64], Float64], at: Float64, numbers: int) -> Float64:
    """Derivative of a loss by each element of `at`; `losses` takes a stack of perturbed copies.

    `numbers` are computed for each copy: no more copies are made at a time than a cache holds.
    """
    derivative = np.zeros(at.size)
    count = max(1, _BLOCK_ELEMENTS // max(at.size, numbers, 1))
    for start in range(0, at.size, count):
        stop = min(start + count, at.size)
        steps = STEP * np.eye(stop - start, at.size, start).reshape(stop - start, *at.shape)
        derivative[start:stop] = (losses(at + steps) - losses(at - steps)) / (2 * STEP)
    return derivative.reshape(at.shape)


def _inner_products(stack: Float64, cotangent: Float64) -> Float64:
    """sum of dL/dO * O for each O in the stack."""
    return stack.reshape(len(stack), cotangent.size) @ cotangent.ravel()
