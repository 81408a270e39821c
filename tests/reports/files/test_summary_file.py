"""summary.json and badge.json: what came out in a document and in a word, green only for what is proven."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import CandidateInfo, CaseRecord, CheckInfo, CheckResult, InvalidRecord, Mismatch, RunInfo
from convoracle.reports.files.summary_file import badge, read_summary, write_summary
from convoracle.reports.records.baseline import Held, Known
from convoracle.reports.records.line import whole
from convoracle.reports.records.stopped import Stopped
from convoracle.reports.records.totals import Run, totals
from convoracle.reports.views.gate import Judgement

CASE = "n1c1k1i3f2/float32/uniform/0"
RIGHT, WRONG = Verdict(Outcome.CONFORMS, elements=2), Verdict(Outcome.VIOLATES, cause="value", elements=2)
OPEN, DIED = Verdict(Outcome.UNDECIDED, elements=2), Verdict(Outcome.CRASHED, "it ended")
DECLINED = Verdict(Outcome.UNSUPPORTED, "no")
MISMATCH = Mismatch("k-forward-1", "k", "structure", "forward", CASE, CASE, WRONG)
CHECKS = (CheckInfo("structure", rows=("forward",), numbers=Numbers.INTEGERS), CheckInfo("relation"))
KNOWN = Held((), ((Known("k", "it is known"), (MISMATCH,)),))


def run(*verdicts: Verdict, check: str = "structure", **fields: Any) -> Run:
    records = (CaseRecord(CASE, "k", (CheckResult(check, "forward", verdict),)) for verdict in verdicts)
    info = RunInfo(0, "quick", (CandidateInfo("k", "1.0"),), "now", "convoracle check", (), checks=CHECKS)
    return replace(Run(info, totals(map(whole, records), CHECKS), (), finished=True), **fields)


@pytest.mark.parametrize(
    ("told", "held", "message", "color"),
    [
        (run(RIGHT, RIGHT), Judgement(Held(())), "conforms, 100 % compared", "brightgreen"),
        (run(RIGHT, OPEN), Judgement(Held(())), "nothing wrong, 100 % compared, 50 % undecided", "blue"),
        (run(RIGHT, DECLINED), Judgement(Held(())), "nothing wrong, 50 % compared", "blue"),
        (run(RIGHT, stopped=(Stopped("k", 1, 2),)), Judgement(Held(())), "nothing wrong, 100 % compared", "blue"),
        (run(RIGHT), Judgement(Held((), quarantined=(Known("k", "x"),))), "nothing wrong, 100 % compared", "blue"),
        (run(RIGHT, finished=False), Judgement(Held(())), "nothing wrong, 100 % compared", "blue"),
        (run(OPEN, check="relation:stride"), Judgement(Held(())), "nothing wrong, nothing compared", "blue"),
        (run(RIGHT, WRONG), Judgement(KNOWN), "1 known mismatch, 100 % compared", "yellow"),
        (run(RIGHT, DIED), Judgement(Held(()), ("too little",)), "not proven, 50 % compared", "orange"),
        (run(), Judgement(Held(()), ("too little",)), "not proven, nothing compared", "orange"),
        (run(WRONG), Judgement(Held((MISMATCH,)), ("x",)), "1 cause, 1 mismatch, 100 % compared", "red"),
    ],
)
def test_a_badge_is_green_where_all_is_compared_and_decided_and_right(
    told: Run, held: Judgement, message: str, color: str
) -> None:
    assert json.loads(badge(told, held)) == {
        "schemaVersion": 1, "label": "convoracle", "message": message, "color": color
    }  # fmt: skip


def test_a_summary_says_what_passes_what_is_wrong_and_what_is_known(tmp_path) -> None:
    other = replace(MISMATCH, id="k-forward-2", case=CASE.replace("i3", "i4"))
    held = Held((MISMATCH,), ((Known("k", "it is known"), (other,)),), (Known("k", "gone"),), (Known("k", "over"),))
    assert read_summary(tmp_path) is None
    write_summary(run(RIGHT, OPEN, WRONG), Judgement(held, ("too little",)), tmp_path)
    found = read_summary(tmp_path)
    assert found is not None
    assert (found.passes, found.complaints, found.unseen, found.expired) == (
        False, ("too little",), ("k: gone",), ("k: over",)
    )  # fmt: skip
    (candidate,) = found.candidates
    assert (candidate.name, candidate.conforming, candidate.wrong, candidate.undecided) == ("k", 1, 1, 1)
    assert (candidate.asked, candidate.compared) == (3, 3)
    assert [(each.known, each.mismatches[0].id) for each in found.causes] == [
        ("", "k-forward-1"), ("it is known", "k-forward-2")
    ]  # fmt: skip
    assert json.loads((tmp_path / "badge.json").read_text())["color"] == "red"
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(InvalidRecord, match=r"summary\.json"):
        read_summary(tmp_path)
