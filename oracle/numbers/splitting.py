"""Float64 numbers as sums of digits: integers of a width that is chosen, each times its power of two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .arrays import Float64

Integers = NDArray[np.int64]

_PRECISION = 53
_LEAST_EXPONENT = -1074
INT64_BITS = 62
_SAFE_EXPONENT = 1000
"""Powers of two up to this, and their inverses, are normal float64 numbers."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the bits of an array's numbers lie: all are multiples of 2**lowest, and less than 2**(lowest + bits)."""

    lowest: int
    bits: int
    largest: int
    """The largest absolute value, in units of 2**lowest."""
    smallest_size: float
    """The smallest absolute value, be it zero; inf where there is none."""
    largest_size: float


def extent(sizes: Float64, precision: int) -> Extent:
    """The extent of finite numbers of a format of so many bits, by their absolute values; the narrowest of at most 62.

    Raises
    ------
    OverflowError
        If an element is NaN or infinite.
    """
    least, largest = float(sizes.min(initial=math.inf)), float(sizes.max(initial=0.0))
    if not math.isfinite(largest):
        raise OverflowError("an exact number is finite; the array has NaN or Inf")
    if largest == 0:
        return Extent(0, 1, 0, least, largest)
    lowest = math.frexp(least or float(sizes.min(initial=math.inf, where=sizes > 0)))[1] - precision
    fraction, highest = math.frexp(largest)
    if highest <= INT64_BITS < highest - lowest and np.array_equal(sizes, np.rint(sizes)):
        lowest = 0
    if highest - lowest <= INT64_BITS:
        union = int(np.bitwise_or.reduce(times_power(sizes, -lowest).astype(np.int64), axis=None))
        lowest += (union & -union).bit_length() - 1
    else:
        lowest = max(lowest, _LEAST_EXPONENT)
    shift = highest - _PRECISION - lowest
    significand = int(math.ldexp(fraction, _PRECISION))
    integer = significand << shift if shift > 0 else significand >> -shift
    return Extent(lowest, highest - lowest, integer, least, largest)


def digits(values: Float64, bits: Extent, width: int, count: int) -> Float64:
    """The values, which are of that extent, as sums over k < count of digits[k] 2**(lowest + width k).

    Digits are integers of at most 2**width in size, if the largest number has no more than count width bits.
    Nothing is rounded.
    """
    if bits.bits <= INT64_BITS:
        return digits_of_integers(integers_of(values, bits), 0, width, count).astype(np.float64)
    return _truncated(values, bits.lowest, width, count)


def integers_of(values: Float64, bits: Extent) -> Integers:
    """The values in units of 2**lowest, of an extent of at most 62 bits."""
    return times_power(values, -bits.lowest).astype(np.int64)


def digits_of_integers(integers: Integers, shift: int, width: int, count: int) -> Integers:
    """Integers times 2**shift as sums over k < count of digits[k] 2**(width k), in two's complement.

    All are in [0, 2**width), where the width is at most 32, but the last: it has the sign and, up to 62 bits, the rest.
    """
    down, up, kept = _shifts(shift, width, count, integers.ndim)
    parts = integers >> down
    if shift:
        parts <<= up
    parts &= kept
    return parts


@lru_cache(maxsize=256)
def _shifts(shift: int, width: int, count: int, rank: int) -> tuple[Integers, Integers, Integers]:
    """Of each digit, how far integers are shifted down and then up, and which bits are kept."""
    places = np.arange(count) * width - shift
    kept = np.full(count, (1 << width) - 1)
    kept[-1] = -1
    down, up, kept = (each.reshape(-1, *(1,) * rank) for each in (*np.clip((places, -places), 0, 63), kept))
    return down, up, kept


def _truncated(values: Float64, lowest: int, width: int, count: int) -> Float64:
    """The digits of numbers of any extent, each of the sign of its number.

    Nothing is rounded: what is left of a number, less its highest bits, has the bits that were below them.
    """
    parts = np.empty((count, *values.shape))
    for k in reversed(range(count)):
        unit = lowest + width * k
        np.trunc(times_power(values, -unit), out=parts[k])
        if k:
            values = values - times_power(parts[k], unit)
    return parts


def times_power(values: Float64, exponent: int) -> Float64:
    """The values times 2**exponent."""
    if abs(exponent) <= _SAFE_EXPONENT:
        return values * 2.0**exponent
    scaled: Float64 = np.ldexp(values, exponent)
    return scaled
