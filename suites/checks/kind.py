"""A kind of check as data: what it is called and means, whose cases it is asked of and how often, and how it asks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ...oracle.judging.verdict import Verdict
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Pass
from ...reports.records.record import CandidateInfo, CheckInfo, CheckResult
from ..calling.executor import Executor
from .declarations import Suggestion
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
class InTurn:
    """Asked of the passes of a case in which no fault was found, each when it is its turn in a run.

    Parameters
    ----------
    every : int
        Of so many data seeds one has it asked, where no run says whose turn it is.
    """

    every: int


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
        Whether a case counts only if no fault is found on integers in the pass that is its subject.
    layouts : bool
        Whether the case's layout in memory is that of the operands.
    """

    attempts: int = MOST_ATTEMPTS
    seeds: range = range(2)
    on_sound: bool = True
    layouts: bool = True


@dataclass(frozen=True, slots=True)
class Derived:
    """What a check that calls other convolutions than its case's rests on.

    Parameters
    ----------
    subjects : callable
        From the names of check and subject to the passes of which any known fault can be behind its failure.
    calls : callable
        From the examination and these names to the passes and geometries that it calls: one that is wrong by itself
        is the fault.
    """

    subjects: Callable[[str, str], Collection[str]]
    calls: Callable[[Examination, str, str], Iterable[tuple[Pass, ConvGeometry]]]


@dataclass(frozen=True, slots=True)
class AmongCalls:
    """What a check that makes a call alone and among others tells by the causes of its verdicts.

    Which of several faults it meets first another thread's pace may decide.

    Parameters
    ----------
    of_state : frozenset of str
        Causes that say that a result depends on earlier calls.
    maybe_of_state : frozenset of str
        Those that may say so of a candidate that is known to keep a state.
    suggest : callable
        From the candidate, a case, a pass, a cause and other such cases to what could be declared if that is meant.
    """

    of_state: frozenset[str]
    maybe_of_state: frozenset[str]
    suggest: Callable[[Executor, Case, Pass, str, Iterable[Case]], Suggestion | None]


def every_pass(passes: Collection[Pass]) -> tuple[str, ...]:
    """The passes that are offered, as subjects."""
    return tuple(str(pass_) for pass_ in Pass if pass_ in passes)


def _never(terms: Verdict, cause: str) -> bool:
    return False


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
    schedule : OfPass, OfCase, InTurn or OfCandidate
    ask : callable
        From an examination and the names of check and subject to the verdict; None where it says nothing of the case.
    subjects : callable
        From the passes that a candidate offers to the rows that its verdicts are counted in; in a single one, all are.
    violation : str
        What it means that it fails, in a sentence; empty where the numbers say it.
    numbers : Numbers or None
        What the operands of its case are, on which it asks again when they are recorded; None of a check that makes
        its own.
    takes_several_calls : bool
        Whether one of its verdicts can come of the order of its own calls.
    links_passes : bool
        Whether wrong terms of any pass break it on the same case.
    follows_wrong_terms : callable
        From the verdict on a pass's wrong terms, and the cause of this check's on a case that has all that these need,
        to whether it comes of them.
    derived : Derived or None
        Of one that calls other convolutions than its case's.
    among_calls : AmongCalls or None
        Of one that makes a call alone and among others.
    shrinking : Shrinking
    """

    name: str
    title: str
    meaning: str
    schedule: OfPass | OfCase | InTurn | OfCandidate
    ask: Callable[[Examination, str, str], CheckResult | None]
    subjects: Callable[[Collection[Pass]], Iterable[str]] = every_pass
    violation: str = ""
    numbers: Numbers | None = None
    takes_several_calls: bool = False
    links_passes: bool = False
    follows_wrong_terms: Callable[[Verdict, str], bool] = _never
    derived: Derived | None = None
    among_calls: AmongCalls | None = None
    shrinking: Shrinking = Shrinking()

    @property
    def is_of_values(self) -> bool:
        """Whether it compares the elements of one pass's result with what they must be."""
        return self.info.is_of_values

    @property
    def info(self) -> CheckInfo:
        """What a record says of it."""
        return CheckInfo(self.name, self.meaning, tuple(self.subjects(tuple(Pass))), self.numbers)

    def is_due(self, case: Case) -> bool:
        """Whether it is asked of each pass of a case."""
        return isinstance(self.schedule, OfPass) and self.schedule.is_due(case)
