"""What combinations of a result's elements must be, from the operands: one image, or one channel, instead of all.

Each pass is a sum of bilinear maps, and so are its combinations over two axes. With ⋆ the correlation,
Σ u_n v_k O[n, k] = (Σ u_n X[n]) ⋆ (Σ v_k F[k]), where filters of different groups lie beside each other as channels
of one filter; Σ u_n v_c ∂X[n, c] likewise of the output gradient; and Σ u_k v_c ∂F[k, c] is the weight gradient,
summed over the groups, of one channel a group: Σ v_c X[·, c] with Σ u_k ∂O[·, k]. On the integer lattice all sums are
integers of at most 2**53, which float64 adds in any order without rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..answers import bilinear
from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, Product, offset, products
from .combinations import Combinations

_BLOCK_ELEMENTS = 1 << 18
"""Of a tensor that are widened to float64 at a time: 2 MiB, which stay in a cache."""
_LEAST_ACROSS = 1 << 10
"""Elements of a row that are read one after the other, where there are as many."""


def projected(actual: Array, combinations: Combinations) -> Float64:
    """(t, *positions) the combinations of a result's elements."""
    rows, columns, *places = actual.shape
    elements = math.prod(places)
    if combinations.second.shape[1] > 1:
        weights = combinations.weights().reshape(combinations.count, rows * columns)
        total = _weighed(weights, actual.reshape(rows * columns, elements))
    else:
        total = np.zeros((combinations.count, elements))
        step = max(1, _BLOCK_ELEMENTS // max(columns * elements, 1))
        for start in range(0, rows, step):
            block = actual[start : start + step].reshape(-1, columns, elements).astype(np.float64)
            of_rows = _over_columns(combinations.second[:, 0], block)
            total += np.einsum("tb,btp->tp", combinations.first[:, start : start + step], of_rows)
    return total.reshape(combinations.count, *places)


def expected(pass_: Pass, operands: Operands, geometry: ConvGeometry, combinations: Combinations) -> Float64:
    """(t, *positions) what the combinations of a right result are.

    Parameters
    ----------
    pass_ : Pass
        Any but the bias gradient.
    operands : Operands
        On the integer lattice.
    """
    maps = products(pass_, geometry)
    total = sum(_of_product(part, operands, geometry.direct, combinations) for part in maps)
    assert isinstance(total, np.ndarray)
    if pass_ is Pass.UPDATE:
        total = projected(operands.weight, combinations) - operands.learning_rate * total
    added = offset(pass_)
    column = getattr(operands, added) if added else None
    if column is not None:
        sums = combinations.first.sum(axis=1) * (combinations.second[:, 0] @ column.astype(np.float64))
        total = total + sums.reshape(-1, *(1,) * geometry.rank)
    return total


def _of_product(part: Product, operands: Operands, direct: ConvGeometry, combinations: Combinations) -> Float64:
    left, right = getattr(operands, part.left), getattr(operands, part.right)
    match part.kind:
        case Pass.FORWARD:
            return np.stack([*_forward(left, right, direct, combinations)])
        case Pass.INPUT_GRADIENT:
            return np.stack([*_input_gradient(left, right, direct, combinations)])
        case _:
            return _weight_gradient(left, right, direct, combinations)


def _forward(input: Array, weight: Array, direct: ConvGeometry, combinations: Combinations) -> Iterator[Float64]:
    images = _weighed(combinations.first, _rows(input))
    one = replace(direct, batch=1, out_channels=1, groups=1)
    groups, outputs = direct.groups, direct.out_channels // direct.groups
    filters = weight.reshape(groups, outputs, math.prod(weight.shape[1:])).astype(np.float64)
    for image, factors in zip(images, combinations.second[:, 0], strict=True):
        combined = factors.reshape(groups, 1, outputs) @ filters
        yield bilinear.forward(image.reshape(one.input_shape), combined.reshape(one.weight_shape), one)[0, 0]


def _input_gradient(
    output_gradient: Array, weight: Array, direct: ConvGeometry, combinations: Combinations
) -> Iterator[Float64]:
    images = _weighed(combinations.first, _rows(output_gradient))
    one = replace(direct, batch=1, in_channels=1, groups=1)
    of_group = direct.out_channels // direct.groups
    for image, factors in zip(images, combinations.second[:, 0], strict=True):
        each = np.repeat(factors.reshape(direct.groups, direct.in_channels // direct.groups), of_group, axis=0)
        combined = np.einsum("kj,kj...->k...", each, weight.astype(np.float64))
        yield bilinear.input_gradient(image.reshape(one.output_shape), combined.reshape(one.weight_shape), one)[0, 0]


def _weight_gradient(output_gradient: Array, input: Array, direct: ConvGeometry, combinations: Combinations) -> Float64:
    groups, k, c = direct.groups, direct.out_channels // direct.groups, direct.in_channels // direct.groups
    total = np.zeros((combinations.count, groups, 1, *direct.kernel))
    step = max(1, _BLOCK_ELEMENTS // max(math.prod(input.shape[1:]), math.prod(output_gradient.shape[1:]), 1))
    for start in range(0, len(input), step):
        images = slice(start, start + step)
        cotangents = _over_channels(combinations.first.reshape(-1, groups, k), output_gradient[images])
        channels = _over_channels(combinations.second.reshape(-1, groups, c), input[images])
        one = replace(direct, batch=len(cotangents), in_channels=groups, out_channels=groups)
        for number in range(combinations.count):
            total[number] += bilinear.weight_gradient(channels[:, :, number], cotangents[:, :, number], one)
    summed: Float64 = total.sum(axis=(1, 2))
    return summed


def _over_channels(weights: Float64, images: Array) -> Float64:
    """(N, G, t, *positions) the sums over the channels of each group."""
    count, groups, channels = weights.shape
    rows = images.reshape(len(images), groups, channels, math.prod(images.shape[2:])).astype(np.float64)
    sums: Float64 = weights.swapaxes(0, 1) @ rows
    return sums.reshape(len(images), groups, count, *images.shape[2:])


def _over_columns(factors: Float64, block: Float64) -> Float64:
    """(B, t, P) the sums over the columns of a (B, J, P) block."""
    if block.shape[2] == 1:
        return (block[:, :, 0] @ factors.T)[:, :, None]
    return factors @ block


def _rows(images: Array) -> Array:
    """(N, elements of an image)."""
    return images.reshape(len(images), math.prod(images.shape[1:]))


def _weighed(weights: Float64, rows: Array) -> Float64:
    """(t, P) the sums of rows, (R, P), with weights, (t, R); exact where all partial sums are."""
    count, places = rows.shape
    total = np.zeros((len(weights), places))
    across = max(_LEAST_ACROSS, _BLOCK_ELEMENTS // max(count, 1))
    down = max(1, _BLOCK_ELEMENTS // across)
    for start in range(0, places, across):
        columns = slice(start, start + across)
        for first in range(0, count, down):
            block = slice(first, first + down)
            total[:, columns] += weights[:, block] @ rows[block, columns].astype(np.float64)
    return total
