"""What a person sees of a run: lines where there is no terminal, and a bar on one."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import pytest
from rich.console import Console

from convoracle.oracle.faults import fault_named
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.files.part_files import Part
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.command.progress import show_progress
from convoracle.suites.search.counterexample import build
from convoracle.suites.search.events import (
    CaseExamined,
    FaultMet,
    FaultShrunk,
    MismatchKept,
    MismatchMet,
    PartDone,
    PartStarted,
    RunEvent,
)
from convoracle.suites.search.search import search

CASES = 3


def events() -> Iterator[RunEvent]:
    """A run of two candidates: one with a fault, and an honest one that stops before its last case."""
    budget = Budget(Space(ranks=(1,), dtypes=("float32",), max_products=100), frozenset({Pass.FORWARD}), CASES, 0)
    for executor, most in ((PlantedInProcess(fault_named("returns-zeros")), CASES), (PlantedInProcess(), CASES - 1)):
        yield PartStarted(executor.info, CASES)
        for event in search(executor, budget):
            match event:
                case FaultMet(fault):
                    yield MismatchMet(*build(fault, executor, {}, is_shrunk=False))
                case FaultShrunk(fault):
                    yield MismatchKept(*build(fault, executor, {}))
                case CaseExamined(_, done) if done > most:
                    break
                case CaseExamined():
                    yield event
        yield PartDone(Part(executor.info.name, 0), CASES)


def shown(*, terminal: bool, told: Iterable[RunEvent] | None = None) -> str:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=300, _environ={})
    show_progress(events() if told is None else told, console)
    return stream.getvalue()


def test_lines_say_who_is_examined_what_is_met_and_when_it_is_done() -> None:
    first, met, found, done, second = shown(terminal=False).splitlines()
    assert (first, second) == ("returns-zeros: 3 cases", "honest: 3 cases")
    assert met.startswith("returns-zeros: structure of forward violates on n")
    assert met.endswith("; shrinking")
    assert found.endswith(", on n1c1k1i1f1/float32/uniform/0")
    assert done.startswith("returns-zeros: 3/3 cases, ")


def test_a_line_comes_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000, 11))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    lines = shown(terminal=False).splitlines()
    assert [line.split(",")[0] for line in lines if "/3 cases" in line] == [
        *(f"returns-zeros: {done}/3 cases" for done in (1, 2, 3)),
        *(f"honest: {done}/3 cases" for done in (1, 2)),
    ]


def test_a_bar_shows_how_far_it_is_and_the_faults_above_it() -> None:
    text = shown(terminal=True)
    assert "on n1c1k1i1f1/float32/uniform/0" in text
    assert "3/3" in text
    assert "2/2" in text


def test_until_the_first_case_a_bar_says_what_it_waits_for() -> None:
    started, *others = events()
    waits = "asking what it takes"
    assert waits in shown(terminal=True, told=[started])
    assert waits not in shown(terminal=True, told=[started, *others]).rsplit("honest", 1)[1]
