"""What the page says of one mismatch: its facts in words, and no less where its arrays cannot be read."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.reports import CandidateInfo, Witness
from convoracle.reports.site.detail import mismatch_on_page


@pytest.fixture
def shown(writer):
    """A mismatch as it stands on the page, written first and read from the run's folder."""

    def show(mismatch, evidence, *, shown_by=0, candidate=None):
        writer.add_mismatch(mismatch, evidence)
        return mismatch_on_page(mismatch, candidate, shown_by, writer.folder)

    return show


def facts_of(view):
    return {fact.name: (fact.value, fact.note) for fact in view.facts}


def test_a_structure_mismatch(shown, flipped):
    view = shown(*flipped, shown_by=12, candidate=CandidateInfo("torch", "2.13.0"))
    assert (view.id, view.tone, view.symbol, view.outcome) == ("torch-forward-1", "bad", "✗", "violates")
    assert view.title == "Results are not the exact sums of their products, although nothing needs rounding"
    assert view.headline == "forward of torch 2.13.0 violates structure (exact equality)"
    assert facts_of(view) == {
        "worst element": ("[0, 0, 0]", "counted from 0"),
        "got": ("11", ""),
        "expected": ("13", ""),
        "error": ("2", "8.39e+06 ulp"),
        "bound": ("0", "exact equality is required"),
        "wrong elements": ("3 of 3", ""),
        "all of them in": ("[0:1, 0:1, 0:3]", "half-open ranges per axis"),
        "resolution": ("0", "one missing term would have been seen anywhere"),
        "shown by": ("12 cases", ""),
        "repeats alone": ("yes", "run again in a fresh process"),
    }
    assert (view.folder, view.problem) == ("mismatches/torch-forward-1", "")
    assert view.replay == "convoracle replay mismatches/torch-forward-1/mismatch.json"
    assert "input = " in view.reproducer
    assert [operand.name for operand in view.operands] == ["X (input)", "F (weight)", "∂L/∂O (output gradient)"]
    assert [cell.shown for cell in view.operands[1].grids[0].rows[0]] == ["3", "5"]
    assert view.picture is not None
    assert [cell.expected for cell in view.grids[0].rows[0]] == ["13", "26", "-28"]


@pytest.mark.parametrize(
    ("error", "bound", "told"),
    [
        (7.6e-07, 2.3e-07, ("2.3e-07", "the error is 3.3 times this")),
        (1.0, 1.0, ("1", "")),
        (math.inf, 1.0, ("1", "")),
        (1.0, 1234567.0, ("1.23e+06", "")),
    ],
)
def test_the_bound_of_a_real(shown, flipped, error, bound, told):
    worst = Discrepancy((0, 0, 0), 0.70710754, 0.70710678, error, bound, 12.8)
    verdict = Verdict(Outcome.VIOLATES, worst=worst, wrong=1, elements=3)
    assert facts_of(shown(replace(flipped[0], verdict=verdict), flipped[1]))["bound"] == told


def test_what_is_seldom_is_a_fact_where_it_is_so(shown, flipped):
    mismatch = replace(
        flipped[0],
        origin="resnet50:conv1, shrunk",
        history="right alone, wrong after the same call",
        after=(("structure", "jvp", "n1c1k1i4f2/float32/uniform/9"),),
        follows=("forward", "update"),
        repeats=False,
    )
    facts = facts_of(shown(mismatch, flipped[1]))
    assert facts["from"] == ("resnet50:conv1, shrunk", "")
    assert facts["depends on earlier calls"] == ("right alone, wrong after the same call", "")
    assert facts["asked after"] == ("structure of jvp", "n1c1k1i4f2/float32/uniform/9")
    assert facts["follows from"] == ("forward and update", "what the definition makes of it")
    assert facts["repeats alone"] == ("no", "run again in a fresh process")
    assert "shown by" not in facts


def test_without_a_result_there_is_no_picture(shown, flipped):
    evidence = replace(flipped[1], actual=None, wrong=np.zeros((1, 1, 3), bool))
    view = shown(replace(flipped[0], verdict=Verdict(Outcome.HUNG, "60 s")), evidence)
    assert (view.symbol, view.outcome, view.tone) == ("∞", "hung", "bad")
    assert (view.picture, view.grids) == (None, ())
    assert view.sentences[1] == "60 s."
    assert set(facts_of(view)) == {"repeats alone"}
    undecided = shown(replace(flipped[0], verdict=Verdict(Outcome.UNDECIDED)), evidence)
    assert undecided.tone == "warn"


