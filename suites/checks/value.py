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

from ...oracle import large
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


def operands_of(check: Check, case: Case) -> Operands:
    """The operands on which a check asks a case, read-only; computed once for all candidates, unless they are large."""
    return (_latest_operands if _is_large(case) else _kept_operands)(check, case)


def answer(check: Check, case: Case, pass_: Pass) -> ExactResult:
    """The expected result of a pass on those operands: the exact one, or a large one with its own error."""
    return (_latest_answer if _is_large(case) else _kept_answer)(check, case, pass_)


def _is_large(case: Case) -> bool:
    return case.geometry.products > large.MOST_PRODUCTS_EXACTLY


def _operands(check: Check, case: Case) -> Operands:
    operands = lattice_operands(case) if check is Check.STRUCTURE else real_operands(case)
    for array in operands.arrays().values():
        array.flags.writeable = False
    return operands


def _answer(check: Check, case: Case, pass_: Pass) -> ExactResult:
    return large.expected(pass_, operands_of(check, case), case.geometry)


_kept_operands = lru_cache(maxsize=_CASES_KEPT)(_operands)
_kept_answer = lru_cache(maxsize=_CASES_KEPT * len(Pass))(_answer)
_latest_operands = lru_cache(maxsize=len(Check))(_operands)
_latest_answer = lru_cache(maxsize=1)(_answer)


def allowed_error(
    check: Check,
    pass_: Pass,
    expected: ExactResult,
    operands: Operands,
    arithmetic: Arithmetic,
    geometry: ConvGeometry,
) -> NDArray[np.float64]:
    """The error allowed per element: none on the integer lattice, else what rounding can explain.

    The expected value's own error is added, and what rounding the result does to that.
    """
    own = expected.error * (1 + arithmetic.result.unit_roundoff)
    if check is Check.STRUCTURE and not rounds_integers(arithmetic):
        return np.zeros(expected.magnitude.shape) + own
    bound: NDArray[np.float64] = rounding_bound(pass_, expected, operands, arithmetic, geometry) + own
    return bound


def rounds_integers(arithmetic: Arithmetic) -> bool:
    """Whether integers of the lattice or their sums can be rounded: by a transform, or for want of bits."""
    narrowest = min(arithmetic.accumulator.precision, arithmetic.result.precision)
    return (
        arithmetic.does("algorithm", "transform")
        or narrowest < lattice_precision(arithmetic.storage.name)
        or arithmetic.multiplier.precision < min(arithmetic.storage.precision, LARGEST_LATTICE_VALUE.bit_length())
    )
