"""What a kind declares of itself holds of a check that is added: how it is told, traced to its cause and shrunk."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.layouts import CONTIGUOUS
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.reports import Mismatch, read_run
from convoracle.reports.records.record import CheckResult
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.space import Space
from convoracle.suites.checks.declarations import Suggestion
from convoracle.suites.checks.examination import Examination, ask_values
from convoracle.suites.checks.inquiry import examine
from convoracle.suites.checks.kind import AmongCalls, CheckKind, Derived, InTurn, OfCase, OfPass, Shrinking
from convoracle.suites.checks.registry import CHECKS
from convoracle.suites.command.cli import main
from convoracle.suites.diagnosis import framework_witness
from convoracle.suites.diagnosis.behind import wrong_call
from convoracle.suites.diagnosis.diagnosing import explain
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.history import establish, is_right_alone
from convoracle.suites.search.ledger import Ledger
from convoracle.suites.search.pursuit import Pursuit
from convoracle.suites.search.rota import Rota

MUTANTS = Path(__file__).parents[1] / "mutants.py"
CASE = parse_case("n1c1k1i5f2s2/float32/uniform/1/strided")
WRONG = Verdict(Outcome.VIOLATES, "it differs", "odd")


def _says_wrong(examination: Examination, check: str, subject: str) -> CheckResult:
    return CheckResult(check, subject, WRONG)


PLAIN = CheckKind(
    name="toy",
    title="nothing is right",
    meaning="A toy: everything is wrong.",
    schedule=OfCase(lambda examination: [("toy", str(pass_)) for pass_ in examination.sound]),
    ask=_says_wrong,
)
RESULT = CheckResult("toy", "forward", WRONG)


class CutsFactors:
    """Computes with 11 bits of each factor, which is enough for the integers of the lattice."""

    dtypes = ("float32",)

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        cut = [(each.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32) for each in (input, weight)]
        return reference.forward(*cut, geometry)


@pytest.fixture(autouse=True)
def plain_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHECKS, "toy", PLAIN)


def added(monkeypatch: pytest.MonkeyPatch, kind: CheckKind) -> None:
    monkeypatch.setitem(CHECKS, "toy", kind)


def fault(check: str = "structure", cause: str = "value", subject: str = "forward") -> Fault:
    verdict = Verdict(Outcome.VIOLATES, "", cause)
    return Fault("x-1", check, subject, Outcome.VIOLATES, cause, CASE, CASE, verdict)


def run(candidate: str, check: str) -> tuple[Mismatch, ...]:
    options = "--cases 4 --ranks 1 --passes forward --in-process --memory failures"
    main(["check", candidate, "--checks", check, *options.split(), "--out", f"of-{check}"])
    return read_run(f"of-{check}").mismatches


def test_what_its_failure_means_and_its_one_row_are_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    added(monkeypatch, replace(PLAIN, violation="All is lost.", subjects=lambda passes: ("anything",)))
    (mismatch,) = run("reference", "toy")
    assert mismatch.violation == "All is lost."
    capsys.readouterr()
    main(["show", "of-toy", "--all"])
    assert "anything" in capsys.readouterr().out
    assert "All is lost." in Path(f"of-toy/mismatches/{mismatch.id}/index.html").read_text("utf-8")
    names = {case.get("name") for case in ElementTree.parse("of-toy/junit.xml").iter("testcase")}
    assert names == {"toy[anything]"}


def test_on_reals_it_is_measured_diagnosed_and_replayed_as_the_check_that_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same search finds the same, but for the words."""
    monkeypatch.chdir(tmp_path)
    ask = partial(ask_values, Numbers.REALS)
    added(monkeypatch, replace(PLAIN, schedule=OfPass(), ask=ask, numbers=Numbers.REALS))
    ((found,), (known,)) = (run(f"{__file__}:CutsFactors", check) for check in ("toy", "precision"))
    assert known.diagnosed
    assert found == replace(known, check="toy", title=PLAIN.title, violation="")
    capsys.readouterr()
    for check in ("toy", "precision"):
        main(["show", f"of-{check}", "--all"])
    assert capsys.readouterr().out.count("ratio ≤ ") == 2
    assert main(["replay", f"of-toy/mismatches/{found.id}", "--in-process", "--candidate", "reference"]) == 0


def test_what_links_passes_fails_because_one_of_them_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, other = Ledger("x", 20, [fault(subject="update")]), CheckResult("toy", "all", WRONG)
    wrong = CheckResult("structure", "update", fault().verdict)
    assert ledger.explanation(other, (wrong, other), CASE) is None
    added(monkeypatch, replace(PLAIN, links_passes=True))
    assert ledger.explanation(other, (wrong, other), CASE) is ledger.faults[0]
    assert ledger.explanation(other, (other,), CASE) is None


