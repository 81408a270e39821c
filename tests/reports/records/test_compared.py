"""What was compared is counted in questions; what was declined, was never put or had no element is not among it."""

from __future__ import annotations

import json

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, read_run
from convoracle.reports.records.compared import KNOWN_HANG, Share, compared
from convoracle.reports.records.earlier import CHECKS
from convoracle.reports.views.gate import compared_sentence

RIGHT = Verdict(Outcome.CONFORMS, elements=3, resolution=0.0)
WRONG = Verdict(Outcome.VIOLATES, cause="value", elements=3)
UNDECIDED = Verdict(Outcome.UNDECIDED, "too coarse", "resolution", elements=3)
EMPTY = Verdict(Outcome.UNDECIDED, "no elements", "empty")
DECLINED = Verdict(Outcome.UNSUPPORTED, "no groups")


def record(*verdicts: Verdict, subject: str = "forward", dtype: str = "float32", candidate: str = "mine") -> CaseRecord:
    checks = ("structure", "precision", "contamination")
    results = (CheckResult(check, subject, verdict) for check, verdict in zip(checks, verdicts, strict=False))
    return CaseRecord(f"n1c1k1i4f2/{dtype}/uniform/0", candidate, tuple(results))


def test_a_question_is_a_pass_on_a_case_and_undecided_are_verdicts() -> None:
    found = compared([record(RIGHT, UNDECIDED), record(WRONG), record(DECLINED), record(UNDECIDED)], CHECKS)
    assert found.shares == (Share("mine", "forward", "float32", asked=4, compared=3, verdicts=4, undecided=2),)
    assert [(reason.text, reason.count) for reason in found.reasons] == [("no groups", 1)]
    assert compared_sentence(found) == "75 % of what was asked was compared, 50 % of its verdicts undecided"


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.CRASHED, Outcome.HUNG])
def test_an_end_without_a_result_was_asked_and_not_compared_but_is_no_pass_that_is_not_offered(
    outcome: Outcome,
) -> None:
    found = compared([record(RIGHT), record(Verdict(outcome, "raised E: no"), subject="jvp")], CHECKS)
    assert found.offered().total() == Share("", "", "", asked=2, compared=1, verdicts=2)
    assert [(reason.text, reason.count) for reason in found.reasons] == [("raised E: no", 1)]


def test_a_result_without_elements_was_no_question_but_a_known_hang_was() -> None:
    assert compared([record(EMPTY)], CHECKS).shares == ()
    assert compared([record(EMPTY, RIGHT)], CHECKS).total().compared == 1
    hang = Verdict(Outcome.UNDECIDED, "not asked: it would hang again", KNOWN_HANG)
    assert (compared([record(hang)], CHECKS).total().asked, compared([record(hang)], CHECKS).total().compared) == (1, 0)


def test_checks_of_several_calls_are_no_questions() -> None:
    relation = CaseRecord("n1c1k1i4f2/float32/uniform/0", "mine", (CheckResult("relation:stride", "forward", RIGHT),))
    adjoint = CaseRecord("n1c1k1i4f2/float32/uniform/0", "mine", (CheckResult("adjoint", "adjoint", RIGHT),))
    assert compared([relation, adjoint], CHECKS).shares == ()


def test_shares_are_by_pass_and_dtype() -> None:
    found = compared([record(RIGHT), record(DECLINED, dtype="bfloat16"), record(RIGHT, subject="jvp")], CHECKS)
    assert [(share.subject, share.dtype, share.compared) for share in found.shares] == [
        ("forward", "float32", 1), ("forward", "bfloat16", 0), ("jvp", "float32", 1),
    ]  # fmt: skip
    assert [(share.subject, share.asked, share.compared) for share in found.by_pass()] == [
        ("forward", 2, 1), ("jvp", 1, 1),
    ]  # fmt: skip


def test_a_run_that_has_ended_keeps_what_was_compared(writer) -> None:
    for each in (record(RIGHT), record(DECLINED, dtype="float64")):
        writer.append(each)
    writer.finish(1.0, False)
    kept = json.loads((writer.folder / "finished.json").read_text())["compared"]
    assert [(share["dtype"], share["asked"], share["compared"]) for share in kept["shares"]] == [
        ("float32", 1, 1), ("float64", 1, 0),
    ]  # fmt: skip
    assert kept["reasons"] == [{"candidate": "mine", "text": "no groups", "count": 1}]
    assert read_run(writer.folder).finished
