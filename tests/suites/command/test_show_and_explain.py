"""`convoracle show` and `convoracle explain`: what a run's end told, and one of its mismatches, read back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import jsonschema
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


SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schemas" / "summary.json").read_text())


@pytest.mark.parametrize(("kernel", "code"), [("right", 0), ("rotated", 1)])
def test_one_json_document_is_all_that_is_printed_and_show_prints_it_again(
    kernel: str, code: int, check_conv1d: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_conv1d(kernel, "--out", "run", "--json") == code
    told = capsys.readouterr()
    assert "examinations; 100 % of what was asked was compared" in told.err
    document = json.loads(told.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert (document["passes"], len(document["causes"])) == (not code, code)
    assert main(["show", "run", "--json"]) == 0
    assert capsys.readouterr().out == told.out
    for name in ("summary.json", "finished.json"):
        Path("run", name).unlink()
    assert main(["show", "run", "--json"]) == 0
    of_one_that_was_killed = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(of_one_that_was_killed)
    assert (of_one_that_was_killed["finished"], of_one_that_was_killed["causes"]) == (False, document["causes"])


def test_a_quiet_check_prints_what_keeps_it_from_passing_and_one_line(
    check_conv1d: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check_conv1d("right", "--quiet") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("no mismatch in 18 examinations; 100 % of what was asked was compared")
    assert check_conv1d("rotated", "-q") == 1
    title, line = capsys.readouterr().out.splitlines()
    assert title.startswith("forward of kernel.py:conv1d: It is as if the kernel were rotated")
    assert line.startswith("1 cause, 1 mismatch in ")


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
