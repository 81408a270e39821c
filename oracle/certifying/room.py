"""The integers on which a whole layer is asked: their sums fit, however deep the layer, however many its channels."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

from ..numbers.dtypes import Arithmetic
from ..operands.data import Case, lattice_for, most_summed
from ..operands.lattice import Lattice
from ..problem.passes import Pass
from .combinations import PRECISION

_FACTOR_BITS = 4
"""Of the squares of factors of at most 4, with which few combinations are enough."""


def lattice_of_layer(case: Case, arithmetic: Arithmetic, passes: Collection[Pass]) -> Lattice:
    """That of `lattice_for`, unless a layer is very deep, or a result has very many pairs of channels.

    Sums of n terms need one bit more than n has, and an arithmetic that sums products may hold more bits than that
    lattice uses: 53 in float64, for n of 2**27 and above. A combination sums the elements of all pairs, so that they
    and its factors leave the elements no more than the rest of 53 bits.
    """
    lattice = lattice_for(case, arithmetic)
    if not arithmetic.does("algorithm", "direct"):
        return lattice
    needed = most_summed(case).bit_length() + 1
    held = min(arithmetic.accumulator.precision, arithmetic.result.precision)
    pairs = max((math.prod(pass_.result_shape(case.geometry)[:2]) for pass_ in passes), default=1)
    room = max(1, PRECISION - _FACTOR_BITS - max(pairs, 1).bit_length())
    precision = max(lattice.precision, needed) if needed <= held else lattice.precision
    return replace(lattice, precision=min(precision, room))


def is_sparse(case: Case, lattice: Lattice) -> bool:
    """Whether some of the integers are zero, since even sums of ones do not fit."""
    return most_summed(case) > 1 << (lattice.precision - 1)
