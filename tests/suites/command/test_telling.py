"""What is printed of a run: causes first, on one screen, all of it, or little; at any width, in colour or without."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import CandidateInfo, CaseRecord, CheckInfo, CheckResult, Mismatch, RunInfo
from convoracle.reports.records.baseline import Held, Known
from convoracle.reports.records.line import whole
from convoracle.reports.records.stopped import Stopped
from convoracle.reports.records.totals import Run, totals
from convoracle.reports.views.gate import Judgement, stopped_sentence
from convoracle.suites.command.telling import tell, tell_all, tell_briefly

NAMES = ("torch", "tensorflow", "a_long_name_of_a_module.kernels.py:DepthwiseConvolution")
CHECKS = (CheckInfo("structure", rows=("forward",), numbers=Numbers.INTEGERS),)
CASE = "n1c1k1i3f2/float32/uniform/0"
WRONG = Verdict(Outcome.VIOLATES, "1 of 2 elements differ", cause="value", elements=2)
LONG = "refuses a degenerate convolution, since the kernel of it is larger than what there is to read, in every axis"
VERDICTS = (
    Verdict(Outcome.CONFORMS, elements=2),
    WRONG,
    Verdict(Outcome.UNDECIDED, elements=2),
    Verdict(Outcome.UNSUPPORTED, LONG),
)
FAULTS = tuple(
    Mismatch(
        f"{name}-forward-{number}", name, "structure", "forward", CASE, CASE, replace(WRONG, cause=f"cause {number}")
    )
    for name in NAMES
    for number in range(12)
)
Told = Callable[..., str]


def run(*mismatches: Mismatch) -> Run:
    records = [
        CaseRecord(CASE, name, (CheckResult("structure", "forward", verdict),))
        for name in NAMES
        for verdict in VERDICTS
    ]
    info = RunInfo(0, "quick", tuple(CandidateInfo(name, "1.0") for name in NAMES), "", "", (), checks=CHECKS)
    return Run(info, totals(map(whole, records), CHECKS), mismatches, finished=True, seconds=7.0)


def printed(
    told: Run, judged: Judgement, *, width: int = 80, terminal: bool = True, does: Callable[..., None] = tell,
    environment: dict[str, str] | None = None,
) -> str:  # fmt: skip
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=width, _environ=environment or {}, highlight=False)
    does(told, Path("report"), judged, console)
    return stream.getvalue()


def plain(text: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_36_mismatches_of_as_many_causes_fit_on_a_screen_and_no_line_is_cut_by_the_terminal(width: int) -> None:
    lines = plain(printed(run(*FAULTS), Judgement(Held(FAULTS)), width=width))
    assert lines[0].startswith("cause 1 of 36: forward of torch")
    assert len(lines) <= 34 if width == 60 else len(lines) <= 30
    assert max(map(len, lines)) <= width
    text = " ".join(lines)
    assert "and 31 more causes: convoracle show report --all" in text
    assert "each in full: convoracle explain report/ID" in text
    assert re.search(r"candidate +compared +conform +wrong +undecided", text)
    assert re.search(r"torch 1\.0 +75 % +1 +1 +1", text)
    assert lines[-1].endswith("7 s") or lines[-2].endswith("7")


def test_a_single_cause_is_told_in_full_and_what_is_right_in_a_few_lines() -> None:
    told = "\n".join(plain(printed(run(FAULTS[0]), Judgement(Held(FAULTS[:1])))))
    assert "    1 of 2 elements differ" in told
    assert "explain" not in told
    lines = plain(printed(run(), Judgement(Held(()))))
    assert lines[0].startswith("candidate ")
    assert len(lines) < 12


def test_of_few_causes_the_first_is_told_in_full_and_the_others_shortly_on_one_screen() -> None:
    lines = plain(printed(run(*FAULTS[:4]), Judgement(Held(FAULTS[:4]))))
    text = "\n".join(lines)
    assert lines[0].startswith("cause 1 of 4: forward of torch")
    assert text.count("1 of 2 elements differ") == 1
    assert [line for line in lines if line.startswith("cause ")][-1].startswith("cause 4 of 4: ")
    assert f"  {FAULTS[3].id}, on {CASE}" in text
    assert "each in full: convoracle explain report/ID" in text
    assert len(lines) <= 30


def test_where_there_is_no_terminal_a_line_stays_one_and_nothing_is_cut_or_coloured() -> None:
    known = Known("torch", f"it is known: {LONG}")
    text = printed(run(*FAULTS), Judgement(Held(FAULTS[1:], ((known, FAULTS[:1]),))), terminal=False)
    assert "\x1b" not in text
    assert f"known: torch, it is known: {LONG} (1 mismatch)" in text.splitlines()
    assert f"torch, not compared: {LONG} (1 time)" in text.splitlines()


def test_there_is_colour_on_a_terminal_unless_the_user_wants_none() -> None:
    judged = Judgement(Held(FAULTS))
    assert "\x1b[1;31m" in printed(run(*FAULTS), judged)
    assert "\x1b[1;31m" not in (text := printed(run(*FAULTS), judged, environment={"NO_COLOR": "1"}))
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", text)


def test_what_is_known_not_seen_quarantined_and_expired_is_told_shortly() -> None:
    entries = tuple(Known("torch", f"reason {number}") for number in range(9))
    against = Held((), tuple((each, (FAULTS[0],)) for each in entries), entries[:4], entries[:1], entries[1:2])
    text = "\n".join(plain(printed(run(*FAULTS[:1]), Judgement(against))))
    assert text.count("known: torch, reason") == 5
    assert "and 4 more known deviations\n" in text
    assert text.count("known, and not seen: ") == 2
    assert "and 2 more known deviations not seen\n" in text
    assert "quarantined, and not asked: torch, reason 1" in text
    assert "known until None, and unknown since: torch, reason 0" in text


def test_what_was_cut_short_is_told_once() -> None:
    stopped = Stopped("torch", 30, 200)
    told = replace(run(), stopped=(stopped,), notes=(stopped_sentence(stopped),))
    short = Judgement(Held(()), ("torch: 30 of 200 cases (15 %) were examined, less than is wanted",))
    assert "\n".join(plain(printed(told, short))).count("30 of 200") == 1
    enough = replace(told, info=replace(told.info, min_compared=0.1))
    assert stopped_sentence(stopped) in plain(printed(enough, Judgement(Held(())), width=200))
    assert plain(printed(enough, short, does=tell_briefly, width=200))[:2] == [
        stopped_sentence(stopped),
        *short.complaints,
    ]


def test_all_of_it_has_each_cause_in_full_and_both_tables() -> None:
    text = "\n".join(plain(printed(run(*FAULTS), Judgement(Held(FAULTS)), does=tell_all, width=120)))
    assert "cause 36 of 36" in text
    assert text.count("1 of 2 elements differ") == 36
    assert "✗ 1 wrong" in text
    assert "compared, of what was asked" in text
