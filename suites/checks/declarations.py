"""Which declaration more would have made a result right: the question of a mismatch, judged again under each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...oracle.answers.exact import ExactResult
from ...oracle.judging.verdict import Outcome, Verdict, compare
from ...oracle.numbers.conventions import Alternative, alternatives
from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.numbers.roundings import smallest_normal
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Array, Operands, Pass
from .value import Standard, is_asked, standard

_DEVIATIONS = 4.0


@dataclass(frozen=True, slots=True)
class FittingDeclaration:
    """A declaration under which a result is not wrong.

    Parameters
    ----------
    alternative : Alternative
    verdict : Verdict
        Under it; undecided where it allows so much that a missing term could hide as well.
    """

    alternative: Alternative
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A declaration under which what was found is no fault.

    Parameters
    ----------
    declaration : str
        As a candidate writes it.
    meaning : str
        To be read after "if it".
    ratio : float
        Largest error over the bound that it has then, on numbers of one size.
    """

    declaration: str
    meaning: str
    ratio: float = 0.0

    def __str__(self) -> str:
        """A sentence for people."""
        within = f"its results are within that bound (worst ratio {self.ratio:.2g})"
        within = within if self.ratio else "it is right then"
        return f"If it {self.meaning} and that is meant, declare {self.declaration}: {within}."


def fitting(
    numbers: Numbers,
    case: Case,
    pass_: Pass,
    operands: Operands,
    exact: ExactResult,
    actual: Array,
    arithmetic: Arithmetic,
) -> tuple[FittingDeclaration, ...]:
    """The declarations that fit a result that is wrong without them, the tightest first.

    Parameters
    ----------
    numbers, case, pass_, operands
        The question.
    exact : ExactResult
        What :func:`.value.solve` gives.
    actual : ndarray
        The result, of any shape and dtype.
    arithmetic : Arithmetic
        What is declared.
    """
    fits = []
    for alternative in alternatives(arithmetic, case.dtype):
        if not is_asked(numbers, case, pass_, alternative.arithmetic):
            continue
        held_to = standard(numbers, pass_, operands, exact, alternative.arithmetic, case)
        verdict = held_to.judge(actual)
        lost = smallest_normal(arithmetic.result) if alternative.arithmetic.does("subnormals", "flushed") else 0.0
        undecided = verdict.outcome is Outcome.UNDECIDED and (
            _looks_like_rounding(held_to, actual, lost)
            if held_to.expectation is None
            else actual.size > 0 and _has_formats_of(alternative.arithmetic, arithmetic)
        )
        if verdict.outcome is Outcome.CONFORMS or undecided:
            fits.append(FittingDeclaration(alternative, verdict))
    return tuple(sorted(fits, key=lambda fit: (fit.verdict.outcome is Outcome.UNDECIDED, -fit.verdict.ratio)))


def _has_formats_of(one: Arithmetic, other: Arithmetic) -> bool:
    """Whether numbers overflow alike: in a narrower format all of them may, and then NaN and Inf tell nothing."""
    return (one.multiplier, one.accumulator) == (other.multiplier, other.accumulator)


def _looks_like_rounding(held_to: Standard, actual: Array, lost: float) -> bool:
    """Whether a result that is undecided has errors as small as rounding at random makes, and less than a term.

    Errors of either sign add up to the bound's share of one in the root of their number, or a
    few times that. A missing term is a share of one in their number of the sum of sizes.
    Numbers below `lost` are not missed.
    """
    if not actual.size:
        return False
    exact, bound = held_to.exact, held_to.bound
    terms = np.maximum(exact.terms, 1)
    allowed = bound * np.minimum(1, _DEVIATIONS / np.sqrt(terms))
    typical = np.minimum(allowed, exact.magnitude / terms / 2)
    return not compare(actual, exact, np.maximum(typical, np.minimum(lost, bound))).wrong.any()
