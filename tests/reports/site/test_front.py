"""The first page as data: causes that look alike together, what is known apart, and the facts of the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, Run, read_run
from convoracle.reports.records.baseline import Held, Known
from convoracle.reports.records.line import whole
from convoracle.reports.records.survey import Survey, Surveying
from convoracle.reports.records.totals import totals
from convoracle.reports.site.front import front_page, in_order, names_of
from convoracle.reports.site.sentences import WORDS

CASE = "n1c1k1i4f2/float32/uniform/0"
NOT_EXACT = "Results are not the exact sums of their products, although nothing needs rounding"


def page_of(run: Run, against: Held | None = None):
    return front_page(run, Survey(), Held(run.mismatches) if against is None else against)


@pytest.fixture
def several(writer, make_mismatch, record):
    """A run with three mismatches of two candidates, two of which are one cause."""
    follows, evidence = make_mismatch(CASE, "update", ((0, 0, 0),), "torch")
    wrong, of_wrong = make_mismatch(CASE, "weight_gradient", ((0, 0, 1),), "torch")
    for mismatch, arrays in (
        (replace(follows, follows=("weight_gradient",)), evidence),
        (replace(wrong, verdict=replace(wrong.verdict, cause="value")), of_wrong),
        make_mismatch(CASE, "forward", ((0, 0, 1),), "reference"),
    ):
        writer.add_mismatch(mismatch, arrays)
    bad = CheckResult("structure", "weight_gradient", Verdict(Outcome.VIOLATES), fault="torch-weight_gradient-1")
    for each in (record, CaseRecord(CASE, "torch", (bad,)), CaseRecord(f"{CASE}1", "torch", (bad,))):
        writer.append(each)
    writer.finish(12.5, False)
    return read_run(writer.folder)


def test_causes_that_look_alike_stand_together_in_the_order_of_the_candidates(several):
    page = page_of(several)
    assert page.title == "2 causes, 3 mismatches found · convoracle"
    ((card, entries),) = ((card, card.entries) for card in page.cards)
    assert (card.anchor, card.number, card.title, card.tone, card.outcome) == (
        "cause-1", 1, NOT_EXACT, "bad", "violates",
    )  # fmt: skip
    assert card.note == "2 candidates show this. Nothing in this run says whether one fault is behind it."
    assert [(e.candidate, e.passes, e.amount, e.cases) for e in entries] == [
        ("reference 0.1.0", ("forward",), "1 mismatch", ""),
        ("torch 2.13.0", ("weight_gradient", "update"), "2 mismatches", "2 results"),
    ]
    assert entries[1].smallest == CASE
    assert entries[1].words == "batch 1, 1 -> 1 channels, input 4, kernel 2"
    assert entries[1].href == "mismatches/torch-weight_gradient-1/index.html"
    ((other),) = entries[1].others
    assert other.href == "mismatches/torch-update-1/index.html"
    assert other.text == "update violates structure, which follows from weight_gradient, on the same case"
    assert entries[1].evidence == "The others are what the definition makes of the wrong weight_gradient."


def test_what_differs_has_cards_of_its_own_and_one_alone_no_note(several):
    crashed = replace(several.mismatches[0], verdict=Verdict(Outcome.CRASHED, "signal 11", "SIGSEGV"))
    page = page_of(replace(several, mismatches=(crashed, *several.mismatches[1:])))
    told = [(card.title, card.note, card.symbol) for card in page.cards]
    assert ("The call ends its process (SIGSEGV)", "", "†") in told
    assert len(told) == 2


def test_another_order_of_candidates_is_another_order_of_causes(several):
    exchanged = replace(several.info, candidates=several.info.candidates[::-1])
    page = page_of(replace(several, info=exchanged))
    assert [entry.candidate.split()[0] for entry in page.cards[0].entries] == ["torch", "reference"]


def test_mismatches_follow_one_another_as_the_cards_have_them(several):
    told = [mismatch.id for _, mismatch in in_order(several, Held(several.mismatches))]
    assert told == ["reference-forward-1", "torch-weight_gradient-1", "torch-update-1"]


def test_what_is_known_is_told_as_known_and_comes_last(several):
    crashed = replace(several.mismatches[0], verdict=Verdict(Outcome.CRASHED, "signal 11", "SIGSEGV"))
    run = replace(several, mismatches=(crashed, *several.mismatches[1:]))
    known = Known("torch", "T1\x1b", link="https://example.org/1")
    of_torch = tuple(each for each in run.mismatches if each.candidate == "torch")
    unknown = tuple(each for each in run.mismatches if each.candidate != "torch")
    scripted = replace(known, link="javascript:alert(1)")
    page = page_of(run, Held(unknown, ((known, of_torch),), (scripted,), (known,)))
    assert [card.tone for card in page.cards] == ["bad", "known"]
    (entry,) = page.cards[1].entries
    assert entry.is_known
    assert [(note.reason, note.link) for note in entry.known] == [(r"T1\x1b", "https://example.org/1")]
    assert [(note.reason, note.link) for note in page.absent] == [(r"T1\x1b", "")]
    assert [note.reason for note in page.expired] == [r"T1\x1b"]


def test_half_known_is_not_known(several):
    first, *others = (each for each in several.mismatches if each.candidate == "torch")
    page = page_of(several, Held(tuple(others), ((Known("torch", "T1"), (first,)),)))
    entry = next(e for card in page.cards for e in card.entries if e.candidate.startswith("torch"))
    assert (entry.is_known, len(entry.known)) == (False, 1)
    assert page.cards[0].tone == "bad"


def test_the_facts_of_the_run(several):
    page = page_of(replace(several, notes=("a\x1bb",)))
    assert [(fact.name, fact.value) for fact in page.facts] == [
        ("command", "convoracle check --seed 7"),
        ("seed", "7"),
        ("profile", "quick"),
        ("started", "2026-11-24T06:00:00+00:00"),
        ("took", "12 s"),
        ("finished", "yes"),
    ]
    assert [(fact.name, fact.value) for fact in page.environment] == [("python", "3.11.7"), ("numpy", "2.4.0")]
    assert page.notes == (r"a\x1bb",)
    assert page.words == (*((check.name, check.meaning) for check in several.info.checks), *WORDS)


def test_the_libraries_of_a_candidate_are_told_where_it_has_any(several):
    first, *others = several.info.candidates
    computing = replace(first, libraries=("openblas 0.3.31, 1 thread", "openmp, 1 thread"))
    page = page_of(replace(several, info=replace(several.info, candidates=(computing, *others))))
    assert [(fact.name, fact.value) for fact in page.environment][2:] == [
        (f"libraries of {first.name}", "openblas 0.3.31, 1 thread; openmp, 1 thread")
    ]


@pytest.mark.parametrize(
    ("finished", "seconds", "took", "told"),
    [(True, 0.0, "0.0 s", "yes"), (False, 3.0, "3.0 s", "no"), (False, 0.0, "not known", "no")],
)
def test_the_time_of_a_run_that_did_not_finish(info, finished, seconds, took, told):
    run = Run(info, totals((), info.checks), (), finished, seconds)
    facts = {fact.name: fact.value for fact in page_of(run).facts}
    assert (facts["took"], facts["finished"]) == (took, told)


def test_every_candidate_is_shown_also_one_that_the_run_does_not_declare(info, record, flipped):
    records = (record, replace(record, candidate="stray"))
    lines, surveying = [whole(each) for each in records], Surveying(info.checks)
    for line in lines:
        surveying.add(line)
    accused = replace(flipped[0], candidate="accused")
    run = Run(info, totals(lines, info.checks), (accused,), True)
    page = front_page(run, surveying.result(), Held(run.mismatches))
    assert names_of(run) == ("reference", "torch", "stray", "accused")
    assert [candidate.name for candidate in page.candidates] == ["reference", "torch", "stray", "accused"]
    assert {len(row.cells) for row in page.rows} == {4}
    assert [candidate.verdicts for candidate in page.candidates] == ["none", "3", "3", "none"]


def test_a_run_of_nothing(info):
    page = page_of(Run(replace(info, candidates=()), totals((), info.checks), (), True))
    assert (page.candidates, page.rows, page.cards, page.compared.rows) == ((), (), (), ())
    assert page.headline.tone == "none"
