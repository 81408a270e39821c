"""The end of `convoracle check`: reports, what came out, and whether the run passes."""

from __future__ import annotations

import os
from pathlib import Path

from rich.console import Console

from ...oracle.operands.data import Case, parse_case
from ...reports import read_records, write_reports
from ...reports.files.held_against import held_against
from ...reports.files.summary_file import write_summary
from ...reports.records.baseline import Held
from ...reports.views.annotations import error_annotations
from ...reports.views.gate import Judgement
from ...reports.views.markdown import summary_markdown
from ..capabilities.supported import lost
from .gate import Gate, complaints
from .telling import tell, tell_briefly


def conclude(folder: Path, gate: Gate, console: Console, *, quiet: bool) -> Judgement:
    """Write the reports and tell what came out, also where a CI server shows it; returns what decides if it passes."""
    finished = write_reports(folder)
    against = held_against(finished, folder)
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


def failing_cases(found: Held) -> dict[str, list[Case]]:
    """By candidate, the smallest case of each mismatch."""
    failing: dict[str, list[Case]] = {}
    for mismatch in found.mismatches:
        failing.setdefault(mismatch.candidate, []).append(parse_case(mismatch.case))
    return failing
