"""A kind of check as data: what it is called and means, whose cases it is asked of and how often, and how it asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass
from ...reports.records.record import CandidateInfo, CheckResult
from .examination import Examination

MOST_ATTEMPTS = 1000
"""Cases asked at most to shrink one fault of any kind."""


@dataclass(frozen=True, slots=True)
class OfPass:
    """Asked of each pass right after its structure, where no fault was found in that.

    Parameters
    ----------
    every : int
        Of so many data seeds, one has it asked.
    """

    every: int = 1

    def is_due(self, case: Case) -> bool:
        """Whether it is asked of the passes of a case."""
        return case.seed % self.every == 0


@dataclass(frozen=True, slots=True)
class OfCase:
    """Asked of a case when its passes were asked for their values.

    Parameters
    ----------
    questions : callable
        From the examination to the names of check and subject that are to be asked.
    """

    questions: Callable[[Examination], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class OfCandidate:
    """Asked once of a candidate.

    Parameters
    ----------
    questions : callable
        From the passes that are examined and the numbers of axes to the cases and subjects.
    is_usual : callable
        Whether a candidate is asked if the user does not say which checks are.
    asked : str
        Which are: ends a sentence.
    """

    questions: Callable[[Collection[Pass], Sequence[int]], Iterable[tuple[Case, str]]]
    is_usual: Callable[[CandidateInfo], bool]
    asked: str


@dataclass(frozen=True, slots=True)
class Shrinking:
    """How a case that fails a check is made smaller.

    Parameters
    ----------
    attempts : int
        Cases asked at most.
    seeds : range
        Data seeds with which a smaller geometry is tried.
    on_sound : bool
        Whether a case counts only if no fault is found in the structure of the pass that is its subject.
    """

    attempts: int = MOST_ATTEMPTS
    seeds: range = range(2)
    on_sound: bool = True


def every_pass(passes: Collection[Pass]) -> tuple[str, ...]:
    """The passes that are offered, as subjects."""
    return tuple(str(pass_) for pass_ in Pass if pass_ in passes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKind:
    """A kind of check.

    Parameters
    ----------
    name : str
        Unique and stable, without a colon. The name of a check of this kind is it, or it, a colon and more.
    title : str
        What it asks for, in a few words: ``the adjoint identity``.
    meaning : str
        Sentences for the glossary.
    schedule : OfPass, OfCase or OfCandidate
    ask : callable
        From an examination and the names of check and subject to the verdict; None where it says nothing of the case.
    subjects : callable
        From the passes that a candidate offers to the rows that its verdicts are counted in.
    takes_several_calls : bool
        Whether one of its verdicts can come of the order of its own calls.
    shrinking : Shrinking
    """

    name: str
    title: str
    meaning: str
    schedule: OfPass | OfCase | OfCandidate
    ask: Callable[[Examination, str, str], CheckResult | None]
    subjects: Callable[[Collection[Pass]], Iterable[str]] = every_pass
    takes_several_calls: bool = False
    shrinking: Shrinking = Shrinking()
