"""Arrays of numbers: those that are reckoned with, in enough bits for it, and where a mask of them is true."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..problem.passes import Array

Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


def widened(array: Array) -> Array:
    """The same numbers in float64, or in complex128 if they are complex."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def first_index(mask: Mask) -> tuple[int, ...]:
    """The index of the first element that is true, of which there is one at least."""
    return tuple(map(int, np.unravel_index(int(np.argmax(mask)), mask.shape)))


def bounding_box(mask: Mask) -> tuple[tuple[int, int], ...]:
    """Where the elements that are true begin and end on each axis, a half-open range; there is one at least."""
    return tuple((int(places.min()), int(places.max()) + 1) for places in np.nonzero(mask))
