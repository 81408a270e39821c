"""Which elements of an image no output reads two of: one perturbed copy may have all of them moved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..problem.geometry import ConvGeometry


@dataclass(frozen=True)
class Classes:
    """The elements of the channels of a group, each in one of M classes, of each of which an output reads one at most.

    Parameters
    ----------
    masks : (C // groups, *I, M) ndarray
        The elements of each class; the classes of the first channel come first.
    read : (O, M // (C // groups)) ndarray
        The element of a channel, by its number in it, that an output may read, of each of the channel's
        classes; where there is none, the number after the last.
    """

    masks: NDArray[np.bool_]
    read: NDArray[np.intp]

    def places(self, groups: int) -> NDArray[np.intp]:
        """(groups * O * M,): where what an output reads of a class is, among (groups, C // groups, elements + 1)."""
        channels, elements = len(self.masks), math.prod(self.masks.shape[1:-1])
        rows = (elements + 1) * np.arange(groups * channels).reshape(groups, 1, channels, 1)
        return (rows + self.read[:, None]).reshape(-1)


@lru_cache(maxsize=8)
def classes(geometry: ConvGeometry) -> Classes:
    """The elements of a channel whose positions leave the same remainders, by how many an output reads on each axis."""
    numbers, read, is_none = np.zeros((), np.intp), np.zeros((1, 1), np.intp), np.zeros((1, 1), np.intp)
    for axis, size in enumerate(geometry.size):
        positions = _read_positions(geometry, axis)
        most = positions.shape[1]
        numbers = most * numbers[..., None] + np.arange(size) % most
        read, is_none = _sums(size * read, positions), _sums(is_none, (positions < 0).astype(np.intp))
    read[is_none > 0] = math.prod(geometry.size)
    channels, of_channel = geometry.in_channels // geometry.groups, read.shape[1]
    firsts = of_channel * np.arange(channels).reshape(-1, *(1,) * geometry.rank)
    return Classes((firsts + numbers)[..., None] == np.arange(channels * of_channel), read)


def _read_positions(geometry: ConvGeometry, axis: int) -> NDArray[np.intp]:
    """(O, M): the position of remainder m modulo M that output p may read on an axis, or -1.

    There is one at most: all that it may read lie within M in a row. Where padding repeats positions, M is the size.
    """
    size, stride, span = geometry.size[axis], geometry.stride[axis], geometry.span[axis]
    low, _ = geometry.padding[axis]
    outputs = np.arange(geometry.output_size[axis])[:, None]
    if geometry.transposed:
        first, most = -((span - low - outputs) // stride), span // stride + 1
    else:
        first, most = stride * outputs - low, span + 1
    if geometry.padding_mode != "zeros" or most >= size:
        return np.broadcast_to(np.arange(size), (len(outputs), size))
    positions = first + (np.arange(most) - first) % most
    return np.where((positions >= 0) & (positions < size), positions, -1)


def _sums(first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    """Each element of one matrix plus each of another, in the order of their Kronecker product."""
    sums = first[:, None, :, None] + second[None, :, None, :]
    return sums.reshape(len(first) * len(second), first.shape[1] * second.shape[1])
