"""What the search of one candidate of a run finds, with the evidence; and how that is written."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Semaphore

from ...reports.files.run import RunWriter
from ...reports.records.stopped import Stopped
from ..calling.executor import Executor
from ..calling.replies import Limits
from ..cases.budget import Budget
from ..diagnosis.fault import Fault
from ..diagnosis.framework_witness import Frameworks
from .counterexample import build
from .events import (
    CandidateDone,
    CandidateStarted,
    CaseExamined,
    Event,
    FaultMerged,
    FaultMet,
    FaultShrunk,
    MismatchKept,
    MismatchMet,
    RunEvent,
    TimeIsOver,
    left_to_tell,
)
from .failure_store import FailureMemory
from .search import search


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run does.

    Parameters
    ----------
    sources : tuple of str
        Candidates: built-in names, ``module:attribute`` or ``path.py:attribute``.
    budget : Budget
    limits : Limits
        Of each call to a candidate.
    memory : tuple of str
        Where the cases that failed last are kept; they are tried first.
    isolated : bool
        Whether each candidate has a process of its own; else they are searched one after the other.
    jobs : int
        How many processes may examine at the same time; what a run comes to does not depend on it.
    until : float or None
        The moment of the monotonic clock after which no search looks at another case.
    """

    sources: tuple[str, ...]
    budget: Budget
    limits: Limits
    memory: tuple[str, ...]
    isolated: bool = True
    jobs: int = 1
    until: float | None = None

    def of_next(self, waiting: int) -> RunPlan:
        """The plan of one of so many searches that have yet to begin; they share the time that is left."""
        if self.until is None:
            return self
        now, rounds = time.monotonic(), -(-waiting // self.jobs)
        return replace(self, until=now + (self.until - now) / rounds)


def findings(
    plan: RunPlan,
    candidates: Mapping[str, Executor],
    name: str,
    memory: FailureMemory | None,
    spare: Semaphore | None = None,
) -> Generator[RunEvent]:
    """Search one of the candidates; the others are its witnesses.

    After a `KeyboardInterrupt`, one that is thrown into it as well, it tells what is left to tell, and ends.
    """
    with ExitStack() as opened:
        executor = opened.enter_context(closing(candidates[name].twin()))
        others = {other: each for other, each in candidates.items() if other != name}
        evidence = _Evidence(executor, others, plan.limits, opened)
        yield CandidateStarted(executor.info, plan.budget.cases)
        with closing(search(executor, plan.budget, memory, spare, plan.until)) as events:
            try:
                yield from map(evidence.with_evidence, events)
            except KeyboardInterrupt:
                yield from map(evidence.with_evidence, left_to_tell(events))
                raise
        yield CandidateDone(name)


class _Evidence:
    """Makes evidence of the faults of one candidate.

    Parameters
    ----------
    executor : Executor
    others : mapping of str to Executor
        The other candidates, of which twins are asked.
    limits : Limits
        Of each call to a framework that it rests on.
    opened : ExitStack
        Closes what is started here.
    """

    def __init__(self, executor: Executor, others: Mapping[str, Executor], limits: Limits, opened: ExitStack) -> None:
        self._executor, self._others, self._opened = executor, others, opened
        self._witnesses: dict[str, Executor] = {}
        self._frameworks = opened.enter_context(closing(Frameworks(limits, self._witnesses)))

    def with_evidence(self, event: Event) -> RunEvent:
        """An event with its evidence."""
        match event:
            case CaseExamined():
                return event
            case TimeIsOver(done, total):
                return Stopped(self._executor.info.name, done, total)
            case FaultMet(fault):
                return MismatchMet(*build(fault, self._executor, {}, is_shrunk=False))
            case FaultMerged(fault, plainer):
                return self._kept(fault, is_shrunk=True, plainer=plainer.id)
            case FaultShrunk(fault, is_smallest):
                return self._kept(fault, is_shrunk=is_smallest)

    def _kept(self, fault: Fault, *, is_shrunk: bool, plainer: str = "") -> MismatchKept:
        if not self._witnesses:
            for name, other in self._others.items():
                self._witnesses[name] = self._opened.enter_context(closing(other.twin()))
        kept = build(fault, self._executor, self._witnesses, self._frameworks, is_shrunk=is_shrunk)
        return MismatchKept(*kept, plainer)


def write_event(event: RunEvent, writer: RunWriter) -> None:
    """Put an event on disk; a fault is there from when it is met."""
    match event:
        case CaseExamined(record):
            writer.append(record)
        case Stopped():
            writer.stop(event)
        case MismatchMet(mismatch, evidence):
            writer.add_mismatch(mismatch, evidence)
        case MismatchKept(mismatch, evidence, plainer):
            if plainer:
                writer.discard_mismatch(plainer)
            writer.add_mismatch(mismatch, evidence)
