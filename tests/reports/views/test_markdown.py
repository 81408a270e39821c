"""A run as Markdown: whether it passes, what was compared, and nothing of a candidate's that becomes markup."""

from __future__ import annotations

from dataclasses import replace

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import CandidateInfo, CaseRecord, CheckInfo, CheckResult, Mismatch, RunInfo
from convoracle.reports.records.baseline import Held, Known
from convoracle.reports.records.line import whole
from convoracle.reports.records.totals import Run, totals
from convoracle.reports.views.gate import Judgement
from convoracle.reports.views.markdown import summary_markdown

CASE = "n1c1k1i3f2/float32/uniform/0"
RIGHT, WRONG = Verdict(Outcome.CONFORMS, elements=2), Verdict(Outcome.VIOLATES, cause="value", elements=2)
OPEN = Verdict(Outcome.UNDECIDED, "a term is zero", elements=2)
MISMATCH = Mismatch("k-forward-1", "k_1|<b>", "structure", "forward", CASE, CASE, WRONG)
CHECKS = (CheckInfo("structure", rows=("forward",), numbers=Numbers.INTEGERS),)


def run(*mismatches: Mismatch, verdicts: tuple[Verdict, ...] = (RIGHT, RIGHT, OPEN, WRONG)) -> Run:
    results = (CheckResult("structure", "forward", verdict) for verdict in verdicts)
    records = [CaseRecord(CASE, MISMATCH.candidate, (result,)) for result in results]
    info = RunInfo(0, "quick", (CandidateInfo(MISMATCH.candidate, "1.0"),), "", "", (), checks=CHECKS)
    return Run(info, totals(map(whole, records), CHECKS), mismatches, finished=True)


def test_a_run_that_passes_has_a_row_for_each_candidate() -> None:
    assert summary_markdown(run(), Judgement(Held(()))).splitlines() == [
        "### convoracle: passes",
        "",
        "| candidate | conform | wrong | undecided | compared, of what was asked |",
        "|---|---|---|---|---|",
        r"| k\_1\|&lt;b&gt; 1.0 | 2 | 1 | 1 | 100 % |",
    ]


def test_what_is_wrong_known_or_missing_is_listed_and_only_the_known_lets_it_pass() -> None:
    other = replace(MISMATCH, id="k-forward-2", case=CASE.replace("i3", "i4"))
    known = Held((MISMATCH,), ((Known(MISMATCH.candidate, "it is *known*"), (other,)),))
    text = summary_markdown(run(other, MISMATCH), Judgement(known, ("too little",)))
    assert text.startswith("### convoracle: does not pass\n")
    assert text.splitlines()[5:] == [
        "",
        "**Wrong**",
        "",
        rf"- forward of k\_1\|&lt;b&gt; violates structure; smallest case {CASE}",
        "",
        "**Known**",
        "",
        r"- k\_1\|&lt;b&gt;, it is \*known\*: k-forward-2",
        "",
        "**Keeps it from passing, too**",
        "",
        "- too little",
    ]
    assert summary_markdown(run(other), Judgement(replace(known, unknown=()))).startswith("### convoracle: passes\n")
    assert summary_markdown(run(), Judgement(Held(()), ("too little",))).startswith("### convoracle: does not pass\n")


def test_what_there_is_none_of_is_counted_as_none() -> None:
    assert "| 1 | 0 | 0 | 100 % |" in summary_markdown(run(verdicts=(RIGHT,)), Judgement(Held(())))


def test_an_item_is_one_line() -> None:
    assert "- one two &amp; three\n" in summary_markdown(run(), Judgement(Held(()), ("one\n\ntwo &\tthree",)))
