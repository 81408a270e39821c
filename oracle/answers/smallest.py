"""The smallest term of each element, exactly where it is asked for, and below what it cannot lie anywhere.

A verdict reads it where a missing term would be hidden best, which only few elements can be: what
is known of all of them at once says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Pass
from .factor import Factor
from .term_by_term import Contraction, contraction

Elements = NDArray[np.intp]
_FEW_TERMS = 256
"""Of an element: with more, the product of its smallest factors is so low that too many elements would be asked."""
_SOON_DONE = 1 << 17
"""Products so few that their minima take no longer than bounds of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Smallest:
    """The smallest absolute value among each element's terms, as rounded to float64; inf where there is no term.

    Parameters
    ----------
    least : float
        No term of any element is smaller.
    below : function
        For each element a number than which none of its terms is smaller; inf where there is no term.
    at : function
        The smallest terms themselves, of elements by their indices in the flattened result.
    everywhere : function
        Those of all elements.
    are_bounds : bool
        Whether `below` may be less than the smallest terms.
    """

    least: float
    below: Callable[[], Float64]
    at: Callable[[Elements], Float64]
    everywhere: Callable[[], Float64]
    are_bounds: bool = True


def known(numbers: Float64) -> Smallest:
    """Smallest terms that are at hand."""
    return all_at_once(float(numbers.min(initial=math.inf)), lambda: numbers)


def all_at_once(least: float, everywhere: Callable[[], Float64]) -> Smallest:
    """Smallest terms that take little time, and none of which is smaller than `least`."""
    return Smallest(least, everywhere, lambda elements: everywhere().flat[elements], everywhere, are_bounds=False)


def of_products(kind: Pass, left: Factor, right: Factor, direct: ConvGeometry) -> Smallest:
    """The smallest terms of a bilinear map.

    None is smaller than the product of the smallest factors there are. Nor, for each element, than that of its own
    smallest factors. Where so many meet that these are far apart, it is told by the smallest in each
    place, of whatever channel (or image, of the weight gradient). Rounding to float64 keeps the order.
    """
    are_any = left.array.size and right.array.size
    least = left.extent.smallest_size * right.extent.smallest_size if are_any else math.inf
    terms = contraction(kind, direct)
    grouped = terms.grouped(left.sizes, right.sizes)
    everywhere = partial(terms.reduce, *grouped, np.minimum, np.inf)
    if terms.products <= _SOON_DONE:
        return all_at_once(least, cache(everywhere))
    return Smallest(least, partial(_below, terms, *grouped), partial(terms.smallest_at, *grouped), everywhere)


def _below(terms: Contraction, left: Float64, right: Float64) -> Float64:
    if terms.products > _FEW_TERMS * math.prod(terms.pass_.result_shape(terms.geometry)):
        a, b = (each.min(axis=terms.reduced, keepdims=True) for each in (left, right))
        return terms.reduce(a, b, np.minimum, np.inf)
    a, b = terms.smallest_factors(left, right)
    with np.errstate(over="ignore"):
        return (a * b).reshape(terms.pass_.result_shape(terms.geometry))


def smaller(left: Smallest, right: Smallest) -> Smallest:
    """The smallest among the terms of both."""
    return Smallest(
        min(left.least, right.least),
        lambda: np.minimum(left.below(), right.below()),
        lambda elements: np.minimum(left.at(elements), right.at(elements)),
        lambda: np.minimum(left.everywhere(), right.everywhere()),
        left.are_bounds or right.are_bounds,
    )


def times(smallest: Smallest, factor: float) -> Smallest:
    """Each times a factor of at least 0."""

    def product(numbers: Float64) -> Float64:
        with np.errstate(over="ignore"):
            return numbers * factor

    return Smallest(
        smallest.least * factor,
        lambda: product(smallest.below()),
        lambda elements: product(smallest.at(elements)),
        lambda: product(smallest.everywhere()),
        smallest.are_bounds,
    )
