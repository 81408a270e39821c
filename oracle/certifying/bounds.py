"""What elements a right result may have: multiples of a unit, and no larger than some; others are found at a look."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..answers.exact import most_terms
from ..numbers.scaled import unit_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, factors_of, offset
from .held import Held

_BLOCK_ELEMENTS = 1 << 16
"""That are read several times, from a cache."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large elements are: of operands, and of a right result, in units of it; how far these may be off."""

    operand: float
    result: float
    unit: float
    allowed: float


def bounds_of(
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    largest_sum: float,
    largest_operand: float | None,
    allowed: float,
) -> Bounds:
    """Those of a pass; see `certify`."""
    unit = unit_of_results(pass_, operands)
    largest = _largest_of(pass_, operands, geometry) if largest_operand is None else largest_operand
    return Bounds(largest, _largest_result(pass_, geometry, largest_sum, largest, unit), unit, allowed)


def unit_of_results(pass_: Pass, operands: Operands) -> float:
    """The power of two of which all elements of a right result are multiples, of operands on the lattice."""
    return unit_of(operands.learning_rate) if pass_ is Pass.UPDATE else 1.0


def _largest_of(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> float:
    """In size, of the operands that a pass reads."""
    added = "weight" if pass_ is Pass.UPDATE else offset(pass_)
    names = [*factors_of(pass_, geometry), *([added] if added else [])]
    read = [array for name, array in operands.arrays().items() if name in names]
    return max((max(float(each.max(initial=0)), -float(each.min(initial=0))) for each in read), default=0.0)


def _largest_result(
    pass_: Pass, geometry: ConvGeometry, largest_sum: float, largest_operand: float, unit: float
) -> float:
    """In units, no sum of absolute terms is larger: that of so many products of operands, where it is less."""
    if pass_ is Pass.UPDATE:
        return largest_sum / unit
    terms = most_terms(pass_, geometry) + (offset(pass_) is not None)
    return min(largest_sum, terms * max(1.0, largest_operand) ** 2)


def odd(actual: Array | Held, bounds: Bounds) -> tuple[tuple[int, ...] | None, float]:
    """An element that no right result has: NaN, off the multiples, or too large. Sums with it could be rounded.

    Where there is none, also how many units the largest one has.
    """
    if isinstance(actual, Held):
        largest = actual.largest(bounds.unit)
        return (None, largest) if largest <= bounds.result else odd(actual.numpy(), bounds)
    flat, unit, allowed, largest = actual.reshape(-1), bounds.unit, bounds.allowed, 0.0
    for start in range(0, flat.size, _BLOCK_ELEMENTS):
        values = _read(flat[start : start + _BLOCK_ELEMENTS])
        if unit != 1:
            values = values / unit
        nearest = np.rint(values)
        if allowed:
            with np.errstate(invalid="ignore"):
                is_near = np.abs(values - nearest) <= allowed / unit
        else:
            is_near = values == nearest
        largest = max(largest, float(nearest.max()), -float(nearest.min()))
        if not is_near.all() or largest > bounds.result:
            with np.errstate(invalid="ignore"):
                is_odd = ~(is_near & (np.abs(nearest) <= bounds.result))
            return tuple(map(int, np.unravel_index(start + int(np.argmax(is_odd)), actual.shape))), math.inf
    return None, largest


def _read(values: Array) -> Array:
    """The same in a dtype in which NumPy is fast."""
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)
