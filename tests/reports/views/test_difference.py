"""Two runs compared: what turned on common cases, which faults are the same, what is silent and what is declared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, CaseRecord, CheckResult, Mismatch, RunInfo
from convoracle.reports.views.declared_difference import Declaration
from convoracle.reports.views.difference import Question, ReadRun, difference
from convoracle.reports.views.difference_text import difference_text

RIGHT = Verdict(Outcome.CONFORMS, elements=4)
WRONG = Verdict(Outcome.VIOLATES, cause="value", elements=4)
OPEN = Verdict(Outcome.UNSUPPORTED, "no dilation")
UNDECIDED = Verdict(Outcome.UNDECIDED, "a term is zero")
DIED = Verdict(Outcome.CRASHED, "it ended")
CANDIDATE = CandidateInfo("kernels.py:conv", "1.0")
FORWARD = Question("kernels.py:conv", "structure", "forward")


def record(case: str, verdict: Verdict, fault: str | None = None, candidate: str = CANDIDATE.name) -> CaseRecord:
    return CaseRecord(case, candidate, (CheckResult("structure", "forward", verdict, fault=fault),))


def mismatch(identity: str = "conv-forward-1", case: str = "a", **fields: object) -> Mismatch:
    plain = Mismatch(identity, CANDIDATE.name, "structure", "forward", case, case, WRONG)
    return replace(plain, **fields)  # type: ignore[arg-type]


def run(*records: CaseRecord, faults: tuple[Mismatch, ...] = (), candidate: CandidateInfo = CANDIDATE) -> ReadRun:
    info = RunInfo(0, "quick", (candidate,), "", "", (("numpy", "2.0.0"),))
    return ReadRun(info, faults, records)


def test_a_run_does_not_differ_from_itself() -> None:
    fault = mismatch()
    same = run(record("a", WRONG, fault.id), record("b", RIGHT), record("c", OPEN), faults=(fault,))
    found = difference(same, same)
    assert found == replace(found, known=(fault,), asked=3, common=3)
    assert not any((found.broken, found.new, found.mended, found.unseen, found.silenced, found.declarations))
    assert not found.is_worse


@pytest.mark.parametrize("verdict", [WRONG, DIED])
def test_what_was_right_and_is_wrong_is_broken(verdict: Verdict) -> None:
    fault = mismatch()
    after = run(record("a", verdict, fault.id), record("b", verdict, fault.id), record("c", RIGHT), faults=(fault,))
    found = difference(run(*(record(case, RIGHT) for case in "abc")), after)
    (broken,) = found.broken
    assert (broken.question, broken.cases, broken.example, broken.mismatch) == (FORWARD, 2, "a", fault)
    assert found.new == found.known == found.mended == ()
    assert found.is_worse


def test_what_is_wrong_is_told_although_no_mismatch_of_it_was_kept() -> None:
    found = difference(run(record("a", RIGHT)), run(record("a", WRONG)))
    assert [(each.cases, each.mismatch) for each in found.broken] == [(1, None)]


def test_a_known_fault_that_shows_on_more_cases_is_broken_there() -> None:
    fault = mismatch()
    before = run(record("a", WRONG, fault.id), record("b", RIGHT), faults=(fault,))
    after = run(record("a", WRONG, fault.id), record("b", WRONG, fault.id), faults=(fault,))
    found = difference(before, after)
    assert [(each.cases, each.example) for each in found.broken] == [(1, "b")]
    assert found.known == ()


def test_what_was_wrong_and_is_right_is_mended() -> None:
    fault = mismatch()
    found = difference(run(record("a", WRONG, fault.id), faults=(fault,)), run(record("a", RIGHT)))
    assert [(each.question, each.cases, each.mismatch) for each in found.mended] == [(FORWARD, 1, fault)]
    assert found.unseen == ()
    assert not found.is_worse


@pytest.mark.parametrize(("verdict", "reason"), [(OPEN, "no dilation"), (replace(UNDECIDED, reason=""), "undecided")])
@pytest.mark.parametrize("before", [RIGHT, WRONG])
def test_what_was_compared_and_is_not_is_silenced(before: Verdict, verdict: Verdict, reason: str) -> None:
    found = difference(run(record("a", before), record("b", before)), run(record("a", verdict), record("b", verdict)))
    assert [(each.question, each.cases, each.example, each.reason) for each in found.silenced] == [
        (FORWARD, 2, "a", reason)
    ]
    assert not found.is_worse


def test_a_pass_or_a_check_that_is_not_asked_at_all_is_silenced_whatever_the_cases() -> None:
    def results(*asked: tuple[str, str]) -> tuple[CheckResult, ...]:
        return tuple(CheckResult(check, subject, RIGHT) for check, subject in asked)

    asked = results(
        ("structure", "forward"), ("structure", "jvp"), ("relation:stride", "forward"), ("reach", "forward")
    )
    asked += (CheckResult("company", "forward", OPEN),)
    before = run(CaseRecord("a", CANDIDATE.name, asked), CaseRecord("b", CANDIDATE.name, asked))
    left = results(("structure", "forward"), ("relation:groups", "forward"))
    for case in ("a", "z"):
        found = difference(before, run(CaseRecord(case, CANDIDATE.name, left)))
        assert [(each.question[1:], each.cases, each.example, each.reason) for each in found.silenced] == [
            (("structure", "jvp"), 2, "a", "it was not asked at all"),
            (("reach", "forward"), 2, "a", "it was not asked at all"),
        ]
        assert "not compared any more:\n  jvp of kernels.py:conv, structure: 2 cases, such as a: it was" in (
            difference_text(found)
        )
    assert difference(before, before).silenced == ()


def test_of_a_candidate_that_went_it_is_told_once_that_it_is_not_compared() -> None:
    found = difference(run(record("a", RIGHT)), run(candidate=replace(CANDIDATE, name="other")))
    assert found.silenced == ()
    assert "candidates that are not compared any more:\n  kernels.py:conv" in difference_text(found)


def test_what_was_not_compared_and_is_wrong_now_is_new() -> None:
    fault = mismatch()
    found = difference(run(record("a", OPEN)), run(record("a", WRONG, fault.id), faults=(fault,)))
    assert (found.new, found.broken, found.is_worse) == ((fault,), (), True)


@pytest.mark.parametrize(
    ("other", "is_known"),
    [
        ({}, True),
        ({"subject": "jvp"}, False),
        ({"check": "precision"}, False),
        ({"candidate": "other.py:conv"}, False),
        ({"verdict": replace(WRONG, cause="dtype")}, False),
        ({"verdict": DIED}, False),
        ({"history": "right alone"}, False),
        ({"diagnosed": ("kernel-rotated",)}, False),
    ],
)
def test_of_different_cases_faults_are_known_by_what_they_are(other: dict[str, object], is_known: bool) -> None:
    old, new = mismatch("conv-forward-1", "a"), mismatch("conv-forward-9", "b", **other)
    found = difference(run(record("a", WRONG, old.id), faults=(old,)), run(record("b", WRONG, new.id), faults=(new,)))
    assert (found.known, found.new) == (((new,), ()) if is_known else ((), (new,)))
    assert found.unseen == (() if is_known else (old,))
    assert (found.asked, found.common) == (1, 0)


def test_faults_with_one_explanation_in_common_are_the_same() -> None:
    old = mismatch(diagnosed=("kernel-rotated", "groups-ignored"))
    for names, is_known in ((("groups-ignored",), True), (("dilation-ignored",), False)):
        found = difference(run(faults=(old,)), run(faults=(mismatch("conv-forward-2", "b", diagnosed=names),)))
        assert bool(found.known) == is_known == (not found.new)


def test_a_fault_on_a_case_that_was_wrong_already_is_known_whatever_it_is_called() -> None:
    old, new = mismatch(diagnosed=("kernel-rotated",)), mismatch("conv-forward-2", diagnosed=("groups-ignored",))
    found = difference(run(record("a", WRONG, old.id), faults=(old,)), run(record("a", WRONG, new.id), faults=(new,)))
    assert (found.known, found.new, found.unseen) == ((new,), (), ())


def test_what_is_declared_or_installed_otherwise_is_told_entry_by_entry() -> None:
    old = replace(CANDIDATE, accumulators=(("float16", "float32"),), domain=(("groups", "1"),))
    new = replace(CANDIDATE, version="2.0", accumulators=(("float16", "float16"), ("int8", "int32")))
    after = run(candidate=new)
    after = after._replace(info=replace(after.info, environment=(("numpy", "2.1.0"),)))
    assert difference(run(candidate=old), after).declarations == (
        Declaration(CANDIDATE.name, "version", "1.0", "2.0"),
        Declaration(CANDIDATE.name, "accumulators of float16", "float32", "float16"),
        Declaration(CANDIDATE.name, "domain of groups", "1", None),
        Declaration(CANDIDATE.name, "accumulators of int8", None, "int32"),
        Declaration("", "numpy", "2.0.0", "2.1.0"),
    )


def test_candidates_come_and_go() -> None:
    found = difference(run(candidate=replace(CANDIDATE, name="old")), run(candidate=replace(CANDIDATE, name="new")))
    assert (found.came, found.went, found.declarations) == (("new",), ("old",), ())


def test_the_text_says_first_whether_it_is_worse_and_then_what_differs() -> None:
    fault = mismatch(title="exact equality")
    before = run(record("a", RIGHT), record("b", WRONG), record("c", RIGHT), candidate=replace(CANDIDATE, version=""))
    after = run(record("a", WRONG, fault.id), record("b", RIGHT), record("c", OPEN), faults=(fault,))
    assert difference_text(difference(before, after)).splitlines() == [
        "1 fault is new; 3 examinations, 3 of them on cases that the earlier run has as well",
        "",
        "wrong, and right before:",
        "  forward of kernels.py:conv, structure (conv-forward-1): 1 case, such as a",
        "",
        "not compared any more:",
        "  forward of kernels.py:conv, structure: 1 case, such as c: no dilation",
        "",
        "right, and wrong before:",
        "  forward of kernels.py:conv, structure: 1 case, such as b",
        "",
        "declared or installed otherwise:",
        "  kernels.py:conv: version: none -> 1.0",
    ]


def test_of_many_alike_the_first_are_told_and_the_number_of_the_others() -> None:
    faults = tuple(mismatch(f"conv-forward-{number}", f"case {number}") for number in range(15))
    text = difference_text(difference(run(), run(faults=faults))).splitlines()
    assert text[0] == "15 faults are new; 0 examinations, 0 of them on cases that the earlier run has as well"
    assert text[3] == "  forward of kernels.py:conv violates structure (conv-forward-0), on case 0"
    assert text[-1] == "  and 3 more"
    same = run(faults=faults)
    assert difference_text(difference(same, same)).startswith(
        "nothing is wrong that was not wrong before, 15 faults are as"
    )


def test_what_a_candidate_says_cannot_move_the_cursor() -> None:
    told = replace(OPEN, reason="\x1b[2Jno")
    found = difference(run(record("a", RIGHT)), run(record("a", told)))
    assert "\x1b" not in difference_text(found)
    assert "\\x1b[2Jno" in difference_text(found)
