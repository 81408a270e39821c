"""Random combinations of the first axes of a result, and how likely they miss an error.

A result A with two leading axes is seen by P = Σ w A, with weights w[i, j] = u[i] v[j], whose factors are drawn
from the 2q integers ±1 to ±q. Let E be what A is off by, and not zero in some place p. Then Σ u[i] v[j] E[i, j, p] is
a polynomial of degree two in independent factors and not zero everywhere, so that it is zero with a probability of at
most 2 / (2q) = 1/q (Schwartz 1980, J. ACM 27; Zippel 1979). With t independent combinations all are zero with a
probability of at most q**-t. A place with a single wrong element cannot be missed, for no weight is zero.

A third axis may have factors of its own; an axis of a single element needs none, and has ones. Of d axes with factors
the degree is d, and the probability at most (d / 2q)**t.

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
MOST_FACTOR = 1 << 12
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
    degree : int
        In how many axes factors are drawn.
    lines : (t, L) ndarray of float64, or None
        Those of the third axis, where elements are summed over it, too.
    """

    first: Float64
    second: Float64
    largest: int
    degree: int = 2
    lines: Float64 | None = None

    @property
    def count(self) -> int:
        """How many."""
        return len(self.first)

    @property
    def miss(self) -> float:
        """The probability, at most, that an error shows in none of them."""
        return (self.degree / (2 * self.largest)) ** self.count

    @property
    def of_places(self) -> Combinations:
        """The same without sums over the third axis. Where one with them is off, this one is off in some place, too."""
        return replace(self, lines=None)

    def parts(self, most: int) -> Iterator[Combinations]:
        """Up to so many of them at a time."""
        for start in range(0, self.count, most):
            kept = slice(start, start + most)
            lines = None if self.lines is None else self.lines[kept]
            yield replace(self, first=self.first[kept], second=self.second[kept], lines=lines)

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
    shape: tuple[int, ...],
    groups: int,
    largest_value: float,
    miss: float,
    rng: np.random.Generator,
    *,
    most: int = MOST_FACTOR,
) -> Combinations:
    """Combinations of a result of that leading shape, whose sums float64 holds exactly.

    Parameters
    ----------
    shape : (int, int) or (int, int, int)
        Sizes of the axes that are summed over.
    groups : int
        Equal parts of the first axis, each with factors of its own for the second one.
    largest_value : float
        No element of a right result is larger in size, in units of which all are multiples.
    miss : float
        The probability of missing an error that is wanted, below 1 and not below `LEAST_MISS`.
    rng : Generator
    most : int
        Factors should be no larger, but for those that can be had at all.

    Raises
    ------
    InvalidArgument
        If `miss` is not such a probability, or there are so many elements that their sums are not exact.
    """
    if not LEAST_MISS <= miss < 1:
        requirement = "should be a probability below 1, and of at least 2**-1000"
        raise InvalidArgument("miss", miss, requirement, where="certify")
    summed, degree = max(math.prod(shape), 1), max(1, sum(size > 1 for size in shape))
    largest = min(_root(int(2**PRECISION / (summed * max(largest_value, 1))), degree), max(most, degree))
    if largest < degree:
        requirement = f"should have fewer pairs of channels: sums of {summed:,} do not fit {PRECISION} bits"
        raise InvalidArgument("geometry", shape, requirement, where="certify")
    count = max(1, math.ceil(math.log(miss) / math.log(degree / (2 * largest))))

    def factors(*sizes: int) -> Float64:
        return _factors((count, *sizes), largest, rng) if sizes[-1] > 1 else np.ones((count, *sizes))

    first, second, *others = shape
    lines = factors(*others) if others else None
    return Combinations(factors(first), factors(groups, second), largest, degree, lines)


def _root(value: int, degree: int) -> int:
    """The largest integer whose power is no larger."""
    root = int(value ** (1 / degree)) + 1
    while root**degree > value:
        root -= 1
    return root


def _factors(shape: tuple[int, ...], largest: int, rng: np.random.Generator) -> Float64:
    sizes: NDArray[np.int64] = rng.integers(1, largest, shape, endpoint=True)
    return np.where(rng.integers(0, 2, shape) > 0, sizes, -sizes).astype(np.float64)
