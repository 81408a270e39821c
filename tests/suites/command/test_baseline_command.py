"""`convoracle baseline` and `convoracle check --baseline`: what is known does not fail, and what is gone is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.suites.command.cli import main

RIGHT = """import numpy as np

def conv1d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("ncpr,kcr->nkp", windows, w)
"""
ROTATED = RIGHT.replace(", w)\n", ", w[:, :, ::-1])\n")


def check(kernel: str, *more: str) -> int:
    Path("kernel.py").write_text(kernel)
    options = ("--cases", "8", "--in-process", "--dtypes", "float64", "--ranks", "1", "--checks", "structure")
    return main(["check", "kernel.py:conv1d", *options, "--out", "run", *more])


def test_what_is_known_does_not_fail_and_what_is_mended_fails_where_that_is_wanted(
    own_folder: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(ROTATED) == 1
    assert main(["baseline", "run", "--out", "known.toml"]) == 0
    capsys.readouterr()

    assert check(ROTATED, "--baseline", "known.toml") == 0
    told = capsys.readouterr().out
    assert "known: kernel.py:conv1d, forward of kernel.py:conv1d: It is as if the kernel were rotated" in told
    assert "(kernel-rotated)" in told.replace("\n", " ")
    assert "kernel.py-conv1d-forward-1" in told
    assert "cause 1 of" not in told
    assert "1 cause, 1 mismatch, 1 of them known, in " in told

    assert check(RIGHT, "--baseline", "known.toml") == 0
    assert "known, and not seen: kernel.py:conv1d, forward" in capsys.readouterr().out
    assert check(RIGHT, "--baseline", "known.toml", "--strict-baseline") == 1
    assert "1 known deviation should be taken from the baseline" in capsys.readouterr().out


def test_what_expired_fails_again_and_a_ci_server_is_told(
    own_folder: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("summary.md").write_text("of an earlier step\n")
    known = '[[known]]\ncandidate = "kernel.py:conv1d"\nreason = "being mended"\nexpires = 2026-01-01\n'
    Path("known.toml").write_text(known)
    assert check(ROTATED, "--baseline", "known.toml") == 1
    told = capsys.readouterr().out
    assert "known until 2026-01-01, and unknown since: kernel.py:conv1d, being mended" in told
    assert told.count("cause 1 of 1") == 1
    summary = Path("summary.md").read_text("utf-8")
    assert summary.startswith("of an earlier step\n### convoracle: does not pass\n")
    assert "known until 2026-01-01" in summary


def test_it_is_printed_where_no_file_is_named(own_folder: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(ROTATED) == 1
    capsys.readouterr()
    assert main(["baseline", "run"]) == 0
    assert '[[known]]\ncandidate = "kernel.py:conv1d"\n' in capsys.readouterr().out
    assert main(["baseline", "run", "--out", "no/such/folder"]) == 2
    assert "out='no/such/folder', but should be a file that can be written" in capsys.readouterr().err


def test_a_wrong_baseline_is_told_before_anything_runs(own_folder: None, capsys: pytest.CaptureFixture[str]) -> None:
    Path("known.toml").write_text('[[known]]\ncandidate = "kernel.py:conv1d"\n')
    assert check(RIGHT, "--baseline", "known.toml") == 2
    assert "known.toml: known 1, reason: should be there" in capsys.readouterr().err
    assert not Path("run").exists()
