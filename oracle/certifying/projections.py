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
from itertools import product

import numpy as np

from ..answers import bilinear
from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, Product, offset, products
from . import taps
from .combinations import Combinations

_BLOCK_ELEMENTS = 1 << 18
"""Of a tensor that are widened to float64 at a time: 2 MiB, which stay in a cache."""
_LEAST_ACROSS = 1 << 10
"""Elements of a row that are read one after the other, where there are as many."""
EXACT_FLOAT32 = 2.0**24
"""Integers up to it are numbers of float32."""


def projected(actual: Array, combinations: Combinations) -> Float64:
    """(t, *positions) the combinations of a result's elements."""
    rows, columns, *places = actual.shape
    elements, groups = math.prod(places), combinations.second.shape[1]
    total = np.zeros((combinations.count, elements))
    if groups > 1:
        pairs = rows // groups * columns
        for some in _slabs(groups, combinations.count * pairs):
            weights = combinations.of_groups(some).weights().reshape(combinations.count, -1)
            of_groups = slice(some.start * rows // groups, some.stop * rows // groups)
            total += _weighed(weights, actual[of_groups].reshape(-1, elements))
    else:
        for images, _, across, sums in _over_channels(combinations.second.swapaxes(0, 1), actual):
            total[:, across] += np.einsum("tn,ntp->tp", combinations.first[:, images], sums[:, 0])
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
            return _forward(left, right, direct, combinations)
        case Pass.INPUT_GRADIENT:
            return _input_gradient(left, right, direct, combinations)
        case _:
            return _weight_gradient(left, right, direct, combinations)


def _forward(input: Array, weight: Array, direct: ConvGeometry, combinations: Combinations) -> Float64:
    factors = combinations.second[:, 0].reshape(combinations.count, direct.groups, -1).swapaxes(0, 1)
    (combined,) = _channel_sums(factors, weight.reshape(1, len(weight), -1))
    filters = combined.swapaxes(0, 1).reshape(combinations.count, direct.in_channels, *direct.kernel)
    return _of_images(input, filters, direct, combinations.first)


def _input_gradient(output_gradient: Array, weight: Array, direct: ConvGeometry, combinations: Combinations) -> Float64:
    if direct.groups == 1:
        filters = _channel_sums(combinations.second[:, 0][None], weight)[:, 0].swapaxes(0, 1)
    else:
        factors = combinations.second[:, 0].reshape(combinations.count, direct.groups, -1)
        filters = _of_grouped(weight.reshape(direct.groups, -1, *weight.shape[1:]), factors)
    return _of_images(output_gradient, filters, direct, combinations.first, is_forward=False)


def _of_grouped(weight: Array, factors: Float64) -> Float64:
    """(t, K, *R) the sums over the input channels of each group, of a weight (G, k, j, *R), with factors (t, G, j)."""
    groups, outputs, inputs, *taps = weight.shape
    filters = np.empty((len(factors), groups, outputs, *taps))
    for some in _slabs(groups, outputs * inputs * math.prod(taps)):
        filters[:, some] = np.einsum("tgj,gkj...->tgk...", factors[:, some], weight[some].astype(np.float64))
    return filters.reshape(len(factors), groups * outputs, *taps)


def _of_images(
    images: Array, filters: Float64, direct: ConvGeometry, factors: Float64, *, is_forward: bool = True
) -> Float64:
    """The sum of what filters, (t, channels, *R), make of images, each with its factors, (t, N).

    Images are summed first where that takes no more than half of their memory.
    """
    correlated = _correlated if is_forward else _correlated_back
    if len(images) < 4 * len(filters):
        size = direct.output_size if is_forward else direct.size
        total = np.zeros((len(filters), *size))
        for image, of_image in zip(images, factors.T, strict=True):
            total += of_image.reshape(-1, *(1,) * direct.rank) * correlated(image, filters, direct)
        return total
    summed = _weighed(factors, images.reshape(len(images), math.prod(images.shape[1:])))
    each = zip(summed, filters, strict=True)
    return np.concatenate([correlated(image.reshape(images.shape[1:]), one[None], direct) for image, one in each])


def _correlated(image: Array, filters: Float64, direct: ConvGeometry) -> Float64:
    """(T, *O) what filters, (T, C, *R), make of an image."""
    if _is_by_taps(image, filters, direct.output_size, direct):
        return taps.forward(image, filters, direct)
    one = replace(direct, batch=1, out_channels=len(filters), groups=1)
    made: Float64 = bilinear.forward(image[None], filters, one)[0]
    return made


def _correlated_back(image: Array, filters: Float64, direct: ConvGeometry) -> Float64:
    """(T, *I) the gradients of channels, each with its filter, (T, K, *R), of an output gradient."""
    if _is_by_taps(image, filters, direct.size, direct):
        return taps.input_gradient(image, filters, direct)
    one = replace(direct, batch=1, in_channels=len(filters), groups=1)
    gradient: Float64 = bilinear.input_gradient(image[None], filters.swapaxes(0, 1), one)[0]
    return gradient


def _is_by_taps(image: Array, filters: Float64, size: tuple[int, ...], direct: ConvGeometry) -> bool:
    """Whether windows would have more elements than what each tap comes to, which is written and read."""
    channels, *places = image.shape
    return direct.padding_mode == "zeros" and channels * math.prod(size) > 2 * len(filters) * math.prod(places)


def _weight_gradient(output_gradient: Array, input: Array, direct: ConvGeometry, combinations: Combinations) -> Float64:
    groups, count = direct.groups, combinations.count
    total = np.zeros((groups, count, *direct.kernel))
    of_outputs = combinations.first.reshape(count, groups, -1).swapaxes(0, 1)
    of_inputs = combinations.second.swapaxes(0, 1)
    step = max(1, _BLOCK_ELEMENTS // max(math.prod(input.shape[1:]), math.prod(output_gradient.shape[1:]), 1))
    for start in range(0, len(input), step):
        images = slice(start, start + step)
        cotangents = _channel_sums(of_outputs, output_gradient[images])
        total += weight_gradients(cotangents, _channel_sums(of_inputs, input[images]), direct)
    summed: Float64 = total.sum(axis=0)
    return summed


def weight_gradients(cotangents: Array, images: Array, direct: ConvGeometry) -> Array:
    """(G, M, *R) the gradients of filters of a channel, from (N, G, M, *O) and (N, G, M, *I); in their dtype."""
    batch, groups, many, *_ = images.shape
    of_outputs, of_inputs = (array.reshape(batch, groups * many, *array.shape[3:]) for array in (cotangents, images))
    if direct.padding_mode == "zeros":
        gradient = taps.weight_gradient(of_outputs, of_inputs, direct)
    else:
        channels = dict.fromkeys(("groups", "in_channels", "out_channels"), groups * many)
        gradient = bilinear.weight_gradient(of_inputs, of_outputs, replace(direct, batch=batch, **channels))
    return gradient.reshape(groups, many, *direct.kernel)


def _channel_sums(weights: Float64, images: Array) -> Float64:
    """(N, G, t, *positions) the sums over the channels of each group with weights, (G, t, channels)."""
    groups, count, _ = weights.shape
    places = images.shape[2:]
    total = np.empty((len(images), groups, count, math.prod(places)))
    for some, of_groups, across, sums in _over_channels(weights, images):
        total[some, of_groups, :, across] = sums
    return total.reshape(len(images), groups, count, *places)


def _slabs(groups: int, elements: int) -> Iterator[slice]:
    """Some groups at a time, of so many elements each."""
    step = max(1, _BLOCK_ELEMENTS // max(elements, 1))
    return (slice(start, min(start + step, groups)) for start in range(0, groups, step))


def _over_channels(weights: Float64, images: Array) -> Iterator[tuple[slice, slice, slice, Array]]:
    """Of some images, groups and positions the sums over channels: (B, G, t, P), a block at a time."""
    groups, _, channels = weights.shape
    places = math.prod(images.shape[2:])
    rows = images.reshape(len(images), groups, channels, places)
    across = max(_LEAST_ACROSS, _BLOCK_ELEMENTS // max(groups * channels, 1))
    step = max(1, _BLOCK_ELEMENTS // max(groups * channels * min(places, across), 1))
    each = list(_slabs(groups, channels * min(places, across)))
    for start, some, first in product(range(0, places, across), each, range(0, len(images), step)):
        block = rows[first : first + step, some, :, start : start + across]
        of_groups = weights[some]
        sums = (
            _summed(of_groups, block)
            if places > 1
            else _summed(of_groups, block.transpose(3, 1, 2, 0)).transpose(3, 1, 2, 0)
        )
        yield slice(first, first + step), some, slice(start, start + across), sums


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
            total[:, columns] += _summed(weights[:, block], rows[block, columns])
    return total


def _summed(weights: Float64, rows: Array) -> Array:
    """The sums of integers, in float32 where all partial sums are exact in it."""
    if rows.dtype == np.float32 and rows.size:
        largest = max(float(rows.max()), -float(rows.min()))
        if np.abs(weights).sum(axis=-1).max() * largest <= EXACT_FLOAT32:
            return weights.astype(np.float32) @ rows
    return weights @ rows.astype(np.float64)
