"""Every pass of a convolution, vectorised in NumPy: sums of the three bilinear maps of `bilinear`.

All operands are finite numbers: a window that reaches into the padding
multiplies its weight by zero there, so an infinite or NaN weight would spread
to where the equations have no term.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import (
    CONJUGATING,
    Array,
    Operands,
    Pass,
    Product,
    check_array,
    offset,
    present_products,
    shape_of,
)
from . import bilinear


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
    return _sum_of_products(Pass.FORWARD, {"input": input, "weight": weight, "bias": bias}, geometry)


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
    return _sum_of_products(Pass.INPUT_GRADIENT, {"output_gradient": output_gradient, "weight": weight}, geometry)


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
    return _sum_of_products(Pass.WEIGHT_GRADIENT, {"output_gradient": output_gradient, "input": input}, geometry)


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
        case Pass.BIAS_GRADIENT:
            return bias_gradient(operands.output_gradient, geometry)
        case Pass.UPDATE:
            return update(operands.input, operands.weight, operands.output_gradient, geometry, operands.learning_rate)
        case _:
            return _sum_of_products(pass_, operands.arrays(), geometry)


def _sum_of_products(pass_: Pass, arrays: Mapping[str, Array | None], geometry: ConvGeometry) -> Array:
    """The bilinear maps that a pass sums and, where there is one, the offset of each channel."""
    parts = present_products(pass_, geometry, [name for name, array in arrays.items() if array is not None])
    added, where = offset(pass_), str(pass_)
    column = arrays.get(added) if added else None
    for part in parts:
        for name in (part.left, part.right):
            check_array(name, arrays.get(name), shape_of(name, geometry), geometry, where=where)
    if column is not None:
        check_array(added or "", column, geometry.bias_shape, geometry, where=where)
    fused = column if len(parts) == 1 and parts[0].kind is Pass.FORWARD else None
    total, *rest = (_evaluate(part, pass_, arrays, geometry, fused) for part in parts)
    for term in rest:
        total += term
    if column is not None and fused is None:
        total += column.reshape(-1, *(1,) * geometry.rank)
    return total


def _evaluate(
    part: Product, pass_: Pass, arrays: Mapping[str, Array | None], geometry: ConvGeometry, bias: Array | None
) -> Array:
    left, right = arrays[part.left], arrays[part.right]
    assert left is not None
    assert right is not None
    if pass_ in CONJUGATING:
        left, right = _conjugated(part.left, left), _conjugated(part.right, right)
    match part.kind:
        case Pass.FORWARD:
            return bilinear.forward(left, right, geometry.direct, bias)
        case Pass.INPUT_GRADIENT:
            return bilinear.input_gradient(left, right, geometry.direct)
        case _:
            return bilinear.weight_gradient(right, left, geometry.direct)


def _conjugated(name: str, array: Array) -> Array:
    """The local gradient's factor, conjugated; a real array as it is."""
    return np.conj(array) if name != "output_gradient" and array.dtype.kind == "c" else array
