"""What came out of a run, told at the end of `convoracle check` and by `convoracle show`."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from ...reports import Run, read_records, tally_table, write_reports
from ...reports.files.held_against import held_against
from ...reports.files.run import PAGE
from ...reports.records.baseline import Held
from ...reports.views.annotations import annotations
from ...reports.views.cause_text import amount_of, cause_texts
from ...reports.views.gate import baseline_lines, compared_sentence
from ...reports.views.markdown import summary_markdown
from ...reports.views.terminal import compared_table, reason_lines
from ...reports.views.wording import audited_sentence, plural
from ..capabilities.supported import lost
from .gate import Gate, complaints


def conclude(finished: Run, folder: Path, gate: Gate, console: Console) -> bool:
    """Write the reports and tell what came out, also where a CI server shows it; returns whether the run passes."""
    against = held_against(finished, folder)
    write_reports(finished, folder, against)
    gone = () if gate.supported is None else lost(gate.supported, read_records(folder))
    told = complaints(finished, gone, against.absent if gate.is_strict else ())
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in annotations(finished, against):
            console.print(line, soft_wrap=True)
    tell(finished, folder, against, told, console)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(summary_markdown(finished, against, told))
    return not against.unknown and not told


def tell(finished: Run, folder: Path, against: Held, complaints: list[str], console: Console) -> None:
    """Print causes, counts and shares of a run, and where its page is, if it has one."""
    counts, shares = finished.totals.counts, finished.totals.compared
    if against.unknown:
        console.print(cause_texts(against.unknown, finished.info.candidates, counts.faults), soft_wrap=True)
    for line in baseline_lines(against):
        console.print(line, soft_wrap=True)
    console.print(tally_table(counts, finished.info.candidates))
    console.print(compared_table(shares, finished.info.candidates))
    audited = [audited_sentence(finished.audited)] if finished.audited else []
    for note in (*reason_lines(shares), *finished.notes, *audited, *complaints):
        console.print(note, soft_wrap=True)
    known = sum(len(mismatches) for _, mismatches in against.known)
    of_these = f", {known} of them known," if known else ""
    amount = f"{amount_of(finished.mismatches)}{of_these} in {plural(finished.totals.records, 'examination')}"
    page = folder / PAGE
    place = f"; report: {page}" if page.exists() else ""
    console.print(f"{amount}; {compared_sentence(shares)}; {finished.seconds:.0f} s{place}", soft_wrap=True)
