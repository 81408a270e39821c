"""What a person sees while a run goes on: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console

from ...reports.records.record import Mismatch
from ...reports.views.wording import headline
from ..search.events import CandidateStarted, CaseExamined, MismatchKept, MismatchMet, RunEvent

_SECONDS_BETWEEN_LINES = 10.0


def show_progress(events: Iterable[RunEvent], console: Console, *, quiet: bool = False) -> None:
    """Show a run as it goes on, in the way that suits where `console` writes to; a quiet one is only followed."""
    if quiet:
        for _ in events:
            pass
    elif console.is_terminal:
        from .live_progress import show_live  # with rich.progress, which other consoles do not wait for

        show_live(events, console)
    else:
        _show_lines(events, console)


def _show_lines(events: Iterable[RunEvent], console: Console) -> None:
    """A line when a candidate starts, of each every ten seconds, and for each fault."""

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    started: dict[str, float] = {}
    last_line: dict[str, float] = {}
    for event in events:
        match event:
            case CandidateStarted(candidate, total):
                started[candidate.name] = last_line[candidate.name] = time.monotonic()
                say(f"{candidate.name} {candidate.version}".rstrip() + f": {total} cases")
            case CaseExamined(record, done, total) if not record.declined:
                name, now = record.candidate, time.monotonic()
                if now - last_line[name] >= _SECONDS_BETWEEN_LINES or done == total:
                    last_line[name] = now
                    rate = max(done, 1) / max(now - started[name], 1e-9)
                    say(f"{name}: {done}/{total} cases, {rate:.0f}/s, {(total - done) / rate:.0f} s left")
            case MismatchMet(met):
                say(f"{met.candidate}: {met.check} of {met.subject} {met.verdict.outcome} on {met.found}; shrinking")
            case MismatchKept(mismatch):
                say(found_line(mismatch))


def found_line(mismatch: Mismatch) -> str:
    """What was found, in a line: it is told in full at the end, with its cause."""
    return f"{headline(mismatch)}, on {mismatch.case}"
