"""Annotations on GitHub: one for each cause of one's own, escaped so that nothing in it is a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, Mismatch, RunInfo
from convoracle.reports.records.baseline import Held
from convoracle.reports.records.totals import Run, totals
from convoracle.reports.views.annotations import error_annotations

CASE = "n1c1k1i3f2/float32/uniform/0"


def mismatch(candidate: str, number: int = 1, reason: str = "") -> Mismatch:
    verdict = Verdict(Outcome.REFUSED, reason, "ValueError")
    return Mismatch(f"m-{number}", candidate, "structure", "forward", CASE, CASE, verdict)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CandidateInfo:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    (tmp_path / "a,b:c.py").write_text("\n\ndef conv(x, w): ...\n")
    return CandidateInfo("a,b:c.py:conv", "", f"{tmp_path}/a,b:c.py:conv")


def told(own: CandidateInfo, *mismatches: Mismatch) -> list[str]:
    info = RunInfo(0, "quick", (own, CandidateInfo("torch", "2.13.0", "torch")), "", "", ())
    return list(error_annotations(Run(info, totals([], ()), mismatches, finished=True), Held(mismatches)))


def test_a_cause_is_told_once_with_the_line_that_defines_the_candidate(own: CandidateInfo) -> None:
    reason = "raised ValueError: 100%\r\n::error::not this"
    assert told(own, mismatch(own.name, 1, reason), mismatch(own.name, 2, reason)) == [
        "::error file=a%2Cb%3Ac.py,line=3,title=forward of a%2Cb%3Ac.py%3Aconv refused::"
        "forward of a,b:c.py:conv: raised ValueError: 100%25%0A"
        f"Smallest case: {CASE} (batch 1, 1 -> 1 channels, input 3, kernel 2)%0Aconvoracle explain m-1"
    ]


def test_what_stands_in_no_file_of_ones_own_has_no_annotation(own: CandidateInfo) -> None:
    assert told(own, mismatch("torch"), mismatch("unheard of")) == []
