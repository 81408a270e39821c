"""Sums of absolute values, rounded up to few bits: by what they are computed to be in any order, or else exactly.

A magnitude is a factor of upper bounds, which need not be exact; but they are published, and must not depend on
the order in which a machine sums. So it is a function of the sum S itself: S rounded to float64, then up to
18 bits, which adds less than a relative 2**-17.

By the theorem of `bounds`, a sum S' of n absolute values of products, in any order of summation, with or without
fused multiply-add, is off by at most n u S, where u = 2**-53. Hence S, and S rounded to float64 as well, lies from
S' (1 - 2 n u) to S' (1 + 2 n u) while n u <= 1/4. Where both ends round up to the same number of 18
bits, so does S. It is assumed that nothing underflows, and that the matrix product sums products and nothing else
(no Strassen). If S' overflows, S is above the largest number of 18 bits, and both round up to infinity.

Where the ends differ, S is within a relative 4 n u of a number of 18 bits: by chance, one element in
2**34 / n is. Then all are summed exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..numbers.arrays import Float64

MOST_EXCESS = 2.0**-16
"""Relative, of a magnitude above the sum: twice what one rounding adds, for what rounds once more."""
_CUT_OFF = 53 - 18
_LOWEST = (1 << _CUT_OFF) - 1
_SPACING = 2.0**-52


def told(computed: Float64, most_terms: int, exactly: Callable[[], Float64]) -> Float64:
    """The sums of so many absolute values at most, rounded up: as computed, if that tells them, or else as exact.

    Parameters
    ----------
    computed : ndarray of float64
        Summed in any order, without underflow.
    most_terms : int
        That any element has.
    exactly : function
        Gives the sums rounded to nearest once.
    """
    off = (most_terms + 2) * _SPACING
    with np.errstate(over="ignore"):
        rounded = rounded_up(computed * (1 - off))
        is_told = (computed * (1 + off) <= rounded).all()
    return rounded if is_told else rounded_up(exactly())


def rounded_up(sizes: Float64) -> Float64:
    """Numbers of at least 0, none subnormal, rounded up to 18 bits; those above the largest such are infinite."""
    raised = sizes.view(np.int64) + _LOWEST
    raised &= ~_LOWEST
    return raised.view(np.float64)
