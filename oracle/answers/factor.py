"""Operands as factors and terms of exact sums, with what sums and bounds of them need of their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..numbers.arrays import Float64
from ..numbers.scaled import Scaled, in_limbs, precision_of, scaled
from ..numbers.splitting import Extent, extent
from ..problem.passes import Array, Operands

_OPERANDS_KEPT = 4
"""Of as many questions as are asked in turn of one case."""


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """An array of real numbers as a factor of products, or a term beside them.

    Parameters
    ----------
    array : ndarray
    values, sizes : ndarray of float64
        The numbers, and their absolute values; rounded where they are integers of 64 bits.
    extent : Extent
        Of the values.
    """

    array: Array
    values: Float64
    sizes: Float64
    extent: Extent

    @classmethod
    def of(cls, array: Array) -> Factor:
        """The factor that an array is.

        Raises
        ------
        InvalidArgument
            If the dtype is none of integers, and of none of the formats.
        OverflowError
            If an element is NaN or infinite.
        """
        precision = precision_of(array)
        values = array.astype(np.float64, copy=False)
        sizes = np.abs(values)
        return cls(array, values, sizes, extent(sizes, precision))

    def exactly(self) -> Scaled:
        """The numbers themselves."""
        return in_limbs(self.values, self.extent) if self.is_of_floats else scaled(self.array)

    @property
    def is_of_floats(self) -> bool:
        """Whether the values are the numbers themselves."""
        return not (self.array.dtype.kind in "iu" and self.array.dtype.itemsize > 4)


def factor(operands: Operands, name: str) -> Factor:
    """The operand of that name; of operands that nobody can write to, it is kept for the next pass that reads it."""
    array: Array = getattr(operands, name)
    if array.flags.writeable or not array.flags.owndata:
        return Factor.of(array)
    known = _known(operands)
    if name not in known:
        known[name] = Factor.of(array)
    return known[name]


@lru_cache(maxsize=_OPERANDS_KEPT)
def _known(operands: Operands) -> dict[str, Factor]:
    return {}
