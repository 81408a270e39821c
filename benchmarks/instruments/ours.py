"""convoracle's own search, up to the first fault that it meets."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field

from convoracle.oracle.data import Case, parse_case
from convoracle.oracle.faults import FaultModel
from convoracle.oracle.passes import Pass
from convoracle.reports.record import CaseRecord
from convoracle.suites.budget import Budget
from convoracle.suites.fault import Fault
from convoracle.suites.planted import PlantedInProcess
from convoracle.suites.profiles import PROFILES
from convoracle.suites.search import Search


class Met(BaseException):
    """The first fault was met; nobody catches it on the way out."""


@dataclass(slots=True)
class FirstFault:
    """A listener that keeps the cases, and leaves the search at the first fault."""

    cases: list[Case] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def on_case(self, record: CaseRecord, done: int, total: int) -> None:
        self.cases.append(parse_case(record.case))

    def on_fault(self, fault: Fault) -> None:
        self.faults.append(fault)
        raise Met

    def on_shrunk(self, fault: Fault) -> None:
        """Never: the search was left before."""

    def on_merged(self, fault: Fault, plainer: Fault) -> None:
        """Never: the search was left before."""


def search(model: FaultModel | None, cases: int, seed: int) -> tuple[FirstFault, float]:
    """What the search with the quick profile's space met within so many cases, and in what CPU time."""
    listener = FirstFault()
    budget = Budget(PROFILES["quick"].space(), frozenset(Pass), cases, seed, own_dtypes=True)
    start = time.process_time()
    with suppress(Met):
        Search(PlantedInProcess(model), budget, listener).run()
    return listener, time.process_time() - start
