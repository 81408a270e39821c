"""What the memory of a result holds before the call, so that an element that is never written is seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .passes import Array

_FLOAT, _INTEGER = 0xFF, 0x81
"""Every byte: NaN in all floating-point formats, and a number far below zero."""


def unwritten(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """An array that holds no numbers yet: NaN, or of integers -2122219135 in int32.

    Examples
    --------
    >>> unwritten((2,), np.dtype(np.float32))
    array([nan, nan], dtype=float32)
    """
    byte = _INTEGER if dtype.kind in "iu" else _FLOAT
    return np.full(math.prod(shape) * dtype.itemsize, byte, np.uint8).view(dtype).reshape(shape)
