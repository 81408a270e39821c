"""A search that has so much time only: it follows the same stream, not as far, and says so."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from pathlib import Path

import pytest

from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import CaseRecord
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search import findings as findings_module
from convoracle.suites.search import search as search_module
from convoracle.suites.search.events import CaseExamined, Event, TimeIsOver
from convoracle.suites.search.findings import RunPlan
from convoracle.suites.search.search import search

MUTANTS = Path(__file__).parents[1] / "mutants.py"
SPACE = PROFILES["quick"].space(ranks=(1,), dtypes=("float64",))
BUDGET = Budget(SPACE, frozenset({Pass.FORWARD}), 20, 0)


def told(moment: float | None) -> list[Event]:
    return list(search(InProcess(f"{MUTANTS}:KernelNotFlipped"), BUDGET, moment=moment))


def records(events: list[Event]) -> list[CaseRecord]:
    """Without their times, and without what was declined, of which is told at the end."""
    found = [event.record for event in events if isinstance(event, CaseExamined) and not event.record.declined]
    return [replace(each, results=tuple(replace(result, seconds=0.0) for result in each.results)) for each in found]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that tells how often the search has looked at it."""
    monkeypatch.setattr(search_module.time, "monotonic", itertools.count().__next__)


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize("moment", [1, 9, 17])
def test_what_is_examined_in_time_is_what_comes_first_and_the_same(moment: int) -> None:
    whole, part = told(None), told(moment)
    seen = records(part)
    assert seen == records(whole)[: len(seen)]
    assert len(seen) < BUDGET.cases
    (over,) = (event for event in part if isinstance(event, TimeIsOver))
    assert (over.done, over.total) == (len(seen), BUDGET.cases)
    assert not any(isinstance(event, TimeIsOver) for event in whole)


def test_where_there_is_time_enough_all_is_examined() -> None:
    assert records(told(time.monotonic() + 3600)) == records(told(None))


def test_where_there_is_no_time_nothing_is_examined() -> None:
    events = told(time.monotonic() - 1)
    assert (records(events), [event for event in events if isinstance(event, TimeIsOver)]) == (
        [], [TimeIsOver(0, BUDGET.cases)]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("waiting", "jobs", "until"),
    [(1, 1, 100.0), (4, 1, 25.0), (4, 2, 50.0), (3, 2, 50.0), (2, 2, 100.0), (2, 9, 100.0)],
)
def test_searches_share_the_time_in_rounds(
    waiting: int, jobs: int, until: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings_module.time, "monotonic", lambda: 0.0)
    plan = RunPlan((), BUDGET, Limits(), (), jobs=jobs, until=100.0)
    assert plan.of_next(waiting).until == until
    assert replace(plan, until=None).of_next(waiting).until is None
