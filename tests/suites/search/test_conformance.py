"""Conformance in pytest: what a test's arguments ask for, when it fails and with which words, and the added tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.faults import fault_named
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import CaseRecord, CheckResult, Mismatch
from convoracle.reports.records.tally import Row
from convoracle.suites.audits.planted import Planted
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.framework_witness import Frameworks
from convoracle.suites.search import conformance
from convoracle.suites.search.conformance import Conformance, Findings, asked_rows, examine_all
from convoracle.suites.search.events import CaseExamined, FaultMerged, FaultMet, FaultShrunk

pytest_plugins = ["pytester"]
Failed = pytest.fail.Exception
MUTANTS = Path(__file__).parents[1] / "mutants.py"

CASE = parse_case("n1c1k1i1f1/float32/uniform/0")
RIGHT, WRONG = Verdict(Outcome.CONFORMS, elements=1), Verdict(Outcome.VIOLATES, "wrong", "value", elements=1)
STRUCTURE = Row("structure", "forward")


def declined(reason: str) -> Verdict:
    return Verdict(Outcome.UNSUPPORTED, reason)


def result(verdict: Verdict, check: str = "structure", subject: str = "forward") -> CheckResult:
    return CheckResult(check, subject, verdict)


def mismatch(identity: str = "me-forward-1", check: str = "structure", subject: str = "forward") -> Mismatch:
    return Mismatch(identity, "me", check, subject, str(CASE), str(CASE), WRONG)


def findings(*results: CheckResult, mismatches: tuple[Mismatch, ...] = ()) -> Findings:
    """Each result on a case of its own."""
    return Findings(mismatches, tuple(CaseRecord(str(CASE), "me", (each,)) for each in results))


class Searched:
    """Instead of searches: what each was asked, and what it is to have found."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.asked: list[tuple[Executor, Budget]] = []
        self.closed: list[Executor] = []

    def examine_all(self, executor: Executor, budget: Budget) -> Findings:
        assert executor not in self.closed
        self.asked.append((executor, budget))
        return self.found

    @property
    def budget(self) -> Budget:
        ((_, budget),) = self.asked
        return budget


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Searched:
    """No process is started, and no case examined."""
    instead = Searched(findings(result(RIGHT)))

    class Here(InProcess):
        def __init__(self, candidate: object, limits: Limits | None = None) -> None:
            super().__init__(candidate)
            self.limits = limits

        def close(self) -> None:
            instead.closed.append(self)

    monkeypatch.setattr(conformance, "Isolated", Here)
    monkeypatch.setattr(conformance, "InProcess", Here)
    monkeypatch.setattr(conformance, "examine_all", instead.examine_all)
    return instead


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_by_default_a_profile_s_cases_of_all_that_the_candidate_offers_are_asked(
    profile: str, searched: Searched
) -> None:
    Conformance(profile, 3).check("reference")
    chosen = PROFILES[profile]
    assert searched.budget == Budget(chosen.space(), frozenset(Pass), chosen.cases, 3, own_dtypes=True)
    assert Conformance() == Conformance("quick", 0)


