"""Operands as a caller gives them: copied, changed, laid elsewhere in memory, or broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...oracle.problem.layouts import BOUNDARY, CONTIGUOUS, arrange
from ...oracle.problem.passes import OF_IMAGES, Array, Operands

_BLOCK_BYTES = 1 << 20


def copied(operands: Operands) -> Operands:
    """Copies of the arrays, row by row, each at a boundary of 64 bytes.

    The same place in a cache line each time: vectorised sums may begin with the elements before such a boundary,
    and bits that differ for it are no fault.
    """
    return operands.map(copy_of)


def copy_of(array: Array) -> Array:
    """A copy of one array, likewise."""
    memory = np.empty(array.nbytes + BOUNDARY, np.uint8)
    start = -memory.ctypes.data % BOUNDARY
    copy: Array = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


def changed(now: Operands, before: Operands) -> tuple[str, ...]:
    """The names of the arrays that are not, bit for bit, what they were."""
    earlier = before.arrays()
    return tuple(name for name, array in now.arrays().items() if not _is_same(array, earlier[name]))


def _is_same(now: Array, before: Array) -> bool:
    """Bit for bit; of what lies row by row without a copy of it all."""
    if now.nbytes != before.nbytes or not (now.flags.c_contiguous and before.flags.c_contiguous):
        return now.tobytes() == before.tobytes()
    both = [array.reshape(-1).view(np.uint8) for array in (now, before)]
    blocks = (slice(start, start + _BLOCK_BYTES) for start in range(0, now.nbytes, _BLOCK_BYTES))
    return all(both[0][block].tobytes() == both[1][block].tobytes() for block in blocks)


def negated(operands: Operands, names: Sequence[str]) -> Operands:
    """The operands with the opposite sign in those of these names that there are."""
    arrays = operands.arrays()
    opposite: dict[str, Any] = {name: -arrays[name] for name in names if name in arrays}
    return replace(operands, **opposite)


def negate_in_place(operands: Operands, names: tuple[str, ...]) -> None:
    """Change the sign in the arrays themselves."""
    arrays = operands.arrays()
    for array in (arrays[name] for name in names if name in arrays):
        array[...] = -array


def laid_out(operands: Operands, chosen: Mapping[str, str]) -> Operands:
    """Copies of the arrays, those named here each in a layout of its own."""
    arrays: dict[str, Any] = {
        name: arrange(array, chosen.get(name, CONTIGUOUS)) for name, array in operands.arrays().items()
    }
    return replace(operands, **arrays)


def restrided(array: Array, step: int) -> Array:
    """The array, which is row by row, with other strides along its axes of size 1."""
    if not array.size:
        return array
    steps = zip(array.shape, array.strides, strict=True)
    strides = tuple(step * array.itemsize if size == 1 else stride for size, stride in steps)
    return np.ndarray(array.shape, array.dtype, array.reshape(-1).view(np.uint8).data, strides=strides)


def image_of(operands: Operands, image: int) -> Operands:
    """The operands of one image of the batch by itself."""
    arrays = operands.arrays()
    alone: dict[str, Any] = {name: arrays[name][image : image + 1] for name in OF_IMAGES if name in arrays}
    return replace(operands, **alone)


class Unreadable:
    """An operand that raises whatever is asked of it."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError("this operand cannot be read")

    def __array__(self, *_: object, **__: object) -> Array:
        raise RuntimeError("this operand cannot be read")
