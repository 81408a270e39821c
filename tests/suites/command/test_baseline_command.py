"""`convoracle baseline` and `convoracle check --baseline`: what is known does not fail, and what is gone is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import parse_case
from convoracle.reports import read_records
from convoracle.suites.command.cli import main

Check = Callable[..., int]


@pytest.fixture
def check(check_conv1d: Check) -> Check:
    """Checks structure alone, in the folder `run`."""
    return lambda kernel, *more: check_conv1d(kernel, "--checks", "structure", "--out", "run", *more)


def test_what_is_known_does_not_fail_and_what_is_mended_fails_where_that_is_wanted(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("rotated") == 1
    assert main(["baseline", "run", "--out", "known.toml"]) == 0
    capsys.readouterr()

    assert check("rotated", "--baseline", "known.toml") == 0
    told = capsys.readouterr().out
    assert "known: kernel.py:conv1d, forward of kernel.py:conv1d: It is as if the kernel were rotated" in told
    assert "(kernel-rotated)" in told.replace("\n", " ")
    assert "(1 mismatch)" in told
    assert "cause 1 of" not in told
    assert "1 cause, 1 mismatch, 1 of them known, in " in told

    assert check("right", "--baseline", "known.toml") == 0
    assert "known, and not seen: kernel.py:conv1d, forward" in capsys.readouterr().out
    assert check("right", "--baseline", "known.toml", "--strict-baseline") == 1
    assert "1 known deviation should be taken from the baseline" in capsys.readouterr().out


def test_what_expired_fails_again_and_a_ci_server_is_told(
    check: Check, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("summary.md").write_text("of an earlier step\n")
    known = '[[known]]\ncandidate = "kernel.py:conv1d"\nreason = "being mended"\nexpires = 2026-01-01\n'
    Path("known.toml").write_text(known)
    assert check("rotated", "--baseline", "known.toml") == 1
    told = capsys.readouterr().out
    assert "known until 2026-01-01, and unknown since: kernel.py:conv1d, being mended" in told
    assert told.count("cause 1 of 1") == 1
    summary = Path("summary.md").read_text("utf-8")
    assert summary.startswith("of an earlier step\n### convoracle: does not pass\n")
    assert "known until 2026-01-01" in summary


def test_a_ci_server_is_told_of_file_and_line_and_the_folder_remembers_what_was_known(
    check: Check, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    assert check("rotated") == 1
    assert "\n::error file=kernel.py,line=3,title=forward of kernel.py%3Aconv1d violates::" in capsys.readouterr().out
    assert suppressed() == [None]
    assert main(["baseline", "run", "--out", "known.toml"]) == 0

    assert check("rotated", "--baseline", "known.toml") == 0
    assert "::error" not in capsys.readouterr().out
    Path("known.toml").unlink()
    assert [each["status"] for each in suppressed()[0] or ()] == ["accepted"]
    Path("run/sarif.json").unlink()
    assert main(["report", "run"]) == 0
    assert [each["status"] for each in suppressed()[0] or ()] == ["accepted"]
    assert main(["show", "run"]) == 0
    assert "known: kernel.py:conv1d, forward of" in capsys.readouterr().out

    assert check("rotated") == 1
    assert suppressed() == [None]


def suppressed() -> list[list[dict[str, str]] | None]:
    (run,) = json.loads(Path("run/sarif.json").read_text())["runs"]
    assert {each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in run["results"]} == {3}
    return [each.get("suppressions") or None for each in run["results"]]


def test_it_is_printed_where_no_file_is_named(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("rotated") == 1
    capsys.readouterr()
    assert main(["baseline", "run"]) == 0
    assert '[[known]]\ncandidate = "kernel.py:conv1d"\n' in capsys.readouterr().out
    assert main(["baseline", "run", "--out", "no/such/folder"]) == 2
    assert "out='no/such/folder', but should be a file that can be written" in capsys.readouterr().err


def test_a_wrong_baseline_is_told_before_anything_runs(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    Path("known.toml").write_text('[[known]]\ncandidate = "kernel.py:conv1d"\n')
    assert check("right", "--baseline", "known.toml") == 2
    assert "known.toml: known 1, reason: should be there" in capsys.readouterr().err
    assert not Path("run").exists()


DIES = """import os
import numpy as np

def conv1d(x, w, stride=(1,)):
    if stride[0] > 1 and x.dtype == np.float32:
        os.abort()
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)[:, :, :: stride[0]]
    return np.einsum("ncpr,kcr->nkp", windows, w)
"""
QUARANTINE = """[[known]]
candidate = "dies.py:conv1d"
reason = "it aborts"
pass = "forward"
dtype = "float32"
geometry = { stride = "any >1" }
quarantine = true
"""


def test_what_is_in_quarantine_is_not_called_and_counts_as_not_compared(
    own_folder: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("dies.py").write_text(DIES)
    Path("known.toml").write_text(QUARANTINE)
    options = "--cases 30 --ranks 1 --dtypes float32 float64 --min-compared 0"
    asked = ("check", "dies.py:conv1d", *options.split())
    assert main([*asked, "--out", "before", "--memory", "before.memory"]) == 1
    assert "crashes" in capsys.readouterr().out
    assert main([*asked, "--baseline", "known.toml", "--strict-baseline", "--out", "after"]) == 0
    told = capsys.readouterr().out
    assert "quarantined, and not asked: dies.py:conv1d, it aborts" in told
    assert main(["show", "after", "--all"]) == 0
    all_of_it = capsys.readouterr().out
    assert re.search(r"dies\.py:conv1d, not compared: .*quarantined: it aborts \(\d+ times\)", all_of_it)
    outcomes = [
        (result.verdict.outcome, parse_case(record.case).dtype, max(parse_case(record.case).geometry.stride) > 1)
        for record in read_records("after")
        for result in record.results
        if "quarantined" in result.verdict.reason
    ]
    assert set(outcomes) == {(Outcome.UNSUPPORTED, "float32", True)}
    summary = json.loads(Path("after/summary.json").read_text())
    assert (summary["passes"], summary["quarantined"]) == (True, ["dies.py:conv1d: it aborts"])
    assert json.loads(Path("after/badge.json").read_text())["color"] == "blue"
