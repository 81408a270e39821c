"""Random combinations of the first two axes of a result, and how likely they miss an error.

A result A with two leading axes is seen by P = Σ w A, with weights w[i, j] = u[i] v[j], whose factors are drawn
from the 2q integers ±1 to ±q. Let E be what A is off by, and not zero in some place p. Then Σ u[i] v[j] E[i, j, p] is
a polynomial of degree two in independent factors and not zero everywhere, so that it is zero with a probability of at
most 2 / (2q) = 1/q (Schwartz 1980, J. ACM 27; Zippel 1979). With t independent combinations all are zero with a
probability of at most q**-t. A place with a single wrong element cannot be missed, for no weight is zero.

That is how Freivalds (1977, IFIP Congress) sees whether a matrix product is right in the time that it takes to read
it. It is assumed that the result does not depend on the weights: who computes it does not know them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InvalidArgument
from ..numbers.arrays import Float64

PRECISION = 53
"""Of float64, in which combinations are summed."""
LEAST_MISS = 2.0**-1000
"""Smaller probabilities are not told from none by float64."""
_MOST = 1 << 12
"""Larger factors would make the probability no smaller that anyone asks for."""


@dataclass(frozen=True, slots=True, eq=False)
class Combinations:
    """Several of them.

    Parameters
    ----------
    first : (t, I) ndarray of float64
        The factors u.
    second : (t, G, J) ndarray of float64
        The factors v, of each group that the first axis is cut into.
    largest : int
        The largest absolute factor q.
    """

    first: Float64
    second: Float64
    largest: int

    @property
    def count(self) -> int:
        """How many."""
        return len(self.first)

    @property
    def miss(self) -> float:
        """The probability, at most, that an error shows in none of them."""
        return float(self.largest) ** -self.count

    def parts(self, most: int) -> Iterator[Combinations]:
        """Up to so many of them at a time."""
        for start in range(0, self.count, most):
            kept = slice(start, start + most)
            yield replace(self, first=self.first[kept], second=self.second[kept])

    def of_groups(self, groups: slice) -> Combinations:
        """Of the rows and the factors of some groups alone."""
        each = self.first.shape[1] // max(self.second.shape[1], 1)
        rows = slice(groups.start * each, groups.stop * each)
        return replace(self, first=self.first[:, rows], second=self.second[:, groups])

    def weights(self) -> Float64:
        """(t, I, J) the weight of each pair."""
        groups = self.second.shape[1]
        rows = np.repeat(self.second, self.first.shape[1] // groups, axis=1) if self.first.shape[1] else self.second
        return self.first[:, :, None] * rows[:, : self.first.shape[1]]


def drawn(
    shape: tuple[int, int], groups: int, largest_value: float, miss: float, rng: np.random.Generator
) -> Combinations:
    """Combinations of a result of that leading shape, whose sums float64 holds exactly.

    Parameters
    ----------
    shape : (int, int)
        Sizes of the two axes.
    groups : int
        Equal parts of the first axis, each with factors of its own for the second one.
    largest_value : float
        No element of a right result is larger in size, in units of which all are multiples.
    miss : float
        The probability of missing an error that is wanted, below 1 and not below `LEAST_MISS`.
    rng : Generator

    Raises
    ------
    InvalidArgument
        If `miss` is not such a probability, or there are so many elements that their sums are not exact.
    """
    if not LEAST_MISS <= miss < 1:
        requirement = "should be a probability below 1, and of at least 2**-1000"
        raise InvalidArgument("miss", miss, requirement, where="certify")
    pairs = max(math.prod(shape), 1)
    largest = min(math.isqrt(int(2**PRECISION / (pairs * max(largest_value, 1)))), _MOST)
    if largest < 2:
        requirement = f"should have fewer pairs of channels: sums of {pairs:,} do not fit {PRECISION} bits"
        raise InvalidArgument("geometry", shape, requirement, where="certify")
    count = max(1, math.ceil(math.log(miss) / -math.log(largest)))
    return Combinations(
        _factors((count, shape[0]), largest, rng), _factors((count, groups, shape[1]), largest, rng), largest
    )


def _factors(shape: tuple[int, ...], largest: int, rng: np.random.Generator) -> Float64:
    sizes: NDArray[np.int64] = rng.integers(1, largest, shape, endpoint=True)
    return np.where(rng.integers(0, 2, shape) > 0, sizes, -sizes).astype(np.float64)
