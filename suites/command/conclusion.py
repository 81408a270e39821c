"""What came out of a run, told at the end of `convoracle check` and by `convoracle show`."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from ...reports import Run, read_records, tally_table, write_reports
from ...reports.files.held_against import held_against
from ...reports.files.run import PAGE
from ...reports.files.summary_file import write_summary
from ...reports.records.baseline import Held
from ...reports.views.annotations import error_annotations
from ...reports.views.cause_text import amount_of, cause_texts
from ...reports.views.causes import causes
from ...reports.views.gate import Judgement, baseline_lines, compared_sentence, stopped_sentence
from ...reports.views.markdown import summary_markdown
from ...reports.views.terminal import compared_table, reason_lines
from ...reports.views.wording import audited_sentence, plural
from ..capabilities.supported import lost
from .gate import Gate, complaints


def conclude(finished: Run, folder: Path, gate: Gate, console: Console, *, quiet: bool) -> Judgement:
    """Write the reports and tell what came out, also where a CI server shows it; returns what decides if it passes."""
    against = held_against(finished, folder)
    write_reports(finished, folder, against)
    gone = () if gate.supported is None else lost(gate.supported, read_records(folder))
    judged = Judgement(against, complaints(finished, gone, against.absent if gate.is_strict else ()))
    write_summary(finished, judged, folder)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in error_annotations(finished, against):
            console.print(line, soft_wrap=True)
    if quiet:
        tell_briefly(finished, folder, judged, console)
    else:
        tell(finished, folder, judged, console)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(summary_markdown(finished, judged))
    return judged


def tell(finished: Run, folder: Path, judged: Judgement, console: Console) -> None:
    """Print causes, counts and shares of a run, and where its page is, if it has one."""
    against, counts, shares = judged.against, finished.totals.counts, finished.totals.compared
    if against.unknown:
        console.print(cause_texts(against.unknown, finished.info.candidates, counts.faults), soft_wrap=True)
    for line in baseline_lines(against):
        console.print(line, soft_wrap=True)
    console.print(tally_table(counts, finished.info.candidates))
    console.print(compared_table(shares, finished.info.candidates))
    audited = [audited_sentence(finished.audited)] if finished.audited else []
    for note in (*reason_lines(shares), *finished.notes, *audited, *judged.complaints):
        console.print(note, soft_wrap=True)
    console.print(_closing_line(finished, folder, against), soft_wrap=True)


def tell_briefly(finished: Run, folder: Path, judged: Judgement, console: Console) -> None:
    """Print what keeps a run from passing, a line each, and the closing line."""
    titles = (cause.title for cause in causes(judged.against.unknown))
    stopped = map(stopped_sentence, finished.stopped)
    for line in (*titles, *stopped, *judged.complaints, _closing_line(finished, folder, judged.against)):
        console.print(line, soft_wrap=True)


def _closing_line(finished: Run, folder: Path, against: Held) -> str:
    known = sum(len(mismatches) for _, mismatches in against.known)
    of_these = f", {known} of them known," if known else ""
    amount = f"{amount_of(finished.mismatches)}{of_these} in {plural(finished.totals.records, 'examination')}"
    page = folder / PAGE
    place = f"; report: {page}" if page.exists() else ""
    shares = finished.totals.compared
    return f"{amount}; {compared_sentence(shares)}; {finished.seconds:.0f} s{place}"
