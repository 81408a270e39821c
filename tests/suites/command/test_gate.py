"""What keeps a run from passing: silence, too little compared, and what was supported and is not any more."""

from __future__ import annotations

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, CaseRecord, CheckResult, Run, RunInfo
from convoracle.reports.records.line import whole
from convoracle.reports.records.migration import CHECKS
from convoracle.reports.records.serialization import SupportedEntry
from convoracle.reports.records.totals import totals
from convoracle.suites.command.gate import complaints, silent_candidates

CASE = "n1c1k1i4f2/float32/uniform/0"
COMPARED = Verdict(Outcome.CONFORMS, elements=3)
DECLINED = Verdict(Outcome.UNSUPPORTED, "no such kernel")


def run(least: float, **verdicts: tuple[Verdict, ...]) -> Run:
    """Of each candidate what was asked of its forward pass."""
    infos = tuple(map(CandidateInfo, verdicts))
    records = (
        CaseRecord(CASE, name, (CheckResult("structure", "forward", verdict),))
        for name, told in verdicts.items()
        for verdict in told
    )
    info = RunInfo(0, "quick", infos, "", "", (), min_compared=least, checks=CHECKS)
    return Run(info, totals(map(whole, records), info.checks), (), True, 1.0)


def told(finished: Run, *gone: SupportedEntry) -> list[str]:
    return list(complaints(finished, gone))


def test_silent_is_of_whom_no_element_was_compared() -> None:
    finished = run(
        0.0,
        heard=(DECLINED, COMPARED),
        declining=(DECLINED,),
        empty=(Verdict(Outcome.CONFORMS, elements=0),),
        unasked=(),
    )
    assert silent_candidates(finished) == ["declining", "empty", "unasked"]


def test_a_run_of_which_enough_was_compared_passes() -> None:
    assert told(run(0.5, one=(COMPARED, DECLINED), other=(COMPARED,))) == []


def test_silence_is_told_once_whatever_the_share() -> None:
    sentence = "declining: not one result was compared, which counts as a failure"
    assert told(run(0.0, declining=(DECLINED,), heard=(COMPARED,))) == [sentence]
    assert told(run(1.0, declining=(DECLINED,), heard=(COMPARED,))) == [sentence]


def test_below_the_share_that_is_wanted_a_sentence_says_how_much_was_compared() -> None:
    (sentence,) = told(run(0.6, one=(COMPARED, DECLINED)))
    assert sentence.startswith("one: 50 % of what was asked was compared, less than the 60 % that are wanted.")
    assert "no such kernel" in sentence


def test_what_was_supported_before_and_is_not_any_more_is_told() -> None:
    finished = run(0.0, one=(COMPARED,), other=(DECLINED,))
    assert told(finished, SupportedEntry("other", "forward", "float32", "plain")) == [
        "other: not one result was compared, which counts as a failure",
        "supported before, and not any more: plain in forward of other in float32",
    ]
    assert len(told(finished)) == 1
