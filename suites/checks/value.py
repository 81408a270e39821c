"""The checks of values: is each element of one pass's result what it must be, on numbers of each kind?

On the integer lattice the answer must be equal; only of arithmetic that is declared to
round even there, it may be off by what that explains. On reals this holds for all
arithmetic; near a format's largest number Inf is asked for where, and only where, the sum
overflows. On the lattice with NaN and Inf planted in it, these must show where they belong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...oracle.answers import large
from ...oracle.answers.exact import ExactResult
from ...oracle.answers.integers import held
from ...oracle.errors import InvalidArgument
from ...oracle.judging.contamination import (
    contaminate,
    expect_contaminated,
    finite_part,
    is_contaminated,
    of_compensated_sums,
    of_skipped_zeros,
    of_transform,
)
from ...oracle.judging.nonfinite import Expectation, judge_nonfinite, wrong_elements
from ...oracle.judging.overflow import (
    expect_overflow,
    has_narrower_range,
    leaves_range,
    scaling_overflows,
    transforming_overflows,
)
from ...oracle.judging.self_audit import audit, is_audited
from ...oracle.judging.subnormals import flush_allowance
from ...oracle.judging.verdict import Verdict, compare, judge
from ...oracle.numbers.arrays import Float64, Mask
from ...oracle.numbers.dtypes import COMPONENTS, Arithmetic
from ...oracle.operands.data import Case, Numbers, lattice_for, lattice_operands, real_operands
from ...oracle.operands.fills import HUGE, LARGE, TALL
from ...oracle.operands.lattice import Lattice, is_exact
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import BROADCAST
from ...oracle.problem.passes import Array, Operands, Pass
from ...oracle.rounding.bounds import rounding_bound

_FAR_FROM_ONE = (LARGE, TALL)
"""Fills whose sums are in the range of the operands' dtype, but maybe not in that of a declared one."""
_CASES_KEPT = 200
"""Questions kept for the next candidate: a quick run's; longer runs would only hold memory that is never met again."""


def operands_of(numbers: Numbers, case: Case, arithmetic: Arithmetic | None = None) -> Operands:
    """The operands on which a check asks a case, read-only; computed once for all candidates, unless they are large.

    They are fitted to what a candidate declares of its arithmetic, by default to nothing.
    """
    return (_latest_operands if is_large(case) else _kept_operands)(numbers, case, *_fitted(numbers, case, arithmetic))


def answer(numbers: Numbers, case: Case, pass_: Pass, arithmetic: Arithmetic | None = None) -> ExactResult:
    """The expected result of a pass on those operands: the exact one, or a large one with its own error.

    Raises
    ------
    OracleFault
        If it is one that the oracle audits, and wrong.
    """
    return (_latest_answer if is_large(case) else _kept_answer)(
        numbers, case, pass_, *_fitted(numbers, case, arithmetic)
    )


def _fitted(numbers: Numbers, case: Case, arithmetic: Arithmetic | None) -> tuple[Lattice | None, float]:
    """The lattice on which a check asks, None for reals; and the largest integer that an operand may be there."""
    if numbers is Numbers.REALS:
        return None, math.inf if arithmetic is None else arithmetic.largest_operand
    return lattice_for(case, arithmetic), math.inf


def is_large(case: Case) -> bool:
    """Whether a case is too large for exact arithmetic."""
    return case.geometry.products > large.MOST_PRODUCTS_EXACTLY


def is_asked(numbers: Numbers, case: Case, pass_: Pass, arithmetic: Arithmetic) -> bool:
    """Whether a check says something of a pass on a case.

    There is no NaN among integers, and no order among complex numbers; one NaN makes
    an array no longer constant, and says nothing of a pass that does not read it;
    transforms have intermediate values of other sizes than sums, which may leave the range where these do not, and what
    is not rounded to nearest may become Inf or the largest number. Near the end of a range, of
    the dtype's or of a narrower one that is declared, only real sums that are small enough are known exactly.
    """
    if numbers is Numbers.INTEGERS:
        return True
    plain = case.dtype not in COMPONENTS and not arithmetic.storage.is_integer
    if numbers is Numbers.CONTAMINATED:
        constant = case.layout == BROADCAST
        if not plain or is_large(case) or case.geometry.is_degenerate or constant:
            return False
        return is_contaminated(pass_, operands_of(numbers, case, arithmetic), case.geometry)
    is_ranged = case.fill == HUGE or (case.fill in _FAR_FROM_ONE and has_narrower_range(arithmetic))
    if pass_ is Pass.UPDATE and not is_ranged:
        is_ranged = scaling_overflows(pass_, operands_of(numbers, case, arithmetic), arithmetic)
    if case.fill in _FAR_FROM_ONE and not is_ranged:
        is_ranged = transforming_overflows(pass_, operands_of(numbers, case, arithmetic), arithmetic, case.geometry)
    plainly_summed = arithmetic.does("algorithm", "direct") and arithmetic.does("accumulation", "nearest")
    return not is_ranged or (plain and not is_large(case) and plainly_summed)


