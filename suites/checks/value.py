"""Structure and precision: is each element of one pass's result what exact arithmetic says?

Structure asks on the integer lattice, where the answer must be equal. Precision
asks on reals, where it may be off by what the candidate's declared arithmetic explains.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...oracle import exact
from ...oracle.bounds import rounding_bound
from ...oracle.data import Case, lattice_operands, real_operands
from ...oracle.dtypes import Arithmetic
from ...oracle.exact import ExactResult
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
    check: Check, pass_: Pass, expected: ExactResult, operands: Operands, arithmetic: Arithmetic
) -> NDArray[np.float64]:
    """The error allowed per element: none on the integer lattice, else what rounding can explain."""
    if check is Check.STRUCTURE:
        return np.zeros(expected.magnitude.shape)
    return rounding_bound(pass_, expected, operands, arithmetic)
