"""The list of a report is measured in a browser: each figure is there, and none is nothing."""

from __future__ import annotations

import shutil
import sys

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, CaseRecord, CheckResult, RunInfo, RunWriter, write_reports

pytest.importorskip("playwright.sync_api")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="there is no chromium")
def test_a_list_is_measured(tmp_path, benchmark_named, monkeypatch, capsys):
    info = RunInfo(0, "quick", (CandidateInfo("reference"),), "2026-11-28", "convoracle check", ())
    with RunWriter.create(tmp_path / "run", info) as writer:
        for number in range(1200):
            result = CheckResult("structure", "forward", Verdict(Outcome.CONFORMS, elements=3))
            writer.append(CaseRecord(f"n1c1k1i4f2/float32/uniform/{number}", "reference", (result,)))
        writer.finish(1.0, False)
    write_reports(tmp_path / "run")
    monkeypatch.setattr(sys, "argv", ["report_in_browser.py", str(tmp_path / "run")])
    assert benchmark_named("report_in_browser").main() == 0
    told = capsys.readouterr().out.splitlines()[-1].strip("| ").split(" | ")
    assert told[0] == "1,200"
    first, whole, frame, slow, *others = map(int, told[1:])
    assert 0 < first <= whole
    assert 0 < frame <= slow
    assert len(others) == 2
