"""What single roundings cost: to a format, of numbers too small for it, and of a result that is stored on the way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .arrays import Float64
from .dtypes import Arithmetic, Format

_LOST_IN_A_BOUND = 4


def rounding(size: Float64, form: Format) -> Float64:
    """The most that rounding a number of at most `size` to a format changes."""
    return form.unit_roundoff * size + half_spacings(np.ones((), dtype=np.int64), form)


def stored(size: Float64, error: Float64, arithmetic: Arithmetic) -> Float64:
    """Error after rounding to the result's format a value of at most `size` that is off by `error`."""
    if arithmetic.result == arithmetic.accumulator:
        return error
    return error + rounding(size + error, arithmetic.result)


def half_spacing(form: Format) -> float:
    """Half of a subnormal's spacing; the whole where half of it is too small for float64."""
    return form.smallest_subnormal / 2 or form.smallest_subnormal


def half_spacings(count: NDArray[np.int64], form: Format) -> Float64:
    """That many halves of a subnormal's spacing.

    Where half a spacing is itself too small for float64, so are other parts of a
    bound, each by less than a spacing: some whole ones stand for them.
    """
    half = form.smallest_subnormal / 2
    if half > 0 or form.is_integer:
        return np.asarray(count * half, dtype=np.float64)
    return np.asarray(((count + 1) // 2 + _LOST_IN_A_BOUND) * form.smallest_subnormal, dtype=np.float64)


def smallest_normal(form: Format) -> float:
    """The smallest positive normal number of a format; of integers 0, for they have no subnormal ones."""
    return 0.0 if form.is_integer else float(np.ldexp(1.0, form.min_exponent))


def underflow(count: NDArray[np.int64], arithmetic: Arithmetic) -> Float64:
    """What so many products that are too small for the accumulator lose: half a spacing each, if cut off a whole."""
    each = 1 if arithmetic.does("accumulation", "nearest") else 2
    return each * half_spacings(count, arithmetic.accumulator)
