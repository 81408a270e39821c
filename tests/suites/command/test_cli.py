"""The command as people use it: exit codes, one sentence for a mistake, and a report whatever happens."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from argparse import ArgumentParser
from contextlib import nullcontext
from pathlib import Path

import pytest

from convoracle.reports import read_records, read_run
from convoracle.reports.records.record import kind_of
from convoracle.suites.checks.registry import CHECKS
from convoracle.suites.command import cli
from convoracle.suites.command.cli import main
from convoracle.suites.command.options import parser

pytestmark = pytest.mark.usefixtures("own_folder")
MUTANTS = Path(__file__).parents[1] / "mutants.py"
KERNELS = Path(__file__).parents[1] / "any_rank.py"
SMALL = ["--cases", "25", "--memory", "failures"]


def run(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


def test_a_conforming_candidate_ends_with_0_and_leaves_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "reference", *SMALL) == 0
    out = capsys.readouterr().out
    assert "no mismatch in" in out
    assert "conformance-report/index.html" in out
    finished = read_run("conformance-report")
    assert finished.finished
    assert finished.totals.records > 10
    asked = {kind_of(result.check) for record in read_records("conformance-report") for result in record.results}
    assert {"structure", "precision", "adjoint"} <= asked <= set(CHECKS) - {"illegal"}
    assert "<html" in Path("conformance-report/index.html").read_text()
    ElementTree.parse("conformance-report/junit.xml")


def test_a_name_is_no_picture_and_no_markup(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "kernels.py").write_text("class Ok:\n    def forward(self, x, w, geometry): return x\n")
    assert run("check", "kernels.py:Ok", "--cases", "2", "--memory", "failures") == 1
    assert run("adapter", "kernels.py:Ok") == 1
    assert run("check", "a:ok:[bold]") == 2
    told = capsys.readouterr()
    assert {"kernels.py:Ok: 2 cases", "forward of kernels.py:Ok violates"} <= set(_beginnings(told.out))
    assert "kernels.py:Ok: " in told.out.splitlines()[-1]
    assert "a:ok" in told.err


def _beginnings(text: str) -> list[str]:
    """The first few words of each line."""
    return [" ".join(line.split()[:count]) for line in text.splitlines() for count in (3, 4)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "tourch"], "did you mean 'torch'?"),
        (["check", "nowhere.py:conv"], "there is no file nowhere.py"),
        (["check", "no.such.module:conv"], "there is no module 'no'"),
        (["check", f"{MUTANTS}:Absent"], "has no 'Absent'; it defines"),
        (["check", f"{MUTANTS}:np"], "none of the functions of a candidate"),
        (["check", "reference", "reference"], "is named twice"),
        (["check", "reference", "--profile", "fast"], "invalid choice: 'fast'"),
        (["check", "reference", "--seed", "-1"], "should be an integer of at least 0"),
        (["check", "reference", "--cases", "0"], "should be an integer of at least 1"),
        (["check", "reference", "--min-compared", "2"], "should be a number from 0 to 1"),
        (["check", "reference", "--time-limit", "nan"], "should be a number above 0"),
        (["check", "reference", "--time-limit", "1e30"], "at most 1000000"),
        (["check", "reference", "--out", "/dev/null/report"], "should be a folder that can be written"),
        (["check", "reference", "--memory", "/dev/null"], "should be a folder"),
        (["check", "reference", "--dtypes", "float8"], "invalid choice: 'float8'"),
        (["check", "reference", "--ranks", "7"], "invalid choice: 7"),
        (["replay", "nowhere"], "there is no such file"),
        (["report", "nowhere"], "there is no such file"),
        (["inspect"], "invalid choice: 'inspect'"),
        ([], "required: COMMAND"),
    ],
)
def test_a_mistake_is_one_sentence_and_2(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert "Traceback" not in captured.err + captured.out


@pytest.mark.parametrize(
    ("words", "spared"),
    [
        ("--help", {"numpy", "hypothesis", "rich"}),
        ("--version", {"numpy", "hypothesis", "rich"}),
        ("inspect", {"numpy", "hypothesis", "rich"}),
        ("seed", {"hypothesis", "rich", "jinja2"}),
        ("report nowhere", {"hypothesis"}),
        ("check --help", {"hypothesis", "rich", "jinja2"}),
    ],
)
def test_no_command_waits_for_what_another_needs(words: str, spared: set[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "convoracle.suites", *words.split()]
    told = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=60).stderr
    loaded = set(re.findall(r"^import time:.*\|\s+(\S+)$", told, re.MULTILINE))
    assert "convoracle.suites.command.options" in loaded
    assert not loaded & spared


@pytest.mark.parametrize(
    ("words", "is_begun"),
    [
        *(("check tourch", True), ("replay nowhere", True), ("adapter tourch", True)),
        *(("check --help", False), ("check tourch --in-process", False), ("seed", False)),
    ],
)
def test_the_process_of_a_candidate_begins_ahead_of_all_else_where_one_is_needed(
    words: str, is_begun: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    monkeypatch.setattr(cli, "begun_ahead", lambda: begun.append(words) or nullcontext())

    def parser_then() -> ArgumentParser:
        assert bool(begun) is is_begun
        return parser()

    monkeypatch.setattr(cli, "parser", parser_then)
    run(*words.split())
    assert begun == [words] * is_begun


def test_a_missing_framework_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert run("check", "torch") == 2
    told = (
        "needs PyTorch, which is not installed: pip install torch, or in a clone of convoracle pip install '.[torch]'"
    )
    assert told in capsys.readouterr().err


def test_a_folder_of_something_else_is_not_overwritten(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    assert run("check", "reference", *SMALL, "--out", "thesis") == 2
    assert "should be new, empty, or the folder of an earlier run" in capsys.readouterr().err
    assert (tmp_path / "thesis" / "chapter.tex").read_text() == "years of work"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_an_interrupted_run_leaves_a_complete_report_of_what_was_finished(number: signal.Signals, code: int) -> None:
    Path("supported.json").write_text("of an earlier run")
    process = _started("check", "reference", "--profile", "deep", "--write-supported", "supported.json")
    _wait_for_records(process)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert "Traceback" not in output + errors
    assert "interrupted" in errors
    finished = read_run("conformance-report")
    assert not finished.finished
    assert finished.totals.records
    assert "interrupted" in Path("conformance-report/index.html").read_text()
    assert Path("supported.json").read_text() == "of an earlier run"


def test_a_killed_run_can_still_be_reported() -> None:
    process = _started("check", "reference", "--profile", "deep", "--memory", "failures")
    _wait_for_records(process)
    process.kill()
    process.wait()
    assert run("report", "conformance-report") == 0
    assert "did not come to its end" in Path("conformance-report/index.html").read_text()


def _started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "convoracle.suites", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def _wait_for_records(process: subprocess.Popen[str]) -> None:
    records = Path("conformance-report/records")
    deadline = time.monotonic() + 60
    while sum(path.stat().st_size for path in records.glob("*.jsonl")) < 6_000:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_terminal_without_unicode_still_shows_the_result() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "convoracle.suites", "check", "reference", *SMALL],
        capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no mismatch" in done.stdout