def test_what_it_calls_is_behind_its_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = InProcess(f"{MUTANTS}:StrideIgnoredInWeightGradient")
    ledger = Ledger("x", 20, [fault(subject="weight_gradient")])
    assert wrong_call(executor, RESULT, CASE) is None
    assert ledger.explanation(RESULT, (RESULT,), CASE) is None
    calls = ((Pass.FORWARD, CASE.geometry), (Pass.WEIGHT_GRADIENT, CASE.geometry))
    derived = Derived(lambda check, subject: {subject, "weight_gradient"}, lambda examination, check, subject: calls)
    added(monkeypatch, replace(PLAIN, derived=derived))
    behind = wrong_call(executor, RESULT, CASE)
    assert behind is not None
    assert (behind[0].check, behind[0].subject) == ("structure", "weight_gradient")
    assert behind[1] == replace(CASE, layout=CONTIGUOUS)
    assert ledger.explanation(RESULT, (RESULT,), CASE) is ledger.faults[0]


def test_it_comes_of_wrong_terms_if_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not fault().explains(RESULT, CASE)
    added(
        monkeypatch, replace(PLAIN, follows_wrong_terms=lambda terms, cause: (terms.cause, cause) == ("value", "odd"))
    )
    assert fault().explains(RESULT, CASE)
    assert fault().is_plainer_than(fault("toy", "odd"))
    assert not fault(cause="shape").explains(RESULT, CASE)
    assert not fault("precision").explains(RESULT, CASE)


def test_it_is_asked_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    added(monkeypatch, replace(PLAIN, schedule=InTurn(3)))
    passes, executor = (Pass.FORWARD, Pass.UPDATE), InProcess("reference")

    def asked(case: Case, due: Iterable[Pass] | None) -> list[str]:
        results = examine(executor, case, passes, ("toy",), None if due is None else frozenset(due))
        return [result.subject for result in results]

    assert asked(CASE, (Pass.UPDATE,)) == ["update"]
    assert asked(CASE, ()) == asked(CASE, None) == []
    assert asked(replace(CASE, seed=3), None) == ["forward", "update"]
    rota = Rota()
    for _ in range(4):
        rota.note(passes, ())
    assert rota.due(passes) == set(passes)
    rota.note(passes, (RESULT,))
    assert rota.due(passes) == {Pass.UPDATE}


def test_among_calls_its_causes_tell_what_it_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def suggested(
        executor: Executor, case: Case, pass_: Pass, cause: str, similar: Iterable[Case]
    ) -> Suggestion | None:
        assert (case, pass_, cause) == (CASE, Pass.FORWARD, "odd")
        return Suggestion("oddness = True", "is odd")

    executor, framework = InProcess("reference"), InProcess("differences")
    other = replace(WRONG, reason="it differs in another place")
    added(monkeypatch, replace(PLAIN, ask=lambda examination, check, subject: _as(examination, framework, other)))
    assert establish(executor, RESULT, CASE, lambda cases: False, ()) is None
    assert not is_right_alone(executor, RESULT, CASE)
    assert not explain(fault("toy", "odd"), executor).names
    assert not framework_witness.testimony_of(framework, executor, fault("toy", "odd"))[1]
    among = AmongCalls(frozenset(("odd",)), frozenset(("odd", "maybe")), suggested)
    added(monkeypatch, replace(CHECKS["toy"], among_calls=among))
    history = establish(executor, RESULT, CASE, lambda cases: False, ())
    assert history is not None
    assert history.told == WRONG.reason
    assert is_right_alone(executor, replace(RESULT, verdict=replace(WRONG, cause="maybe")), CASE)
    assert explain(fault("toy", "odd"), executor).names == ("oddness = True",)
    assert framework_witness.testimony_of(framework, executor, fault("toy", "odd"))[1]


def _as(examination: Examination, framework: Executor, other: Verdict) -> CheckResult:
    return CheckResult("toy", "forward", other if examination.executor is framework else WRONG)


@pytest.mark.parametrize("layouts", [True, False])
def test_a_layout_of_which_it_takes_no_notice_is_left_out(monkeypatch: pytest.MonkeyPatch, layouts: bool) -> None:
    added(monkeypatch, replace(PLAIN, shrinking=Shrinking(layouts=layouts)))
    met, executor = fault("toy", "odd"), InProcess("reference")
    Pursuit(executor, Offer(Space()), [met], met, 0).conclude()
    assert met.shrunk.layout == (CASE.layout if layouts else CONTIGUOUS)
