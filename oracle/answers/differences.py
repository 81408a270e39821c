"""Finite differences of the forward pass: a witness for the gradients that knows none of their formulas.

The loss L = sum of dL/dO * O is linear in the input, in the weight and in the
bias, so the central difference (L(x + h e) - L(x - h e)) / 2h has no truncation
error at any step h. With a power of two as the step, on integers, it is exact:
equal to the gradient, not close to it.

What an element does not reach is the same in both losses. It is left out of
them, and copies are saved: a bias and a filter make one output channel, the
input channels of a group reach no other group, and elements of an image that no
output reads two of (see `reach`) are moved in one copy.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from operator import add

import numpy as np
from numpy.typing import NDArray

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, check_array
from .reach import classes
from .reference import forward
from .windows import slices

STEP = 1.0
_IMAGE_ELEMENTS = 1 << 14
"""Of perturbed images at a time. More of them take longer, in pages that the system hands out anew."""
_FILTER_ELEMENTS = 1 << 16
"""Of perturbed filters or their outputs at a time. For fewer, the images are unrolled more often than it is worth."""
_FEWEST_COPIES = 4
"""At a time, however large."""


def input_gradient(input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Float64:
    """dL/dX by central differences at `input`, in float64.

    One class of elements is moved in each copy, in every image and group; the
    perturbed copies go through the forward pass beside one another, along one
    more axis of the images.

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
    if 0 in (input.size, output_gradient.size):
        return np.zeros(geometry.input_shape)
    of_classes, groups = classes(geometry), geometry.batch * geometry.groups
    masks, filters = of_classes.masks, weight.astype(np.float64)[..., None]
    images = input.astype(np.float64).reshape(groups, *masks.shape[:-1])
    shape = (groups, geometry.out_channels // geometry.groups, math.prod(geometry.output_size))
    cotangents = output_gradient.astype(np.float64).reshape(shape)
    changes = np.empty((groups, shape[-1], masks.shape[-1]))
    for block in _blocks(masks.shape[-1], _numbers_of_a_copy(geometry), _IMAGE_ELEMENTS):
        copies = _both_ways(images, masks[..., block])
        beside = _beside(geometry, copies.shape[-1])
        outputs = forward(copies.reshape(beside.input_shape), filters, beside)
        changes[..., block] = _changes(np.einsum("gkpm,gkp->gpm", outputs.reshape(*shape, -1), cotangents))
    sums = np.zeros((*images.shape[:2], math.prod(geometry.size) + 1))
    np.add.at(sums.reshape(-1), of_classes.places(groups), changes.reshape(-1))
    return sums[..., :-1].reshape(geometry.input_shape) / (2 * STEP)


def weight_gradient(input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Float64:
    """dL/dF by central differences at `weight`, in float64; parameters as in :func:`input_gradient`.

    The perturbed copies of a filter go through the forward pass as output channels beside one another.
    """
    check_array("weight", weight, geometry.weight_shape, geometry, where="differences.weight_gradient")
    images, cotangent = input.astype(np.float64), output_gradient.astype(np.float64)
    filters = _filters(weight.astype(np.float64), geometry)
    gradient = np.empty(filters.shape)
    each = np.eye(filters.shape[1], dtype=np.bool_)
    for block in _blocks(len(each), max(filters.size, cotangent.size), _FILTER_ELEMENTS):
        copies = _both_ways(filters, each[:, block]).swapaxes(1, 2)
        gradient[:, block] = _changes(_losses(images, copies, cotangent, geometry)) / (2 * STEP)
    return _weight(gradient, geometry)


def bias_gradient(input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Float64:
    """dL/db by central differences at b = 0, in float64; parameters as in :func:`input_gradient`.

    All are moved at once: no two of them reach the same output.
    """
    images, filters = input.astype(np.float64), weight.astype(np.float64)
    shape = (geometry.batch, geometry.out_channels, math.prod(geometry.output_size))
    cotangent, step = output_gradient.astype(np.float64).reshape(shape), np.full(geometry.bias_shape, STEP)

    def losses(bias: Float64) -> Float64:
        products: Float64 = np.einsum("nkp,nkp->k", forward(images, filters, geometry, bias).reshape(shape), cotangent)
        return products

    return (losses(step) - losses(-step)) / (2 * STEP)


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


def _numbers_of_a_copy(geometry: ConvGeometry) -> int:
    """The most that the forward pass has of a copy at a time: padded images, outputs, or what some windows read."""
    sizes = map(add, geometry.output_size, geometry.span) if geometry.transposed else geometry.padded_size
    padded = geometry.batch * geometry.in_channels * math.prod(sizes)
    row = geometry.in_channels * math.prod(geometry.kernel) * math.prod(geometry.output_size[1:])
    return max(padded, math.prod(geometry.output_shape), row)


@lru_cache
def _beside(geometry: ConvGeometry, copies: int) -> ConvGeometry:
    """The convolution of so many copies of the images at once, beside one another on an axis of its own."""
    return replace(
        geometry,
        size=(*geometry.size, copies),
        kernel=(*geometry.kernel, 1),
        stride=(*geometry.stride, 1),
        padding=(*geometry.padding, (0, 0)),
        dilation=(*geometry.dilation, 1),
        output_padding=(*geometry.output_padding, 0),
        unread=(*geometry.unread, 0),
    )


@lru_cache
def _widened(geometry: ConvGeometry, copies: int) -> ConvGeometry:
    """The convolution with so many times the output channels."""
    return replace(geometry, out_channels=copies * geometry.out_channels)


def _blocks(count: int, numbers: int, most: int) -> list[slice]:
    """So many copies at a time that a cache holds what is computed: of each, `numbers` both ways; `most` in all."""
    return slices(count, max(_FEWEST_COPIES, most // max(2 * numbers, 1)))


def _both_ways(at: Float64, moved: NDArray[np.bool_]) -> Float64:
    """(*at.shape, 2 M): copies with the elements moved that each of M masks marks; first all up, then all down."""
    copies = np.empty((*at.shape, 2, moved.shape[-1]))
    steps = STEP * moved
    np.add(at[..., None], steps, out=copies[..., 0, :])
    np.subtract(at[..., None], steps, out=copies[..., 1, :])
    return copies.reshape(*at.shape, 2 * moved.shape[-1])


def _changes(losses: Float64) -> Float64:
    """By how much the losses of the first half of the copies are above those of the other half."""
    half = losses.shape[-1] // 2
    return losses[..., :half] - losses[..., half:]


def _losses(images: Float64, filters: Float64, cotangent: Float64, geometry: ConvGeometry) -> Float64:
    """(K, M): of the output channels that M copies of each of K filters make, with its part of the cotangent."""
    copies = filters.shape[1]
    widened = _widened(geometry, copies)
    outputs = forward(images, _weight(filters, widened), widened)
    rows = (geometry.batch, geometry.out_channels)
    positions = math.prod(geometry.output_size)
    losses: Float64 = np.einsum(
        "nkmp,nkp->km", outputs.reshape(*rows, copies, positions), cotangent.reshape(*rows, positions)
    )
    return losses


def _filters(weight: Float64, geometry: ConvGeometry) -> Float64:
    """(K, C // groups * R): what makes each output channel."""
    groups, inputs, outputs = geometry.groups, *_of_group(geometry)
    taps = math.prod(geometry.kernel)
    if geometry.transposed:
        weight = weight.reshape(groups, inputs, outputs, taps).swapaxes(1, 2)
    return weight.reshape(geometry.out_channels, inputs * taps)


def _weight(filters: Float64, geometry: ConvGeometry) -> Float64:
    """The weight of such filters."""
    if geometry.transposed:
        groups, inputs, outputs = geometry.groups, *_of_group(geometry)
        filters = filters.reshape(groups, outputs, inputs, math.prod(geometry.kernel)).swapaxes(1, 2)
    return filters.reshape(geometry.weight_shape)


def _of_group(geometry: ConvGeometry) -> tuple[int, int]:
    return geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
