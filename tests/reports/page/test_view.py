"""The page as data: causes in the order of the candidates, mismatches numbered through, and the facts of the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult, Run, read_run
from convoracle.reports.page.sentences import WORDS
from convoracle.reports.page.view import view
from convoracle.reports.records.line import whole
from convoracle.reports.records.totals import totals


@pytest.fixture
def several(writer, make_mismatch, record):
    """A run with three mismatches of two candidates, two of which are one cause."""
    case = "n1c1k1i4f2/float32/uniform/0"
    follows, evidence = make_mismatch(case, "update", ((0, 0, 0),), "torch")
    wrong, of_wrong = make_mismatch(case, "weight_gradient", ((0, 0, 1),), "torch")
    for mismatch, arrays in (
        (replace(follows, follows=("weight_gradient",)), evidence),
        (replace(wrong, verdict=replace(wrong.verdict, cause="value")), of_wrong),
        make_mismatch(case, "forward", ((0, 0, 1),), "reference"),
    ):
        writer.add_mismatch(mismatch, arrays)
    bad = CheckResult("structure", "weight_gradient", Verdict(Outcome.VIOLATES), fault="torch-weight_gradient-1")
    for each in (record, CaseRecord(case, "torch", (bad,)), CaseRecord(f"{case}1", "torch", (bad,))):
        writer.append(each)
    writer.finish(12.5, False)
    return read_run(writer.folder)


def test_causes_stand_in_the_order_of_the_candidates_and_are_numbered_through(several, writer):
    page = view(several, writer.folder)
    assert page.title == "2 causes, 3 mismatches found · convoracle"
    assert [(cause.anchor, cause.number, cause.first.title) for cause in page.causes] == [
        ("cause-1", 1, "forward of reference 0.1.0 violates structure (exact equality)"),
        ("cause-2", 2, "weight_gradient of torch 2.13.0 violates structure (exact equality)"),
    ]
    assert [cause.first.number for cause in page.causes] == [1, 2]
    ((line, other),) = page.causes[1].others
    assert line == "update violates structure, which follows from weight_gradient, on the same case"
    assert (other.anchor, other.number) == ("mismatch-3", 3)
    assert page.causes[0].others == ()
    assert page.causes[1].evidence == "The others are what the definition makes of the wrong weight_gradient."


def test_another_order_of_candidates_is_another_order_of_causes(several, writer):
    exchanged = replace(several.info, candidates=several.info.candidates[::-1])
    page = view(replace(several, info=exchanged), writer.folder)
    assert [cause.first.title.split()[0] for cause in page.causes] == ["weight_gradient", "forward"]


def test_how_many_cases_show_a_mismatch(several, writer):
    page = view(several, writer.folder)
    facts = {fact.name: fact.value for fact in page.causes[1].first.facts}
    assert facts["shown by"] == "2 cases"


def test_links_of_the_matrix_lead_to_the_mismatches(several, writer):
    page = view(several, writer.folder)
    links = {link.anchor for row in page.rows for cell in row.cells for link in cell.links}
    assert links == {"mismatch-1", "mismatch-2", "mismatch-3"}


def test_the_facts_of_the_run(several, writer):
    page = view(replace(several, notes=("a\x1bb",)), writer.folder)
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


def test_the_libraries_of_a_candidate_are_told_where_it_has_any(several, writer):
    first, *others = several.info.candidates
    computing = replace(first, libraries=("openblas 0.3.31, 1 thread", "openmp, 1 thread"))
    page = view(replace(several, info=replace(several.info, candidates=(computing, *others))), writer.folder)
    assert [(fact.name, fact.value) for fact in page.environment][2:] == [
        (f"libraries of {first.name}", "openblas 0.3.31, 1 thread; openmp, 1 thread")
    ]


@pytest.mark.parametrize(
    ("finished", "seconds", "took", "told"),
    [(True, 0.0, "0.0 s", "yes"), (False, 3.0, "3.0 s", "no"), (False, 0.0, "not known", "no")],
)
def test_the_time_of_a_run_that_did_not_finish(info, tmp_path, finished, seconds, took, told):
    run = Run(info, totals((), info.checks), (), finished, seconds)
    facts = {fact.name: fact.value for fact in view(run, tmp_path).facts}
    assert (facts["took"], facts["finished"]) == (took, told)


def test_every_candidate_is_shown_also_one_that_the_run_does_not_declare(info, record, flipped, tmp_path):
    records = (record, replace(record, candidate="stray"))
    accused = replace(flipped[0], candidate="accused")
    page = view(Run(info, totals(map(whole, records), info.checks), (accused,), True), tmp_path)
    assert [candidate.name for candidate in page.candidates] == ["reference", "torch", "stray", "accused"]
    assert {len(row.cells) for row in page.rows} == {4}
    assert [candidate.verdicts for candidate in page.candidates] == ["none", "3", "3", "none"]


def test_a_run_of_nothing(info, tmp_path):
    page = view(Run(replace(info, candidates=()), totals((), info.checks), (), True), tmp_path)
    assert (page.candidates, page.rows, page.causes, page.compared.rows) == ((), (), (), ())
    assert page.headline.tone == "none"
