"""Words and numbers as people read them, and nothing in them that a terminal obeys."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.layouts import LAYOUTS
from convoracle.reports.records.record import CandidateInfo, Mismatch
from convoracle.reports.views.wording import (
    SYMBOLS,
    candidate_name,
    case_line,
    clean,
    describe_geometry,
    describe_layout,
    duration,
    excess,
    geometry_facts,
    headline,
    number,
    number_pair,
    plural,
    position,
    region,
    resolution_sentence,
    rounded,
)

MISMATCH = Mismatch("x-1", "mine", "structure", "forward", "c", "c", Verdict(Outcome.VIOLATES), title="equality")


def test_every_outcome_has_a_symbol_of_its_own() -> None:
    assert set(SYMBOLS) == set(Outcome)
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("∂L/∂F₁₂ é 漢", "∂L/∂F₁₂ é 漢"),
        ("a\n\tb", "a\n\tb"),
        ("\x1b[31m\r\x00\x7f", r"\x1b[31m\r\x00\x7f"),
        ("\u202eabc\u200d", r"\u202eabc\u200d"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\udc80", r"\udc80"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_written_as_an_escape(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    ("value", "exact", "short"),
    [
        (3.0, "3", "3"),
        (-0.0, "-0", "-0"),
        (0.0, "0", "0"),
        (1 / 3, "0.333333333", "0.333"),
        (1e6, "1000000", "1000000"),
        (1000001.0, "1000001", "1e+06"),
        (2.0**53 - 1, "9007199254740991", "9.01e+15"),
        (2.0**53, "9.00719925e+15", "9.01e+15"),
        (-5e-324, "-4.94065646e-324", "-4.94e-324"),
        (math.inf, "inf", "inf"),
        (-math.inf, "-inf", "-inf"),
        (math.nan, "nan", "nan"),
    ],
)
def test_numbers(value: float, exact: str, short: str) -> None:
    assert number(value) == exact
    assert rounded(value) == short


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        (1.0, 2.0, ("1", "2")),
        (0.1, 0.1, ("0.1", "0.1")),
        (0.1, 0.1 + 2.0**-54, ("0.10000000000000001", "0.10000000000000006")),
        (1.0, 1 + 2.0**-52, ("1", "1.0000000000000002")),
        (math.nan, math.nan, ("nan", "nan")),
    ],
)
def test_two_numbers_are_told_apart(first: float, second: float, shown: tuple[str, str]) -> None:
    assert number_pair(first, second) == shown


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "0.0 s"),
        (0.05, "50 ms"),
        (0.1, "0.1 s"),
        (0.44, "0.4 s"),
        (10.0, "10 s"),
        (12.4, "12 s"),
        (60.0, "1 min 0 s"),
        (185.2, "3 min 5 s"),
        (3599.0, "59 min 59 s"),
        (3600.0, "1 h 0 min"),
        (7800.0, "2 h 10 min"),
    ],
)
def test_times(seconds: float, told: str) -> None:
    assert duration(seconds) == told


def test_counts_and_places() -> None:
    assert [plural(count, "case") for count in (0, 1, 2, 12000)] == ["0 cases", "1 case", "2 cases", "12,000 cases"]
    assert plural(2, "mismatch", "mismatches") == "2 mismatches"
    assert plural(1, "mismatch", "mismatches") == "1 mismatch"
    assert (position((3, 0, 12)), position(())) == ("[3, 0, 12]", "[]")
    assert region(((0, 1), (2, 5))) == "[0:1, 2:5]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("n1c1k1i4f2", "batch 1, 1 -> 1 channels, input 4, kernel 2"),
        ("n2c3k4i7x5f3x3s2x1", "batch 2, 3 -> 4 channels, input 7 x 5, kernel 3 x 3, stride 2 x 1"),
        ("n1c2k2i4x5f2x2d1x2g2", "batch 1, 2 -> 2 channels, input 4 x 5, kernel 2 x 2, dilation 1 x 2, groups 2"),
        ("n1c1k1i4x4f2x2p1x2", "batch 1, 1 -> 1 channels, input 4 x 4, kernel 2 x 2, padding 1 x 2"),
        ("n1c1k1i4x4f2x2p0x1+2", "batch 1, 1 -> 1 channels, input 4 x 4, kernel 2 x 2, padding 0; 1 before, 2 after"),
        ("n1c1k1i4f2p1mreflect", "batch 1, 1 -> 1 channels, input 4, kernel 2, padding 1, padding mode reflect"),
        ("n1c1k1i4f2s2to1", "transposed, batch 1, 1 -> 1 channels, input 4, kernel 2, stride 2, output padding 1"),
    ],
)  # fmt: skip
def test_a_geometry_in_a_line(text: str, words: str) -> None:
    assert describe_geometry(parse_geometry(text)) == words


def test_the_facts_of_a_geometry_name_what_is_seldom_first() -> None:
    assert geometry_facts(parse_geometry("n2c2k4i7x5f3x2s2x1p1x0+1g2")) == (
        ("batch", "2"),
        ("channels", "2 → 4"),
        ("input size", "7 × 5"),
        ("kernel", "3 × 2"),
        ("stride", "2 × 1"),
        ("padding", "1; 0 before, 1 after"),
        ("dilation", "1 × 1"),
        ("groups", "2"),
        ("output size", "4 × 5"),
    )
    seldom = geometry_facts(parse_geometry("n1c1k1i4x4f2x2s2x2p1x1to1x0"))
    assert seldom[:3] == (("kind", "transposed"), ("output padding", "1 × 0"), ("batch", "1"))
    assert dict(seldom)["padding"] == "1"
    assert geometry_facts(parse_geometry("n1c1k1i4f2p1mcircular"))[0] == ("padding mode", "circular")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (
            "n1c2k4i3x4f3x2s2x1p1x1+0g2to1x0/float32/uniform/7",
            "transposed, batch 1, 2 -> 4 channels, input 3 x 4, kernel 3 x 2, stride 2 x 1, "
            "padding 1; 1 before, 0 after, output padding 1 x 0, groups 2",
        ),
        (
            "n2c1k1i4f3p2mreflect/bias/int8/uniform/7/channels_last",
            "batch 2, 1 -> 1 channels, input 4, kernel 3, padding 2, padding mode reflect, channels last in memory",
        ),
        (
            "n1c0k1i4f3/float32/uniform/7/broadcast",
            "batch 1, 0 -> 1 channels, input 4, kernel 3, one element in memory",
        ),
    ],
)
def test_a_case_in_words(case: str, words: str) -> None:
    assert case_line(case).startswith(f"{case} ({words}")


def test_every_layout_has_words() -> None:
    assert [layout for layout in LAYOUTS if describe_layout(layout) == layout] == []


def test_a_layout_that_nobody_knows_is_named_and_a_case_too() -> None:
    assert describe_layout("contiguous") == ""
    assert describe_layout("heap") == "heap"
    assert case_line("n1c1k1i4f2/float32/uniform/7") == (
        "n1c1k1i4f2/float32/uniform/7 (batch 1, 1 -> 1 channels, input 4, kernel 2)"
    )
    assert case_line("hello\x1b") == r"hello\x1b"


def test_a_candidate_is_named_with_its_version() -> None:
    assert candidate_name("torch", CandidateInfo("torch", "2.13.0")) == "torch 2.13.0"
    assert candidate_name("torch", CandidateInfo("torch")) == candidate_name("torch", None) == "torch"
    assert candidate_name("a", CandidateInfo("a", "\x1b")) == r"a \x1b"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.VIOLATES, "forward of mine 1.2 violates structure (equality)"),
        (Outcome.REFUSED, "forward of mine 1.2 raises an error on a legal case"),
        (Outcome.CRASHED, "forward of mine 1.2 crashes its process"),
        (Outcome.HUNG, "forward of mine 1.2 gives no answer within the time limit"),
        (Outcome.UNDECIDED, "forward of mine 1.2 is undecided for structure"),
    ],
)
def test_what_happened_in_one_line(outcome: Outcome, words: str) -> None:
    assert headline(replace(MISMATCH, verdict=Verdict(outcome)), CandidateInfo("mine", "1.2")) == words


@pytest.mark.parametrize(
    ("check", "numbers", "bound", "words"),
    [
        ("precision", Numbers.REALS, 0.0, "forward of mine violates exactness (what is never rounded is equal)"),
        ("precision", Numbers.REALS, 1e-7, "forward of mine violates precision"),
        ("precision", Numbers.REALS, None, "forward of mine violates precision"),
        ("structure", Numbers.INTEGERS, 0.0, "forward of mine violates structure"),
    ],
)
def test_a_wrong_integer_is_no_lack_of_precision(check: str, numbers: Numbers, bound: float | None, words: str) -> None:
    worst = None if bound is None else Discrepancy((0,), 1.0, 2.0, 1.0, bound, 1.0)
    mismatch = replace(MISMATCH, check=check, numbers=numbers, title="", verdict=Verdict(Outcome.VIOLATES, worst=worst))
    assert headline(mismatch) == words


@pytest.mark.parametrize(
    ("error", "bound", "words"),
    [
        (7.6, 2.3, " (3.3x over)"),
        (2.3, 2.3, ""),
        (1.0, 2.0, ""),
        (1.0, 0.0, ""),
        (math.inf, 1.0, ""),
        (math.nan, 1.0, ""),
    ],
)
def test_how_far_an_error_is_beyond_its_bound(error: float, bound: float, words: str) -> None:
    assert excess(Discrepancy((0,), 0.0, 0.0, error, bound, 1.0)) == words


@pytest.mark.parametrize(("resolution", "could"), [(0.0, False), (0.99, False), (1.0, True), (math.inf, True)])
def test_what_a_resolution_means(resolution: float, could: bool) -> None:
    assert ("could have gone unseen" in resolution_sentence(resolution)) is could


def test_marks_that_would_cover_other_lines_are_told() -> None:
    """A few marks upon a letter are how some languages are written."""
    assert clean("e\u0301\u0323x") == "e\u0301\u0323x"
    assert clean("e" + "\u0301" * 8 + "x\u0301") == "e" + "\u0301" * 6 + "\\u0301\\u0301x\u0301"
