"""The command as people use it: exit codes, one sentence for a mistake, and a report whatever happens."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from convoracle.oracle.faults import FAULTS
from convoracle.oracle.operands.data import parse_case
from convoracle.reports import read_run
from convoracle.reports.records.record import kind_of
from convoracle.suites.checks.registry import CHECKS
from convoracle.suites.command.cli import main

MUTANTS = Path(__file__).parents[1] / "mutants.py"
KERNELS = Path(__file__).parents[1] / "any_rank.py"
SMALL = ["--cases", "25", "--memory", "failures"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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
    assert len(finished.cases) > 10
    asked = {kind_of(result.check) for record in finished.cases for result in record.results}
    assert {"structure", "precision", "adjoint"} <= asked <= set(CHECKS) - {"illegal"}
    assert "<html" in Path("conformance-report/index.html").read_text()
    ElementTree.parse("conformance-report/junit.xml")


@pytest.mark.parametrize("rank", ["4", "5"])
def test_more_than_three_axes(rank: str, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--ranks", rank, "--cases", "12", "--dtypes", "float32", "--memory", "failures"]
    assert run("check", "reference", f"{KERNELS}:conv", *few) == 0
    assert run("check", f"{KERNELS}:last_axes_exchanged", *few, "--cases", "30") == 1
    assert "needs: 4 spatial axes or more" in capsys.readouterr().out
    assert "axis" in Path("conformance-report/index.html").read_text()


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


def test_a_mismatch_ends_with_1_and_can_be_replayed(capsys: pytest.CaptureFixture[str]) -> None:
    source = f"{MUTANTS}:StrideIgnoredInWeightGradient"
    assert run("check", source, "reference", *SMALL, "--out", "report") == 1
    out = capsys.readouterr().out
    assert "weight_gradient of mutants.py:StrideIgnoredInWeightGradient" in out
    assert "reference: conforms" in out
    (home,) = Path("report/mismatches").iterdir()
    assert json.loads((home / "mismatch.json").read_text())
    assert run("replay", str(home), "--candidate", source) == 1
    assert "violates structure" in capsys.readouterr().out
    assert run("replay", str(home / "mismatch.json"), "--candidate", "reference") == 0
    assert "conforms" in capsys.readouterr().out


def test_the_reproducer_of_a_user_candidate_reproduces() -> None:
    run("check", f"{MUTANTS}:PaddingSidesSwapped", *SMALL, "--out", "report")
    (home,) = Path("report/mismatches").iterdir()
    script = subprocess.run([sys.executable, home / "reproduce.py"], capture_output=True, text=True, timeout=60)
    assert script.returncode == 1, script.stderr
    assert "reproduced:" in script.stdout


def test_a_record_never_executes_the_candidate_that_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    run("check", f"{MUTANTS}:KernelNotFlipped", *SMALL, "--out", "report")
    (home,) = Path("report/mismatches").iterdir()
    capsys.readouterr()
    assert run("replay", str(home)) == 2
    assert "name the candidate yourself with --candidate" in capsys.readouterr().err


def test_a_crash_and_a_hang_do_not_end_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    sources = [f"{MUTANTS}:SegfaultsOnStride", f"{MUTANTS}:HangsOnDilation"]
    assert run("check", *sources, *SMALL, "--time-limit", "1") == 1
    out = capsys.readouterr().out
    assert "SIGSEGV" in out
    assert "gives no answer within the time limit" in out
    outcomes = {str(r.verdict.outcome) for record in read_run("conformance-report").cases for r in record.results}
    assert {"crashed", "hung", "conforms"} <= outcomes


def test_nothing_compared_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", f"{MUTANTS}:SupportsNothing", *SMALL) == 1
    assert "not one result was compared, which counts as a failure" in capsys.readouterr().out


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


def test_the_same_seed_gives_the_same_report() -> None:
    records = []
    for out in ("first", "second"):
        run("check", f"{MUTANTS}:DilationAndGroups", *SMALL, "--seed", "5", "--out", out, "--memory", f"memory-{out}")
        run_ = read_run(out)
        records.append(
            [(record.case, [(r.check, r.subject, r.verdict) for r in record.results]) for record in run_.cases]
            + [(mismatch.id, mismatch.case) for mismatch in run_.mismatches]
        )
    assert records[0] == records[1]


def test_options_restrict_what_is_drawn() -> None:
    options = ["--ranks", "2", "--dtypes", "float64", "float32", "--passes", "forward", "bias_gradient"]
    assert run("check", "reference", *SMALL, *options) == 0
    finished = read_run("conformance-report")
    assert {r.subject for record in finished.cases for r in record.results} == {"forward", "bias_gradient"}
    assert {parse_case(record.case).dtype for record in finished.cases} <= {"float64", "float32"}


def test_seed_prints_the_equations(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("seed") == 0
    assert "O₁₁ = X₁₁F₁₁ + X₁₂F₁₂ + X₂₁F₂₁ + X₂₂F₂₂" in capsys.readouterr().out


def test_report_is_rendered_again_from_the_records() -> None:
    run("check", "reference", *SMALL)
    page = Path("conformance-report/index.html")
    before = page.read_text()
    page.unlink()
    assert run("report", "conformance-report") == 0
    assert page.read_text() == before


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
    assert finished.cases
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
    records = Path("conformance-report/records.jsonl")
    deadline = time.monotonic() + 60
    while not (records.exists() and records.stat().st_size > 20_000):
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


def test_a_damaged_memory_is_told_before_the_old_report_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    run("check", f"{MUTANTS}:KernelNotFlipped", *SMALL)
    before = read_run("conformance-report")
    (memory,) = Path("failures").glob("*.txt")
    memory.write_text("no case\n")
    assert run("check", f"{MUTANTS}:KernelNotFlipped", *SMALL) == 2
    assert "remove that line" in capsys.readouterr().err
    assert read_run("conformance-report") == before


def test_the_power_of_a_profile_is_a_line_for_each_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("power", "--fault", "kernel-not-rotated", "stride-ignored") == 0
    heading, first, second, *_, last = capsys.readouterr().out.splitlines()
    assert heading.split() == ["fault", "O", "dX", "dF", "db", "F'", "jvp", "ddO", "ddX", "ddF", "first"]
    assert first.split()[:3] == ["kernel-not-rotated", "5+", "5+"]
    assert 1 <= int(first.split()[3]) <= 5
    assert second.split()[0] == "stride-ignored"
    assert last.endswith(" cases of the profile quick, seed 0: 10 pairs of fault and pass, each is seen")


def test_a_profile_that_is_blind_to_a_fault_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("power", "--cases", "1", "--fault", "kernel-not-rotated") == 1
    assert "no case sees kernel-not-rotated in input_gradient" in capsys.readouterr().out
    assert run("power", "--fault", "kernel-not-rotatd") == 2
    expected = f"should be the name of one of {len(FAULTS)} models, such as kernel-not-rotated,"
    assert expected in capsys.readouterr().err


def test_the_closing_line_counts_causes_and_what_was_compared(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", f"{MUTANTS}:KernelNotFlipped", *SMALL) == 1
    out = capsys.readouterr().out
    assert "cause 1 of 1: input_gradient of mutants.py:KernelNotFlipped" in out
    last = out.strip().splitlines()[-1]
    assert re.fullmatch(
        r"1 cause, 1 mismatch in \d+ examinations; 100 % of what was asked was compared, (under )?\d+ % of its "
        r"verdicts undecided; \d+ s; report: conformance-report/index.html",
        last,
    ), last


def test_below_the_floor_a_run_does_not_pass_and_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    source = f"{MUTANTS}:DeclinesMostOfOnePass"
    only = ["--passes", "forward", "weight_gradient", "--ranks", "1"]
    assert run("check", source, *SMALL, *only) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "of what was asked of weight_gradient was compared, less than the 50 % that are wanted" in told
    assert "Not compared: only a kernel of 1" in told
    assert "no mismatch in" in told
    junit = ElementTree.parse("conformance-report/junit.xml").getroot()
    assert [each.get("type") for each in junit.iter("error")] == ["too little compared"]
    assert "too little of what was asked was compared" in Path("conformance-report/index.html").read_text()
    kept = json.loads(Path("conformance-report/finished.json").read_text())["compared"]
    assert {share["subject"] for share in kept["shares"]} == {"forward", "weight_gradient"}
    assert run("check", source, *SMALL, *only, "--min-compared", "0.01") == 0
    assert run("check", source, *SMALL, "--ranks", "1", "--passes", "forward") == 0


def test_where_what_is_supported_cannot_be_written_nothing_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder").mkdir()
    for path in ("nowhere/supported.json", "folder"):
        assert run("check", "reference", *SMALL, "--write-supported", path) == 2
        assert f"write_supported={path!r}, but should be a file that can be written" in capsys.readouterr().err
    assert not Path("conformance-report").exists()


def test_what_was_supported_is_to_stay_supported(capsys: pytest.CaptureFixture[str]) -> None:
    only = [*SMALL, "--ranks", "1", "--passes", "forward", "--dtypes", "float32"]
    assert run("check", f"{MUTANTS}:Honest", *only, "--write-supported", "supported.json") == 0
    kept = json.loads(Path("supported.json").read_text())
    assert {"mutants.py:Honest", "forward", "float32", "groups"} <= {
        value for entry in kept["entries"] for value in entry.values()
    }
    assert run("check", f"{MUTANTS}:Honest", *only, "--supported", "supported.json") == 0
    text = Path("supported.json").read_text().replace("mutants.py:Honest", "mutants.py:HonestWithoutGroups")
    Path("supported.json").write_text(text)
    capsys.readouterr()
    assert run("check", f"{MUTANTS}:HonestWithoutGroups", *only, "--supported", "supported.json") == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "supported before, and not any more: groups in forward of mutants.py:HonestWithoutGroups in float32" in told
    assert run("check", f"{MUTANTS}:HonestWithoutGroups", *only) == 0
    assert run("check", f"{MUTANTS}:Honest", *only, "--supported", "nowhere.json") == 2
