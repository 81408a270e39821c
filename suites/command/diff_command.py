"""`convoracle diff`: what a run has that an earlier one did not have."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import read_records, read_run
from ...reports.views.difference import ReadRun, difference
from ...reports.views.difference_text import difference_text
from .plain_console import plain_console


def add_options(diff: argparse.ArgumentParser) -> None:
    """Of which runs."""
    diff.add_argument("before", type=Path, metavar="BEFORE", help="the folder of the earlier run")
    diff.add_argument("after", type=Path, metavar="AFTER", help="the folder of the later run")
    diff.set_defaults(run="diff_command:diff")


def diff(options: argparse.Namespace) -> int:
    """Print what differs; 1 where something is wrong that was not known to be."""
    found = difference(_read(options.before), _read(options.after))
    plain_console(soft_wrap=True).print(difference_text(found))
    return int(found.is_worse)


def _read(folder: Path) -> ReadRun:
    run = read_run(folder)
    return ReadRun(run.info, run.mismatches, read_records(folder))
