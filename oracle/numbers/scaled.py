"""Exact numbers: arrays of integers times a common power of two, which is what binary floating-point numbers are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgument
from ..problem.passes import Array
from . import limbs
from .arrays import Float64
from .dtypes import FORMATS
from .limbs import Limbs, widest
from .splitting import Extent, digits, extent, integers_of, times_power

_FORM = FORMATS["float64"]
_LEAST_EXPONENT = _FORM.min_exponent - _FORM.precision + 1
_INT64_LIMIT = 2**limbs.ROOM


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """An array of exact numbers: integers, in limbs, times 2**`exponent`."""

    limbs: Limbs
    exponent: int

    @classmethod
    def of(cls, integers: Array, exponent: int) -> Scaled:
        """Integers of NumPy's or Python's times 2**`exponent`."""
        return cls(limbs.of_integers(integers), exponent)

    @property
    def integers(self) -> Array:
        """The integers: int64 where they are sure to fit, otherwise Python's."""
        return limbs.joined(self.limbs)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return self.limbs[0].shape

    def at_exponent(self, exponent: int) -> Scaled:
        """The same numbers at a lower (or equal) exponent."""
        shift = self.exponent - exponent
        return self if shift == 0 else Scaled(limbs.shifted(self.limbs, shift), exponent)

    def reshaped(self, shape: tuple[int, ...]) -> Scaled:
        """The same numbers in another shape."""
        return Scaled(tuple(limb.reshape(shape) for limb in self.limbs), self.exponent)

    @property
    def fits_float64(self) -> bool:
        """Whether every number is sure to be a float64."""
        largest = _FORM.max_exponent - _FORM.precision
        fits = len(self.limbs) == 1 and widest(self.limbs[0]) <= 2**_FORM.precision
        return fits and _LEAST_EXPONENT <= self.exponent <= largest

    def to_float64(self) -> Float64:
        """Each number rounded to the nearest float64."""
        numbers = limbs.to_float64(self.limbs, self.exponent)
        if self.exponent < _LEAST_EXPONENT:
            subnormal = np.abs(numbers) < 2.0**_FORM.min_exponent
            numbers[subnormal] = [_ratio(int(i), self.exponent) for i in self.integers[subnormal]]
        return numbers

    def in_two(self) -> tuple[Float64, Float64 | None]:
        """Each number rounded to the nearest float64, and what that leaves out, exactly; None where it is not known."""
        if len(self.limbs) > 2 or not _LEAST_EXPONENT <= self.exponent <= limbs.NEVER_OVERFLOWS:
            return self.to_float64(), None
        rounded, left_out = limbs.in_two(self.limbs)
        return times_power(rounded, self.exponent), times_power(left_out, self.exponent)

    def to_fractions(self) -> NDArray[np.object_]:
        """Each number as a Fraction."""
        scale = Fraction(2) ** self.exponent
        numbers = np.empty(self.shape, dtype=object)
        numbers.ravel()[:] = [int(integer) * scale for integer in self.integers.ravel()]
        return numbers


def _ratio(integer: int, exponent: int) -> float:
    """A number below 1 as the float64 nearest to it, also where that is subnormal."""
    return integer / (1 << -exponent)


def scaled(array: Array) -> Scaled:
    """A finite array of integers, or of floats of one of the formats, exactly.

    Raises
    ------
    InvalidArgument
        If the dtype is another one.
    OverflowError
        If an element is NaN or infinite.
    """
    if array.dtype.kind in "iu":
        return Scaled.of(array.astype(object if array.dtype.kind == "u" else np.int64), 0)
    values = floats(array)
    return in_limbs(values, extent(np.abs(values), precision_of(array)))


def in_limbs(values: Float64, bits: Extent) -> Scaled:
    """Finite numbers of that extent, exactly."""
    if bits.bits <= limbs.ROOM:
        return Scaled((integers_of(values, bits),), bits.lowest)
    parts = digits(values, bits, limbs.BITS, -(-bits.bits // limbs.BITS)).astype(np.int64)
    return Scaled(limbs.carried(list(parts), limbs.BITS, bits.bits), bits.lowest)


def floats(array: Array) -> Float64:
    """An array of numbers of up to 53 bits as float64.

    Raises
    ------
    InvalidArgument
        If the dtype is none of integers, and of none of the formats.
    """
    precision_of(array)
    return array.astype(np.float64, copy=False)


def precision_of(array: Array) -> int:
    """The bits of its numbers; of integers, as many as float64 has."""
    return _precision_of(array.dtype)


@lru_cache
def _precision_of(dtype: np.dtype[Any]) -> int:
    if dtype.kind in "iu":
        return _FORM.precision
    if dtype.name not in FORMATS:
        raise InvalidArgument(
            "dtype", dtype.name, f"should be an integer type or one of {', '.join(FORMATS)}", where="exact"
        )
    return FORMATS[dtype.name].precision


def add(left: Scaled, right: Scaled) -> Scaled:
    """The exact sum, where `right` may be broadcast to the shape of `left`."""
    exponent = min(left.exponent, right.exponent)
    return Scaled(limbs.added(left.at_exponent(exponent).limbs, right.at_exponent(exponent).limbs), exponent)


def subtract(left: Scaled, right: Scaled) -> Scaled:
    """The exact difference."""
    return add(left, negated(right))


def negated(numbers: Scaled) -> Scaled:
    """The opposite numbers."""
    return Scaled(limbs.negated(numbers.limbs), numbers.exponent)


def sizes(numbers: Scaled) -> Scaled:
    """The absolute values."""
    return Scaled(limbs.sizes(numbers.limbs), numbers.exponent)


def multiplied(numbers: Scaled, factor: float) -> Scaled:
    """The exact products with a float64."""
    odd, exponent = _odd_part(factor)
    return Scaled(limbs.multiplied(numbers.limbs, odd), numbers.exponent + exponent)


def total(numbers: Scaled, axes: tuple[int, ...]) -> Scaled:
    """The exact sums along some axes."""
    return Scaled(limbs.summed(numbers.limbs, axes), numbers.exponent)


def stack(first: Scaled, second: Scaled) -> Scaled:
    """Both along a last axis of length two."""
    exponent = min(first.exponent, second.exponent)
    a, b = (each.at_exponent(exponent).limbs for each in (first, second))
    length = max(len(a), len(b))
    pairs = zip(limbs.extended(a, length), limbs.extended(b, length), strict=True)
    return Scaled(tuple(np.stack(pair, axis=-1) for pair in pairs), exponent)


def dot(left: NDArray[Any], right: NDArray[Any]) -> int:
    """The exact sum of products of two vectors of integers."""
    left, right = with_room(widest(left) * widest(right) * left.size, left, right)
    return int(left @ right) if left.size else 0


def with_room(largest: int, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Arrays of integers, as Python's where numbers of up to `largest` that are made of them may not fit int64."""
    return arrays if largest < _INT64_LIMIT else tuple(array.astype(object) for array in arrays)


def unit_of(rate: float) -> float:
    """The largest power of two, 1 at most, of which a learning rate is a multiple."""
    return min(1.0, math.ldexp(1.0, _odd_part(rate)[1]))


def _odd_part(number: float) -> tuple[int, int]:
    """The odd integer that a number is a power of two times, and the power's exponent; 0 and 0 of zero."""
    integer, denominator = float(number).as_integer_ratio()
    twos = (integer & -integer) or 1
    return integer // twos, twos.bit_length() - denominator.bit_length()
