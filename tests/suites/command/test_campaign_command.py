"""A campaign on the command line: what it says, how far it is, and how it ends."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from convoracle.reports import read_records, read_run
from convoracle.suites.command.cli import main

from ..faults.conftest import RIGHT

MUTANTS = Path(__file__).parents[1] / "mutants.py"
HONEST, WRONG = f"{MUTANTS}:Honest", f"{MUTANTS}:StrideIgnoredInWeightGradient"
FEW = ("--ranks", "1", "--dtypes", "float32", "--passes", "weight_gradient", "--checks", "structure", "--cases", "510")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_parts_are_examined_told_and_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", HONEST, WRONG, *FEW, "--out", "big"]) == 1
    told = capsys.readouterr().out
    assert len(re.findall(r"^\d/4 parts: mutants\.py:\w+, part [01], on ", told, re.MULTILINE)) == 4
    assert told.count("weight_gradient of mutants.py:StrideIgnoredInWeightGradient violates structure") <= 4
    assert re.search(r"1 cause, 1 mismatch in 1,020 examinations", told)
    run = read_run("big")
    assert (run.finished, run.info.profile, run.info.plan.parts) == (True, "campaign", 2)
    assert main(["campaign", "status", "big"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "The campaign has ended: 4 of 4 parts examined"
    assert "mutants.py:Honest: 2 of 2 parts, 0 mismatches met in them" in lines
    page = Path("big/campaign.html").read_text("utf-8")
    assert 'http-equiv="refresh"' not in page
    assert "4 of 4 parts examined" in page


def test_begun_again_it_asks_nothing_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", HONEST, *FEW, "--out", "big"]) == 0
    capsys.readouterr()
    assert main(["campaign", HONEST, *FEW, "--out", "big"]) == 0
    told = capsys.readouterr().out
    assert "parts:" not in told
    assert "no mismatch in 510 examinations" in told


def test_known_deviations_do_not_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", WRONG, *FEW, "--out", "big", "-q"]) == 1
    assert main(["baseline", "big", "--out", "known.toml"]) == 0
    assert main(["campaign", WRONG, *FEW, "--out", "big", "--baseline", "known.toml", "-q"]) == 0
    assert "1 of them known" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["status"], "candidates=[], but should be the folder of one campaign"),
        (["status", "nowhere"], "campaign.json: there is no such file"),
        (["reference", "--scheduler", "nonsense"], "scheduler='nonsense', but should be the address of a scheduler"),
        (["reference", "--needs", "GPU:1"], "needs='GPU:1', but should be a candidate of the campaign with a name"),
        (["reference", "--needs", "torch=GPU:1"], "needs='torch=GPU:1', but should be a candidate of the campaign"),
        (["reference", "--needs", "reference=GPU:1"], "should be left out: local workers are all the same"),
        (["nowhere.py:conv"], "nowhere.py"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["campaign", *words]) == 2
    assert told in capsys.readouterr().err
    assert not Path("campaign").exists()


def test_what_was_found_is_tried_first_by_a_later_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["campaign", WRONG, *FEW, "--out", "big", "-q", "--memory", "shared"]) == 1
    (mismatch,) = read_run("big").mismatches
    assert main(["check", WRONG, *FEW[:-1], "1", "--memory", "readonly:shared", "-q"]) == 1
    first = next(record for record in read_records("conformance-report") if not record.declined)
    assert first.case == mismatch.case
    capsys.readouterr()


def test_what_was_mended_is_tried_again_by_each_later_version(capsys: pytest.CaptureFixture[str]) -> None:
    """A file's content is its version."""
    wrong = RIGHT.replace("return np", "return (1 + (w.shape[2] > 1)) * np")
    words = ["mine.py:conv1d", "--ranks", "1", "--dtypes", "float32", "--checks", "structure", "-q"]

    def first_case(text: str, command: str = "campaign") -> str:
        Path("mine.py").write_text(text)
        shutil.rmtree("out", ignore_errors=True)
        main([command, *words, "--cases", "3", "--out", "out"])
        return next(record.case for record in read_records("out") if not record.declined)

    first_case(wrong, "check")
    (mismatch,) = read_run("out").mismatches
    assert first_case(RIGHT) == mismatch.case
    assert read_run("out").mismatches == ()
    assert first_case(RIGHT) != mismatch.case
    for command in ("check", "campaign"):
        assert first_case(f"{RIGHT}# mended differently, for {command}\n", command) == mismatch.case
    capsys.readouterr()


DIES = """
import os, signal

def conv1d(x, w):
    process = os.getpid()
    while process > 1:
        with open(f"/proc/{process}/stat") as stat:
            process = int(stat.read().rpartition(")")[2].split()[1])
        with open(f"/proc/{process}/cmdline", "rb") as words:
            if b"part_process" in words.read():
                os.kill(process, signal.SIGKILL)
"""


def test_where_nothing_came_back_it_says_so_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    Path("dies.py").write_text(DIES)
    few = ("--ranks", "1", "--dtypes", "float32", "--checks", "structure", "--cases", "2")
    assert main(["campaign", "dies.py:conv1d", *few, "--out", "big"]) == 1
    captured = capsys.readouterr()
    assert "it was ended by SIGKILL, each time with its case 1" in captured.out
    assert captured.err == ""
    assert not Path("big").exists()
