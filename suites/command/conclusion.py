"""What came out of a run, told at the end of `convoracle check` and by `convoracle show`."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from ...reports import Run, read_records, tally_table, write_reports
from ...reports.files.run import PAGE
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
    told = complaints(finished, () if before is None else lost(before, read_records(folder)))
    tell(finished, folder, told, console)
    return told


def tell(finished: Run, folder: Path, complaints: list[str], console: Console) -> None:
    """Print causes, counts and shares of a run, and where its page is, if it has one."""
    counts, shares = finished.totals.counts, finished.totals.compared
    if finished.mismatches:
        console.print(cause_texts(finished.mismatches, finished.info.candidates, counts.faults), soft_wrap=True)
    console.print(tally_table(counts, finished.info.candidates))
    console.print(compared_table(shares, finished.info.candidates))
    audited = [audited_sentence(finished.audited)] if finished.audited else []
    for note in (*reason_lines(shares), *finished.notes, *audited, *complaints):
        console.print(note, soft_wrap=True)
    amount = f"{amount_of(finished.mismatches)} in {plural(finished.totals.records, 'examination')}"
    page = folder / PAGE
    place = f"; report: {page}" if page.exists() else ""
    console.print(f"{amount}; {compared_sentence(shares)}; {finished.seconds:.0f} s{place}", soft_wrap=True)
