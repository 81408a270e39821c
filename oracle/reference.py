"""Every pass of a convolution, vectorised in NumPy: the equations as matrix products over cache-sized blocks.

A block of windows of the input, unrolled into columns, turns each pass into
one matrix product per group. All operands are finite numbers: a window that
reaches into the padding multiplies its weight by zero there, so an infinite
or NaN weight would spread where the equations have no term.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .geometry import ConvGeometry
from .passes import Array, Operands, Pass, check_array

BLOCK_ELEMENTS = 1 << 18


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
    rows = _grouped(weight, geometry)
    output = np.empty(geometry.output_shape, np.result_type(input, weight))
    for images in _blocks(geometry):
        product = rows @ _columns(input[images], geometry)
        output[images] = _images_first(product, len(output[images]), geometry.out_channels, geometry.output_size)
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
    rows = _grouped(weight, geometry).swapaxes(1, 2)
    gradient = np.empty(geometry.input_shape, np.result_type(output_gradient, weight))
    for images in _blocks(geometry):
        columns = rows @ _channels_first(output_gradient[images], geometry.groups)
        gradient[images] = _scatter(columns, len(gradient[images]), geometry)
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
    grouped = _grouped(gradient, geometry)
    for images in _blocks(geometry):
        columns = _columns(input[images], geometry)
        grouped += _channels_first(output_gradient[images], geometry.groups) @ columns.swapaxes(1, 2)
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


def _blocks(geometry: ConvGeometry) -> Iterator[slice]:
    columns = geometry.in_channels * math.prod(geometry.kernel) * math.prod(geometry.output_size)
    images = max(1, BLOCK_ELEMENTS // columns)
    return (slice(first, first + images) for first in range(0, geometry.batch, images))


def _grouped(weight: Array, geometry: ConvGeometry) -> Array:
    return weight.reshape(geometry.groups, geometry.out_channels // geometry.groups, -1)


def _columns(images: Array, geometry: ConvGeometry) -> Array:
    """(groups, C_g * R, B * O): every window of a block of images, one per column."""
    windows = _windows(_padded(images, geometry), geometry)
    rank = geometry.rank
    channels_taps_first = windows.transpose(1, *range(2, 2 + rank), 0, *range(2 + rank, 2 + 2 * rank))
    taps = geometry.in_channels // geometry.groups * math.prod(geometry.kernel)
    return channels_taps_first.reshape(geometry.groups, taps, len(images) * math.prod(geometry.output_size))


def _padded(images: Array, geometry: ConvGeometry) -> Array:
    if not any(itertools.chain.from_iterable(geometry.padding)):
        return images
    size = [i + low + high for i, (low, high) in zip(geometry.size, geometry.padding, strict=True)]
    padded = np.zeros((*images.shape[:2], *size), images.dtype)
    padded[_interior(geometry)] = images
    return padded


def _interior(geometry: ConvGeometry) -> tuple[slice, ...]:
    inside = (slice(low, low + i) for i, (low, _) in zip(geometry.size, geometry.padding, strict=True))
    return (slice(None), slice(None), *inside)


def _windows(padded: Array, geometry: ConvGeometry) -> Array:
    """(B, C, *R, *O) view of a padded block: what output p reads through tap r."""
    steps = padded.strides[2:]
    taps = (step * d for step, d in zip(steps, geometry.dilation, strict=True))
    outputs = (step * s for step, s in zip(steps, geometry.stride, strict=True))
    return as_strided(
        padded,
        (*padded.shape[:2], *geometry.kernel, *geometry.output_size),
        (*padded.strides[:2], *taps, *outputs),
        writeable=False,
    )


def _scatter(columns: Array, images: int, geometry: ConvGeometry) -> Array:
    """(B, C, *I): each column added back to the window that it stands for."""
    columns = columns.reshape(geometry.in_channels, *geometry.kernel, images, *geometry.output_size)
    size = [i + low + high for i, (low, high) in zip(geometry.size, geometry.padding, strict=True)]
    padded = np.zeros((images, geometry.in_channels, *size), columns.dtype)
    for tap in np.ndindex(geometry.kernel):
        read = (
            slice(d * r, d * r + s * (o - 1) + 1, s)
            for r, d, s, o in zip(tap, geometry.dilation, geometry.stride, geometry.output_size, strict=True)
        )
        padded[:, :, *read] += columns[:, *tap].swapaxes(0, 1)
    return padded[_interior(geometry)]


def _channels_first(images: Array, groups: int) -> Array:
    """(groups, channels per group, B * positions) of a (B, channels, *positions) array."""
    batch, channels = images.shape[:2]
    return images.swapaxes(0, 1).reshape(groups, channels // groups, batch * math.prod(images.shape[2:]))


def _images_first(product: Array, images: int, channels: int, size: tuple[int, ...]) -> Array:
    return product.reshape(channels, images, *size).swapaxes(0, 1)
