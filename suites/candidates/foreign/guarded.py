"""Memory that a foreign function is given, between two zones whose bytes must still be the same when it returns."""

from __future__ import annotations

import ctypes
import math

import numpy as np

from ....oracle.problem.layouts import BOUNDARY
from ....oracle.problem.passes import Array
from ....oracle.problem.unwritten import unwritten

_GUARD = 0x7F
"""In the zones: read as a number it is NaN or huge in every format, so that reading past an end shows as well."""
_SMALLEST_ZONE, _LARGEST_ZONE = 2**12, 2**20


class Guarded:
    """A piece of memory with a guard zone on either side, each as large as the piece itself within limits.

    Parameters
    ----------
    size : int
        Bytes, at least 0.
    misalignment : int
        Distance of its start from a boundary of 64 bytes.

    Attributes
    ----------
    whole : ndarray
        The bytes of the piece and of both zones.
    """

    def __init__(self, size: int, misalignment: int = 0) -> None:
        zone = min(max(size, _SMALLEST_ZONE), _LARGEST_ZONE)
        self.whole = np.full(size + 2 * zone + 2 * BOUNDARY, _GUARD, np.uint8)
        self._start = zone + (misalignment - self.whole.ctypes.data - zone) % BOUNDARY
        self.bytes = self.whole[self._start : self._start + size]

    @property
    def address(self) -> int:
        """Where the piece starts."""
        return self.whole.ctypes.data + self._start

    def overrun(self) -> str | None:
        """How far something was written outside of the piece, or None."""
        after = np.flatnonzero(self.whole[self._start + self.bytes.size :] != _GUARD)
        before = np.flatnonzero(self.whole[: self._start] != _GUARD)
        if after.size:
            return f"{_count(int(after[-1]) + 1)} past the end"
        if before.size:
            return f"{_count(self._start - int(before[0]))} before the start"
        return None


class Lent:
    """A guarded copy of an operand, in the memory layout of the operand itself.

    Parameters
    ----------
    array : ndarray
    """

    def __init__(self, array: Array) -> None:
        self._low, size = _extent(array)
        self._before = ctypes.string_at(self._low, size)
        self.memory = Guarded(size, self._low % BOUNDARY)
        self.memory.bytes[:] = np.frombuffer(self._before, np.uint8)
        self.address = self.memory.address + array.ctypes.data - self._low
        self.array = array

    def return_changes(self) -> None:
        """Change the operand as its copy was changed: the function had the operand's memory, as far as it knew."""
        after = self.memory.bytes.tobytes()
        if after != self._before:
            ctypes.memmove(self._low, after, len(after))


class Unwritten:
    """A guarded result, row by row, that holds no numbers yet.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    """

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> None:
        self.memory = Guarded(math.prod(shape) * dtype.itemsize)
        self.address = self.memory.address
        self.array = self.memory.bytes.view(dtype).reshape(shape)
        self.array[...] = unwritten(shape, dtype)


def _extent(array: Array) -> tuple[int, int]:
    """Address and size of the memory from the first byte of an array to its last; strides may be negative."""
    if array.size == 0:
        return array.ctypes.data, 0
    steps = [stride * (length - 1) for stride, length in zip(array.strides, array.shape, strict=True)]
    below = sum(step for step in steps if step < 0)
    above = sum(step for step in steps if step > 0)
    return array.ctypes.data + below, above - below + array.itemsize


def _count(size: int) -> str:
    return "1 byte" if size == 1 else f"{size} bytes"
