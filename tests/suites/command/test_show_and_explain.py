"""`convoracle show` and `convoracle explain`: what a run's end told, and one of its mismatches, read back."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from convoracle.suites.command.cli import main


@pytest.fixture
def told(check_conv1d: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> str:
    """What `check` printed of a run in the folder `run`."""
    assert check_conv1d("rotated", "--out", "run") == 1
    return capsys.readouterr().out


def test_show_prints_what_check_printed_at_its_end(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "run"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("cause 1 of 1: ")
    assert told.endswith(shown)


def test_show_names_no_page_that_is_not_there(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run/index.html").unlink()
    assert main(["show", "run"]) == 0
    shown = capsys.readouterr().out
    assert shown == told[told.index("cause 1 of 1") :].replace("; report: run/index.html", "")


@pytest.mark.parametrize("name", ["run/kernel.py-conv1d-forward-1", "run/mismatches/kernel.py-conv1d-forward-1"])
def test_explain_tells_the_mismatch_and_commands_that_work(
    name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", name]) == 0
    explained = capsys.readouterr().out
    assert explained.startswith("✗ forward of kernel.py:conv1d violates structure (exact equality)\n")
    assert "shown by" in explained
    named = dict(line.split(": ", 1) for line in explained.splitlines()[-3:])
    assert Path(named["operands, result and exact result"]).exists()
    assert Path(shlex.split(named["to run without convoracle"])[1]).exists()
    _, *again = shlex.split(named["to ask again"])
    assert main([*again, "--in-process"]) == 1


def test_explain_says_which_mismatches_there_are(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "run/forward-7"]) == 2
    told = capsys.readouterr().err
    assert "mismatch='run/forward-7', but should end with a mismatch of that run: kernel.py-conv1d-forward-1" in told
    assert main(["explain", "elsewhere/forward-7"]) == 2
    assert "elsewhere/run.json: there is no such file" in capsys.readouterr().err
