"""What one search finds, kept in memory: counts, parts, words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import CaseRecord, Mismatch
from convoracle.reports.records.tally import Row
from convoracle.suites.audits.planted import Planted
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.framework_witness import Frameworks
from convoracle.suites.search import collected
from convoracle.suites.search.collected import Findings, examine_all
from convoracle.suites.search.events import CaseExamined, FaultMerged, FaultMet, FaultShrunk

from ..found import CASE, RIGHT, STRUCTURE, WRONG, declined, findings, mismatch, result


def test_findings_count_what_was_compared_and_what_conforms() -> None:
    nothing = replace(RIGHT, elements=0)
    found = findings(result(RIGHT), result(replace(WRONG, elements=2)), result(nothing), result(declined("later")))
    assert (len(found.results), found.compared, found.conforming) == (4, 2, 2)


def test_a_row_s_findings_are_those_of_its_check_and_subject() -> None:
    of_row = result(RIGHT), mismatch("me-forward-2")
    other = result(RIGHT, "precision"), result(RIGHT, subject="update")
    results = CaseRecord(str(CASE), "me", (other[0], of_row[0], other[1]))
    found = Findings((mismatch(check="precision"), of_row[1], mismatch(subject="update")), (results,))
    assert found.of(STRUCTURE) == Findings((of_row[1],), (replace(results, results=(of_row[0],)),))


def test_a_row_of_relations_has_them_all() -> None:
    found = findings(result(RIGHT, "relation:stride"), mismatches=(mismatch(check="relation:transposition"),))
    assert found.of(Row("relation", "forward")) == found


def test_the_three_most_frequent_reasons_are_told() -> None:
    reasons = ["a", "b", "b", "c", "c", "c", "d", "d", "d", "d"]
    assert findings(*(result(declined(reason)) for reason in reasons)).unsupported_reasons() == "d; c; b"
    assert findings(result(replace(RIGHT, reason="a"))).unsupported_reasons() == (
        "it offers none of the passes asked for"
    )


def test_a_search_is_kept_in_memory_with_its_mismatches_as_they_were_shrunk() -> None:
    budget = Budget(PROFILES["quick"].space(ranks=(1,), dtypes=("float32",)), frozenset({Pass.WEIGHT_GRADIENT}), 8, 3)
    found = examine_all(InProcess(Planted(fault_named("stride-ignored-in-weight-gradient"))), budget)
    (kept,) = found.mismatches
    assert kept.case == "n1c1k1i3f1s2/float32/uniform/0"
    assert kept.diagnosis
    assert [witness.name for witness in kept.witnesses] == ["equations"]
    assert len(found.records) == 8
    assert {each.fault for each in found.results} == {None, kept.id}


def test_a_fault_that_was_merged_is_told_once_and_last(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, plainer = (
        Fault(f"me-forward-{number}", "structure", "forward", Outcome.VIOLATES, "value", CASE, CASE, WRONG)
        for number in (1, 2, 3)
    )
    record = CaseRecord(str(CASE), "me", (result(WRONG),))
    told: list[Any] = []

    def search(executor: Executor, budget: Budget) -> Iterator[object]:
        try:
            yield from (FaultMet(first), FaultShrunk(first), CaseExamined(record, 1, 3))
            yield from (FaultMet(second), FaultShrunk(second), FaultMet(plainer), FaultMerged(first, plainer))
        finally:
            told.append("search")

    class Watched(Frameworks):
        def close(self) -> None:
            told.append("frameworks")

    def build(fault: Fault, *given: object) -> tuple[Mismatch, None]:
        assert given[1] == {}
        assert isinstance(given[2], Watched)
        told.append(fault.id)
        return mismatch(fault.id), None

    for name, instead in (("search", search), ("build", build), ("Frameworks", Watched)):
        monkeypatch.setattr(collected, name, instead)
    found = examine_all(InProcess("reference"), Budget(PROFILES["quick"].space(), frozenset(Pass), 3, 0))
    assert [kept.id for kept in found.mismatches] == ["me-forward-2", "me-forward-1"]
    assert found.records == (record,)
    assert told == ["me-forward-1", "me-forward-2", "me-forward-1", "search", "frameworks"]
