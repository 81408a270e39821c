"""Every pass of a convolution, vectorised in NumPy: the equations as matrix products over cache-sized blocks.

What the windows of an array read, unrolled into columns, turns a pass into one
matrix product per group and block. The input gradient is such a pass too: a
correlation of the output gradient with the rotated weight. Where a stride
would fill that with zeros, its columns are scattered back instead.

All operands are finite numbers: a window that reaches into the padding
multiplies its weight by zero there, so an infinite or NaN weight would spread
to where the equations have no term.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import mul

import numpy as np

from .geometry import ConvGeometry
from .passes import Array, Operands, Pass, check_array

BLOCK_ELEMENTS = 1 << 17
"""Elements of a block of columns: 1 MiB of float64, about a core's second-level cache."""

LEAST_WINDOWS = 256
"""Windows of a block, however many elements each has: with fewer, a matrix product no longer runs at full speed."""

NEGLIGIBLE_ELEMENTS = 1 << 16
"""Columns so few that the calls to handle them, not the elements, take the time."""


def forward(input: Array, weight: Array, geometry: ConvGeometry, bias: Array | None = None) -> Array:
    r"""Cross-correlation of an input with a weight.

    .. math:: O_{n,k,p} = b_k + \sum_{c,r} X_{n,\; q(k) C_g + c,\; s p + d r - \ell} \, F_{k,c,r}

    Here p, r are output and kernel positions; s, d, :math:`\ell` are stride,
    dilation and low padding per axis; :math:`q(k) = \lfloor k / K_g \rfloor` is
    the group of output channel k; C_g = C // groups and K_g = K // groups;
    X is zero outside its size.

    Parameters
    ----------
    input : (N, C, *I) ndarray
    weight : (K, C // groups, *R) ndarray
    geometry : ConvGeometry
    bias : (K,) ndarray, optional

    Returns
    -------
    (N, K, *O) ndarray
        A fresh array, of the dtype that the operands promote to.

    Raises
    ------
    InvalidArgument
        If an operand is not numeric or its shape disagrees with `geometry`.

    Examples
    --------
    >>> g = ConvGeometry.of(size=3, kernel=2)
    >>> forward(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]]), g)
    array([[[21., 32.]]])
    """
    check_array("input", input, geometry.input_shape, geometry, where="forward")
    check_array("weight", weight, geometry.weight_shape, geometry, where="forward")
    if bias is not None:
        check_array("bias", bias, geometry.bias_shape, geometry, where="forward")
    output = np.empty(geometry.output_shape, np.result_type(input, weight))
    _correlate(input, _grouped(weight, geometry), _input_layout(geometry), output)
    if bias is not None:
        output += bias.reshape(-1, *(1,) * geometry.rank)
    return output


