"""No clock decides anything: a seed finds the same on a slow machine, and on one that is busy with other things."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from convoracle.suites.command.cli import main

MUTANTS = Path(__file__).parents[1] / "mutants.py"
TIMES = re.compile(rb'"(seconds|started)": ?("[^"]*"|[0-9.e+-]+)')
OF_A_RECORD = re.compile(rb'\[[0-9,]*\](?=,\[[-0-9,]*\](,"[^"]*")?(,[0-9]+)?\]$)', re.MULTILINE)
"""The times in a line of the file of records: its last list."""


def _checked(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch, *options: str) -> dict[str, bytes]:
    """The records and mismatches of a run in a new folder, by file, without their times."""
    folder.mkdir()
    monkeypatch.chdir(folder)
    arguments = ("check", f"{MUTANTS}:{name}", "--cases", "25", "--passes", "forward", "--memory", "failures", *options)
    assert main(arguments) == 1
    report = folder / "conformance-report"
    files = (report / "run.json", *sorted(report.glob("records/*")), *sorted(report.glob("mismatches/*/*")))
    return {str(file.relative_to(folder)): OF_A_RECORD.sub(rb"", TIMES.sub(rb"", file.read_bytes())) for file in files}


@pytest.mark.parametrize("name", ["WrongWhereLarge", "DilationAndGroups"])
def test_an_hour_between_any_two_looks_at_the_clock_changes_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that is drawn, shrunk, diagnosed or asked is cut off by the time that it took."""
    usual = _checked(tmp_path / "usual", name, monkeypatch, "--in-process")
    for clock in ("perf_counter", "monotonic", "time"):
        monkeypatch.setattr(time, clock, itertools.count(1e9, 3600.0).__next__)
    assert _checked(tmp_path / "slow", name, monkeypatch, "--in-process") == usual


@contextmanager
def _busy_machine() -> Iterator[None]:
    """Another process computes on each processor all the time."""
    spawn, processors = multiprocessing.get_context("spawn"), len(os.sched_getaffinity(0))
    spinning = [spawn.Process(target=_spin, daemon=True) for _ in range(processors)]
    for each in spinning:
        each.start()
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.join()


def _spin() -> None:
    while True:
        pass


def test_a_busy_machine_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the candidate in a process of its own, for which the harness waits."""
    idle = _checked(tmp_path / "idle", "DilationAndGroups", monkeypatch)
    with _busy_machine():
        assert _checked(tmp_path / "busy", "DilationAndGroups", monkeypatch) == idle
