"""Exact numbers: arrays of integers times a common power of two, which is what binary floating-point numbers are.

The integers are int64 where they are sure to fit, and Python integers otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgument
from ..problem.passes import Array
from .arrays import Float64
from .dtypes import FORMATS

_INT64_LIMIT = 2**62
_FORM = FORMATS["float64"]
_LEAST_EXPONENT = _FORM.min_exponent - _FORM.precision + 1


@dataclass(frozen=True, slots=True, eq=False)
class Scaled:
    """An array of exact numbers: `integers` times 2**`exponent`; int64, or object for Python integers."""

    integers: NDArray[Any]
    exponent: int

    def at_exponent(self, exponent: int) -> Scaled:
        """The same numbers at a lower (or equal) exponent."""
        shift = self.exponent - exponent
        largest = widest(self.integers)
        if shift == 0 or largest == 0:
            return Scaled(self.integers, exponent)
        (integers,) = with_room(largest << shift, self.integers)
        return Scaled(integers * (1 << shift), exponent)

    @property
    def fits_float64(self) -> bool:
        """Whether every number is sure to be a float64."""
        largest = _FORM.max_exponent - _FORM.precision
        return widest(self.integers) <= 2**_FORM.precision and _LEAST_EXPONENT <= self.exponent <= largest

    def to_float64(self) -> Float64:
        """Each number rounded to the nearest float64."""
        rounds_twice = self.exponent < _LEAST_EXPONENT and widest(self.integers) > 2**_FORM.precision
        if self.integers.dtype == object or rounds_twice:
            return np.array([_ratio(int(i), self.exponent) for i in self.integers.ravel()], dtype=np.float64).reshape(
                self.integers.shape
            )
        with np.errstate(over="ignore"):
            return np.ldexp(self.integers.astype(np.float64), self.exponent)

    def to_fractions(self) -> NDArray[np.object_]:
        """Each number as a Fraction."""
        scale = Fraction(2) ** self.exponent
        numbers = np.empty(self.integers.shape, dtype=object)
        numbers.ravel()[:] = [int(integer) * scale for integer in self.integers.ravel()]
        return numbers


def _ratio(integer: int, exponent: int) -> float:
    try:
        return float(integer << exponent) if exponent >= 0 else integer / (1 << -exponent)
    except OverflowError:
        return math.inf if integer > 0 else -math.inf


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
        return Scaled(array.astype(object if array.dtype.kind == "u" else np.int64), 0)
    if array.dtype.name not in FORMATS:
        raise InvalidArgument(
            "dtype", array.dtype.name, f"should be an integer type or one of {', '.join(FORMATS)}", where="exact"
        )
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise OverflowError("an exact number is finite; the array has NaN or Inf")
    fractions, exponents = np.frexp(values)
    significands = np.ldexp(fractions, 53).astype(np.int64)
    nonzero = significands != 0
    if not nonzero.any():
        return Scaled(np.zeros(array.shape, np.int64), 0)
    lowest_bits = np.frexp((significands & -significands).astype(np.float64))[1] - 1
    exponent = int((exponents - 53 + lowest_bits)[nonzero].min())
    shifts = np.where(nonzero, exponents - 53 - exponent, 0)
    if int((exponents - exponent)[nonzero].max()) < 62:
        down = np.maximum(-shifts, 0)
        return Scaled((significands >> down) << np.maximum(shifts, 0), exponent)
    pairs = zip(significands.ravel().tolist(), shifts.ravel().tolist(), strict=True)
    integers = np.empty(array.size, dtype=object)
    integers[:] = [s << k if k >= 0 else s >> -k for s, k in pairs]
    return Scaled(integers.reshape(array.shape), exponent)


def add(left: Scaled, right: Scaled) -> Scaled:
    """The exact sum."""
    return _combined(left, right, np.add)


def subtract(left: Scaled, right: Scaled) -> Scaled:
    """The exact difference."""
    return _combined(left, right, np.subtract)


def _combined(left: Scaled, right: Scaled, combine: np.ufunc) -> Scaled:
    exponent = min(left.exponent, right.exponent)
    a, b = left.at_exponent(exponent).integers, right.at_exponent(exponent).integers
    a, b = with_room(widest(a) + widest(b), a, b)
    return Scaled(np.asarray(combine(a, b)), exponent)


def dot(left: NDArray[Any], right: NDArray[Any]) -> int:
    """The exact sum of products of two vectors of integers."""
    left, right = with_room(widest(left) * widest(right) * left.size, left, right)
    return int(left @ right) if left.size else 0


def widest(integers: NDArray[Any]) -> int:
    """The largest absolute value; 0 where there is none."""
    return max((abs(int(integers.max())), abs(int(integers.min())))) if integers.size else 0


def with_room(largest: int, *arrays: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Arrays of integers, as Python's where numbers of up to `largest` that are made of them may not fit int64."""
    return arrays if largest < _INT64_LIMIT else tuple(array.astype(object) for array in arrays)


def unit_of(rate: float) -> float:
    """The largest power of two, 1 at most, of which a learning rate is a multiple."""
    fraction, exponent = math.frexp(rate)
    significand = int(math.ldexp(fraction, _FORM.precision))
    return min(1.0, math.ldexp(significand & -significand, exponent - _FORM.precision) or 1.0)
