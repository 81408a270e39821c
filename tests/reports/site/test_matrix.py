"""The matrix counts cases by candidate and pass, wrong ones first, and each number leads to just these cases."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult
from convoracle.reports.records.line import whole
from convoracle.reports.records.survey import Surveying
from convoracle.reports.records.totals import totals
from convoracle.reports.site.matrix import link, matrix_page, rows

CASE = "n1c1k1i4f2/float32/uniform/0"
RIGHT = ("precision", "forward", Verdict(Outcome.CONFORMS, elements=3, ratio=0.25, resolution=0.5))


def record(*results, candidate="torch", case=CASE):
    return CaseRecord(case, candidate, tuple(CheckResult(*result) for result in results))


def made(info, *records):
    surveying = Surveying(info.checks)
    for each in records:
        surveying.add(whole(each))
    return surveying.result(), totals(map(whole, records), info.checks).counts


def test_a_row_for_each_pass_in_their_order_and_then_the_rest(info):
    survey, _ = made(
        info,
        record(("adjoint", "adjoint", Verdict(Outcome.CONFORMS))),
        record(("structure", "jvp", Verdict(Outcome.CRASHED)), RIGHT),
        record(RIGHT, case=f"{CASE}1"),
        record(("precision", "forward", Verdict(Outcome.UNDECIDED)), candidate="reference"),
        record(("precision", "forward", Verdict(Outcome.UNSUPPORTED)), candidate="reference"),
    )
    found = rows(survey, ("torch", "reference"))
    assert [row.name for row in found] == ["forward", "jvp", "adjoint"]
    told = [[[(c.tone, c.symbol, c.text) for c in cell.counts] for cell in row.cells] for row in found]
    assert told == [
        [[("good", "✓", "2 conform")], [("warn", "?", "1 undecided"), ("none", "–", "1 declined")]],
        [[("bad", "✗", "1 crash")], []],
        [[("good", "✓", "1 conform")], []],
    ]
    assert [[cell.tone for cell in row.cells] for row in found] == [["good", "warn"], ["bad", "none"], ["good", "none"]]


def test_different_ends_are_wrong_together_and_bars_fill_a_cell(info):
    ends = (Outcome.VIOLATES, Outcome.HUNG, Outcome.CONFORMS, Outcome.CONFORMS)
    survey, _ = made(
        info, *(record(("structure", "jvp", Verdict(end)), case=f"{CASE}{n}") for n, end in enumerate(ends))
    )
    ((cell,),) = (row.cells for row in rows(survey, ("torch",)))
    assert [(count.tone, count.text) for count in cell.counts] == [("bad", "2 wrong"), ("good", "2 conform")]
    assert [(bar.tone, bar.start, bar.length) for bar in cell.bars] == [("bad", 0.0, 50.0), ("good", 50.0, 50.0)]


def test_a_number_leads_to_its_cases(info):
    survey, _ = made(info, record(RIGHT, candidate="a b&c#/é"))
    ((cell,),) = (row.cells for row in rows(survey, ("a b&c#/é",)))
    address = urlsplit(cell.counts[0].href)
    assert address.path == "cases/index.html"
    assert parse_qs(address.fragment) == {"candidate": ["a b&c#/é"], "pass": ["forward"], "outcome": ["conforms"]}
    assert parse_qs(urlsplit(cell.href).fragment) == {"candidate": ["a b&c#/é"], "pass": ["forward"]}
    assert link() == "cases/index.html"
    assert link(q="") == "cases/index.html"


def test_the_page_breaks_a_pass_down(info):
    other = "n1c1k1i4f2s2/bias/float64/uniform/0/strided"
    survey, counts = made(info, record(RIGHT), record(("structure", "forward", Verdict(Outcome.VIOLATES)), case=other))
    page = matrix_page(survey, counts, ("torch",))
    (forward,) = page.passes
    assert (forward.anchor, forward.name, forward.tone) == ("pass-1", "forward", "bad")
    named = {part.title: [(row.name, row.cells[0].counts[0].text) for row in part.rows] for part in forward.parts}
    assert named == {
        "by check": [("precision", "1 conform"), ("structure", "1 wrong")],
        "by dtype": [("float32", "1 conform"), ("float64", "1 wrong")],
        "by memory layout": [("contiguous", "1 conform"), ("strided", "1 wrong")],
        "by what a case has": [
            ("1 spatial axis", "1 wrong"), ("bias", "1 wrong"), ("nothing beyond a kernel", "1 conform"),
            ("stride", "1 wrong"),
        ],
    }  # fmt: skip
    notes = [row.cells[0].note for row in forward.parts[0].rows]
    assert notes == ["resolution ≤ 0.5", ""]
