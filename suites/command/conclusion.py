"""The end of `convoracle check`: the reports are written, and what came out is told."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ...reports import Run, read_records, tally_table, write_reports
from ...reports.records.serialization import Supported
from ...reports.views.cause_text import amount_of, cause_texts
from ...reports.views.gate import compared_sentence
from ...reports.views.terminal import compared_table, reason_lines
from ...reports.views.wording import audited_sentence, plural
from ..capabilities.supported import lost
from .gate import complaints


def conclude(finished: Run, folder: Path, before: Supported | None, console: Console) -> list[str]:
    """Write the reports and print what came out; returns what keeps the run from passing beside mismatches."""
    write_reports(finished, folder)
    counts, shares = finished.totals.counts, finished.totals.compared
    gone = () if before is None else lost(before, read_records(folder))
    told = complaints(finished, gone)
    if finished.mismatches:
        console.print(cause_texts(finished.mismatches, finished.info.candidates, counts.faults), soft_wrap=True)
    console.print(tally_table(counts, finished.info.candidates))
    console.print(compared_table(shares, finished.info.candidates))
    audited = [audited_sentence(finished.audited)] if finished.audited else []
    for note in (*reason_lines(shares), *finished.notes, *audited, *told):
        console.print(note, soft_wrap=True)
    amount = f"{amount_of(finished.mismatches)} in {plural(finished.totals.records, 'examination')}"
    came_to = f"{amount}; {compared_sentence(shares)}; {finished.seconds:.0f} s"
    console.print(f"{came_to}; report: {folder / 'index.html'}", soft_wrap=True)
    return told
