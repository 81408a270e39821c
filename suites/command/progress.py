"""What a person sees while a run goes on: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console

from ...reports.records.record import Mismatch
from ...reports.views.wording import headline
from ..search.events import CaseExamined, MismatchKept, MismatchMet, PartDone, PartStarted, RunEvent

_SECONDS_BETWEEN_LINES = 10.0


@dataclass(slots=True)
class Amount:
    """How many cases of a candidate there are to examine, and how many were, over the parts that go on at a time.

    Parameters
    ----------
    total : int
        As far as is known; a search may end a little below its number, which was then all there was to draw.
    """

    total: int
    _ended: int = 0
    _done: dict[int, int] = field(default_factory=dict)

    def note(self, part: int, done: int) -> int:
        """So many of a part were examined; how many in all."""
        self._done[part] = done
        return self._ended + sum(self._done.values())

    def end(self, part: int, cases: int) -> None:
        """The search of a part, of so many cases, has ended."""
        done = self._done.pop(part, 0)
        self._ended += done
        self.total -= cases - done


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
    amounts: dict[str, Amount] = {}
    for event in events:
        match event:
            case PartStarted(candidate, total) if candidate.name not in amounts:
                amounts[candidate.name] = Amount(total)
                started[candidate.name] = last_line[candidate.name] = time.monotonic()
                say(f"{candidate.name} {candidate.version}".rstrip() + f": {total} cases")
            case PartDone(part, total):
                amounts[part.candidate].end(part.number, total)
            case CaseExamined(record, done, _, number) if not record.declined:
                name, now = record.candidate, time.monotonic()
                done, total = amounts[name].note(number, done), amounts[name].total
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
