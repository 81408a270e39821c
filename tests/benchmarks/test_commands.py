"""Every benchmark runs as its README gives it, with as little as its options allow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SHORTEST = {
    "reference_speed.py": ("--category", "tiny", "--rounds", "1", "--minimum", "0"),
    "exact_speed.py": ("--shape", "tiny", "--rounds", "1", "--minimum", "0"),
    "certificates.py": ("--corpus", "resnet50", "--batch", "1", "--products", "20000"),
    "verdict_cost.py": ("--cases", "2", "--chunks", "1"),
    "start_up.py": ("--rounds", "1", "--cases", "20"),
    "detection.py": ("--faults", "1", "--cases", "5", "--seconds", "0.2", "--workers", "1", "--tool", "convoracle"),
    "restricted.py": ("--kernel", "1x1 only", "--profile", "quick"),
    "restricted_detection.py": ("--kernel", "1x1 only", "--faults", "1", "--cases", "5", "--workers", "1"),
    "diagnosis.py": ("--draws", "1", "--model", "stride-ignored"),
    "false_alarms.py": ("--case-passes", "1", "--workers", "1", "--only", "native"),
    "memory.py": ("--cases", "20", "--jobs", "1"),
    "records.py": ("--records", "20", "--cases", "3"),
    "campaigns.py": ("--parts", "2", "--part-cases", "3", "--workers", "2"),
    "overview.py": (
        *("--only", "exact", "--only", "verdicts", "--only", "searches", "--only", "reports"),
        *("--only", "starts"),
        *("--rounds", "1", "--cases", "1", "--records", "20", "--candidate", "reference"),
    ),
    "mutation.py": (
        "oracle/judging/nonfinite.py",
        "--sample",
        "1",
        "--tests",
        "tests/oracle/judging/test_nonfinite.py",
    ),
}
TOLD = {
    "reference_speed.py": "| tiny | 1x1x3x3, 2x2 | bias_gradient |",
    "exact_speed.py": "| tiny | float32 lattice |",
    "certificates.py": "| resnet50 | 18 |",
    "verdict_cost.py": "8 verdicts, CPU time",
    "start_up.py": "| the first fault of a wrong function |",
    "detection.py": "| convoracle | 1 of 1 |",
    "restricted.py": "| 1x1 only | 100 |",
    "restricted_detection.py": "| 1x1 only | 5 | 0 |",
    "diagnosis.py": "terms: first 1 of 1 (100.0%)",
    "false_alarms.py": "0 searches with a false alarm",
    "memory.py": "| -j 1 | 20 |",
    "records.py": "| 20 |",
    "campaigns.py": "| collected by one process | 2 |",
    "overview.py": "| a report of 20 records |",
    "mutation.py": "noticed: oracle/judging/nonfinite.py:",
}


def run(script: str, *options: str) -> str:
    command = [sys.executable, FOLDER / script, *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SHORTEST)
def test_a_benchmark_runs(script: str) -> None:
    assert TOLD[script] in run(script, *SHORTEST[script])


def test_every_documented_benchmark_is_run_here() -> None:
    told = (FOLDER / "README.md").read_text()
    commands = {line.split("benchmarks/")[1].split()[0] for line in told.splitlines() if "python benchmarks/" in line}
    assert commands == {*SHORTEST, "report_in_browser.py"}, "the last is run in a test of its own: it needs a browser"
