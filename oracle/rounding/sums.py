"""What sums of n products may be off by, relative to the sum of the terms' absolute values: one function a theorem.

Each takes n, the number of terms of every element, and a unit of rounding: u where products
and sums are rounded to nearest, 2 u where they become any neighbouring number (toward zero, to
odd, at random), which is off by less than a spacing. None assumes anything of the terms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..numbers.arrays import Float64
from ..numbers.declarable import block_length, part_count
from ..numbers.dtypes import Arithmetic

Counts = NDArray[np.int64]
_LARGEST_SHARE = 0.25
"""Of 6.5 n v v, up to which the bound of compensated sums is derived."""


@dataclass(frozen=True, slots=True)
class Summation:
    """The sums of a pass as its loops have them, whatever is padding at an element.

    Parameters
    ----------
    terms : int
        Of one element, those that fall on padding included.
    later : int
        How many numbers may be added to such a sum one after another: a bias, the second sum of a pass of
        second order, what repeated padding sends back.
    """

    terms: int
    later: int


def any_order(terms: Counts, u: float) -> Float64:
    """n u, rounding to nearest, with or without fused multiply-add, for any n.

    Jeannerod and Rump 2013, "Improved error bounds for inner products in floating-point arithmetic", SIAM J. Matrix
    Anal. Appl. 34(2), theorem 4.2 and its remark on any order.
    """
    return np.asarray(terms * u, dtype=np.float64)


def by_roundings(roundings: Counts, unit: float) -> Float64:
    """(1 + unit)^k - 1, where no term passes through more than k roundings, each off by at most the unit.

    Higham 2002, Accuracy and Stability of Numerical Algorithms, sec. 3.1 (lemma 3.1); for a tree of sums sec. 4.2. It
    takes only the standard model fl(a + b) = (a + b)(1 + d), |d| <= unit, which any faithful rounding obeys: with
    k = n any order of n products.
    """
    return np.asarray(np.expm1(roundings * np.log1p(unit)), dtype=np.float64)


def aligned(roundings: Counts, unit: float) -> Float64:
    """(1 + unit)^(3 k) - 1, where terms are aligned to the largest of a block and cut off, as tensor cores do.

    The model is that of Fasi, Higham, Mikaitis and Pranesh 2021, "Numerical behavior of NVIDIA tensor cores", PeerJ
    Comput. Sci. 7:e330: of a block of m numbers (exact products, and a sum so far), each is cut off to a multiple of
    the last place of the largest, the sum of these is exact, and it is cut off again. Each of the m + 1 cuts is less
    than the unit times the largest number or the result, so a number that passes through the block is off by no more
    than a factor (1 + unit)^(m + 1). In a tree of such blocks, of any sizes and in any order, the m - 1 add up to no
    more than n - 1, and so do the blocks of m > 1: sum of (m + 1) <= 3 (n - 1) along any path, and 2 for a block of
    one product. Blocks that are filled up with zeros, as where there are 3 channels, are counted: hence no block size
    is asked for.
    """
    return by_roundings(3 * roundings, unit)


def compensated(terms: Counts, unit: float) -> Float64:
    """About 5 v + 7 n v^2 with v the unit, of n rounded products that are summed after Kahan.

    Kahan 1965; Knuth, The Art of Computer Programming 2, exercise 4.2.2-19; Higham 2002, sec. 4.3: 2 u + O(n u^2). The
    second order is derived here. Let y = (x - c)(1 + .), s' = (s + y)(1 + .) with error e, and c' the computed
    ((s' - s) - y), so that c' = ((1 + .) e + . y)(1 + .), every dot at most v. The sum less what it carries, s - c,
    changes by x + . (x - c) + (e - c'), and |e - c'| <= (2 v + v^2) |e| + (1 + v) v |y|. With P the largest |s + y|,
    all |c| are below 2.1 v P for v <= 2^-7, and summed over n terms

        |s - c - sum| <= 2.02 v S + 6.5 n v^2 P,    |s - sum| <= that + |c'|,    |c'| <= 2.1 v P

    where P <= 1.05 S / (1 - 6.5 n v^2). Neumaier's and Klein's variants carry more, and are off by less. Products are
    rounded first: one more v. One and two terms are plain sums. Where 6.5 n v^2 exceeds a quarter nothing is derived,
    and the bound of plain sums stands instead.
    """
    share = np.minimum(6.5 * terms * unit * unit, _LARGEST_SHARE)
    largest = 1.05 / (1 - share)
    summed = 2.02 * unit + (share + 2.1 * unit) * largest
    plain = by_roundings(terms, unit)
    bound = np.where(terms <= 2, plain, unit + (1 + unit) * summed)
    return np.asarray(np.where(share < _LARGEST_SHARE, bound, np.maximum(bound, plain)), dtype=np.float64)


def after(first: Float64, second: Float64 | float) -> Float64:
    """(1 + first)(1 + second) - 1, of numbers that 1 would swallow."""
    return first + second + first * second


def roundings_in_order(order: str, nominal: int) -> int | None:
    """How many roundings a product passes through at most in an order that is promised, its own included.

    Pairwise, ceil(log2 n) additions (Higham 2002, sec. 4.2); in blocks of b, b - 1 within one and one less than there
    are blocks (Higham 2002, sec. 3.1 and 4.2; Blanchard, Higham and Mary 2020, "A class of fast and accurate summation
    algorithms", SIAM J. Sci. Comput. 42(3)), in any order of each; in p parts, the same with blocks of n / p. None of
    any order.
    """
    if order == "pairwise":
        return 1 + math.ceil(math.log2(max(nominal, 1)))
    length, parts = block_length(order), part_count(order)
    if length is None and parts is None:
        return None
    length = length or -(-nominal // (parts or 1))
    return max(length, 1) + max(-(-nominal // max(length, 1)), 1) - 1


def growth(terms: Counts, arithmetic: Arithmetic, summation: Summation | None = None) -> Float64:
    """What an arithmetic's sums may be off by, relative to the sum of the terms' absolute values.

    Parameters
    ----------
    terms : ndarray of int64
        The terms of each element.
    arithmetic : Arithmetic
    summation : Summation, optional
        Of the pass; without it, what is promised of an order is not made use of.
    """
    unit = arithmetic.rounding_unit
    nearest, cut = arithmetic.does("accumulation", "nearest"), arithmetic.does("accumulation", "aligned")
    plain = any_order(terms, unit) if nearest else (aligned if cut else by_roundings)(terms, unit)
    if summation is None or not unit:
        return plain
    if arithmetic.does("sums", "compensated") and not cut:
        later = by_roundings(np.full_like(terms, summation.later), unit)
        return after(compensated(terms, unit), later)
    roundings = roundings_in_order(arithmetic.value("order"), summation.terms)
    if roundings is None:
        return plain
    promised = np.minimum(roundings + summation.later, terms)
    return np.minimum(plain, (aligned if cut else by_roundings)(promised, unit))
