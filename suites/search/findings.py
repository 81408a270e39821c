"""What the search of one candidate of a run finds, with the evidence; and how that is written."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Semaphore
from types import MappingProxyType

from ...reports.files.part_files import Part
from ...reports.files.run import RunWriter
from ...reports.records.stopped import Stopped
from ..calling.executor import Executor
from ..calling.replies import Limits
from ..cases.budget import Budget, cases_of, part_of, parts
from ..diagnosis.fault import Fault
from ..diagnosis.framework_witness import Frameworks
from .counterexample import build
from .events import (
    CaseExamined,
    Event,
    FaultMerged,
    FaultMet,
    FaultShrunk,
    MismatchKept,
    MismatchMet,
    PartDone,
    PartStarted,
    PartStopped,
    RunEvent,
    TimeIsOver,
    left_to_tell,
)
from .examiner import Results
from .failure_store import Memory
from .search import search


@dataclass(frozen=True, slots=True)
class Shard:
    """Every so many-th of a run's parts, from the first, second, … on; by default all.

    Parameters
    ----------
    number, count : int
    only : int or None
        Of each candidate the part of this number, if it is not every so many-th.
    """

    number: int = 1
    count: int = 1
    only: int | None = None

    def __str__(self) -> str:
        if self.only is not None:
            return f"part {self.only}"
        return f"{self.number}/{self.count}" if self.count > 1 else ""

    def of(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        """Its own of all parts; of shards of one count they are no other's."""
        if self.only is not None:
            return tuple(part for part in parts if part.number == self.only)
        return tuple(parts[self.number - 1 :: self.count])


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
    shard : Shard
        Which of the parts it examines.
    most : int or None
        Cases of each part after which no search looks at another one.
    """

    sources: tuple[str, ...]
    budget: Budget
    limits: Limits
    memory: tuple[str, ...]
    isolated: bool = True
    jobs: int = 1
    until: float | None = None
    shard: Shard = Shard()
    most: int | None = None

    def of_next(self, waiting: int) -> RunPlan:
        """The plan of one of so many searches that have yet to begin; they share the time that is left."""
        if self.until is None:
            return self
        now, rounds = time.monotonic(), -(-waiting // self.jobs)
        return replace(self, until=now + (self.until - now) / rounds)


def all_parts(plan: RunPlan, candidates: Iterable[str]) -> tuple[Part, ...]:
    """Of all shards: those of one candidate after the other."""
    return tuple(Part(name, number) for name in candidates for number in parts(plan.budget))


def findings(
    plan: RunPlan,
    candidates: Mapping[str, Executor],
    part: Part,
    memory: Memory | None,
    spare: Semaphore | None = None,
    recalled: Mapping[str, Results] = MappingProxyType({}),
) -> Generator[RunEvent]:
    """Search a part of one of the candidates; the others are its witnesses.

    After a `KeyboardInterrupt`, one that is thrown into it as well, it tells what is left to tell, and ends.
    """
    with ExitStack() as opened:
        executor = opened.enter_context(closing(candidates[part.candidate].twin()))
        others = {other: each for other, each in candidates.items() if other != part.candidate}
        evidence = _Evidence(executor, others, plan.limits, part.number, opened)
        budget = part_of(plan.budget, part.number)
        own = (each.number for each in plan.shard.of(all_parts(plan, candidates)) if each.candidate == part.candidate)
        yield PartStarted(executor.info, sum(cases_of(plan.budget, number) for number in own))
        with closing(search(executor, budget, memory, spare, plan.until, plan.most, recalled)) as events:
            try:
                yield from map(evidence.with_evidence, events)
            except KeyboardInterrupt:
                yield from map(evidence.with_evidence, left_to_tell(events))
                raise
        yield PartDone(part, budget.cases)


class _Evidence:
    """Makes evidence of the faults of one candidate.

    Parameters
    ----------
    executor : Executor
    others : mapping of str to Executor
        The other candidates, of which twins are asked.
    limits : Limits
        Of each call to a framework that it rests on.
    part : int
        Of the candidate.
    opened : ExitStack
        Closes what is started here.
    """

    def __init__(
        self, executor: Executor, others: Mapping[str, Executor], limits: Limits, part: int, opened: ExitStack
    ) -> None:
        self._executor, self._others, self._part, self._opened = executor, others, part, opened
        self._witnesses: dict[str, Executor] = {}
        self._frameworks = opened.enter_context(closing(Frameworks(limits, self._witnesses)))

    def with_evidence(self, event: Event) -> RunEvent:
        """An event with its evidence."""
        match event:
            case CaseExamined():
                return event
            case TimeIsOver(done, total):
                return PartStopped(Stopped(self._executor.info.name, done, total), self._part)
            case FaultMet(fault):
                mismatch, evidence = build(fault, self._executor, {}, is_shrunk=False)
                return MismatchMet(replace(mismatch, part=self._part), evidence)
            case FaultMerged(fault, plainer):
                return self._kept(fault, is_shrunk=True, plainer=plainer.id)
            case FaultShrunk(fault, is_smallest):
                return self._kept(fault, is_shrunk=is_smallest)

    def _kept(self, fault: Fault, *, is_shrunk: bool, plainer: str = "") -> MismatchKept:
        if not self._witnesses:
            for name, other in self._others.items():
                self._witnesses[name] = self._opened.enter_context(closing(other.twin()))
        mismatch, evidence = build(fault, self._executor, self._witnesses, self._frameworks, is_shrunk=is_shrunk)
        return MismatchKept(replace(mismatch, part=self._part), evidence, plainer)


def write_event(event: RunEvent, writer: RunWriter) -> None:
    """Put an event on disk; a fault is there from when it is met."""
    match event:
        case CaseExamined(record, part=part):
            writer.append(record, part)
        case PartDone(part):
            writer.end(part)
        case PartStopped(stopped, part):
            writer.stop(stopped, part)
        case MismatchMet(mismatch, evidence):
            writer.add_mismatch(mismatch, evidence)
        case MismatchKept(mismatch, evidence, plainer):
            if plainer:
                writer.discard_mismatch(plainer)
            writer.add_mismatch(mismatch, evidence)
