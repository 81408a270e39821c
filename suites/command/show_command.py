"""`convoracle show`: what came out of a run, told again."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import read_run
from ...reports.files.held_against import held_against
from .conclusion import tell
from .gate import complaints
from .plain_console import table_console


def add_options(show: argparse.ArgumentParser) -> None:
    """Which run."""
    show.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    show.set_defaults(run="show_command:show")


def show(options: argparse.Namespace) -> int:
    """Print what `convoracle check` told at its end, also of a run that was killed."""
    finished = read_run(options.folder)
    tell(finished, options.folder, held_against(finished, options.folder), complaints(finished), table_console())
    return 0
