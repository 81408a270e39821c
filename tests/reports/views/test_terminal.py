"""The text of a mismatch reads as promised, and nothing from a record reaches the terminal as a command."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import Run, mismatch_text, mismatch_view, summary_table
from convoracle.reports.records.compared import compared
from convoracle.reports.records.earlier import CHECKS
from convoracle.reports.views.terminal import compared_table, reason_lines


def printed(renderable) -> str:
    console = Console(file=io.StringIO(), width=160, force_terminal=False)
    console.print(renderable)
    return console.file.getvalue()


def test_a_structure_mismatch(make_mismatch, info):
    mismatch, _ = make_mismatch("n1c1k1i5x5f2x2s3x3/float32/lattice/7", "weight_gradient", ((0, 0, 0, 1), (0, 0, 1, 1)))
    mismatch = replace(mismatch, equations=("∂L/∂F₁₂ = ∂L/∂O₁₁·X₁₂",), repeats=False)
    assert mismatch_text(mismatch, info.candidates[1], shown_by=12) == (
        "weight_gradient of torch 2.13.0 violates structure (exact equality)\n"
        "  2 of 4 elements are wrong\n"
        "  worst at [0, 0, 0, 1]: actual -7, expected -4\n"
        "  error 3 = 8.39e+06 ulp; bound 0; 2 of 4 elements, all in [0:1, 0:1, 0:2, 1:2]\n"
        "  resolution 0: one missing term would have been seen anywhere\n"
        "  geometry n1c1k1i5x5f2x2s3x3/float32/lattice/7"
        " (batch 1, 1 -> 1 channels, input 5 x 5, kernel 2 x 2, stride 3 x 3)\n"
        "  needs: stride above 1\n"
        "  shown by 12 cases; this is the smallest known\n"
        "  does not repeat: run alone in a fresh process, this case did not fail\n"
        "  ∂L/∂F₁₂ = ∂L/∂O₁₁·X₁₂\n"
        "  equations: conforms\n"
        "  tensorflow: conforms, agrees"
    )


def test_a_precision_mismatch(flipped):
    worst = Discrepancy((3, 0, 1, 2), 0.70710754, 0.70710678, 7.6e-07, 2.3e-07, 12.8)
    verdict = Verdict(Outcome.VIOLATES, worst=worst, wrong=4, elements=72, ratio=3.3, resolution=1.5)
    text = mismatch_text(
        replace(flipped[0], check="precision", numbers=Numbers.REALS, title="the rounding bound", verdict=verdict)
    )
    assert "violates precision (the rounding bound)" in text
    assert "error 7.6e-07 = 12.8 ulp; bound 2.3e-07 (3.3x over); 4 of 72 elements" in text
    assert "resolution 1.5: a single missing term could have gone unseen" in text


def test_a_wrong_integer_is_no_lack_of_precision(flipped):
    worst = Discrepancy((3, 0, 1, 2), 127.0, 383.0, 256.0, 0.0, 256.0)
    verdict = Verdict(Outcome.VIOLATES, worst=worst, wrong=4, elements=72)
    text = mismatch_text(replace(flipped[0], check="precision", numbers=Numbers.REALS, verdict=verdict))
    assert "violates exactness (what is never rounded is equal)" in text
    assert "precision" not in text.partition("\n")[0]


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.CRASHED, "forward of torch crashes its process"),
        (Outcome.HUNG, "forward of torch gives no answer within the time limit"),
        (Outcome.REFUSED, "forward of torch raises an error on a legal case"),
    ],
)
def test_mismatches_without_a_result(flipped, outcome, words):
    lines = mismatch_text(replace(flipped[0], verdict=Verdict(outcome, "signal 11"))).splitlines()
    assert lines[:2] == [words, "  signal 11"]


def test_numbers_that_nine_digits_do_not_tell_apart(flipped):
    worst = Discrepancy((0,), 1 + 2**-52, 1.0, 2**-52, 0.0, 1.0)
    text = mismatch_text(replace(flipped[0], verdict=Verdict(Outcome.VIOLATES, worst=worst)))
    assert "actual 1.0000000000000002, expected 1\n" in text


def test_control_characters_are_shown_not_obeyed(flipped):
    hostile = "\x1b]0;owned\x07\x1b[2J[bold red]x[/]\u202e\udc80"
    mismatch = replace(flipped[0], candidate=hostile, needs=(hostile,), verdict=Verdict(Outcome.CRASHED, hostile))
    text = mismatch_text(mismatch)
    assert not set(text) & set("\x1b\x07\u202e\udc80")
    assert "\\x1b]0;owned\\x07" in text
    shown = printed(mismatch_view(mismatch))
    assert "[bold red]x[/]" in shown


def test_the_summary_table(info, record):
    shown = printed(summary_table(Run(info, (record,), (), True)))
    assert "reference 0.1.0" in shown
    assert "torch 2.13.0" in shown
    assert "✓ 1 conform" in shown
    assert "ratio ≤ 0.25" in shown
    assert "– 1 unsupported" in shown
    assert shown.count("not run") == 3


def test_hostile_names_are_no_markup(info, record):
    shown = printed(summary_table(Run(info, (replace(record, candidate="[link=x]y[/link]\x1b[31m"),), (), True)))
    assert "[link=x]y[/link]" in shown
    assert "\x1b" not in shown


def test_what_was_compared_is_a_table_and_the_reasons_are_lines(info, record):
    shares = compared([record, replace(record, candidate="reference")], CHECKS)
    shown = printed(compared_table(shares, info.candidates))
    assert "compared, of what was asked" in shown
    assert "float32" in shown
    assert "100 %" in shown
    assert "0 %" in shown
    assert reason_lines(shares) == [f"{name}, not compared: no bias (1 time)" for name in ("torch", "reference")]
