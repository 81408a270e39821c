"""A run's mismatches as a baseline: it is read again, and speaks of all of them and of little else."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, Mismatch, RunInfo
from convoracle.reports.records.baseline import held
from convoracle.reports.records.baseline_file import read_baseline
from convoracle.reports.records.totals import Run, totals
from convoracle.reports.views.baseline_text import baseline_text

CASE = "n1c1k1i3f2/bfloat16/uniform/0"
ERROR = Verdict(Outcome.REFUSED, 'raised ValueError: "no"\x07\\', "ValueError")
FIRST = Mismatch("torch-jvp-1", "torch", "structure", "jvp", CASE, CASE, ERROR, needs=("dtype bfloat16", "padding"))


def run(*mismatches: Mismatch) -> Run:
    info = RunInfo(0, "quick", (CandidateInfo("torch"), CandidateInfo("mlx")), "", "", ())
    return Run(info, totals([], ()), mismatches, finished=True)


def test_what_mismatches_of_a_cause_have_in_common_is_wanted(tmp_path: Path) -> None:
    wider = replace(FIRST, id="torch-forward-1", subject="forward", needs=("dtype bfloat16", "transposed", "padding"))
    other = replace(
        FIRST, id="mlx-jvp-1", candidate="mlx", check="relation:stride", needs=(), case="n1c1k1i1f1/int8/a/0"
    )
    of_run = run(FIRST, wider, other)
    path = tmp_path / "known.toml"
    path.write_text(baseline_text(of_run), "utf-8")
    of_torch, of_mlx = tomllib.loads(path.read_text("utf-8"))["known"]
    assert of_torch.pop("reason").startswith('jvp and 1 more pass of torch: raised ValueError: "no"')
    assert of_torch == {
        "candidate": "torch",
        "check": ["structure"],
        "pass": ["jvp", "forward"],
        "dtype": ["bfloat16"],
        "needs": ["padding"],
    }
    assert of_mlx.pop("reason")
    assert of_mlx == {"candidate": "mlx", "check": ["relation"], "pass": ["jvp"]}
    assert held(of_run, read_baseline(path), date(2026, 11, 28)).unknown == ()


def test_a_dtype_without_which_some_show_is_not_wanted() -> None:
    wider = replace(FIRST, id="torch-forward-1", subject="forward", needs=("padding",))
    (entry,) = tomllib.loads(baseline_text(run(FIRST, wider)))["known"]
    assert "dtype" not in entry


def test_a_run_without_mismatches_has_a_baseline_without_entries() -> None:
    assert tomllib.loads(baseline_text(run())) == {}
