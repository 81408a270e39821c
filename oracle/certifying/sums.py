"""Sums of integers with weights, of large tensors: a block at a time, in float32 where that is exact."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import numpy as np

from ..numbers.arrays import Float64
from ..problem.passes import Array
from .held import Held

_BLOCK_ELEMENTS = 1 << 18
"""Of a tensor that are widened to float64 at a time: 2 MiB, which stay in a cache."""
_LEAST_ACROSS = 1 << 10
"""Elements of a row that are read one after the other, where there are as many."""
_FEW_ROWS = 32
"""That float32 should sum at least, where it is too narrow for all of them: less is more work than float64."""
EXACT_FLOAT32 = 2.0**24
"""Integers up to it are numbers of float32."""


def at_a_time(elements: int) -> int:
    """How many parts of so many elements make a block."""
    return max(1, _BLOCK_ELEMENTS // max(elements, 1))


def slabs(count: int, elements: int) -> Iterator[slice]:
    """Some of so many at a time, of so many elements each."""
    step = at_a_time(elements)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def channel_sums(weights: Float64, images: Array | Held, largest: float) -> Float64:
    """(N, G, t, *positions) the sums over the channels of each group with weights, (G, t, channels)."""
    groups, count, channels = weights.shape
    places = images.shape[2:]
    if isinstance(images, Held):
        rows = images.reshape(len(images), groups, channels, math.prod(places))
        return rows.matrix_sums(weights).reshape(len(images), groups, count, *places)
    total = np.empty((len(images), groups, count, math.prod(places)))
    for some, of_groups, across, sums in over_channels(weights, images, largest):
        total[some, of_groups, :, across] = sums
    return total.reshape(len(images), groups, count, *places)


def over_channels(weights: Float64, images: Array, largest: float) -> Iterator[tuple[slice, slice, slice, Array]]:
    """Of some images, groups and positions the sums over channels: (B, G, t, P), a block at a time.

    Parameters
    ----------
    weights : (G, t, C // G) ndarray of float64
    images : (N, C, *positions) ndarray
        Of multiples of a unit.
    largest : float
        None of them is larger, in that unit.
    """
    groups, _, channels = weights.shape
    places = math.prod(images.shape[2:])
    rows = images.reshape(len(images), groups, channels, places)
    across = max(_LEAST_ACROSS, at_a_time(groups * channels))
    chosen, down = _exact(weights, images, largest)
    each = list(slabs(groups, channels * min(places, across)))
    of_images = list(slabs(len(images), groups * channels * min(places, across)))
    for start, some, first in product(range(0, places, across), each, of_images):
        block = rows[first, some, :, start : start + across]
        of_groups = chosen[some]
        sums = (
            _summed(of_groups, block, down)
            if places > 1
            else _summed(of_groups, block.transpose(3, 1, 2, 0), down).transpose(3, 1, 2, 0)
        )
        yield first, some, slice(start, start + across), sums


def weighed(weights: Float64, rows: Array | Held, largest: float) -> Float64:
    """(t, P) the sums of rows, (R, P), of integers up to a largest one, with weights, (t, R)."""
    if isinstance(rows, Held):
        return rows.matrix_sums(weights)
    count, places = rows.shape
    total = np.zeros((len(weights), places))
    across = max(_LEAST_ACROSS, at_a_time(count))
    chosen, down = _exact(weights, rows, largest)
    for start in range(0, places, across):
        columns = slice(start, start + across)
        for block in slabs(count, across):
            total[:, columns] += _summed(chosen[:, block], rows[block, columns], down)
    return total


def matrix_sums(weights: Float64, rows: Array | Held, largest: float) -> Array:
    """(…, t, P) the sums of rows, (…, R, P), of integers up to a largest one, with weights, (t, R)."""
    if isinstance(rows, Held):
        return rows.matrix_sums(weights)
    chosen, down = _exact(weights, rows, largest)
    return _summed(chosen, rows, down)


def largest_weight(rows: int, largest: float) -> int:
    """With which float32 sums so many rows of integers up to a largest one, some at a time."""
    return int(min(EXACT_FLOAT32, EXACT_FLOAT32 // max(min(rows, _FEW_ROWS) * largest, 1)))


def _exact(weights: Float64, values: Array, largest: float) -> tuple[Array, int]:
    """Weights in the dtype in which values are summed without rounding, and how many of these at a time."""
    count = weights.shape[-1]
    if values.dtype == np.float32 and weights.size:
        if np.abs(weights).sum(axis=-1).max() * largest <= EXACT_FLOAT32:
            return weights.astype(np.float32), count
        few = int(EXACT_FLOAT32 // (np.abs(weights).max() * largest)) if largest < EXACT_FLOAT32 else 0
        if few >= _FEW_ROWS:
            return weights.astype(np.float32), few
    return weights, count


def _summed(weights: Array, rows: Array, down: int) -> Array:
    """The sums of so many rows at a time in the dtype of the weights, and of these in float64."""
    count = rows.shape[-2]
    if down >= count:
        return np.asarray(weights @ rows.astype(weights.dtype, copy=False))
    total = (weights[..., :down] @ rows[..., :down, :]).astype(np.float64)
    for start in range(down, count, down):
        part = slice(start, start + down)
        total += weights[..., part] @ rows[..., part, :]
    return total
