"""What a person sees while a run goes on: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ...reports.records.record import CandidateInfo, CaseRecord, Evidence, Mismatch
from ...reports.views.wording import headline
from ..diagnosis.fault import Fault

_SECONDS_BETWEEN_LINES = 10.0


@dataclass(slots=True)
class PlainProgress:
    """A line when a candidate starts, every ten seconds, and for each fault."""

    console: Console
    _name: str = ""
    _start: float = 0.0
    _told: float = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def on_start(self, candidate: CandidateInfo, total: int) -> None:
        self._name, self._start = candidate.name, time.monotonic()
        self._told = self._start
        self._say(f"{candidate.name} {candidate.version}".rstrip() + f": {total} cases")

    def on_case(self, record: CaseRecord, done: int, total: int) -> None:
        if record.declined:
            return
        now = time.monotonic()
        if now - self._told >= _SECONDS_BETWEEN_LINES or done == total:
            self._told = now
            rate = max(done, 1) / max(now - self._start, 1e-9)
            self._say(f"{self._name}: {done}/{total} cases, {rate:.0f}/s, {(total - done) / rate:.0f} s left")

    def on_fault(self, fault: Fault) -> None:
        self._say(f"{self._name}: {fault.check} of {fault.subject} {fault.outcome} on {fault.found}; shrinking")

    def on_mismatch(self, mismatch: Mismatch, evidence: Evidence) -> None:
        self._say(found_line(mismatch))

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


@dataclass(slots=True)
class LiveProgress:
    """A bar for the candidate under examination, with its rate and the time left; faults above it."""

    console: Console
    _progress: Progress = field(init=False)
    _task: TaskID | None = None

    def __post_init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
            TimeRemainingColumn(),
            TextColumn("{task.fields[doing]}", markup=False, style="yellow"),
            console=self.console,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def _close_task(self) -> None:
        """A search may end a little below its budget, which was then all there was to draw."""
        if self._task is not None:
            done = self._progress.tasks[self._task].completed
            self._progress.update(self._task, total=done, doing="")

    def on_start(self, candidate: CandidateInfo, total: int) -> None:
        self._close_task()
        self._task = self._progress.add_task(candidate.name, total=total, rate="", doing="")

    def on_case(self, record: CaseRecord, done: int, total: int) -> None:
        assert self._task is not None
        speed = self._progress.tasks[self._task].speed
        rate = f"{speed:.0f}/s" if speed else ""
        self._progress.update(self._task, completed=done, rate=rate, doing="")

    def on_fault(self, fault: Fault) -> None:
        assert self._task is not None
        self._progress.update(self._task, doing=f"shrinking {fault.id}")

    def on_mismatch(self, mismatch: Mismatch, evidence: Evidence) -> None:
        self._progress.console.print(found_line(mismatch), markup=False, highlight=False)


def found_line(mismatch: Mismatch) -> str:
    """What was found, in a line: it is told in full at the end, with its cause."""
    return f"{headline(mismatch)}, on {mismatch.case}"


def progress_for(console: Console) -> PlainProgress | LiveProgress:
    """The display that suits where `console` writes to."""
    return LiveProgress(console) if console.is_terminal else PlainProgress(console)
