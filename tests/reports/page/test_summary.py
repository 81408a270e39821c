"""The top of the page: a verdict that is good only where all was compared, the matrix, and what candidates declare."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, CaseRecord, CheckResult, Run, tally
from convoracle.reports.page.summary import Link, candidate_view, compared_view, matrix, run_headline
from convoracle.reports.records.compared import Compared, Reason, Share, compared
from convoracle.reports.records.earlier import CHECKS

CASE = "n1c1k1i4f2/float32/uniform/0"
RIGHT = Verdict(Outcome.CONFORMS, elements=3, ratio=0.25, resolution=0.5)
UNDECIDED = Verdict(Outcome.UNDECIDED, "too coarse", elements=3)
DECLINED = Verdict(Outcome.UNSUPPORTED, "no groups")


def record(*verdicts, candidate="torch", check="precision", subject="forward", case=CASE):
    return CaseRecord(case, candidate, tuple(CheckResult(check, subject, verdict, 0.5) for verdict in verdicts))


@pytest.fixture
def headline_of(info):
    """The headline of a run of two candidates."""

    def made(*records, mismatches=(), finished=True, seconds=0.0, least=0.5):
        run = Run(replace(info, min_compared=least), records, mismatches, finished, seconds)
        names = tuple(candidate.name for candidate in info.candidates)
        return run_headline(run, tally(records, CHECKS), compared(records, CHECKS), names)

    return made


def both(*verdicts):
    return [record(*verdicts, candidate=name) for name in ("torch", "reference")]


def test_all_conform(headline_of):
    found = headline_of(*both(RIGHT), seconds=185.0)
    assert (found.tone, found.symbol, found.title) == ("good", "✓", "All candidates conform")
    assert found.lines == (
        "2 verdicts on 1 case and 2 candidates",
        "100 % of what was asked was compared, 0 % of its verdicts undecided",
        "3 min 5 s",
    )


def test_what_is_not_yet_good(headline_of, flipped):
    bad = headline_of(*both(RIGHT), mismatches=(flipped[0],))
    assert (bad.tone, bad.title) == ("bad", "1 cause, 1 mismatch found")
    raw = headline_of(record(Verdict(Outcome.VIOLATES), RIGHT))
    assert (raw.tone, raw.title) == ("bad", "1 verdict against a candidate, not yet reduced to a smallest case")
    none = headline_of(*both(UNDECIDED, DECLINED))
    assert (none.tone, none.title) == ("none", "Nothing was compared: this run proves nothing")
    assert none.lines[2:] == ("2 undecided", "2 unsupported by the candidate")
    assert headline_of().tone == "none"


def test_a_candidate_that_was_not_compared_is_named(headline_of):
    idle = headline_of(record(RIGHT))
    assert (idle.tone, idle.title) == ("warn", "No mismatch, but not every candidate was compared")
    assert idle.lines[-1] == "nothing was compared for reference"
    assert headline_of(record(RIGHT), record(UNDECIDED, candidate="reference")).title == idle.title


def test_too_little_or_too_short_a_run_is_no_success(headline_of):
    declined = [record(DECLINED, case=f"{CASE}{n}") for n in range(3)]
    little = headline_of(*both(RIGHT), *declined)
    assert (little.tone, little.title) == ("warn", "No mismatch, but too little of what was asked was compared")
    assert headline_of(*both(RIGHT), *declined, least=0.25).tone == "good"
    short = headline_of(*both(RIGHT), finished=False)
    assert (short.tone, short.title) == ("warn", "No mismatch so far: the run did not finish")


def test_the_matrix_has_the_rows_of_one_check_together(info):
    records = [
        record(RIGHT, check="structure"),
        record(RIGHT, RIGHT, UNDECIDED),
        record(Verdict(Outcome.CRASHED), check="structure", subject="jvp"),
        record(UNDECIDED, candidate="reference"),
        record(DECLINED, candidate="reference", check="structure"),
    ]
    run = Run(info, tuple(records), (), True)
    rows = matrix(run, tally(records, CHECKS), ("torch", "reference"), {})
    assert [(row.check, row.subject, row.first_of_check) for row in rows] == [
        ("structure", "forward", True),
        ("structure", "jvp", False),
        ("precision", "forward", True),
    ]
    cells = [[(cell.tone, cell.symbol, cell.label) for cell in row.cells] for row in rows]
    assert cells == [
        [("good", "✓", "1 conforms"), ("none", "–", "unsupported")],
        [("bad", "†", "1 of 1 crashed"), ("none", "", "not run")],
        [("good", "✓", "2 conform"), ("warn", "?", "all 1 undecided")],
    ]
    assert rows[2].cells[0].details == ("? 1 undecided", "worst ratio 0.25", "resolution ≤ 0.5")
    assert rows[0].cells[0].details == ()
    assert rows[0].cells[1].details == ("1 asked",)


@pytest.mark.parametrize(
    ("outcomes", "symbol", "label", "details"),
    [
        ((Outcome.VIOLATES, Outcome.CONFORMS), "✗", "1 of 2 wrong", ()),
        ((Outcome.REFUSED,), "!", "1 of 1 refused", ()),
        ((Outcome.HUNG, Outcome.HUNG), "∞", "2 of 2 hung", ()),
        ((Outcome.HUNG, Outcome.VIOLATES), "✗", "2 of 2 wrong", ("✗ 1 violates", "∞ 1 hung")),
        ((Outcome.CRASHED, Outcome.REFUSED), "!", "2 of 2 wrong", ("! 1 refused", "† 1 crashed")),
        ((Outcome.VIOLATES, Outcome.UNSUPPORTED), "✗", "1 of 2 wrong", ("– 1 unsupported",)),
    ],
)
def test_a_cell_with_something_wrong(info, outcomes, symbol, label, details):
    records = [record(*map(Verdict, outcomes), check="structure")]
    ((cell,),) = (
        row.cells for row in matrix(Run(info, tuple(records), (), True), tally(records, CHECKS), ("torch",), {})
    )
    assert (cell.tone, cell.symbol, cell.label, cell.details) == ("bad", symbol, label, details)


def test_mismatches_are_linked_from_their_cell_also_where_no_verdict_is_recorded(info, flipped):
    relation = replace(flipped[0], id="b", check="relation:stride", subject="jvp", title="")
    rows = matrix(
        Run(info, (), (flipped[0], relation), True), tally((), CHECKS), ("torch",), {flipped[0].id: 2, "b": 1}
    )
    assert [(row.check, row.subject) for row in rows] == [("structure", "forward"), ("relation", "jvp")]
    assert [row.cells[0].links for row in rows] == [
        (Link("mismatch-2", "#2", "forward of torch violates structure (exact equality)"),),
        (Link("mismatch-1", "#1", "jvp of torch violates relation:stride"),),
    ]
    assert {row.cells[0].tone for row in rows} == {"bad"}


def test_what_was_compared_by_dtype():
    shares = (
        Share("torch", "forward", "float32", 4, 3),
        Share("torch", "jvp", "float64", 900, 1),
        Share("a\x1b", "forward", "float64", 1, 1),
    )
    found = compared_view(Compared(shares, (Reason("torch", "no groups", 2), Reason("torch", "no bias", 1))))
    assert found.dtypes == ("float32", "float64")
    assert [(row.candidate, row.subject, row.cells) for row in found.rows] == [
        ("torch", "forward", ("75 %", "–")),
        ("torch", "jvp", ("–", "under 1 %")),
        (r"a\x1b", "forward", ("–", "100 %")),
    ]
    assert found.reasons == (("torch", "no groups (2 times); no bias (1 time)"),)


def test_the_facts_of_a_candidate():
    cell = tally([record(RIGHT, DECLINED)], CHECKS).of("torch")
    info = CandidateInfo("torch", "2.13.0", "torch", (("float16", "float32"), ("bfloat16", "float32")))
    found = candidate_view(info, cell)
    assert (found.name, found.version, found.source) == ("torch", "2.13.0", "torch")
    assert found.arithmetic == "float16 accumulates in float32; bfloat16 accumulates in float32"
    assert (found.verdicts, found.ratio, found.seconds) == ("2", "0.25", "1.0 s")
    idle = candidate_view(CandidateInfo("a\x1b"), tally([record(UNDECIDED)], CHECKS).of("torch"))
    assert (idle.name, idle.arithmetic) == (r"a\x1b", "every type accumulates in itself")
    assert (idle.verdicts, idle.ratio, idle.seconds) == ("1", "–", "0.5 s")
    assert candidate_view(CandidateInfo("a"), tally((), CHECKS).of("a")).verdicts == "none"
