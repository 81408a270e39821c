"""Causes as plain text: each told once, and the others of it in a line each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.records.record import CandidateInfo, Mismatch
from convoracle.reports.views.cause_text import amount_of, cause_texts, other_line

CASE = "n1c1k1i3f2/float32/uniform/0"
VALUE = Verdict(Outcome.VIOLATES, "1 of 2 elements differ from the exact value", "value", wrong=1, elements=2)


def mismatch(subject: str = "forward", **changes: object) -> Mismatch:
    plain = Mismatch(f"mine-{subject}-1", "mine", "structure", subject, CASE, CASE, VALUE, title="exact equality")
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_the_text_tells_each_cause_once_and_the_others_in_a_line() -> None:
    follows = mismatch("update", follows=("weight_gradient",))
    several = (mismatch("weight_gradient"), follows, mismatch("forward"))
    text = cause_texts(several, shown_by={"mine-weight_gradient-1": 3})
    assert text.startswith("cause 1 of 2: weight_gradient of mine violates structure (exact equality)\n")
    assert "    shown by 3 cases; this is the smallest known\n" in text
    assert "  also update violates structure, which follows from weight_gradient, on the same case\n" in text
    assert "\n\ncause 2 of 2: forward of mine" in text
    assert text.count("violates structure (exact equality)") == 4
    assert cause_texts(()) == ""


def test_the_version_of_a_candidate_is_told() -> None:
    text = cause_texts([mismatch()], [CandidateInfo("other", "9.9"), CandidateInfo("mine", "1.2")])
    assert "\n  forward of mine 1.2 violates structure (exact equality)\n" in text
    assert "9.9" not in text


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "forward violates structure, on the same case"),
        ({"case": "n1c1k1i4f2/float32/uniform/0"},
         "forward violates structure, on n1c1k1i4f2/float32/uniform/0 (batch 1, 1 -> 1 channels, input 4, kernel 2)"),
        ({"case": "no case\x1b"}, r"forward violates structure, on no case\x1b"),
        ({"verdict": Verdict(Outcome.REFUSED)}, "forward raises an error, asked for its structure, on the same case"),
        ({"verdict": Verdict(Outcome.CRASHED)}, "forward crashes, asked for its structure, on the same case"),
        ({"verdict": Verdict(Outcome.HUNG)}, "forward hangs, asked for its structure, on the same case"),
        ({"follows": ("a", "b")}, "forward violates structure, which follows from a and b, on the same case"),
    ],
)  # fmt: skip
def test_a_mismatch_in_a_line(changes: dict[str, object], line: str) -> None:
    assert other_line(mismatch(**changes), mismatch()) == line


def test_the_amount() -> None:
    assert amount_of(()) == "no mismatch"
    assert amount_of((mismatch(),)) == "1 cause, 1 mismatch"
    several = (mismatch("weight_gradient"), mismatch("update", follows=("weight_gradient",)), mismatch())
    assert amount_of(several) == "2 causes, 3 mismatches"
