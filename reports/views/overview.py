"""What came out of a run on one screen: causes first, then what was compared of each candidate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text

from ...oracle.judging.verdict import Outcome
from ..records.baseline import Held
from ..records.compared import Compared
from ..records.totals import Run
from .cause_text import cause_texts
from .causes import causes
from .gate import percent, told_of
from .terminal import WIDTH
from .wording import candidate_name, clean, plural

_MOST_CAUSES, _MOST_KNOWN, _MOST_ABSENT, _MOST_ROWS = 5, 5, 2, 8
_FEW_CAUSES = 4


def cause_lines(run: Run, against: Held, folder: Path, width: int | None) -> Iterator[Text]:
    """Of few unknown causes the first in full; of others what each is, and how to go on; cut to a `width`, if any."""
    found = causes(against.unknown)
    in_full = 1 if 0 < len(found) <= _FEW_CAUSES else 0
    if in_full:
        faults = run.totals.counts.faults
        told = cause_texts(
            against.unknown, run.info.candidates, faults, machines=run.machines, width=width or WIDTH, most=in_full
        )
        yield Text(told)
    named = {mismatch.id: mismatch for mismatch in against.unknown}
    for number, cause in enumerate(found[in_full:_MOST_CAUSES], in_full + 1):
        first = named[cause.mismatches[0]]
        others = f" ({plural(len(cause.mismatches), 'mismatch', 'mismatches')})" if len(cause.mismatches) > 1 else ""
        title = _cut(cause.title, width and 2 * width - 30)
        yield Text.assemble((f"cause {number} of {len(found)}: ", "bold"), (f"{title}{others}", "bold red"))
        yield Text(f"  {clean(first.id)}, on {clean(first.case)}")
    if len(found) > 1:
        yield Text(f"  each in full: convoracle explain {folder}/ID", "dim")
    if len(found) > _MOST_CAUSES:
        yield Text(f"and {plural(len(found) - _MOST_CAUSES, 'more cause')}: convoracle show {folder} --all", "bold")


def known_lines(against: Held, width: int | None) -> Iterator[Text]:
    """A line for each deviation that shows, that does not, that is not asked, and that holds no more."""
    for known, mismatches in against.known[:_MOST_KNOWN]:
        amount = f" ({plural(len(mismatches), 'mismatch', 'mismatches')})"
        yield Text(f"known: {_cut(told_of(known), width and width - len(amount) - 7)}{amount}", "dim")
    if len(against.known) > _MOST_KNOWN:
        yield Text(f"and {plural(len(against.known) - _MOST_KNOWN, 'more known deviation')}", "dim")
    for known in against.absent[:_MOST_ABSENT]:
        yield Text(f"known, and not seen: {_cut(told_of(known), width and width - 21)}")
    if len(against.absent) > _MOST_ABSENT:
        yield Text(f"and {plural(len(against.absent) - _MOST_ABSENT, 'more known deviation')} not seen")
    for known in against.quarantined:
        yield Text(f"quarantined, and not asked: {told_of(known)}", "yellow")
    for known in against.expired:
        yield Text(f"known until {known.expires}, and unknown since: {told_of(known)}", "bold red")


def overview_table(run: Run) -> Table:
    """A row for each candidate: what share of what was asked was compared, and what its verdicts say."""
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("candidate", overflow="fold")
    for heading in ("compared", "conform", "wrong", "undecided"):
        table.add_column(heading, justify="right", no_wrap=True)
    for candidate in run.info.candidates[:_MOST_ROWS]:
        cell = run.totals.counts.of(candidate.name)
        total = run.totals.compared.of(candidate.name).offered().total()
        undecided = cell.outcomes.get(Outcome.UNDECIDED, 0)
        table.add_row(
            Text(candidate_name(candidate.name, candidate)),
            Text(percent(total.compared, total.asked), "" if total.compared == total.asked else "yellow"),
            Text(f"{cell.conforming:,}", "green" if cell.conforming else "dim"),
            Text(f"{cell.mismatches:,}", "bold red" if cell.mismatches else "dim"),
            Text(f"{undecided:,}", "yellow" if undecided else "dim"),
        )
    if len(run.info.candidates) > _MOST_ROWS:
        table.add_row(Text(f"and {len(run.info.candidates) - _MOST_ROWS} more", "dim"))
    return table


def why_lines(comparison: Compared, width: int | None) -> Iterator[Text]:
    """The most frequent reason of each candidate of which not all was compared."""
    for name in dict.fromkeys(reason.candidate for reason in comparison.reasons):
        first, *others = comparison.of(name).reasons
        more = f", and {plural(len(others), 'more reason')}" if others else ""
        count = f" ({plural(first.count, 'time')}{more})"
        told = f"{clean(name)}, not compared: {clean(first.text) or 'no reason given'}"
        yield Text(f"{_cut(told, width and width - len(count))}{count}")


def _cut(text: str, most: int | None) -> str:
    line = " ".join(text.split())
    return line if most is None or len(line) <= most else f"{line[: max(most, 20) - 1]}…"
