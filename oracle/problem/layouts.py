"""Memory layouts: the same array, laid in memory in the ways in which callers really hand arrays over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .passes import Array

CONTIGUOUS = "contiguous"
BROADCAST = "broadcast"
READONLY = "readonly"
STRIDED = "strided"
EXPANDED = "expanded"
"""No layout of a case: an array of which only the elements that differ are given; stride 0 along all other axes."""
BOUNDARY = 64
"""In bytes: where a line of the cache begins, and what vectorised sums may wait for."""


def arrange(array: Array, layout: str) -> Array:
    """A copy of an array in the memory layout called `layout`; of the same shape and values.

    The elements between those of the layout "strided" are no numbers, so that
    reading them shows. Of the layout "broadcast", axes along which all is equal
    (see :func:`constant_axes`) have stride 0.
    """
    return LAYOUTS[layout](array)


def constant_axes(name: str, rank: int) -> tuple[int, ...]:
    """The axes along which an operand is constant in the layout "broadcast".

    All of them for an output gradient, which is what the sum of an output sends
    back; for any other operand with spatial axes the last one.
    """
    return tuple(range(rank)) if name == "output_gradient" else (rank - 1,)


def _contiguous(array: Array) -> Array:
    return np.array(array, order="C")


def _channels_last(array: Array) -> Array:
    if array.ndim < 3:
        return _contiguous(array)
    return np.moveaxis(np.array(np.moveaxis(array, 1, -1), order="C"), -1, 1)


def _fortran(array: Array) -> Array:
    return np.array(array, order="F")


def _strided(array: Array) -> Array:
    wide = np.empty((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    wide[...] = 77 if array.dtype.kind in "iu" else np.nan
    wide[..., ::2] = array
    return wide[..., ::2]


def _reversed(array: Array) -> Array:
    return np.flip(np.array(np.flip(array), order="C"))


def _offset(array: Array) -> Array:
    """One element past a boundary of 64 bytes."""
    size = array.dtype.itemsize
    buffer = np.zeros(array.nbytes + 2 * BOUNDARY + size, np.uint8)
    start = -buffer.ctypes.data % BOUNDARY + size
    moved = buffer[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


def _read_only(array: Array) -> Array:
    copy = _contiguous(array)
    copy.flags.writeable = False
    return copy


def _broadcast(array: Array) -> Array:
    """Stride 0 along every axis on which all elements are the same, the sign of zero included."""
    core = array
    for axis in range(array.ndim):
        first = core[(slice(None),) * axis + (slice(0, 1),)]
        if np.broadcast_to(first, core.shape).tobytes() == core.tobytes():
            core = first
    return np.broadcast_to(_contiguous(core), array.shape)


LAYOUTS: dict[str, Callable[[Array], Array]] = {
    CONTIGUOUS: _contiguous,
    "channels_last": _channels_last,
    "fortran": _fortran,
    STRIDED: _strided,
    "reversed": _reversed,
    "offset": _offset,
    READONLY: _read_only,
    BROADCAST: _broadcast,
}