def test_damaged_arrays_cost_the_numbers_only(shown, writer, flipped):
    shown(*flipped)
    (writer.folder / "mismatches" / flipped[0].id / "arrays.npz").write_bytes(b"PK")
    view = mismatch_on_page(flipped[0], None, 0, writer.folder)
    assert view.problem.startswith("The arrays of this mismatch could not be read. ")
    assert (view.picture, view.grids, view.operands, view.reproducer) == (None, (), (), "")
    assert facts_of(view)["got"] == ("11", "")


def test_the_geometry_and_the_layout_of_the_case(shown, make_mismatch):
    view = shown(*make_mismatch("n1c2k4i3f2s2g2t/float32/uniform/0/strided", "forward", ((0, 1, 2),)))
    named = {fact.name: fact.value for fact in view.geometry}
    assert named["kind"] == "transposed"
    assert named["operands"] == "every other element of memory"
    assert view.operands[1].grids[0].label == "input channel 0, output channel 0"
    plain = shown(*make_mismatch("n1c2k4i3f2/float32/uniform/0", "forward", ((0, 1, 1),)))
    assert "operands" not in {fact.name for fact in plain.geometry}


def test_a_case_that_nobody_can_read_has_no_geometry(writer, flipped):
    view = mismatch_on_page(replace(flipped[0], case="hello"), None, 0, writer.folder)
    assert (view.geometry, view.drawing) == ((), None)


def test_text_that_a_candidate_can_choose_is_clean(shown, flipped):
    dirty = "a\x1bb"
    mismatch = replace(
        flipped[0],
        found=dirty,
        needs=(dirty,),
        equations=(dirty,),
        diagnosis=(dirty,),
        witnesses=(Witness(dirty, Outcome.CONFORMS, dirty),),
    )
    view = shown(mismatch, flipped[1])
    (witness,) = view.witnesses
    assert (witness.symbol, witness.outcome) == ("✓", "conforms")
    assert {view.found, *view.needs, view.equations[0].text, *view.diagnosis, witness.name, witness.note} == {r"a\x1bb"}


def test_a_large_operand_is_not_printed(shown, make_mismatch):
    view = shown(*make_mismatch("n1c2k1i40f3/float32/uniform/0", "forward", ((0, 0, 1),)))
    assert [operand.name for operand in view.operands] == ["F (weight)", "∂L/∂O (output gradient)"]


@pytest.mark.parametrize(
    ("error", "bound", "at", "is_cut"), [(1.0, 1.0, 35.0, False), (10.0, 1.0, 50.0, False), (1e30, 1.0, 95.0, True)]
)
def test_the_gauge_grows_by_factors_of_ten(shown, flipped, error, bound, at, is_cut):
    worst = Discrepancy((0, 0, 0), 1.0, 0.0, error, bound, 12.8)
    gauge = shown(
        replace(flipped[0], verdict=Verdict(Outcome.VIOLATES, worst=worst, wrong=1, elements=3)), flipped[1]
    ).gauge
    assert (gauge.bound_at, gauge.error_at, gauge.is_cut) == (35.0, at, is_cut)


def test_there_is_no_gauge_of_what_must_be_equal(shown, flipped):
    assert shown(*flipped).gauge is None


def test_what_is_told_of_terms_stands_among_the_equations(shown, flipped):
    told = "O₁ should be X₁F₁ + X₂F₂; X₂F₂ is missing"
    view = shown(replace(flipped[0], diagnosis=("It is as if.", told)), flipped[1])
    assert view.diagnosis == ("It is as if.",)
    assert [(each.text, each.remarks) for each in view.terms] == [(told, "X₂F₂ is missing")]


def test_an_index_outside_the_result_marks_nothing(shown, flipped):
    worst = Discrepancy((9, 0, 0), 1.0, 0.0, 1.0, 0.0, 1.0)
    view = shown(replace(flipped[0], verdict=Verdict(Outcome.VIOLATES, worst=worst, wrong=1, elements=3)), flipped[1])
    assert {cell.kind for plane in view.drawing.planes for cell in plane.cells} == {"data"}
