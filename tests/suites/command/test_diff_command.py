"""`convoracle diff` of two runs of a kernel that was changed between them."""

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


def check(folder: str, kernel: str) -> int:
    Path("kernel.py").write_text(kernel)
    options = ("--cases", "12", "--in-process", "--dtypes", "float64", "--ranks", "1", "--min-compared", "0")
    return main(["check", "kernel.py:conv1d", *options, "--out", folder, "--memory", f"{folder}.memory"])


def test_what_a_change_broke_is_told_with_1_and_what_it_mended_with_0(
    own_folder: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("before", RIGHT) == 0
    assert check("after", ROTATED) == 1
    capsys.readouterr()

    assert main(["diff", "before", "after"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("1 fault is new")
    assert "wrong, and right before:\n  forward of kernel.py:conv1d, structure (" in told

    assert main(["diff", "after", "before"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("nothing is wrong that was not wrong before;")
    assert "right, and wrong before:\n  forward of kernel.py:conv1d, structure (" in told

    assert main(["diff", "after", "after"]) == 0
    assert capsys.readouterr().out.startswith("nothing is wrong that was not wrong before, 1 fault is as before;")


def test_a_folder_that_is_no_run_is_told(own_folder: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "nowhere", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err
