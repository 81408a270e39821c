"""A run on a terminal as it goes on: a bar for each candidate."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ..search.events import CaseExamined, MismatchKept, MismatchMet, PartDone, PartStarted, RunEvent
from .progress import Amount, found_line

_WIDE = 100
"""So many columns have room for the name of what is shrunk."""
_LEARNING = "asking what it takes"


def show_live(events: Iterable[RunEvent], console: Console) -> None:
    """A bar for each candidate, with its rate and the time left; faults above them."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("{task.fields[doing]}", markup=False, style="yellow"),
    )
    with Progress(*columns, console=console) as progress:
        bars: dict[str, TaskID] = {}
        amounts: dict[str, Amount] = {}
        for event in events:
            match event:
                case PartStarted(candidate, total) if candidate.name not in bars:
                    amounts[candidate.name] = Amount(total)
                    bars[candidate.name] = progress.add_task(candidate.name, total=total, rate="", doing=_LEARNING)
                case CaseExamined(record, done, _, part):
                    task = progress.tasks[bars[record.candidate]]
                    rate = f"{task.speed:.0f}/s" if task.speed else ""
                    completed = amounts[record.candidate].note(part, done)
                    progress.update(task.id, completed=completed, rate=rate, doing="")
                case MismatchMet(mismatch):
                    doing = f"shrinking {mismatch.id}" if console.width >= _WIDE else "shrinking"
                    progress.update(bars[mismatch.candidate], doing=doing)
                case MismatchKept(mismatch):
                    progress.console.print(found_line(mismatch), markup=False, highlight=False)
                case PartDone(part, total):
                    amount = amounts[part.candidate]
                    amount.end(part.number, total)
                    progress.update(bars[part.candidate], total=amount.total, doing="")
