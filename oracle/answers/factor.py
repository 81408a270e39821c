"""Operands as factors of exact products, with what sums and bounds of these products need of their numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..numbers.arrays import Float64
from ..numbers.scaled import precision_of
from ..numbers.splitting import Extent, extent
from ..problem.passes import Array


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """An array of real numbers as a factor of products.

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

    @property
    def is_of_floats(self) -> bool:
        """Whether the values are the numbers themselves."""
        return not (self.array.dtype.kind in "iu" and self.array.dtype.itemsize > 4)
