"""A run in shards, on the command line: what each examines, what they come to together, and how one goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convoracle.reports import read_records, read_run
from convoracle.suites.command.cli import main

MUTANTS = Path(__file__).parents[1] / "mutants.py"
HONEST, WRONG = f"{MUTANTS}:Honest", f"{MUTANTS}:StrideIgnoredInWeightGradient"
FEW = ("--ranks", "1", "--dtypes", "float32", "--passes", "weight_gradient", "--checks", "structure")
TWO_PARTS = (*FEW, "--cases", "510")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> int:
    return main(arguments)


def test_shards_are_examined_apart_and_judged_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", HONEST, *TWO_PARTS, "--shard", "1/2", "--out", "first") == 0
    assert run("check", HONEST, *TWO_PARTS, "--shard", "2/2", "--out", "second") == 0
    assert [read_run(name).totals.records for name in ("first", "second")] == [500, 10]
    assert read_run("first").info.shard == "1/2"
    capsys.readouterr()
    assert run("merge", "second", "first", "--out", "whole") == 0
    assert "no mismatch in 510 examinations" in capsys.readouterr().out
    assert Path("whole/index.html").is_file()
    assert json.loads(Path("whole/badge.json").read_text())["message"].startswith(("conforms", "nothing wrong"))


def test_a_shard_that_is_missing_is_no_conformance(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", HONEST, *TWO_PARTS, "--shard", "1/2", "--out", "first") == 0
    capsys.readouterr()
    assert run("merge", "first", "--out", "whole") == 1
    told = capsys.readouterr().out
    assert "mutants.py:Honest: 500 of 510 cases (98 %) were examined: of the others nothing is known." in told
    assert "missing, in whole or in part: mutants.py:Honest: part 1" in told
    assert json.loads(Path("whole/badge.json").read_text())["color"] != "brightgreen"


def test_a_shard_says_nothing_of_the_candidates_that_are_others(capsys: pytest.CaptureFixture[str]) -> None:
    few = (*FEW, "--cases", "30")
    assert run("check", HONEST, WRONG, *few, "--shard", "1/2", "--out", "first") == 0
    assert run("check", HONEST, WRONG, *few, "--shard", "2/2", "--out", "second") == 1
    assert run("merge", "first", "second", "--out", "whole") == 1
    assert "mismatch" in capsys.readouterr().out.splitlines()[-1]


def test_what_fails_in_a_shard_is_kept_and_tried_first_by_the_next_check(capsys: pytest.CaptureFixture[str]) -> None:
    few = (*FEW, "--cases", "30")
    assert run("check", WRONG, *few, "--shard", "1/1", "--out", "first", "--memory", "elsewhere") == 1
    assert run("merge", "first", "--out", "whole", "--memory", "kept") == 1
    (failing,) = {mismatch.case for mismatch in read_run("whole").mismatches}
    assert run("check", WRONG, *FEW, "--cases", "1", "--seed", "7", "--out", "next", "--memory", "kept") == 1
    assert failing in {record.case for record in read_records("next")}
    assert run("check", WRONG, *FEW, "--cases", "1", "--seed", "7", "--out", "other", "--memory", "empty") in (0, 1)
    assert failing not in {record.case for record in read_records("other")}


def test_a_memory_that_cannot_be_is_told_before_anything_is_merged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", HONEST, *FEW, "--cases", "10", "--out", "first") == 0
    Path("file").touch()
    assert run("merge", "first", "--out", "whole", "--memory", "file") == 2
    assert "file" in capsys.readouterr().err
    assert not Path("whole").exists()


def test_a_baseline_of_the_shards_holds_for_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    few = (*FEW, "--cases", "30")
    assert run("check", WRONG, *few, "--out", "before") == 1
    assert run("baseline", "before", "--out", "known.toml") == 0
    assert run("check", WRONG, *few, "--baseline", "known.toml", "--out", "again") == 0
    assert run("merge", "again", "--out", "whole") == 0
    assert run("merge", "before", "--out", "whole") == 1
    assert run("merge", "before", "--baseline", "known.toml", "--out", "whole", "-q") == 0
    Path("other.toml").write_text("# another\n" + Path("known.toml").read_text())
    assert run("check", WRONG, *few, "--baseline", "other.toml", "--out", "other") == 0
    capsys.readouterr()
    assert run("merge", "again", "other", "--out", "whole") == 2
    assert "baseline=None, but should be given, since the runs were held against several" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shard", "told"),
    [
        ("3/2", "'3/2' should be which of how many, from 1: 2/4"),
        ("0/2", "'0/2' should be which of how many, from 1: 2/4"),
        ("1", "'1' should be which of how many, from 1: 2/4"),
        ("1/3", "shard='1/3', but should be of at most 2: the run is made of 2 parts"),
    ],
)
def test_a_shard_that_there_is_not_is_refused(shard: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = run("check", HONEST, *TWO_PARTS, "--shard", shard)
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == 2
    assert told in capsys.readouterr().err
    assert not Path("conformance-report").exists()


def test_a_run_that_ran_out_of_time_is_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    many = (*FEW, "--cases", "3000")
    run("check", HONEST, *many, "--max-time", "1s", "--out", "run")
    before = read_run("run")
    assert before.stopped
    assert before.totals.records < 3000
    assert run("check", HONEST, *many, "--resume", "run") == 0
    after = read_run("run")
    assert (after.finished, after.stopped, after.totals.records) == (True, (), 3000)
    assert after.seconds > before.seconds
    capsys.readouterr()


def test_only_the_same_run_is_resumed_and_another_folder_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    few = (*FEW, "--cases", "5")
    Path("mine.py").write_text(Path(MUTANTS).read_text())
    assert run("check", "mine.py:Honest", *few, "--out", "run") == 0
    kept = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}

    def told(*arguments: str) -> str:
        capsys.readouterr()
        assert run("check", *arguments) == 2
        return " ".join(capsys.readouterr().err.split())

    assert "seed: 0, not 1" in told("mine.py:Honest", *few, "--seed", "1", "--resume", "run")
    assert "candidates: mine.py:Honest, not reference" in told("reference", *few, "--resume", "run")
    assert "should be left out with --resume" in told("mine.py:Honest", *few, "--resume", "run", "--out", "elsewhere")
    assert "run.json: there is no such file" in told("mine.py:Honest", *few, "--resume", "nowhere")
    Path("mine.py").write_text(Path(MUTANTS).read_text() + "\n")
    assert "mine.py:Honest: its file has changed" in told("mine.py:Honest", *few, "--resume", "run")
    assert {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()} == kept
