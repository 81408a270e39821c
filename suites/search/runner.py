"""A run: candidates searched for faults one after the other, every case on disk before the next begins."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Protocol

from ...reports.files.run import RunWriter
from ...reports.records.record import CandidateInfo, CaseRecord, Evidence, Mismatch, RunInfo
from ..calling.executor import Executor
from ..calling.in_process import InProcess
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import CandidateError
from ..cases.budget import Budget
from ..checks.registry import CHECKS
from ..diagnosis.fault import Fault
from ..diagnosis.framework_witness import Frameworks
from .counterexample import build
from .failure_store import FailureMemory
from .search import Search


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


class Observer(Protocol):
    """Told how a run goes; each method returns at once."""

    def on_start(self, candidate: CandidateInfo, total: int) -> None:
        """A candidate's search begins."""

    def on_case(self, record: CaseRecord, done: int, total: int) -> None:
        """A case was examined and is on disk."""

    def on_fault(self, fault: Fault) -> None:
        """A new fault was met; it is being shrunk."""

    def on_mismatch(self, mismatch: Mismatch, evidence: Evidence) -> None:
        """The fault is shrunk, confirmed and on disk."""


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
    observer: Observer,
) -> None:
    """Search every candidate, writing as it goes; Ctrl-C leaves all that was finished in the run folder."""
    start = time.monotonic()
    interrupted = True
    frameworks = Frameworks(plan.limits, candidates)
    try:
        for name, executor in candidates.items():
            others = {other: witness for other, witness in candidates.items() if other != name}
            observer.on_start(executor.info, plan.budget.cases)
            memory = None if plan.budget.corpus_cases else remembered[name]
            Search(executor, plan.budget, _Journal(executor, others, frameworks, writer, observer), memory).run()
        interrupted = False
    finally:
        frameworks.close()
        writer.finish(time.monotonic() - start, interrupted)


@dataclass(frozen=True, slots=True)
class _Journal:
    """Writes what one candidate's search finds, and passes it on."""

    executor: Executor
    witnesses: Mapping[str, Executor]
    frameworks: Frameworks
    writer: RunWriter
    observer: Observer

    def on_case(self, record: CaseRecord, done: int, total: int) -> None:
        self.writer.append(record)
        self.observer.on_case(record, done, total)

    def on_fault(self, fault: Fault) -> None:
        self.observer.on_fault(fault)
        self.writer.add_mismatch(*build(fault, self.executor, {}, is_shrunk=False))

    def on_shrunk(self, fault: Fault) -> None:
        mismatch, evidence = build(fault, self.executor, self.witnesses, self.frameworks)
        self.writer.add_mismatch(mismatch, evidence)
        self.observer.on_mismatch(mismatch, evidence)

    def on_merged(self, fault: Fault, plainer: Fault) -> None:
        self.writer.discard_mismatch(plainer.id)
        self.on_shrunk(fault)


def describe_run(plan: RunPlan, profile: str, candidates: Mapping[str, Executor], command: str) -> RunInfo:
    """The facts of a run, for its record."""
    return RunInfo(
        seed=plan.budget.seed,
        profile=profile,
        candidates=tuple(executor.info for executor in candidates.values()),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        environment=_environment(),
        checks=tuple((kind.name, kind.meaning) for kind in CHECKS.values()),
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
