"""`convoracle support`: what is printed, and who is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.suites.candidates import BUILT_IN
from convoracle.suites.capabilities.support import all_features
from convoracle.suites.command import support_command
from convoracle.suites.command.cli import main


@pytest.fixture(autouse=True)
def _two_features(monkeypatch: pytest.MonkeyPatch, quick_candidates: None) -> None:
    monkeypatch.setattr(support_command, "all_features", lambda: all_features()[:2])


def test_a_table_of_those_that_can_be_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["support"]) == 0
    captured = capsys.readouterr()
    header, rule, *rows = captured.out.split("\n\n")[0].splitlines()
    assert header.startswith("| feature | reference ")
    assert header.count("|") == rule.count("|") == 3
    assert [row.split("|")[1].strip() for row in rows] == ["1-D", "2-D"]
    assert captured.err.count("left out: ") == len(BUILT_IN) - 1
    assert "asking reference" in captured.err


def test_who_is_named_must_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["support", "torch"]) == 2
    assert "candidate 'torch' needs a framework" in capsys.readouterr().err


def test_the_table_goes_into_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["support", "zero.py:conv1d", "--out", "support.md"]) == 0
    assert capsys.readouterr().out == ""
    text = Path("support.md").read_text()
    assert text.startswith("| feature | zero.py:conv1d |")
    assert text.endswith("\n")
