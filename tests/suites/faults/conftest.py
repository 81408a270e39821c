"""What the tests of faults share: a right candidate in a folder of its own, and the command in a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

RIGHT = """import numpy as np

def conv1d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("ncpr,kcr->nkp", windows, w)
"""
CHECK = ["check", "kernel.py:conv1d", "--dtypes", "float64", "--ranks", "1", "--min-compared", "0", "--out", "run"]
COMMAND = [sys.executable, "-m", "convoracle.suites"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kernel.py").write_text(RIGHT)
    return tmp_path


def started(folder: Path, *options: str) -> subprocess.Popen[str]:
    """A long run, some cases of which are on disk."""
    process = subprocess.Popen(
        [*COMMAND, *CHECK, "--cases", "5000", *options],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while sum(path.stat().st_size for path in folder.glob("run/records/*.jsonl")) < 3_000:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def signalled(process: subprocess.Popen[str], numbers: Sequence[signal.Signals]) -> tuple[int, str]:
    """The exit code and the errors of a run whose whole group gets signals, as from a terminal."""
    for number in numbers:
        os.killpg(process.pid, number)
        time.sleep(0.05)
    _, errors = process.communicate(timeout=60)
    return process.returncode, errors


def shell(folder: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a shell does, in which $CHECK is a short check and $CONVORACLE the command."""
    given = {"CONVORACLE": " ".join(COMMAND), "CHECK": " ".join([*COMMAND, *CHECK])}
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder, env=os.environ | given | environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
