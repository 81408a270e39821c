"""`convoracle diff`: what a run has that an earlier one did not have."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import read_records, read_run
from ...reports.views.difference import Told, difference
from ...reports.views.difference_text import difference_text
from .plain_console import plain_console


def add_options(diff: argparse.ArgumentParser) -> None:
    """Of which runs."""
    diff.add_argument("before", type=Path, metavar="BEFORE", help="the folder of the earlier run")
    diff.add_argument("after", type=Path, metavar="AFTER", help="the folder of the later run")
    diff.set_defaults(run="diff_command:diff")


def diff(options: argparse.Namespace) -> int:
    """Print what differs; 1 where something is wrong that was not known to be."""
    found = difference(_told(options.before), _told(options.after))
    plain_console(soft_wrap=True).print(difference_text(found))
    return int(found.is_worse)


def _told(folder: Path) -> Told:
    run = read_run(folder)
    return Told(run.info, run.mismatches, read_records(folder))
