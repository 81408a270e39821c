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
from functools import lru_cache

import numpy as np

from .geometry import ConvGeometry
from .passes import Array, Operands, Pass, check_array
from .windows import WindowLayout, input_windows, output_gradient_windows, rows_of, slices, unrolled, windows_view

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
    output = np.empty(geometry.output_shape, np.result_type(input, weight))
    if bias is not None:
        check_array("bias", bias, geometry.bias_shape, geometry, where="forward")
        bias = bias.reshape(geometry.groups, -1, 1)
    _correlate(input, _grouped(weight, geometry), input_windows(geometry), output, bias)
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
        _correlate(output_gradient, _rotated(weight, geometry), output_gradient_windows(geometry), gradient)
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
    for images, rows, columns in unrolled(input, input_windows(geometry), geometry.groups):
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
    gradient: Array = np.add.reduce(output_gradient, axis=axes, dtype=output_gradient.dtype)
    return gradient


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
    rate = learning_rate if weight.dtype.kind in "iu" else weight.dtype.type(learning_rate)
    return weight - rate * weight_gradient(input, output_gradient, geometry)


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
