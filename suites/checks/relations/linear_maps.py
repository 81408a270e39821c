"""Linear maps of arrays that only move elements about, and their adjoints.

A convolution turned into another by such maps of its operands has its gradients
turned by their adjoints: that is all that most relations need to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ....oracle.problem.padding import NUMPY_MODES
from ....oracle.problem.passes import Array
from .relation import Wide

Indices = NDArray[np.int64]
NOWHERE = -1


class LinearMap(Protocol):
    """A map of arrays, and its adjoint."""

    def push(self, array: Array) -> Array:
        """The image of an operand, of the same dtype."""

    def pull(self, array: Wide) -> Wide:
        """The adjoint's image of a result."""


@dataclass(frozen=True, slots=True, eq=False)
class AxisMap:
    """Along one axis, target[j] = source[indices[j]], or zero where the index is `NOWHERE`; `size` is the source's."""

    axis: int
    indices: Indices
    size: int

    def push(self, array: Array) -> Array:
        moved = np.moveaxis(np.take(array, np.maximum(self.indices, 0), self.axis), self.axis, 0)
        moved[self.indices == NOWHERE] = 0
        return np.ascontiguousarray(np.moveaxis(moved, 0, self.axis))

    def pull(self, array: Wide) -> Wide:
        moved = np.moveaxis(array, self.axis, 0)
        gathered = np.zeros((self.size, *moved.shape[1:]), moved.dtype)
        used = self.indices != NOWHERE
        np.add.at(gathered, self.indices[used], moved[used])
        return np.moveaxis(gathered, 0, self.axis)


@dataclass(frozen=True, slots=True, eq=False)
class AxisMaps:
    """One after another; none is the identity."""

    maps: tuple[AxisMap, ...] = ()

    def push(self, array: Array) -> Array:
        for axis_map in self.maps:
            array = axis_map.push(array)
        return array

    def pull(self, array: Wide) -> Wide:
        for axis_map in reversed(self.maps):
            array = axis_map.pull(array)
        return array


@dataclass(frozen=True, slots=True)
class BlockDiagonal:
    """A grouped weight, whose rows know the columns of their group only, with zeros for all the others."""

    groups: int

    def push(self, array: Array) -> Array:
        rows, columns = array.shape[:2]
        blocks = np.zeros((self.groups, rows // self.groups, self.groups, columns, *array.shape[2:]), array.dtype)
        for group, block in enumerate(np.split(array, self.groups)):
            blocks[group, :, group] = block
        return blocks.reshape(rows, self.groups * columns, *array.shape[2:])

    def pull(self, array: Wide) -> Wide:
        columns = array.shape[1] // self.groups
        blocks = np.split(array, self.groups)
        own = [block[:, group * columns : (group + 1) * columns] for group, block in enumerate(blocks)]
        return np.concatenate(own)


def permuted(axis: int, order: Indices) -> AxisMap:
    """Elements of an axis in another order."""
    return AxisMap(axis, order, len(order))


def spread(axis: int, size: int, step: int, length: int) -> AxisMap:
    """The elements `step` apart, with zeros between and after them, `length` in all."""
    indices = np.full(length, NOWHERE)
    indices[: (size - 1) * step + 1 : step] = np.arange(size)
    return AxisMap(axis, indices, size)


def surrounded(axis: int, size: int, before: int, after: int, mode: str = "zeros") -> AxisMap:
    """The elements between paddings, of zeros or by a padding mode."""
    if mode == "zeros":
        return AxisMap(axis, np.pad(np.arange(size), (before, after), constant_values=NOWHERE), size)
    return AxisMap(axis, np.pad(np.arange(size), (before, after), mode=NUMPY_MODES[mode]), size)  # type: ignore[call-overload]


def without_last(axis: int, size: int, count: int) -> AxisMap:
    """The last `count` elements replaced by zeros."""
    indices = np.arange(size)
    indices[size - count :] = NOWHERE
    return AxisMap(axis, indices, size)


def delayed(axis: int, size: int, count: int) -> AxisMap:
    """Every element moved on by `count`, zeros before the first; the last ones fall out."""
    indices = np.arange(size) - count
    indices[:count] = NOWHERE
    return AxisMap(axis, indices, size)
