"""Structure and precision: is each element of one pass's result what exact arithmetic says?

Structure asks on the integer lattice, where the answer must be equal; only of
arithmetic that is declared to round even there, it may be off by what that
explains. Precision asks on reals, where this holds for all arithmetic.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...oracle import exact
from ...oracle.bounds import rounding_bound
from ...oracle.data import LARGEST_LATTICE_VALUE, Case, lattice_operands, lattice_precision, real_operands
from ...oracle.dtypes import Arithmetic
from ...oracle.exact import ExactResult
from ...oracle.geometry import ConvGeometry
from ...oracle.passes import Operands, Pass

_CASES_KEPT = 200
"""Questions kept for the next candidate: a quick run's; longer runs would only hold memory that is never met again."""


class Check(Enum):
    """The checks of one pass's values."""

    STRUCTURE = "structure"
    PRECISION = "precision"

    def __str__(self) -> str:
        return self.value


@lru_cache(maxsize=_CASES_KEPT)
def operands_of(check: Check, case: Case) -> Operands:
    """The operands on which a check asks a case; computed once for all candidates, and read-only."""
    operands = lattice_operands(case) if check is Check.STRUCTURE else real_operands(case)
    for array in operands.arrays().values():
        array.flags.writeable = False
    return operands


@lru_cache(maxsize=_CASES_KEPT * len(Pass))
def answer(check: Check, case: Case, pass_: Pass) -> ExactResult:
    """The exact result of a pass on those operands."""
    return exact.evaluate(pass_, operands_of(check, case), case.geometry)


def allowed_error(
    check: Check,
    pass_: Pass,
    expected: ExactResult,
    operands: Operands,
    arithmetic: Arithmetic,
    geometry: ConvGeometry,
) -> NDArray[np.float64]:
    """The error allowed per element: none on the integer lattice, else what rounding can explain."""
    if check is Check.STRUCTURE and not rounds_integers(arithmetic):
        return np.zeros(expected.magnitude.shape)
    return rounding_bound(pass_, expected, operands, arithmetic, geometry)


def rounds_integers(arithmetic: Arithmetic) -> bool:
    """Whether integers of the lattice or their sums can be rounded: by a transform, or for want of bits."""
    narrowest = min(arithmetic.accumulator.precision, arithmetic.result.precision)
    return (
        arithmetic.does("algorithm", "transform")
        or narrowest < lattice_precision(arithmetic.storage.name)
        or arithmetic.multiplier.precision < min(arithmetic.storage.precision, LARGEST_LATTICE_VALUE.bit_length())
    )
