"""Ctrl-C, wherever it falls: the case under examination is recorded, its fault kept, what failed remembered."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.reports import Run, RunInfo, RunWriter, read_records, read_run
from convoracle.reports.records.record import CaseRecord, Evidence, Mismatch
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.calling.replies import Limits, Reply
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.search import examiner, findings
from convoracle.suites.search.events import (
    CaseExamined,
    Event,
    FaultMet,
    FaultShrunk,
    MismatchKept,
    MismatchMet,
    RunEvent,
    left_to_tell,
)
from convoracle.suites.search.failure_store import FailureMemory
from convoracle.suites.search.findings import RunPlan
from convoracle.suites.search.pursuit import Pursuit
from convoracle.suites.search.runner import run
from convoracle.suites.search.search import search

FAULT = "stride-ignored-in-weight-gradient"
BUDGET = Budget(Space(ranks=(1,), dtypes=("float32",), max_products=300), frozenset({Pass.WEIGHT_GRADIENT}), 10, 0)


class Interrupted(PlantedInProcess):
    """A faulty candidate whose user presses Ctrl-C during one of its calls, when that is wanted."""

    def __init__(self) -> None:
        super().__init__(fault_named(FAULT))
        self.calls_left: int | None = None

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **options: Any) -> Reply:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                self.calls_left = None
                raise KeyboardInterrupt
        return super().call(pass_, operands, geometry, **options)


def read_until_interrupted(events: Generator[Any], reader: Callable[[Any], None]) -> None:
    """Read events, as a program does that an interrupt then ends."""

    def read() -> None:
        with closing(events):
            for event in events:
                reader(event)

    with pytest.raises(KeyboardInterrupt):
        read()


def shows(record: CaseRecord, fault: str) -> bool:
    return any(result.fault == fault for result in record.results)


@pytest.mark.parametrize("calls", [0, 5, 12])
def test_an_interrupt_in_a_call_while_shrinking_ends_with_the_record(calls: int, tmp_path: Path) -> None:
    executor, memory = Interrupted(), FailureMemory((str(tmp_path),), "interrupted")
    told: list[Event] = []

    def reader(event: Event) -> None:
        told.append(event)
        if isinstance(event, FaultMet):
            executor.calls_left = calls

    read_until_interrupted(search(executor, BUDGET, memory), reader)
    met, shrunk, examined = told[-3:]
    assert isinstance(met, FaultMet)
    assert isinstance(shrunk, FaultShrunk)
    assert isinstance(examined, CaseExamined)
    assert (shrunk.fault, shrunk.is_smallest) == (met.fault, False)
    assert shows(examined.record, met.fault.id)
    assert memory.recall() == [shrunk.fault.shrunk]


def test_it_is_as_small_as_it_got(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that is interrupted after its first steps is plainer, and not yet small."""

    def interrupted(pursuit: Pursuit, seeds: Iterable[int]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Pursuit, "_make_smaller", interrupted)
    with closing(search(Interrupted(), BUDGET)) as events:
        fault = next(event.fault for event in events if isinstance(event, FaultShrunk))
    assert fault.shrunk.geometry == fault.found.geometry
    assert fault.found.seed > fault.shrunk.seed == 0


def test_an_interrupt_while_it_is_asked_what_a_fault_depends_on_ends_with_the_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(examiner, "establish", interrupted)
    told: list[Event] = []
    read_until_interrupted(search(Interrupted(), BUDGET), told.append)
    assert [event.done for event in told if isinstance(event, CaseExamined)] == [1, 2]
    assert any(result.verdict.outcome.is_mismatch for result in told[-1].record.results)


@pytest.mark.parametrize("kind", [FaultMet, FaultShrunk])
def test_what_is_left_is_told_to_a_reader_that_was_interrupted(kind: type, tmp_path: Path) -> None:
    memory = FailureMemory((str(tmp_path),), "interrupted")
    events = search(Interrupted(), BUDGET, memory)
    fault = next(event.fault for event in events if isinstance(event, kind))
    *_, examined = left_to_tell(events)
    assert shows(examined.record, fault.id)
    assert memory.recall() == [fault.shrunk]


def test_what_failed_is_remembered_where_the_search_is_left(tmp_path: Path) -> None:
    memory = FailureMemory((str(tmp_path),), "interrupted")
    with closing(search(Interrupted(), BUDGET, memory)) as events:
        fault = next(event.fault for event in events if isinstance(event, FaultMet))
    assert memory.recall() == [fault.found]


@dataclass
class Running:
    """A run of one faulty candidate into a folder."""

    folder: Path
    executor: Interrupted
    memory: FailureMemory

    def events(self, writer: RunWriter) -> Generator[RunEvent]:
        name = self.executor.info.name
        plan = RunPlan((name,), BUDGET, Limits(), (), isolated=False)
        return run(plan, {name: self.executor}, {name: self.memory}, writer)

    def interrupted(self, reader: Callable[[RunEvent], None]) -> Run:
        """What is in its folder after it was interrupted."""
        home = self.folder / "run"
        with RunWriter.create(home, RunInfo(0, "quick", (self.executor.info,), "", "", ())) as writer:
            read_until_interrupted(self.events(writer), reader)
        return read_run(home)


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path, Interrupted(), FailureMemory((str(tmp_path),), "interrupted"))


def assert_nothing_is_lost(finished: Run, running: Running) -> None:
    """The run says that it was interrupted, and has the case that showed the fault, and the fault."""
    assert finished.notes == ("The run was interrupted: what it had finished by then is shown.",)
    (mismatch,) = finished.mismatches
    *_, last = read_records(running.folder / "run")
    assert [each.case for each in read_records(running.folder / "run") if shows(each, mismatch.id)] == [last.case]
    assert [str(case) for case in running.memory.recall()] == [mismatch.case]


def test_a_run_that_is_interrupted_in_a_call_is_finished(running: Running) -> None:
    def reader(event: RunEvent) -> None:
        if isinstance(event, MismatchMet):
            running.executor.calls_left = 5

    assert_nothing_is_lost(running.interrupted(reader), running)


@pytest.mark.parametrize("kind", [MismatchMet, MismatchKept])
def test_a_run_whose_reader_is_interrupted_is_finished(kind: type, running: Running) -> None:
    def reader(event: RunEvent) -> None:
        if isinstance(event, kind):
            raise KeyboardInterrupt

    assert_nothing_is_lost(running.interrupted(reader), running)


@pytest.mark.parametrize("is_shrunk", [False, True])
def test_a_run_that_is_interrupted_as_it_writes_a_mismatch_is_finished(
    is_shrunk: bool, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the fault was only just met, its mismatch is written before the run ends; else as it was met."""
    build, interrupts = findings.build, [is_shrunk]

    def interrupted(*given: Any, is_shrunk: bool) -> tuple[Mismatch, Evidence]:
        if is_shrunk in interrupts:
            interrupts.remove(is_shrunk)
            raise KeyboardInterrupt
        return build(*given, is_shrunk=is_shrunk)

    monkeypatch.setattr(findings, "build", interrupted)
    finished = running.interrupted(lambda event: None)
    (mismatch,) = finished.mismatches
    *_, last = read_records(running.folder / "run")
    assert shows(last, mismatch.id)
    assert mismatch.case == mismatch.found
    assert len(running.memory.recall()) == 1
