"""Titles say what is wrong to a stranger, and no more than is known; what has one title stands together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import Mismatch
from convoracle.reports.views.cause_title import alike, plain_title
from convoracle.reports.views.causes import causes

WORST = Discrepancy((0, 0, 0), 1.5, 1.0, 0.5, 0.0, 1.0)
VALUE = Verdict(Outcome.VIOLATES, "1 of 3", "value", worst=WORST, wrong=1, elements=3)
PLAIN = Mismatch(
    "torch-forward-1", "torch", "structure", "forward", "n1c1k1i4f2/bfloat16/uniform/0", "n9", VALUE,
    title="exact equality", numbers=Numbers.INTEGERS,
)  # fmt: skip
NAN = replace(VALUE, cause="nan", worst=replace(WORST, actual=float("nan")))
REAL = replace(VALUE, worst=replace(WORST, bound=0.1))


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "Results are not the exact sums of their products, although nothing needs rounding"),
        ({"verdict": REAL, "numbers": Numbers.REALS}, "Errors are larger than rounding can explain"),
        ({"diagnosed": ("uninitialised-memory",)}, "Results depend on memory that nobody wrote"),
        ({"verdict": NAN}, "Results are NaN or Inf where they should be numbers"),
        (
            {"verdict": NAN, "numbers": Numbers.CONTAMINATED},
            "A NaN reaches results that have none among their terms",
        ),
        (
            {"verdict": replace(NAN, cause="lost"), "numbers": Numbers.CONTAMINATED},
            "Results are finite although a term of theirs is NaN or Inf",
        ),
        (
            {"diagnosis": ("It is as if the kernel were rotated (kernel-rotated, other).",)},
            "Results are as if the kernel were rotated",
        ),
        (
            {"diagnosis": ("It is as if the stride were 1 (stride-ignored): that explains all 3 elements.",)},
            "Results are as if the stride were 1",
        ),
        (
            {
                "diagnosis": (
                    'If it sums in bfloat16 and that is meant, declare accumulators = {"a": "b"}: it is right.',
                )
            },
            "Errors are above the bound of what is declared, as if it sums in bfloat16",
        ),
        (
            {"diagnosis": ("None gives it.", "Its terms cannot be read off: it is not bilinear: by impulses.")},
            "Results are no sums of products of the operands at all",
        ),
        ({"verdict": Verdict(Outcome.CRASHED, "died", "SIGSEGV")}, "The call ends its process (SIGSEGV)"),
        ({"verdict": Verdict(Outcome.HUNG, "60 s")}, "The call does not return within its time limit"),
        ({"verdict": Verdict(Outcome.REFUSED, "raised", "ValueError")}, "ValueError is raised instead of a result"),
        ({"verdict": Verdict(Outcome.REFUSED)}, "An error is raised instead of a result"),
        (
            {"verdict": Verdict(Outcome.VIOLATES, "returned shape (1,)", "shape")},
            "The result has another shape than the geometry gives",
        ),
        (
            {"verdict": Verdict(Outcome.VIOLATES, "returned dtype a, but should be b", "dtype")},
            "The result is of another type than it should: returned dtype a, but should be b",
        ),
        ({"verdict": Verdict(Outcome.VIOLATES, "a list", "type")}, "What is returned is no array"),
        ({"history": "right alone"}, "Results depend on earlier calls: right alone"),
        (
            {
                "verdict": Verdict(Outcome.VIOLATES, "the call beside others: Error: x", "repeat"),
                "is_among_calls": True,
            },
            "A call that is right alone is not in company: the call beside others",
        ),
        (
            {"verdict": Verdict(Outcome.VIOLATES, "", "other"), "violation": "The passes do not fit."},
            "The passes do not fit",
        ),
        ({"verdict": Verdict(Outcome.VIOLATES, "", "other")}, "What must hold does not: exact equality"),
        (
            {"verdict": Verdict(Outcome.VIOLATES, "changed its operand input; more", "mutation")},
            "The call changed its operand input",
        ),
    ],
)
def test_a_title_says_what_is_wrong(changes, title):
    assert plain_title([replace(PLAIN, **changes)]) == title


@pytest.mark.parametrize(
    ("needs", "beginning"),
    [
        (("dtype bfloat16", "several windows"), "In bfloat16, results"),
        (("dtype float32",), "Results"),  # which the case is not in
        (("an empty batch", "dtype bfloat16"), "With an empty batch, results"),
    ],
)
def test_a_title_says_where(needs, beginning):
    assert plain_title([replace(PLAIN, needs=needs)]).startswith(beginning)


def test_only_what_all_need_is_in_the_title():
    needy = replace(PLAIN, needs=("dtype bfloat16",))
    other = replace(PLAIN, needs=("dtype float16",), case="n1c1k1i4f2/float16/uniform/0")
    assert plain_title([needy, other]).startswith("In bfloat16 and float16, ")
    assert plain_title([needy, replace(other, needs=())]).startswith("Results")


def test_what_follows_from_something_else_does_not_name_the_cause():
    explained = replace(PLAIN, diagnosis=("It is as if the stride were 1 (a).",), diagnosed=("a",))
    assert plain_title([PLAIN, explained]) == "Results are as if the stride were 1"
    assert plain_title([PLAIN, replace(explained, follows=("forward",))]).startswith("Results are not the exact sums")


def test_a_title_is_one_line_of_clean_text_of_a_bounded_length():
    title = plain_title([replace(PLAIN, history="a\x1b\n<b>" + 300 * "x")])
    assert len(title) <= 170
    assert "\\x1b <b>" in title
    assert title.endswith("…")


def test_causes_of_one_title_stand_together_and_stay_apart():
    members = (
        PLAIN,
        replace(PLAIN, id="b", subject="jvp"),
        replace(PLAIN, id="c", candidate="tensorflow"),
        replace(PLAIN, id="d", verdict=Verdict(Outcome.HUNG, "60 s")),
    )
    groups = alike(causes(members), {each.id: each for each in members})
    assert [[cause.mismatches for cause in group.causes] for group in groups] == [
        [("torch-forward-1",), ("b",), ("c",)],
        [("d",)],
    ]
