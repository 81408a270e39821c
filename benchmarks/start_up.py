"""What people wait for: the command's start, the first fault of a NumPy function, and its whole quick profile.

OMP_NUM_THREADS=1 python benchmarks/start_up.py [--rounds N] [--cases N]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

NUMPY = "python -c 'import numpy'"
QUICK = 100
"""Cases of the quick profile."""
COMMANDS = ("--help", "--version", "seed", "check --help")
_MET = "; shrinking"
"""Ends the line that tells of a fault which was only just met."""


def conv2d(x, w, *, stride, padding):
    """The candidate that is examined: one matrix product, as in many a tutorial."""
    (down, across), (rows, columns) = stride, padding
    x = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    if any(size < reach for size, reach in zip(x.shape[2:], w.shape[2:], strict=True)):
        raise NotImplementedError("no window")
    windows = sliding_window_view(x, w.shape[2:], (2, 3))[:, :, ::down, ::across]
    batch, _, *size = windows.shape[:4]
    read = windows.transpose(0, 2, 3, 1, 4, 5).reshape(batch * size[0] * size[1], w[0].size if len(w) else 0)
    products = (read @ w.reshape(len(w), read.shape[1]).T).astype(x.dtype)
    return np.moveaxis(products.reshape(batch, *size, len(w)), 3, 1)


def rotated(x, w, *, stride, padding):
    """The same with a mistake."""
    return conv2d(x, w[..., ::-1, ::-1], stride=stride, padding=padding)


@dataclass(frozen=True, slots=True)
class Wait:
    """Seconds, the least of several rounds: of the CPU, in all processes, and those that pass."""

    what: str
    cpu: float
    passed: float

    def __str__(self) -> str:
        return f"| {self.what} | {self.cpu:.2f} | {self.passed:.2f} |"


def measure(rounds: int, cases: int) -> Iterator[Wait]:
    """The waits, beside that for NumPy alone."""
    yield _least(NUMPY, rounds, [sys.executable, "-c", "import numpy"])
    for words in COMMANDS:
        yield _least(f"convoracle {words}", rounds, _command(*words.split()))
    yield _least("the first fault of a wrong function", rounds, _check(rotated, cases), until=_MET)
    yield _least(f"{cases} cases of a right function", rounds, _check(conv2d, cases))


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "convoracle.suites", *words]


def _check(candidate: Callable[..., object], cases: int) -> list[str]:
    return _command("check", f"{Path(__file__).resolve()}:{candidate.__name__}", "--cases", str(cases))


def _least(what: str, rounds: int, command: list[str], until: str | None = None) -> Wait:
    found = [_waited(command, until) for _ in range(rounds)]
    return Wait(what, min(cpu for cpu, _ in found), min(passed for _, passed in found))


def _waited(command: list[str], until: str | None) -> tuple[float, float]:
    """CPU and other seconds until a command ends, or a line of it ends in this way."""
    before, start = _cpu(), time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder) as running,
    ):
        assert running.stdout is not None
        is_met = any(until is not None and line.endswith(f"{until}\n") for line in iter(running.stdout.readline, ""))
        passed = time.monotonic() - start
        running.terminate()
        running.communicate()
    assert is_met or until is None
    return _cpu() - before, passed


def _cpu() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of which the least is told (default: 5)")
    parser.add_argument("--cases", type=int, default=QUICK, help="of a run (default: those of the quick profile)")
    chosen = parser.parse_args()
    print("| | seconds of the CPU | seconds |", "|---|---|---|", sep="\n", flush=True)
    for wait in measure(chosen.rounds, chosen.cases):
        print(wait, flush=True)


if __name__ == "__main__":
    main()
