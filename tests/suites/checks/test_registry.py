"""The registry of checks: one that is added is offered, asked, shown, shrunk, replayed and tested like any other."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass, real_parts
from convoracle.reports import read_run
from convoracle.reports.records.record import CandidateInfo, CheckResult
from convoracle.suites.checks.examination import Examination
from convoracle.suites.checks.kind import CheckKind, OfPass
from convoracle.suites.checks.registry import CHECKS, kind_named, usual_checks
from convoracle.suites.command.cli import main

pytest_plugins = ["pytester"]
MUTANTS = Path(__file__).parents[1] / "mutants.py"
RUN = ("--checks", "evenness", "--cases", "20", "--passes", "forward", "update", "--in-process", "--memory", "failures")


def _ask(examination: Examination, check: str, subject: str) -> CheckResult | None:
    value = examination.returned(Pass(subject))
    if value is None:
        return None
    odd = int((real_parts(value) % 2 == 1).sum())
    verdict = Verdict(Outcome.VIOLATES, f"{odd} odd elements", "odd") if odd else Verdict(Outcome.CONFORMS)
    return CheckResult(check, subject, verdict)


TOY = CheckKind(
    name="evenness",
    title="results are even",
    meaning="A toy: no element of a result may be odd.",
    schedule=OfPass(),
    ask=_ask,
)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(CHECKS, TOY.name, TOY)
    monkeypatch.chdir(tmp_path)


def test_every_kind_stands_under_its_name_and_says_what_it_is() -> None:
    assert [kind.name for kind in CHECKS.values()] == list(CHECKS)
    assert all(kind.title and kind.meaning.endswith(".") and ":" not in kind.name for kind in CHECKS.values())
    assert kind_named("relation:stride") is CHECKS["relation"]


def test_illegal_calls_are_usual_of_who_refuses_them_and_inputs_without_end_of_nobody() -> None:
    assert set(CHECKS) - set(usual_checks(CandidateInfo("x"))) == {"illegal", "reach"}
    assert set(CHECKS) - set(usual_checks(CandidateInfo("x", validates=True))) == {"reach"}


def test_a_check_that_is_not_there_is_not_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "reference", "--checks", "evenness"])
    assert "invalid choice: 'evenness'" in capsys.readouterr().err


@pytest.mark.usefixtures("toy")
def test_a_check_that_is_added_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["check", "--help"])
    assert "illegal, reach, evenness (default:" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("toy")
def test_a_check_that_is_added_is_asked_and_shown_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "reference", *RUN]) == 1
    out = capsys.readouterr().out
    assert "forward of reference" in out
    assert "violates evenness (results are even)" in out
    main(["show", "conformance-report", "--all"])
    assert re.search(r"evenness\W+update", capsys.readouterr().out)

    page = Path("conformance-report/index.html").read_text("utf-8")
    assert "<dt>evenness</dt>" in page
    assert f"<dd>{TOY.meaning}</dd>" in page

    cases = ElementTree.parse("conformance-report/junit.xml").iter("testcase")
    failed = {case.get("name") for case in cases if case.find("failure") is not None}
    assert failed == {"evenness[forward]", "evenness[update]"}


@pytest.mark.usefixtures("toy")
def test_its_counterexample_is_shrunk_and_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "reference", *RUN])
    mismatch = next(each for each in read_run("conformance-report").mismatches if each.subject == "forward")
    assert parse_case(mismatch.case).geometry.products <= 2
    home = f"conformance-report/mismatches/{mismatch.id}"
    capsys.readouterr()
    assert main(["replay", home, "--in-process"]) == 1
    assert "violates evenness (results are even)" in capsys.readouterr().out
    assert main(["replay", home, "--in-process", "--candidate", f"{Path(__file__)}:Doubles"]) == 0


@pytest.mark.usefixtures("toy")
def test_where_it_is_not_known_a_run_is_shown_and_its_mismatches_are_not_replayed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["check", "reference", *RUN])
    page = Path("conformance-report/index.html")
    before = page.read_text("utf-8")
    page.unlink()
    monkeypatch.delitem(CHECKS, TOY.name)
    assert main(["report", "conformance-report"]) == 0
    assert page.read_text("utf-8") == before
    capsys.readouterr()
    assert main(["replay", "conformance-report/mismatches/reference-forward-1", "--in-process"]) == 2
    assert "mismatch.check: should be one of structure, precision, " in capsys.readouterr().err


def test_it_is_a_pytest_item(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        f"""
        import runpy
        from convoracle.suites.checks.registry import CHECKS

        toy = runpy.run_path({str(Path(__file__))!r})["TOY"]
        CHECKS[toy.name] = toy
        """
    )
    chosen = ("-k", "evenness and bias_gradient", f"--conv-candidate={MUTANTS}:Honest")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *chosen)
    result.assert_outcomes(failed=1, deselected=24)
    result.stdout.fnmatch_lines(["*bias_gradient of mutants.py:Honest violates evenness (results are even)*"])


class Doubles:
    """Every element even, and none that is right."""

    def forward(self, input: np.ndarray, weight: np.ndarray, geometry: object) -> np.ndarray:
        return np.zeros(Pass.FORWARD.result_shape(geometry), input.dtype)  # type: ignore[arg-type]
