"""`convoracle diff`: what a run has that an earlier one did not have."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import read_records, read_run
from ...reports.views.difference import ReadRun, difference
from ...reports.views.difference_text import difference_text
from .arguments import require_writable
from .plain_console import plain_console


def add_options(diff: argparse.ArgumentParser) -> None:
    """Of which runs."""
    diff.add_argument("before", type=Path, metavar="BEFORE", help="the folder of the earlier run")
    diff.add_argument("after", type=Path, metavar="AFTER", help="the folder of the later run")
    diff.add_argument("--page", type=Path, metavar="FILE", help="write what differs as a page, too, such as diff.html")
    diff.set_defaults(run="diff_command:diff")


def diff(options: argparse.Namespace) -> int:
    """Print what differs; 1 where something is wrong that was not known to be."""
    if options.page is not None:
        require_writable(options.page, "page", where="diff")
    before, after = _read(options.before), _read(options.after)
    found = difference(before, after)
    plain_console(soft_wrap=True).print(difference_text(found))
    if options.page is not None:
        from ...reports.site.comparison import write_comparison

        write_comparison(found, (before.info, options.before), (after.info, options.after), options.page)
    return int(found.is_worse)


def _read(folder: Path) -> ReadRun:
    run = read_run(folder)
    return ReadRun(run.info, run.mismatches, read_records(folder), run.beside)
