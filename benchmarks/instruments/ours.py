"""convoracle's own search, up to the first fault that it meets."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

from convoracle.oracle.faults import FAULT_MODELS, FaultModel
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.search.events import CaseExamined, Event, FaultMet
from convoracle.suites.search.search import search


@dataclass(frozen=True, slots=True)
class FirstFault:
    """The cases that a search examined, the last of which showed the fault, if there is one."""

    cases: tuple[Case, ...]
    fault: Fault | None = None

    @property
    def number(self) -> int | None:
        """Of the case that showed the fault, counted from 1."""
        return None if self.fault is None else len(self.cases)


def some_faults(count: int) -> list[FaultModel]:
    """So many of the models, evenly."""
    most = min(max(count, 1), len(FAULT_MODELS))
    return [FAULT_MODELS[index * len(FAULT_MODELS) // most] for index in range(most)]


def quick(cases: int, seed: int) -> Budget:
    """So many cases in the quick profile's space, in the candidate's own dtypes, as a run asks for."""
    return Budget(PROFILES["quick"].space(), frozenset(Pass), cases, seed, own_dtypes=True)


def first_fault(executor: Executor, budget: Budget) -> tuple[FirstFault, float]:
    """What the search meets first within a budget, and in what CPU time."""
    start = time.process_time()
    with closing(search(executor, budget)) as events:
        met = _first_fault(events)
    return met, time.process_time() - start


def _first_fault(events: Iterable[Event]) -> FirstFault:
    cases: list[Case] = []
    for event in events:
        match event:
            case CaseExamined(record) if not record.declined:
                cases.append(parse_case(record.case))
            case FaultMet(fault):
                return FirstFault((*cases, fault.found), fault)
    return FirstFault(tuple(cases))
