"""Structure, precision and contamination: is each element of one pass's result what it must be?

Structure asks on the integer lattice, where the answer must be equal; only of
arithmetic that is declared to round even there, it may be off by what that
explains. Precision asks on reals, where this holds for all arithmetic; near a
format's largest number it asks for Inf where, and only where, the sum overflows.
Contamination asks on the lattice with NaN and Inf planted in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...oracle import large
from ...oracle.bounds import rounding_bound
from ...oracle.contamination import contaminate, expect_contaminated, finite_part, of_transform
from ...oracle.data import LARGEST_LATTICE_VALUE, Case, lattice_operands, lattice_precision, real_operands
from ...oracle.dtypes import COMPONENTS, Arithmetic
from ...oracle.exact import ExactResult
from ...oracle.fills import HUGE
from ...oracle.geometry import ConvGeometry
from ...oracle.layouts import BROADCAST
from ...oracle.nonfinite import Expectation, judge_nonfinite, wrong_elements
from ...oracle.overflow import expect_overflow
from ...oracle.passes import Array, Operands, Pass
from ...oracle.subnormals import flush_allowance
from ...oracle.verdict import Verdict, compare, judge

Float64 = NDArray[np.float64]

_CASES_KEPT = 200
"""Questions kept for the next candidate: a quick run's; longer runs would only hold memory that is never met again."""


class Check(Enum):
    """The checks of one pass's values."""

    STRUCTURE = "structure"
    PRECISION = "precision"
    CONTAMINATION = "contamination"

    def __str__(self) -> str:
        return self.value


def operands_of(check: Check, case: Case) -> Operands:
    """The operands on which a check asks a case, read-only; computed once for all candidates, unless they are large."""
    return (_latest_operands if is_large(case) else _kept_operands)(check, case)


def answer(check: Check, case: Case, pass_: Pass) -> ExactResult:
    """The expected result of a pass on those operands: the exact one, or a large one with its own error."""
    return (_latest_answer if is_large(case) else _kept_answer)(check, case, pass_)


def is_large(case: Case) -> bool:
    """Whether a case is too large for exact arithmetic."""
    return case.geometry.products > large.MOST_PRODUCTS_EXACTLY


def is_asked(check: Check, case: Case, pass_: Pass, arithmetic: Arithmetic) -> bool:
    """Whether a check says something of a pass on a case.

    There is no NaN among integers, and no order among complex numbers; one NaN makes
    an array no longer constant; transforms have intermediate values of other sizes than sums.
    """
    if check is Check.STRUCTURE:
        return True
    plain = case.dtype not in COMPONENTS and not arithmetic.storage.is_integer
    if check is Check.CONTAMINATION:
        constant = case.layout == BROADCAST
        return plain and not is_large(case) and not case.geometry.is_degenerate and not constant
    return case.fill != HUGE or (plain and not is_large(case) and arithmetic.does("algorithm", "direct"))


def _operands(check: Check, case: Case) -> Operands:
    operands = real_operands(case) if check is Check.PRECISION else lattice_operands(case)
    if check is Check.CONTAMINATION:
        operands = contaminate(operands, case.seed)
    for array in operands.arrays().values():
        array.flags.writeable = False
    return operands


def _answer(check: Check, case: Case, pass_: Pass) -> ExactResult:
    return solve(check, pass_, operands_of(check, case), case.geometry)


def solve(check: Check, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    """The expected result on any operands of a check; of contaminated ones, that of their finite part."""
    finite = finite_part(operands) if check is Check.CONTAMINATION else operands
    return large.expected(pass_, finite, geometry)


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
    if check is not Check.PRECISION and not rounds_integers(arithmetic):
        return np.zeros(expected.magnitude.shape) + own
    bound: NDArray[np.float64] = rounding_bound(pass_, expected, operands, arithmetic, geometry) + own
    if arithmetic.does("subnormals", "flushed"):
        bound = bound + flush_allowance(pass_, expected, operands, arithmetic, geometry)
    return bound


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """What one check holds the result of one pass to.

    Parameters
    ----------
    exact : ExactResult
    bound : ndarray of float64
        Largest error allowed per element.
    expectation : Expectation or None
        Where elements may be NaN or Inf: what each may be.
    result_dtype : str
    """

    exact: ExactResult
    bound: Float64
    expectation: Expectation | None
    result_dtype: str

    def judge(self, actual: Array) -> Verdict:
        """The verdict on a result."""
        if self.expectation is None:
            return judge(actual, self.exact, self.bound, self.result_dtype)
        return judge_nonfinite(actual, self.expectation, self.result_dtype)

    def wrong(self, actual: Array) -> NDArray[np.bool_]:
        """Which elements of a result of the right shape and dtype are wrong."""
        if self.expectation is None:
            return compare(actual, self.exact, self.bound).wrong
        return wrong_elements(actual, self.expectation)

    def expected(self) -> Float64:
        """What the result should be, for people; of elements that may be several things, the most likely one."""
        return self.exact.value.to_float64() if self.expectation is None else self.expectation.expected()


def standard(
    check: Check, pass_: Pass, operands: Operands, exact: ExactResult, arithmetic: Arithmetic, case: Case
) -> Standard:
    """What a check holds a result to, given the result that :func:`solve` gives."""
    geometry, expectation = case.geometry, None
    if check is Check.PRECISION and case.fill == HUGE:
        expectation = expect_overflow(pass_, operands, geometry, arithmetic, exact)
        return Standard(exact, expectation.bound, expectation, arithmetic.result_dtype)
    finite = finite_part(operands) if check is Check.CONTAMINATION else operands
    bound = allowed_error(check, pass_, exact, finite, arithmetic, geometry)
    if check is Check.CONTAMINATION:
        expectation = expect_contaminated(pass_, operands, geometry, bound, exact)
        if arithmetic.does("algorithm", "transform") or arithmetic.does("contamination", "spreads"):
            expectation = of_transform(expectation)
    return Standard(exact, bound, expectation, arithmetic.result_dtype)


def rounds_integers(arithmetic: Arithmetic) -> bool:
    """Whether integers of the lattice or their sums can be rounded: by a transform, or for want of bits."""
    narrowest = min(arithmetic.accumulator.precision, arithmetic.result.precision)
    return (
        arithmetic.does("algorithm", "transform")
        or narrowest < lattice_precision(arithmetic.storage.name)
        or arithmetic.multiplier.precision < min(arithmetic.storage.precision, LARGEST_LATTICE_VALUE.bit_length())
    )
