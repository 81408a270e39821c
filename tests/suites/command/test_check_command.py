"""`convoracle check`: which cases are asked, what is told at the end, and what keeps a run from passing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis.database import DirectoryBasedExampleDatabase

from convoracle.oracle.answers import slices
from convoracle.oracle.numbers.scaled import Scaled
from convoracle.oracle.operands.data import parse_case
from convoracle.reports import read_records, read_run
from convoracle.suites.checks import value
from convoracle.suites.command import check_command
from convoracle.suites.command.cli import FAILED, main

pytestmark = pytest.mark.usefixtures("own_folder")
MUTANTS = Path(__file__).parents[1] / "mutants.py"
KERNELS = Path(__file__).parents[1] / "any_rank.py"
SMALL = ["--cases", "25", "--memory", "failures"]


def run(*arguments: str) -> int:
    return main(arguments)


@pytest.mark.parametrize("rank", ["4", pytest.param("5", marks=pytest.mark.campaign)])
def test_more_than_three_axes(rank: str, capsys: pytest.CaptureFixture[str]) -> None:
    few = ["--ranks", rank, "--cases", "12", "--dtypes", "float32", "--memory", "failures"]
    assert run("check", "reference", f"{KERNELS}:conv", *few) == 0
    assert run("check", f"{KERNELS}:last_axes_exchanged", *few, "--cases", "30") == 1
    assert "needs: 4 spatial axes or more" in capsys.readouterr().out
    assert "axis" in Path("conformance-report/index.html").read_text()


def test_a_crash_and_a_hang_do_not_end_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    sources = [f"{MUTANTS}:SegfaultsOnStride", f"{MUTANTS}:HangsOnDilation"]
    assert run("check", *sources, *SMALL, "--time-limit", "1") == 1
    out = capsys.readouterr().out
    assert "SIGSEGV" in out
    assert "gives no answer within the time limit" in out
    outcomes = {str(r.verdict.outcome) for record in read_records("conformance-report") for r in record.results}
    assert {"crashed", "hung", "conforms"} <= outcomes


def test_nothing_compared_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", f"{MUTANTS}:SupportsNothing", *SMALL) == 1
    assert "not one result was compared, which counts as a failure" in capsys.readouterr().out


def test_the_oracle_audits_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "reference", *SMALL) == 0
    audited = read_run("conformance-report").audited
    assert audited
    told = f"{audited} exact results computed again term by term"
    assert told in capsys.readouterr().out
    assert f"<dt>exact results were computed again, term by term</dt><dd>{audited}</dd>" in page_text()


def page_text() -> str:
    return Path("conformance-report/index.html").read_text()


@pytest.fixture
def _last_exact_element_is_wrong(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fault of the oracle: one too many in an element of each exact sum."""
    right = slices.sums_of_products

    def sums(*arguments: object) -> object:
        exact, of_sizes = right(*arguments)
        limb = exact.limbs[0].copy()
        limb.flat[-1:] += 1
        return Scaled((limb, *exact.limbs[1:]), exact.exponent), of_sizes

    value._kept_answer.cache_clear()
    monkeypatch.setattr(slices, "sums_of_products", sums)
    yield
    value._kept_answer.cache_clear()


@pytest.mark.usefixtures("_last_exact_element_is_wrong")
@pytest.mark.parametrize("processes", [["--in-process"], ["-j", "1"], ["-j", "3"]])
def test_a_fault_of_the_oracle_stops_the_run(capsys: pytest.CaptureFixture[str], processes: list[str]) -> None:
    """Also one that shows in a process that examines ahead."""
    assert run("check", "reference", *SMALL, *processes) == FAILED
    told = capsys.readouterr().err
    assert re.search(r"OracleFault: the exact \w+ of \S+/\d+ is not what its definition gives: wrong value", told)
    assert "this is a failure of convoracle itself" in told
    assert not read_run("conformance-report").finished


def test_options_restrict_what_is_drawn() -> None:
    options = ["--ranks", "2", "--dtypes", "float64", "float32", "--passes", "forward", "bias_gradient"]
    assert run("check", "reference", *SMALL, *options) == 0
    records = list(read_records("conformance-report"))
    assert {r.subject for record in records for r in record.results} == {"forward", "bias_gradient"}
    assert {parse_case(record.case).dtype for record in records} <= {"float64", "float32"}


def test_the_same_seed_gives_the_same_report() -> None:
    records = []
    for out in ("first", "second"):
        run(*f"check {MUTANTS}:DilationAndGroups --cases 25 --seed 5 --out {out} --memory memory-{out}".split())
        records.append(
            [(record.case, [(r.check, r.subject, r.verdict) for r in record.results]) for record in read_records(out)]
            + [(mismatch.id, mismatch.case) for mismatch in read_run(out).mismatches]
        )
    assert records[0] == records[1]


def test_a_random_seed_is_told_and_kept(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_command.secrets, "randbelow", lambda most: most - 1)
    assert run("check", "reference", "--cases", "1", "--in-process", "--seed", "random") == 0
    assert capsys.readouterr().out.startswith("--seed 999999 draws the cases of this run again\n")
    assert read_run("conformance-report").info.seed == 999_999


def test_what_is_no_case_in_the_memory_is_told_and_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", f"{MUTANTS}:KernelNotFlipped", *SMALL) == 1
    DirectoryBasedExampleDatabase("failures").save(f"{MUTANTS}:KernelNotFlipped".encode(), b"no case")
    capsys.readouterr()
    assert run("check", f"{MUTANTS}:KernelNotFlipped", *SMALL) == 1
    assert "convoracle: failures: 'no case' is left out: " in capsys.readouterr().err


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


SLOW = """import time
import numpy as np

def conv1d(x, w):
    time.sleep(0.003)
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("ncpr,kcr->nkp", windows, w)
"""


def test_a_run_takes_no_more_time_than_it_is_given_and_says_what_was_not_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("slow.py").write_text(SLOW)
    asked = ["check", "slow.py:conv1d", "--cases", "5000", "--dtypes", "float64", "--memory", "failures"]
    assert run(*asked, "--max-time", "10s") == 1
    told = re.search(r"slow\.py:conv1d: (\d+) of 5,000 cases \([a-z0-9 ]+ %\) were examined", capsys.readouterr().out)
    assert told is not None
    assert 0 < int(told[1]) < 2500
    records = [record for record in read_records("conformance-report") if not record.declined]
    assert len(records) == int(told[1])
    summary = json.loads(Path("conformance-report/summary.json").read_text())
    assert [name in " ".join(summary[name_of]) for name_of, name in (("notes", told[0]), ("complaints", told[0]))] == [
        True, True
    ]  # fmt: skip
    assert json.loads(Path("conformance-report/badge.json").read_text())["color"] == "orange"


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


def test_the_reproducer_of_a_user_candidate_reproduces() -> None:
    run("check", f"{MUTANTS}:PaddingSidesSwapped", *SMALL, "--out", "report")
    (home,) = Path("report/mismatches").iterdir()
    script = subprocess.run([sys.executable, home / "reproduce.py"], capture_output=True, text=True, timeout=60)
    assert script.returncode == 1, script.stderr
    assert "reproduced:" in script.stdout


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
