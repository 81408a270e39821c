"""`convoracle adapter` and `convoracle support`: exit codes, what is printed, and who is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates import BUILT_IN, CandidateError
from convoracle.suites.capabilities.support import all_features
from convoracle.suites.command import adapter_command
from convoracle.suites.command.cli import main


class Quick(InProcess):
    """No process of its own; some candidates are not installed."""

    def __init__(self, candidate: object, limits: object) -> None:
        if candidate in BUILT_IN and candidate != "reference":
            raise CandidateError(f"candidate {candidate!r} needs a framework")
        super().__init__(candidate)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(adapter_command, "Isolated", Quick)
    monkeypatch.setattr(adapter_command, "all_features", lambda: all_features()[:2])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zero.py").write_text("version = '1'\ndef conv1d(x, w): return x * 0\n")


def test_an_adapter_has_a_line_for_each_thing_and_ends_with_1_where_one_is_bad(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["adapter", "zero.py:conv1d"]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    bad = sum(line.startswith("✗ ") for line in lines)
    assert bad > 0
    assert bad + sum(line.startswith("✓ ") for line in lines) == len(lines)
    assert last == f"zero.py:conv1d: {bad} to be mended"


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
