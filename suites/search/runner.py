"""A run: candidates searched for faults one after the other, every case on disk before the next begins."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from ...reports.files.run import RunWriter
from ...reports.records.record import RunInfo
from ..calling.executor import Executor
from ..calling.in_process import InProcess
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import CandidateError
from ..cases.budget import Budget
from ..checks.registry import check_infos
from ..diagnosis.fault import Fault
from ..diagnosis.framework_witness import Frameworks
from .counterexample import build
from .events import (
    CandidateStarted,
    CaseExamined,
    Event,
    FaultMerged,
    FaultMet,
    FaultShrunk,
    MismatchKept,
    RunEvent,
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
    memory : Path
        Folder of the cases that failed last; they are tried first.
    isolated : bool
        Whether each candidate has a process of its own.
    """

    sources: tuple[str, ...]
    budget: Budget
    limits: Limits
    memory: Path
    isolated: bool = True


@contextlib.contextmanager
def executors(plan: RunPlan) -> Iterator[dict[str, Executor]]:
    """The plan's candidates, each running, by name; none is left running afterwards.

    Raises
    ------
    CandidateError
        If one cannot be loaded, or two have the same name.
    """
    with contextlib.ExitStack() as stack:
        opened: dict[str, Executor] = {}
        for source in plan.sources:
            executor = Isolated(source, plan.limits) if plan.isolated else InProcess(source)
            stack.enter_context(contextlib.closing(executor))
            if executor.info.name in opened:
                raise CandidateError(f"candidate {executor.info.name!r} is named twice; name it once")
            opened[executor.info.name] = executor
        yield opened


def memories(plan: RunPlan, candidates: Mapping[str, Executor]) -> dict[str, FailureMemory]:
    """The failing cases remembered of each candidate, seen to be readable before a run replaces anything.

    Raises
    ------
    InvalidArgument, InvalidRecord
        As `FailureMemory.prepare` does.
    """
    found = {name: FailureMemory(plan.memory, executor.info.source) for name, executor in candidates.items()}
    for memory in found.values():
        memory.prepare()
    return found


def run(
    plan: RunPlan,
    candidates: Mapping[str, Executor],
    remembered: Mapping[str, FailureMemory],
    writer: RunWriter,
) -> Generator[RunEvent]:
    """Search every candidate, writing as it goes; Ctrl-C leaves all that was finished in the run folder."""
    start = time.monotonic()
    interrupted = True
    frameworks = Frameworks(plan.limits, candidates)
    try:
        for name, executor in candidates.items():
            others = {other: witness for other, witness in candidates.items() if other != name}
            journal = _Journal(executor, others, frameworks, writer)
            yield CandidateStarted(executor.info, plan.budget.cases)
            memory = None if plan.budget.corpus_cases else remembered[name]
            with contextlib.closing(search(executor, plan.budget, memory)) as events:
                try:
                    yield from map(journal.written, events)
                except BaseException:
                    for event in left_to_tell(events):
                        journal.written(event)
                    raise
        interrupted = False
    finally:
        frameworks.close()
        writer.finish(time.monotonic() - start, interrupted)


@dataclass(frozen=True, slots=True)
class _Journal:
    """Writes what one candidate's search finds.

    Parameters
    ----------
    executor : Executor
    witnesses : mapping of str to Executor
        The other candidates of the run.
    frameworks : Frameworks
    writer : RunWriter
    """

    executor: Executor
    witnesses: Mapping[str, Executor]
    frameworks: Frameworks
    writer: RunWriter

    def written(self, event: Event) -> RunEvent:
        """Put an event on disk, and say what is there now; a fault is there from when it is met."""
        match event:
            case CaseExamined(record):
                self.writer.append(record)
                return event
            case FaultMet(fault):
                self.writer.add_mismatch(*build(fault, self.executor, {}, is_shrunk=False))
                return event
            case FaultMerged(fault, plainer):
                self.writer.discard_mismatch(plainer.id)
                return self._kept(fault, is_shrunk=True)
            case FaultShrunk(fault, is_smallest):
                return self._kept(fault, is_shrunk=is_smallest)

    def _kept(self, fault: Fault, *, is_shrunk: bool) -> MismatchKept:
        mismatch, evidence = build(fault, self.executor, self.witnesses, self.frameworks, is_shrunk=is_shrunk)
        self.writer.add_mismatch(mismatch, evidence)
        return MismatchKept(mismatch)


def describe_run(plan: RunPlan, profile: str, candidates: Mapping[str, Executor], command: str) -> RunInfo:
    """The facts of a run, for its record."""
    return RunInfo(
        seed=plan.budget.seed,
        profile=profile,
        candidates=tuple(executor.info for executor in candidates.values()),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        environment=_environment(),
        checks=tuple(check_infos().values()),
    )


def _environment() -> tuple[tuple[str, str], ...]:
    packages = ("convoracle", "numpy", "ml_dtypes", "hypothesis")
    return (
        ("Python", platform.python_version()),
        *((name, metadata.version(name)) for name in packages),
        ("platform", platform.platform()),
        ("processor", _processor()),
        ("cores", str(os.cpu_count())),
    )


def _processor() -> str:
    """The processor's model, since a fault may show on some only."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