def test_arguments_narrow_what_is_asked(searched: Searched) -> None:
    Conformance().check(
        "reference", ranks=[1, 4], dtypes=iter(("float64",)), passes={"forward", "weight_gradient"}, cases=1
    )
    space = PROFILES["quick"].space(ranks=(1, 4), dtypes=("float64",))
    passes = frozenset({Pass.FORWARD, Pass.WEIGHT_GRADIENT})
    assert searched.budget == Budget(space, passes, 1, 0, own_dtypes=False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"ranks": 2}, "ranks=2, but should be a list, also for one"),
        ({"ranks": ()}, "ranks=()"),
        ({"dtypes": "float32"}, "dtypes='float32', but should be a list, also for one"),
        ({"dtypes": ["float31"]}, "float31"),
        ({"passes": "forward"}, "passes='forward', but should be a list, also for one"),
        ({"passes": ["forward", "backward"]}, "passes='backward', but should be some of forward, "),
        ({"cases": 0}, "cases=0, but should be an integer of at least 1"),
        ({"cases": 1.0}, "cases=1.0, but should be an integer of at least 1"),
    ],
)
def test_other_arguments_are_refused_before_a_candidate_is_started(
    arguments: dict[str, Any], told: str, searched: Searched
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        Conformance().check("no candidate", **arguments)
    assert told in str(refusal.value)


@pytest.mark.parametrize("isolated", [False, True])
def test_a_candidate_is_ended_before_its_findings_are_judged(isolated: bool, searched: Searched) -> None:
    searched.found = findings(result(WRONG), mismatches=(mismatch(),))
    with pytest.raises(Failed):
        Conformance().check("reference", isolated=isolated)
    ((executor, _),) = searched.asked
    assert searched.closed == [executor]
    assert getattr(executor, "limits", None) == (Limits() if isolated else None)


def test_a_candidate_has_a_process_of_its_own_unless_the_test_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    instead = Searched(findings(result(RIGHT)))
    monkeypatch.setattr(conformance, "examine_all", instead.examine_all)
    Conformance().check("reference")
    Conformance().check("reference", isolated=False)
    assert [type(executor) for executor, _ in instead.asked] == [Isolated, InProcess]


def test_a_mismatch_fails_the_test_with_its_cause_and_what_was_compared(searched: Searched) -> None:
    searched.found = findings(result(WRONG), mismatches=(mismatch(),))
    with pytest.raises(Failed) as failure:
        Conformance().check("reference")
    text = str(failure.value)
    assert text == searched.found.text(searched.asked[0][0].info)
    assert not failure.value.pytrace
    assert "violates structure" in text
    assert text.endswith("\n\n1 cause, 1 mismatch; 100 % of what was asked was compared, 0 % of its verdicts undecided")


def test_nothing_compared_fails_the_test_with_the_reasons(searched: Searched) -> None:
    searched.found = findings(result(declined("later")))
    with pytest.raises(Failed, match=r"^reference: not one result was compared: later$"):
        Conformance().check("reference")


def test_too_little_compared_fails_the_test(searched: Searched) -> None:
    searched.found = findings(result(RIGHT), result(declined("later")))
    Conformance().check("reference")
    Conformance().check("reference", min_compared=0.5)
    with pytest.raises(Failed, match="me: 50 % of what was asked was compared, less than the 51 % that are wanted"):
        Conformance().check("reference", min_compared=0.51)
    searched.found = findings(result(RIGHT), result(declined("later")), result(declined("later")))
    with pytest.raises(Failed, match="me: 33 % of what was asked was compared, less than the 50 % that are wanted"):
        Conformance().check("reference")


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
        monkeypatch.setattr(conformance, name, instead)
    found = examine_all(InProcess("reference"), Budget(PROFILES["quick"].space(), frozenset(Pass), 3, 0))
    assert [kept.id for kept in found.mismatches] == ["me-forward-2", "me-forward-1"]
    assert found.records == (record,)
    assert told == ["me-forward-1", "me-forward-2", "me-forward-1", "search", "frameworks"]


def test_a_candidate_has_a_row_for_each_usual_check_of_each_of_its_passes() -> None:
    def forward(input: Any, weight: Any, bias: Any, geometry: Any) -> Any: ...

    assert [(row.check, row.subject) for row in asked_rows(InProcess(forward))] == [
        ("structure", "forward"),
        ("precision", "forward"),
        ("contamination", "forward"),
        ("relation", "forward"),
        ("company", "forward"),
    ]


@pytest.fixture
def ran(pytester: pytest.Pytester, searched: Searched, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the tests of candidates in this process: their outcomes by name, and what was told of them."""
    monkeypatch.setattr(conformance, "asked_rows", lambda executor: [STRUCTURE, Row("precision", "forward")])

    def run(*arguments: str) -> dict[str, tuple[str, str]]:
        recorded = pytester.inline_run("-p", "no:cacheprovider", *arguments)
        reports = [report for report in recorded.getreports("pytest_runtest_logreport") if report.when == "call"]
        return {report.nodeid: (report.outcome, str(report.longrepr or "")) for report in reports}

    return run


def test_the_added_tests_share_one_search_of_each_candidate(ran: Any, searched: Searched) -> None:
    searched.found = findings(result(RIGHT), result(RIGHT, "precision"))
    honest = f"{MUTANTS}:Honest"
    arguments = (f"--conv-candidate={source}" for source in ("reference", honest, "reference"))
    outcomes = ran(*arguments, "--conv-profile=standard", "--conv-seed=7")
    names = [f"{source}::{check}[forward]" for source in ("reference", honest) for check in ("structure", "precision")]
    assert outcomes == dict.fromkeys(names, ("passed", ""))
    profile = PROFILES["standard"]
    budget = Budget(profile.space(), frozenset(Pass), profile.cases, 7, own_dtypes=True)
    assert [(executor.info.name, asked) for executor, asked in searched.asked] == [
        ("reference", budget),
        ("mutants.py:Honest", budget),
    ]
    assert searched.closed == [executor for executor, _ in searched.asked]


TELLING = [
    (findings(result(RIGHT), result(RIGHT, "precision")), ("passed", ""), ("passed", "")),
    (
        findings(result(WRONG), mismatches=(mismatch(),)),
        ("failed", "violates structure"),
        ("skipped", "nothing to show: not asked where structure conforms, or of nothing that could be decided"),
    ),
    (
        findings(result(RIGHT), result(WRONG, "precision"), mismatches=(mismatch(check="precision"),)),
        ("passed", ""),
        ("failed", "violates precision"),
    ),
    (findings(result(declined("later"))), ("failed", "not one result was compared: later"), ("skipped", "nothing")),
    (
        findings(result(RIGHT), *(result(declined("later")) for _ in range(2)), result(declined("no"), "precision")),
        ("failed", "me: 33 % of what was asked was compared, less than the 50 % that are wanted"),
        ("skipped", "nothing to show"),
    ),
    (findings(result(RIGHT), result(declined("later"))), ("passed", ""), ("skipped", "nothing to show")),
    (
        findings(result(Verdict(Outcome.UNDECIDED, elements=1))),
        ("skipped", "nothing to show"),
        ("skipped", "nothing to show"),
    ),
]


@pytest.mark.parametrize(("found", "structure", "precision"), TELLING)
def test_an_added_test_tells_its_part_of_what_was_found(
    found: Findings, structure: tuple[str, str], precision: tuple[str, str], ran: Any, searched: Searched
) -> None:
    searched.found = found
    outcomes = ran("--conv-candidate=reference")
    for check, (outcome, told) in (("structure", structure), ("precision", precision)):
        came_to, text = outcomes[f"reference::{check}[forward]"]
        assert came_to == outcome
        assert told in text
        assert "conformance.py" not in text or outcome == "skipped"


def test_an_added_test_names_its_candidate_and_where_it_is(
    ran: Any, searched: Searched, pytester: pytest.Pytester
) -> None:
    searched.found = findings(result(WRONG), mismatches=(replace(mismatch(), candidate="reference"),))
    ((_, text), _) = ran("--conv-candidate=reference").values()
    ((executor, _),) = searched.asked
    assert text == searched.found.text(executor.info)
    assert "forward of reference 0" in text
    pytester.makepyfile(one="def two(input, weight, bias, geometry): ...")
    recorded = pytester.inline_run("-p", "no:cacheprovider", "--conv-candidate=one.py:two")
    reports = recorded.getreports("pytest_runtest_logreport")
    assert {report.location for report in reports} == {
        ("one.py", None, "structure[forward]"),
        ("one.py", None, "precision[forward]"),
    }


def test_a_candidate_that_cannot_be_loaded_is_a_usage_error_and_none_is_left_running(
    ran: Any, searched: Searched, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    candidates = ("--conv-candidate=reference", "--conv-candidate=nowhere.py:conv")
    assert pytester.inline_run(*candidates).ret is pytest.ExitCode.USAGE_ERROR
    assert "--conv-candidate: there is no file nowhere.py" in capsys.readouterr().err
    assert [executor.info.name for executor in searched.closed] == ["reference"]
