"""Where a result is wrong: what combinations of it are off by, and which element that comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass
from .combinations import Combinations
from .projections import expected, projected


def residual(
    pass_: Pass, operands: Operands, actual: Array, geometry: ConvGeometry, combinations: Combinations
) -> Float64:
    """(t, *positions) what combinations of a result are off by."""
    off = projected(actual, combinations)
    off -= expected(pass_, operands, geometry, combinations)
    return off


def located(
    pass_: Pass,
    operands: Operands,
    actual: Array,
    geometry: ConvGeometry,
    combinations: Combinations,
    place: tuple[int, ...],
) -> tuple[int, ...]:
    """A wrong element in a place where a combination is off: half of the factors are left out, over and over.

    What a combination is off by is the sum of what its halves are off by, so that one of them is off.
    """

    def is_off(halved: Combinations) -> bool:
        off = residual(pass_, operands, actual, geometry, halved)
        return bool(off[(0, *place)])

    combination = next(part for part in combinations.parts(1) if is_off(part))

    def first_only(kept: slice) -> Combinations:
        return replace(combination, first=_kept(combination.first, kept))

    row = _bisected(actual.shape[0], lambda kept: is_off(first_only(kept)))
    of_row = first_only(slice(row, row + 1))
    column = _bisected(actual.shape[1], lambda kept: is_off(replace(of_row, second=_kept(combination.second, kept))))
    return (row, column, *place)


def _kept(factors: Float64, kept: slice) -> Float64:
    """The factors with all others zero."""
    left = np.zeros_like(factors)
    left[..., kept] = factors[..., kept]
    return left


def _bisected(size: int, is_off: Callable[[slice], bool]) -> int:
    low, high = 0, size
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_off(slice(low, middle)) else (middle, high)
    return low