def input_gradient(output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
    r"""Gradient of a cross-correlation with respect to its input (dgrad).

    .. math:: \frac{\partial L}{\partial X_{n,c,i}} = \sum_{k,\, p,\, r:\; s p + d r - \ell = i}
              \frac{\partial L}{\partial O_{n,k,p}} F_{k,\; c \bmod C_g,\; r}

    over the output channels k of the group of c; symbols as in :func:`forward`.

    Parameters
    ----------
    output_gradient : (N, K, *O) ndarray
    weight : (K, C // groups, *R) ndarray
    geometry : ConvGeometry

    Returns
    -------
    (N, C, *I) ndarray
        A fresh array, of the dtype that the operands promote to.

    Raises
    ------
    InvalidArgument
        If an operand is not numeric or its shape disagrees with `geometry`.

    Examples
    --------
    >>> g = ConvGeometry.of(size=3, kernel=2)
    >>> input_gradient(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0]]]), g)
    array([[[ 1., 12., 20.]]])
    """
    check_array("output_gradient", output_gradient, geometry.output_shape, geometry, where="input_gradient")
    check_array("weight", weight, geometry.weight_shape, geometry, where="input_gradient")
    gradient = np.empty(geometry.input_shape, np.result_type(output_gradient, weight))
    if _gathers_input_gradient(geometry):
        _correlate(output_gradient, _rotated(weight, geometry), _output_gradient_layout(geometry), gradient)
    else:
        _scatter(output_gradient, _grouped(weight, geometry).swapaxes(1, 2), geometry, gradient)
    return gradient


def weight_gradient(input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
    r"""Gradient of a cross-correlation with respect to its weight (wgrad).

    .. math:: \frac{\partial L}{\partial F_{k,c,r}} = \sum_{n,p}
              \frac{\partial L}{\partial O_{n,k,p}} X_{n,\; q(k) C_g + c,\; s p + d r - \ell}

    Symbols as in :func:`forward`.

    Parameters
    ----------
    input : (N, C, *I) ndarray
    output_gradient : (N, K, *O) ndarray
    geometry : ConvGeometry

    Returns
    -------
    (K, C // groups, *R) ndarray
        A fresh array, of the dtype that the operands promote to; zero for an empty batch.

    Raises
    ------
    InvalidArgument
        If an operand is not numeric or its shape disagrees with `geometry`.

    Examples
    --------
    >>> g = ConvGeometry.of(size=3, kernel=2)
    >>> weight_gradient(np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]]), g)
    array([[[21., 32.]]])
    """
    check_array("input", input, geometry.input_shape, geometry, where="weight_gradient")
    check_array("output_gradient", output_gradient, geometry.output_shape, geometry, where="weight_gradient")
    gradient = np.zeros(geometry.weight_shape, np.result_type(input, output_gradient))
    matrix = _grouped(gradient, geometry)
    share = np.empty_like(matrix)
    for images, rows, columns in _unrolled(input, _input_layout(geometry), geometry.groups):
        cotangents = _channels_first(output_gradient[images, :, rows], geometry.groups)
        matrix += np.matmul(cotangents, columns.swapaxes(1, 2), out=share)
    return gradient


def bias_gradient(output_gradient: Array, geometry: ConvGeometry) -> Array:
    r"""Gradient of a cross-correlation with respect to its bias: dL/db_k = sum over n, p of dL/dO_{n,k,p}.

    Parameters
    ----------
    output_gradient : (N, K, *O) ndarray
    geometry : ConvGeometry

    Returns
    -------
    (K,) ndarray
        A fresh array of the operand's dtype; zero for an empty batch.

    Raises
    ------
    InvalidArgument
        If the operand is not numeric or its shape disagrees with `geometry`.

    Examples
    --------
    >>> bias_gradient(np.array([[[1.0, 10.0]]]), ConvGeometry.of(size=3, kernel=2))
    array([11.])
    """
    check_array("output_gradient", output_gradient, geometry.output_shape, geometry, where="bias_gradient")
    axes = (0, *range(2, output_gradient.ndim))
    return np.add.reduce(output_gradient, axis=axes, dtype=output_gradient.dtype)


def update(
    input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry, learning_rate: float = 0.5
) -> Array:
    r"""One step of gradient descent: F - alpha dL/dF.

    Parameters
    ----------
    input : (N, C, *I) ndarray
    weight : (K, C // groups, *R) ndarray
    output_gradient : (N, K, *O) ndarray
    geometry : ConvGeometry
    learning_rate : float
        Alpha. An integer weight and a float alpha give a float64 result.

    Returns
    -------
    (K, C // groups, *R) ndarray
        A fresh array; `weight` itself is left as it is.

    Raises
    ------
    InvalidArgument
        If an operand is not numeric or its shape disagrees with `geometry`.

    Examples
    --------
    >>> g = ConvGeometry.of(size=3, kernel=2)
    >>> x, f, dy = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]]), np.array([[[1.0, 10.0]]])
    >>> update(x, f, dy, g, learning_rate=0.5)
    array([[[-9.5, -6. ]]])
    """
    check_array("weight", weight, geometry.weight_shape, geometry, where="update")
    return weight - learning_rate * weight_gradient(input, output_gradient, geometry)


def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The result of one pass on the operands of a case.

    Parameters
    ----------
    pass_ : Pass
    operands : Operands
    geometry : ConvGeometry

    Returns
    -------
    ndarray of shape ``pass_.result_shape(geometry)``

    Raises
    ------
    InvalidArgument
        As the pass's own function does.
    """
    match pass_:
        case Pass.FORWARD:
            return forward(operands.input, operands.weight, geometry, operands.bias)
        case Pass.INPUT_GRADIENT:
            return input_gradient(operands.output_gradient, operands.weight, geometry)
        case Pass.WEIGHT_GRADIENT:
            return weight_gradient(operands.input, operands.output_gradient, geometry)
        case Pass.BIAS_GRADIENT:
            return bias_gradient(operands.output_gradient, geometry)
        case Pass.UPDATE:
            return update(operands.input, operands.weight, operands.output_gradient, geometry, operands.learning_rate)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where windows lie in a buffer of zeros, and where a source is laid in it: kept -> laid; per-axis tuples."""

    buffer: tuple[int, ...]
    kept: tuple[slice, ...]
    laid: tuple[slice, ...]
    is_source: bool
    kernel: tuple[int, ...]
    dilation: tuple[int, ...]
    stride: tuple[int, ...]
    positions: tuple[int, ...]


@lru_cache
def _input_layout(geometry: ConvGeometry) -> _Layout:
    """The windows of the padded input, one for each output position."""
    low = tuple(low for low, _ in geometry.padding)
    buffer = tuple(i + sum(sides) for i, sides in zip(geometry.size, geometry.padding, strict=True))
    kept, laid, is_source = _laying(geometry.size, low, (1,) * geometry.rank, buffer)
    return _Layout(
        buffer, kept, laid, is_source, geometry.kernel, geometry.dilation, geometry.stride, geometry.output_size
    )


@lru_cache
def _output_gradient_layout(geometry: ConvGeometry) -> _Layout:
    """The windows of the output gradient spread by the stride, one for each input position.

    X[i] is read by O[p] through tap r where s p + d r - low = i. With O[p] laid
    at s p + d (R - 1) - low, that is at i + d (R - 1 - r): tap R - 1 - r of the
    window that begins at i.
    """
    reach = tuple(d * (r - 1) for d, r in zip(geometry.dilation, geometry.kernel, strict=True))
    first = tuple(most - low for most, (low, _) in zip(reach, geometry.padding, strict=True))
    buffer = tuple(i + most for i, most in zip(geometry.size, reach, strict=True))
    kept, laid, is_source = _laying(geometry.output_size, first, geometry.stride, buffer)
    return _Layout(
        buffer, kept, laid, is_source, geometry.kernel, geometry.dilation, (1,) * geometry.rank, geometry.size
    )


def _laying(
    size: tuple[int, ...], first: tuple[int, ...], step: tuple[int, ...], buffer: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...], bool]:
    """The positions p of a source for which first + step p lies in a buffer; those places; if they are the same."""
    kept, laid = [], []
    for n, f, s, length in zip(size, first, step, buffer, strict=True):
        start = max(0, -(f // s))
        stop = max(start, min(n, (length - 1 - f) // s + 1))
        kept.append(slice(start, stop))
        laid.append(slice(f + s * start, f + s * stop, s))
    is_source = size == buffer and kept == [slice(0, n) for n in size]
    return tuple(kept), tuple(laid), is_source


@lru_cache
def _gathers_input_gradient(geometry: ConvGeometry) -> bool:
    """Whether unrolling the spread output gradient takes less time than scattering columns to the input."""
    gathered = geometry.out_channels * math.prod(geometry.size)
    scattered = geometry.in_channels * math.prod(geometry.output_size)
    elements = geometry.batch * math.prod(geometry.kernel) * gathered
    return gathered <= 2 * scattered or elements <= NEGLIGIBLE_ELEMENTS


def _correlate(source: Array, matrix: Array, layout: _Layout, result: Array) -> None:
    """Fill `result` with the products of each group's matrix and every window of the source."""
    for images, rows, columns in _unrolled(source, layout, len(matrix)):
        block = result[images, :, rows]
        batch, channels, *positions = block.shape
        block[...] = (matrix @ columns).reshape(channels, batch, *positions).swapaxes(0, 1)


def _scatter(output_gradient: Array, matrix: Array, geometry: ConvGeometry, gradient: Array) -> None:
    """Fill the input gradient: each window's share of it added back to where the window lies."""
    layout = _input_layout(geometry)
    images_step, rows_step = _block(layout, geometry.in_channels)
    for images in _slices(geometry.batch, images_step):
        buffer = np.zeros((*gradient[images].shape[:2], *layout.buffer), gradient.dtype)
        windows = _windows(buffer, layout)
        for rows in _slices(geometry.output_size[0], rows_step):
            block = _rows_of(windows, rows)
            columns = matrix @ _channels_first(output_gradient[images, :, rows], geometry.groups)
            shares = columns.reshape(block.shape)
            for tap in np.ndindex(geometry.kernel):
                block[:, *tap] += shares[:, *tap]
        gradient[images] = buffer[:, :, *layout.laid]


def _unrolled(source: Array, layout: _Layout, groups: int) -> Iterator[tuple[slice, slice, Array]]:
    """Blocks of windows: their images, their rows, and a (groups, channels per group * R, windows) array."""
    source = np.ascontiguousarray(source)
    batch, channels = source.shape[:2]
    taps = channels // groups * math.prod(layout.kernel)
    images_step, rows_step = _block(layout, channels)
    for images in _slices(batch, images_step):
        windows = _windows(_laid(source[images], layout), layout)
        for rows in _slices(layout.positions[0], rows_step):
            block = _rows_of(windows, rows)
            yield images, rows, block.reshape(groups, taps, block.size // (groups * taps))


def _block(layout: _Layout, channels: int) -> tuple[int, int]:
    """Images, and rows (positions on the first axis), of a block of windows: whole images, or rows of one."""
    windows = max(LEAST_WINDOWS, BLOCK_ELEMENTS // (channels * math.prod(layout.kernel)))
    first, *rest = layout.positions
    rows = -(-windows // math.prod(rest))
    return (1, rows) if rows < first else (max(1, windows // math.prod(layout.positions)), first)


def _slices(length: int, step: int) -> Iterator[slice]:
    return (slice(start, start + step) for start in range(0, length, step))


def _laid(images: Array, layout: _Layout) -> Array:
    if layout.is_source:
        return images
    buffer = np.zeros((*images.shape[:2], *layout.buffer), images.dtype)
    buffer[:, :, *layout.laid] = images[:, :, *layout.kept]
    return buffer


def _windows(buffer: Array, layout: _Layout) -> Array:
    """(C, *R, B, *positions) view of a contiguous (B, C, *buffer) block: what each position reads through each tap."""
    batch, channels = buffer.shape[:2]
    per_image, per_channel, *steps = buffer.strides
    return np.ndarray(
        (channels, *layout.kernel, batch, *layout.positions),
        buffer.dtype,
        buffer,
        strides=(per_channel, *map(mul, steps, layout.dilation), per_image, *map(mul, steps, layout.stride)),
    )


def _rows_of(windows: Array, rows: slice) -> Array:
    """The windows at some positions of the first axis."""
    axis = windows.ndim // 2 + 1
    return windows[*(slice(None),) * axis, rows]


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