def _operands(numbers: Numbers, case: Case, lattice: Lattice | None, largest: float) -> Operands:
    operands = real_operands(case, largest) if numbers is Numbers.REALS else lattice_operands(case, lattice)
    if numbers is Numbers.CONTAMINATED:
        operands = contaminate(operands, case.seed)
    for array in operands.arrays().values():
        array.flags.writeable = False
    return operands


def _answer(numbers: Numbers, case: Case, pass_: Pass, lattice: Lattice | None, largest: float) -> ExactResult:
    operands = (_latest_operands if is_large(case) else _kept_operands)(numbers, case, lattice, largest)
    exact = solve(numbers, pass_, operands, case.geometry)
    if is_audited(case):
        audit(exact, pass_, _finite(numbers, operands), case)
    return exact


def solve(numbers: Numbers, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    """The expected result on any operands of a check; of contaminated ones, that of their finite part."""
    return large.expected(pass_, _finite(numbers, operands), geometry)


def _finite(numbers: Numbers, operands: Operands) -> Operands:
    return finite_part(operands) if numbers is Numbers.CONTAMINATED else operands


_kept_operands = lru_cache(maxsize=_CASES_KEPT)(_operands)
_kept_answer = lru_cache(maxsize=_CASES_KEPT * len(Pass))(_answer)
_latest_operands = lru_cache(maxsize=len(Numbers))(_operands)
_latest_answer = lru_cache(maxsize=1)(_answer)


def allowed_error(
    numbers: Numbers,
    pass_: Pass,
    expected: ExactResult,
    operands: Operands,
    arithmetic: Arithmetic,
    geometry: ConvGeometry,
) -> Float64:
    """The error allowed per element: none on the integer lattice, else what rounding can explain.

    The expected value's own error is added, and what rounding the result does to that.
    """
    own = expected.error * (1 + arithmetic.result.unit_roundoff)
    exact: Mask | bool = False
    if numbers is not Numbers.REALS and not rounds_integers(arithmetic):
        exact = is_exact(expected, operands, arithmetic, start=pass_ is Pass.UPDATE)
    if exact is True:
        return np.zeros(expected.value.shape) + own
    bound = rounding_bound(pass_, expected, operands, arithmetic, geometry)
    if arithmetic.does("subnormals", "flushed"):
        bound = bound + flush_allowance(pass_, expected, operands, arithmetic, geometry)
    return (bound if exact is False else np.where(exact, 0.0, bound)) + own


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
        """Which elements of a result are wrong.

        Raises
        ------
        InvalidArgument
            If it has another shape, or complex numbers where real ones should be.
        """
        is_complex = self.result_dtype in COMPONENTS
        shape = self.exact.rounded.shape[:-1] if is_complex else self.exact.rounded.shape
        if actual.shape != shape:
            raise InvalidArgument("actual.shape", actual.shape, f"should be {shape}", where="wrong")
        if (actual.dtype.kind == "c") != is_complex:
            requirement = f"should be that of the result, {self.result_dtype}"
            raise InvalidArgument("actual.dtype", actual.dtype.name, requirement, where="wrong")
        if self.expectation is None:
            return compare(actual, self.exact, self.bound).wrong
        return wrong_elements(actual, self.expectation)

    def expected(self) -> Float64:
        """What the result should be, for people; of elements that may be several things, the most likely one."""
        return self.exact.rounded if self.expectation is None else self.expectation.expected()


def standard(
    numbers: Numbers, pass_: Pass, operands: Operands, exact: ExactResult, arithmetic: Arithmetic, case: Case
) -> Standard:
    """What a check holds a result to, given the result that :func:`solve` gives."""
    geometry, expectation, exact = case.geometry, None, held(exact, arithmetic)
    ranged = case.fill == HUGE or leaves_range(exact, operands, arithmetic)
    if numbers is Numbers.REALS and (ranged or scaling_overflows(pass_, operands, arithmetic)):
        expectation = expect_overflow(pass_, operands, geometry, arithmetic, exact)
        if arithmetic.does("subnormals", "flushed"):
            lost = flush_allowance(pass_, exact, operands, arithmetic, geometry)
            expectation = replace(expectation, bound=expectation.bound + lost)
        return Standard(exact, expectation.bound, expectation, arithmetic.result_dtype)
    bound = allowed_error(numbers, pass_, exact, _finite(numbers, operands), arithmetic, geometry)
    if numbers is Numbers.CONTAMINATED:
        expectation = expect_contaminated(pass_, operands, geometry, bound, exact)
        if arithmetic.does("algorithm", "transform") or arithmetic.does("contamination", "spreads"):
            expectation = of_transform(expectation)
        if arithmetic.does("zeros", "skipped"):
            expectation = of_skipped_zeros(expectation, pass_, operands, geometry)
        if arithmetic.does("sums", "compensated"):
            expectation = of_compensated_sums(expectation)
    return Standard(exact, bound, expectation, arithmetic.result_dtype)


def rounds_integers(arithmetic: Arithmetic) -> bool:
    """Whether integers of the lattice are rounded on the way, though not beyond the right one."""
    return arithmetic.does("algorithm", "transform")
