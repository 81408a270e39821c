"""What a person sees while a run goes on: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ...reports.records.record import Mismatch
from ...reports.views.wording import headline
from ..search.events import CandidateStarted, CaseExamined, FaultMet, MismatchKept, RunEvent

_SECONDS_BETWEEN_LINES = 10.0


def show_progress(events: Iterable[RunEvent], console: Console) -> None:
    """Show a run as it goes on, in the way that suits where `console` writes to."""
    if console.is_terminal:
        _show_live(events, console)
    else:
        _show_lines(events, console)


def _show_lines(events: Iterable[RunEvent], console: Console) -> None:
    """A line when a candidate starts, every ten seconds, and for each fault."""

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    name, start, last_line = "", 0.0, 0.0
    for event in events:
        match event:
            case CandidateStarted(candidate, total):
                name, start = candidate.name, time.monotonic()
                last_line = start
                say(f"{name} {candidate.version}".rstrip() + f": {total} cases")
            case CaseExamined(record, done, total) if not record.declined:
                now = time.monotonic()
                if now - last_line >= _SECONDS_BETWEEN_LINES or done == total:
                    last_line = now
                    rate = max(done, 1) / max(now - start, 1e-9)
                    say(f"{name}: {done}/{total} cases, {rate:.0f}/s, {(total - done) / rate:.0f} s left")
            case FaultMet(fault):
                say(f"{name}: {fault.check} of {fault.subject} {fault.outcome} on {fault.found}; shrinking")
            case MismatchKept(mismatch):
                say(found_line(mismatch))


def _show_live(events: Iterable[RunEvent], console: Console) -> None:
    """A bar for the candidate under examination, with its rate and the time left; faults above it.

    A search may end a little below its budget, which was then all there was to draw.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[doing]}", markup=False, style="yellow"),
    )
    with Progress(*columns, console=console) as progress:
        for event in events:
            match event:
                case CandidateStarted(candidate, total):
                    for task in progress.tasks:
                        progress.update(task.id, total=task.completed, doing="")
                    progress.add_task(candidate.name, total=total, rate="", doing="")
                case CaseExamined(_, done):
                    task = progress.tasks[-1]
                    rate = f"{task.speed:.0f}/s" if task.speed else ""
                    progress.update(task.id, completed=done, rate=rate, doing="")
                case FaultMet(fault):
                    progress.update(progress.task_ids[-1], doing=f"shrinking {fault.id}")
                case MismatchKept(mismatch):
                    progress.console.print(found_line(mismatch), markup=False, highlight=False)


def found_line(mismatch: Mismatch) -> str:
    """What was found, in a line: it is told in full at the end, with its cause."""
    return f"{headline(mismatch)}, on {mismatch.case}"
