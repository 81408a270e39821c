"""Searches for tests: all that one tells, and what it comes to."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from convoracle.reports.records.record import CaseRecord, CheckResult
from convoracle.suites.calling.executor import Executor
from convoracle.suites.cases.budget import Budget
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.search.events import CaseExamined, Event, FaultMerged, FaultMet
from convoracle.suites.search.failure_store import FailureMemory
from convoracle.suites.search.search import search


@dataclass(frozen=True)
class Told:
    """What a search told."""

    events: tuple[Event, ...]

    @property
    def records(self) -> list[CaseRecord]:
        return [event.record for event in self.events if isinstance(event, CaseExamined)]

    @property
    def results(self) -> list[CheckResult]:
        return [result for record in self.records for result in record.results]

    @property
    def cases(self) -> list[str]:
        return [record.case for record in self.records]

    @property
    def faults(self) -> list[Fault]:
        """Those met that did not turn out to be met before."""
        merged = [event.plainer.id for event in self.events if isinstance(event, FaultMerged)]
        met = (event.fault for event in self.events if isinstance(event, FaultMet))
        return [fault for fault in met if fault.id not in merged]


def searched(executor: Executor, budget: Budget, memory: FailureMemory | None = None) -> Told:
    """A search to its end."""
    return Told(tuple(search(executor, budget, memory)))


def first_fault(executor: Executor, budget: Budget) -> Fault:
    """The fault that a search meets first; it goes no further."""
    with closing(search(executor, budget)) as events:
        return next(event.fault for event in events if isinstance(event, FaultMet))
