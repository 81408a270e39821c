"""What a mismatch means, told to a reader who does not know the project: one sentence of what, one of what was seen."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports.records.record import Mismatch
from convoracle.reports.site.sentences import WORDS, mismatch_sentences, stack

PLAIN = Mismatch("x-1", "mine", "structure", "forward", "c", "c", Verdict(Outcome.VIOLATES))


def told(
    outcome: Outcome = Outcome.VIOLATES, reason: str = "", cause: str = "", violation: str = ""
) -> tuple[str, ...]:
    return mismatch_sentences(replace(PLAIN, violation=violation, verdict=Verdict(outcome, reason, cause)))


def of_values(numbers: Numbers, error: float, bound: float, wrong: int = 2, elements: int = 1200) -> str:
    worst = Discrepancy((0,), 0.0, error, error, bound, 1.0)
    verdict = Verdict(Outcome.VIOLATES, "is left out", "value", worst=worst, wrong=wrong, elements=elements)
    (sentence,) = mismatch_sentences(replace(PLAIN, numbers=numbers, verdict=verdict))
    return sentence


@pytest.mark.parametrize(
    ("outcome", "what"),
    [
        (Outcome.CRASHED, "The case is legal, but the call ended its whole process instead of returning."),
        (Outcome.HUNG, "The case is legal and small, but the call did not return within its time limit."),
        (Outcome.REFUSED, "The case is legal, but the call raised an error."),
    ],
)
def test_a_call_without_a_result(outcome: Outcome, what: str) -> None:
    assert told(outcome, "signal 11") == (what, "Signal 11.")
    assert told(outcome, "signal 11", "shape", "Passes differ.") == (what, "Signal 11.")
    assert told(outcome) == (what,)


@pytest.mark.parametrize(
    ("cause", "what"),
    [
        ("shape", "The result does not have the shape that the geometry gives."),
        ("dtype", "The result is not of the type that it should have."),
        ("type", "The call did not return an array."),
        ("mutation", "The call changed one of its operands; a caller would go on with spoilt data."),
        ("alias", "The result shares memory with an operand, so writing to one changes the other."),
    ],
)
def test_a_result_of_the_wrong_form(cause: str, what: str) -> None:
    assert told(reason="seen", cause=cause, violation="Calls differ.") == (what, "Seen.")


def test_what_its_check_says_of_failing_is_told_first() -> None:
    assert told(reason="seen", violation="Passes\x1b differ.") == ("Passes\\x1b differ.", "Seen.")
    worst = Discrepancy((0,), 0.0, 1.0, 1.0, 0.0, 1.0)
    verdict = Verdict(Outcome.VIOLATES, "seen", "nan", worst=worst, wrong=1, elements=1)
    assert mismatch_sentences(replace(PLAIN, violation="NaN.", numbers=Numbers.CONTAMINATED, verdict=verdict)) == (
        "NaN.",
        "Seen.",
    )


def test_of_any_other_check_its_reason_is_all() -> None:
    assert told(reason="seen") == ("Seen.",)
    assert told() == ()


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("it is.", "It is."),
        ("a  b\n c", "A b c."),
        ("\x1b[31mred", r"\x1b[31mred."),
        ("X is Y", "X is Y."),
    ],
)
def test_a_reason_is_one_clean_sentence(reason: str, sentence: str) -> None:
    assert told(reason=reason) == (sentence,)


def test_wrong_integers_lack_a_product() -> None:
    assert of_values(Numbers.INTEGERS, 3.0, 0.0).startswith(
        "2 of 1,200 elements are wrong. All operands are integers, small enough that every sum is exact"
    )
    assert of_values(Numbers.INTEGERS, 3.0, 0.0, 1, 1).startswith("1 of 1 element is wrong. All operands")


@pytest.mark.parametrize(
    ("error", "bound", "beyond"),
    [
        (7.6, 2.3, "the largest error is 3.3 times what"),
        (1.0, 1.0, "the error is beyond what"),
        (1.0, 0.0, "the error is beyond what"),
        (math.inf, 1.0, "the error is beyond what"),
        (math.nan, 1.0, "the error is beyond what"),
    ],
)
def test_a_real_is_off_by_so_many_bounds(error: float, bound: float, beyond: str) -> None:
    assert of_values(Numbers.REALS, error, bound) == (
        f"2 of 1,200 elements are wrong: {beyond} rounding in the declared arithmetic can explain, in any order of "
        "summation."
    )


def test_the_words_of_the_tables_are_told() -> None:
    assert [name for name, _ in WORDS] == ["ratio", "resolution"]
    assert all(meaning.endswith(".") for _, meaning in WORDS)


def test_frames_of_a_crash_stand_in_lines_of_their_own() -> None:
    frames = '  native im2col+0x1f of libmine.so\n  native libmine.so+0x3\n  File "/home/a.py", line 3 in conv'
    told = f"the process died: SIGSEGV; malloc(): broken\nFatal Python error: Segmentation fault\n{frames}"
    crash = Verdict(Outcome.CRASHED, told, "SIGSEGV")
    assert stack(crash) == tuple(line.strip() for line in frames.splitlines())
    mismatch = Mismatch("x-forward-1", "x", "structure", "forward", "c", "c", crash)
    assert mismatch_sentences(mismatch)[1] == (
        "The process died: SIGSEGV; malloc(): broken Fatal Python error: Segmentation fault."
    )
    assert stack(Verdict(Outcome.REFUSED, told, "ValueError")) == ()
