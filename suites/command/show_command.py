"""`convoracle show`: what came out of a run, told again."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import Run, read_run
from ...reports.files.held_against import held_against
from ...reports.files.summary_file import read_summary, summary_json
from ...reports.views.gate import Judgement
from ...reports.views.summing_up import summary
from .gate import complaints
from .plain_console import table_console
from .telling import tell, tell_all


def add_options(show: argparse.ArgumentParser) -> None:
    """Which run, and in what form."""
    show.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    show.add_argument("--json", action="store_true", help="print it as one JSON document (docs/schemas/summary.json)")
    show.add_argument(
        "--all", action="store_true", help="every cause in full, counts by check, shares by pass and dtype"
    )
    show.set_defaults(run="show_command:show")


def show(options: argparse.Namespace) -> int:
    """Print what `convoracle check` told at its end, also of a run that was killed."""
    if options.json:
        kept = read_summary(options.folder)
        print(summary_json(kept or summary(*_judged(options.folder))), end="")
        return 0
    run, judged = _judged(options.folder)
    (tell_all if options.all else tell)(run, options.folder, judged, table_console())
    return 0


def _judged(folder: Path) -> tuple[Run, Judgement]:
    run = read_run(folder)
    return run, Judgement(held_against(run, folder), complaints(run))
