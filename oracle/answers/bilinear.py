"""The three bilinear maps of a convolution that is not transposed, as matrix products over cache-sized blocks.

What the windows of an array read, unrolled into columns, turns a map into one
matrix product per group and block. The input gradient is such a map too: a
correlation of the output gradient with the rotated weight. Where a stride
would fill that with zeros, its columns are scattered back instead. Padding other
than zeros is laid around the input first, and its gradient folded back.

Operands have the shapes that the geometry gives; `reference` checks them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import Array
from .windows import WindowLayout, input_windows, output_gradient_windows, rows_of, slices, unrolled, windows_view

NEGLIGIBLE_ELEMENTS = 1 << 16
"""Columns so few that the calls to handle them, not the elements, take the time."""


def forward(input: Array, weight: Array, geometry: ConvGeometry, bias: Array | None = None) -> Array:
    """(N, K, *O): the correlation of an input with a weight, and a bias of shape (K,) added."""
    if geometry.padding_mode != "zeros":
        return forward(_padded(input, geometry), weight, _explicit(geometry), bias)
    dtype = np.result_type(input, weight)
    if _is_empty(geometry):
        output = np.zeros(geometry.output_shape, dtype)
        return output if bias is None else output + bias.reshape(-1, *(1,) * geometry.rank)
    output = np.empty(geometry.output_shape, dtype)
    column = None if bias is None else bias.reshape(geometry.groups, -1, 1)
    _correlate(input, _grouped(weight, geometry), input_windows(geometry), output, column)
    return output


def input_gradient(output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
    """(N, C, *I): the sum over the windows that read an input element."""
    if geometry.padding_mode != "zeros":
        return _folded(input_gradient(output_gradient, weight, _explicit(geometry)), geometry)
    dtype = np.result_type(output_gradient, weight)
    if _is_empty(geometry):
        return np.zeros(geometry.input_shape, dtype)
    gradient = np.empty(geometry.input_shape, dtype)
    if _gathers_input_gradient(geometry):
        _correlate(output_gradient, _rotated(weight, geometry), output_gradient_windows(geometry), gradient)
    else:
        _scatter(output_gradient, _grouped(weight, geometry).swapaxes(1, 2), geometry, gradient)
    return gradient


def weight_gradient(input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
    """(K, C // groups, *R): the correlation of the input with the output gradient."""
    if geometry.padding_mode != "zeros":
        return weight_gradient(_padded(input, geometry), output_gradient, _explicit(geometry))
    gradient = np.zeros(geometry.weight_shape, np.result_type(input, output_gradient))
    if _is_empty(geometry):
        return gradient
    matrix = _grouped(gradient, geometry)
    share = np.empty_like(matrix)
    for images, rows, columns in unrolled(input, input_windows(geometry), geometry.groups):
        cotangents = _channels_first(output_gradient[images, :, rows], geometry.groups)
        matrix += np.matmul(cotangents, columns.swapaxes(1, 2), out=share)
    return gradient


def _is_empty(geometry: ConvGeometry) -> bool:
    return geometry.is_degenerate or geometry.batch == 0


def _explicit(geometry: ConvGeometry) -> ConvGeometry:
    """The same convolution of the input that already has its padding."""
    return replace(geometry, size=geometry.padded_size, padding=((0, 0),) * geometry.rank, padding_mode="zeros")


def _padded(input: Array, geometry: ConvGeometry) -> Array:
    for axis in range(geometry.rank):
        input = np.take(input, geometry.repeated_positions(axis), axis=2 + axis)
    return input


def _folded(gradient: Array, geometry: ConvGeometry) -> Array:
    """The gradient of the padded input, with what falls on each repetition added to the element repeated."""
    for axis in range(geometry.rank):
        last = np.moveaxis(gradient, 2 + axis, 0)
        folded = np.zeros((geometry.size[axis], *last.shape[1:]), gradient.dtype)
        np.add.at(folded, geometry.repeated_positions(axis), last)
        gradient = np.moveaxis(folded, 0, 2 + axis)
    return np.ascontiguousarray(gradient)


@lru_cache
def _gathers_input_gradient(geometry: ConvGeometry) -> bool:
    """Whether unrolling the spread output gradient takes less time than scattering columns to the input."""
    gathered = geometry.out_channels * math.prod(geometry.size)
    scattered = geometry.in_channels * math.prod(geometry.output_size)
    elements = geometry.batch * math.prod(geometry.kernel) * gathered
    return gathered <= 2 * scattered or elements <= NEGLIGIBLE_ELEMENTS


def _correlate(source: Array, matrix: Array, layout: WindowLayout, result: Array, offset: Array | None = None) -> None:
    """Fill `result` with the products of each group's matrix and every window of the source, plus the offset."""
    for images, rows, columns in unrolled(source, layout, len(matrix)):
        block = result[images, :, rows]
        in_place = block.reshape(*matrix.shape[:2], -1) if len(block) == 1 else None
        product = np.matmul(matrix, columns, out=in_place)
        if offset is not None:
            product += offset
        if in_place is None:
            batch, channels, *positions = block.shape
            block[...] = product.reshape(channels, batch, *positions).swapaxes(0, 1)


def _scatter(output_gradient: Array, matrix: Array, geometry: ConvGeometry, gradient: Array) -> None:
    """Fill the input gradient: each window's share of it added back to where the window lies."""
    layout = input_windows(geometry)
    images_step, rows_step = layout.block
    for images in slices(geometry.batch, images_step):
        buffer = np.zeros((*gradient[images].shape[:2], *layout.buffer), gradient.dtype)
        windows = windows_view(buffer, layout)
        for rows in slices(geometry.output_size[0], rows_step):
            block = rows_of(windows, rows)
            shares = (matrix @ _channels_first(output_gradient[images, :, rows], geometry.groups)).reshape(block.shape)
            for tap in np.ndindex(geometry.kernel):
                block[:, *tap] += shares[:, *tap]
        gradient[images] = buffer[:, :, *layout.laid]


def _channels_first(images: Array, groups: int) -> Array:
    """(groups, channels per group, B * positions) of a (B, channels, *positions) array."""
    batch, channels = images.shape[:2]
    return images.swapaxes(0, 1).reshape(groups, channels // groups, batch * math.prod(images.shape[2:]))


def _grouped(weight: Array, geometry: ConvGeometry) -> Array:
    """(groups, K_g, C_g * R) view of a weight."""
    return weight.reshape(geometry.groups, geometry.out_channels // geometry.groups, -1)


def _rotated(weight: Array, geometry: ConvGeometry) -> Array:
    """(groups, C_g, K_g * R): the weight with its taps reversed and its channels exchanged."""
    inputs, outputs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    reversed_taps = weight[:, :, *(slice(None, None, -1),) * geometry.rank]
    grouped = reversed_taps.reshape(geometry.groups, outputs, inputs, -1)
    return grouped.swapaxes(1, 2).reshape(geometry.groups, inputs, -1)
