"""A session of pytest that is ended from outside: nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .remains import nothing_left


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_session_that_is_ended_leaves_nothing(number: signal.Signals, folder: Path) -> None:
    words = [
        "-p",
        "no:cacheprovider",
        "--conv-candidate",
        "kernel.py:conv1d",
        "--conv-profile",
        "deep",
        "--conv-report",
        "report",
    ]
    with nothing_left():
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *words, "kernel.py"],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while not list(folder.glob("report/records/*.jsonl")):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert os.listdir(os.environ["TMPDIR"])
        process.send_signal(number)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, told
