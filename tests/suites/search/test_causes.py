"""One fault that shows in many ways is one cause, two faults are two, and telling them costs few calls."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import RunInfo, RunWriter, read_mismatch
from convoracle.reports.records.record import Mismatch
from convoracle.reports.views.causes import Cause, causes
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.command.replay_command import ask_recorded
from convoracle.suites.search.collected import Findings, examine_all
from convoracle.suites.search.counterexample import build

from ..searching import searched

sys.path.insert(0, str(Path(__file__).parents[1]))
import several_ways

SOURCE = Path(__file__).parents[1] / "several_ways.py"
CASES = 60


class Counted(InProcess):
    """Counts calls; a restart makes the candidate forget, as that of a process does."""

    def __init__(self, name: str) -> None:
        self.candidate = getattr(several_ways, name)()
        self.calls = self.restarts = 0
        super().__init__(self.candidate)

    def call(self, *given: object, **named: object) -> object:
        self.calls += 1
        return super().call(*given, **named)

    def restart(self) -> None:
        self.restarts += 1
        self.candidate.replant()


def budget(cases: int = CASES) -> Budget:
    return Budget(Space(max_products=300), frozenset(Pass), cases, 0, own_dtypes=True)


@cache
def examined(name: str, cases: int = CASES) -> tuple[Findings, Counted]:
    executor = Counted(name)
    return examine_all(executor, budget(cases)), executor


def told(findings: Findings) -> tuple[tuple[Cause, ...], dict[str, Mismatch]]:
    return causes(findings.mismatches), {mismatch.id: mismatch for mismatch in findings.mismatches}


HISTORIES = [
    ("CachedByShape", "right alone, wrong after the same call with other data"),
    ("AddsUp", "right at first, wrong when the same call is made again"),
    ("FloatsAbout", "right at first, wrong when the same call is made again"),
]


@pytest.mark.parametrize(("name", "history"), HISTORIES)
def test_what_earlier_calls_leave_behind_is_told_once_and_as_that(name: str, history: str) -> None:
    findings, _ = examined(name)
    (cause,), named = told(findings)
    (mismatch,) = named.values()
    assert (mismatch.history, mismatch.repeats) == (history, False)
    assert history in cause.title
    assert mismatch.case.startswith("n1c1k1i1f1/")
    assert len(mismatch.after) == 1
    assert mismatch.diagnosis == ()
    failing = [r for record in findings.records for r in record.results if r.verdict.outcome.is_mismatch]
    assert len({result.subject for result in failing}) > 3
    assert {result.fault for result in failing} == {mismatch.id}


@pytest.mark.parametrize("name", ["RaisesOnEmptyBatch", "ZerosOnEmptyBatch"])
def test_an_empty_batch_is_one_cause_in_all_passes(name: str) -> None:
    findings, _ = examined(name, 2 * CASES)
    (cause,), named = told(findings)
    assert len({mismatch.subject for mismatch in named.values()}) > 1
    assert all("an empty batch" in mismatch.needs for mismatch in named.values())
    assert cause.evidence


@pytest.mark.parametrize("name", ["ChangesAnOperand", "RectifiesInPlace"])
def test_a_changed_operand_is_one_cause_with_the_errors_and_the_races_that_come_of_it(name: str) -> None:
    findings, _ = examined(name, 2 * CASES)
    (cause,), named = told(findings)
    assert ": changed its operand " in cause.title
    assert not [line for mismatch in named.values() for line in mismatch.diagnosis if "declare" in line]
    outcomes = {result.verdict.outcome for record in findings.records for result in record.results}
    assert {Outcome.VIOLATES, Outcome.REFUSED} <= outcomes


def test_what_is_wrong_in_both_complex_dtypes_is_told_once() -> None:
    findings, _ = examined("ConjugatesComplexNumbers")
    (mismatch,) = findings.mismatches
    assert "/complex64/" in mismatch.case
    assert mismatch.needs == ("complex numbers",)
    wrong = [record.case for record in findings.records if any(result.fault for result in record.results)]
    assert any("/complex128/" in case for case in wrong)


def test_memory_that_is_never_written_is_one_cause_also_where_it_shows_in_threads_only() -> None:
    with Isolated(f"{SOURCE}:LeavesTheLastRow", Limits(seconds_per_call=5.0)) as executor:
        findings = examine_all(executor, budget())
    assert {mismatch.check for mismatch in findings.mismatches} == {"structure"}
    failing = [r for record in findings.records for r in record.results if r.verdict.outcome.is_mismatch]
    assert None not in {result.fault for result in failing}


def test_what_is_made_of_a_wrong_weight_gradient_is_one_cause_with_it() -> None:
    findings, _ = examined("WrongWeightGradient")
    (cause,), named = told(findings)
    first, *others = (named[identity] for identity in cause.mismatches)
    assert (first.subject, first.follows) == ("weight_gradient", ())
    assert {mismatch.subject for mismatch in others} == {"update", "double_backward_weight"}
    assert all(mismatch.follows == ("weight_gradient",) for mismatch in others)
    assert cause.evidence == "The others are what the definition makes of the wrong weight_gradient."


def test_one_wrong_stride_in_all_passes_is_one_cause() -> None:
    findings, _ = examined("FirstStrideEverywhere")
    (cause,), named = told(findings)
    assert len({mismatch.subject for mismatch in named.values()}) > 2
    assert "first-stride-on-all-axes" in cause.title


@pytest.mark.parametrize("name", ["StrideAndEmptyBatch", "BiasAndStride"])
def test_two_faults_are_two_causes(name: str) -> None:
    assert len(causes(examined(name)[0].mismatches)) == 2


def test_the_right_one_has_none() -> None:
    assert not examined("Right")[0].mismatches


@pytest.mark.parametrize(
    "name", ["CachedByShape", "AddsUp", "FloatsAbout", "FirstStrideEverywhere", "WrongWeightGradient", "BiasAndStride"]
)
def test_a_fault_that_shows_in_many_ways_costs_no_more_calls_than_the_cases_do(name: str) -> None:
    right, wrong = examined("Right")[1], examined(name)[1]
    assert wrong.calls < 2 * right.calls
    assert wrong.restarts < 6 * CASES


def test_a_crash_in_threads_is_one_cause_and_shrunk_once() -> None:
    with Isolated(f"{SOURCE}:AbortsInThreads", Limits(seconds_per_call=5.0)) as executor:
        findings = examine_all(executor, budget(2 * CASES))
    (cause,), named = told(findings)
    assert len(named) > 1
    assert {mismatch.verdict.outcome for mismatch in named.values()} == {Outcome.CRASHED}
    assert {mismatch.check for mismatch in named.values()} == {"company"}
    assert "SIGABRT" in cause.title
    assert all("actual = " in mismatch.call for mismatch in named.values())


def test_a_result_that_depends_on_earlier_calls_is_replayed_after_them(tmp_path: Path) -> None:
    with Isolated(f"{SOURCE}:CachedByShape", Limits(seconds_per_call=5.0)) as executor:
        (fault,) = searched(executor, budget(10)).faults
        mismatch, evidence = build(fault, executor, {})
        info = RunInfo(0, "quick", (executor.info,), "", "", ())
        with RunWriter.create(tmp_path / "run", info) as writer:
            home = writer.add_mismatch(mismatch, evidence)
        again = read_mismatch(home)
        assert again[0].after == mismatch.after != ()
        executor.restart()
        assert replayed(*again, executor) is Outcome.VIOLATES
    with Isolated(f"{SOURCE}:Right", Limits(seconds_per_call=5.0)) as executor:
        assert replayed(*again, executor) is Outcome.CONFORMS
    script = (home / "reproduce.py").read_text()
    assert "Its result depends on earlier calls: right alone" in script


def replayed(mismatch: Mismatch, evidence: object, executor: Executor) -> Outcome:
    return ask_recorded(mismatch, evidence, executor).outcome


def test_the_script_of_a_fault_in_company_makes_the_call_from_threads(tmp_path: Path) -> None:
    with Isolated(f"{SOURCE}:AbortsBesideOthers", Limits(seconds_per_call=5.0)) as executor:
        fault = searched(executor, budget(30)).faults[0]
        mismatch, evidence = build(fault, executor, {})
    with RunWriter.create(tmp_path / "run", RunInfo(0, "quick", (executor.info,), "", "", ())) as writer:
        script = writer.add_mismatch(mismatch, evidence) / "reproduce.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == -6, done.stderr


def test_axes_that_every_case_has_are_no_need() -> None:
    executor = Counted("FirstStrideEverywhere")
    two = Budget(Space((2,), max_products=300), frozenset({Pass.FORWARD}), 30, 0)
    faults = searched(executor, two).faults
    assert {"stride above 1"} <= faults[0].needs
    assert not [need for fault in faults for need in fault.needs if "spatial axes" in need]
