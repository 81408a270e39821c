"""convoracle's own search, up to the first fault that it meets."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field

from convoracle.oracle.faults import FAULTS, FaultModel
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import CaseRecord
from convoracle.suites.calling.executor import Executor
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.search.search import Search


class Met(BaseException):
    """The first fault was met; nobody catches it on the way out."""


@dataclass(slots=True)
class FirstFault:
    """A listener that keeps the cases, and leaves the search at the first fault, met in the case of that `number`."""

    cases: list[Case] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    number: int | None = None

    def on_case(self, record: CaseRecord, done: int, total: int) -> None:
        if not record.declined:
            self.cases.append(parse_case(record.case))

    def on_fault(self, fault: Fault) -> None:
        self.faults.append(fault)
        self.number = len(self.cases) + 1
        raise Met

    def on_shrunk(self, fault: Fault) -> None:
        """Never: the search was left before."""

    def on_merged(self, fault: Fault, plainer: Fault) -> None:
        """Never: the search was left before."""


def some_faults(count: int) -> list[FaultModel]:
    """So many of the models, evenly."""
    most = min(max(count, 1), len(FAULTS))
    return [FAULTS[index * len(FAULTS) // most] for index in range(most)]


def quick(cases: int, seed: int) -> Budget:
    """So many cases in the quick profile's space, in the candidate's own dtypes, as a run asks for."""
    return Budget(PROFILES["quick"].space(), frozenset(Pass), cases, seed, own_dtypes=True)


def search(executor: Executor, budget: Budget) -> tuple[FirstFault, float]:
    """What the search met within a budget, and in what CPU time."""
    listener = FirstFault()
    start = time.process_time()
    with suppress(Met):
        Search(executor, budget, listener).run()
    return listener, time.process_time() - start
