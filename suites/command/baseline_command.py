"""`convoracle baseline`: the mismatches of a run as deviations that are known from then on."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import read_run
from ...reports.views.baseline_text import baseline_text
from .arguments import require_writable


def add_options(baseline: argparse.ArgumentParser) -> None:
    """Of which run, and where to."""
    baseline.add_argument("folder", type=Path, metavar="RUN", help="the run's folder")
    baseline.add_argument("--out", type=Path, metavar="FILE", help="write it there, anew, instead of printing it")
    baseline.set_defaults(run="baseline_command:baseline")


def baseline(options: argparse.Namespace) -> int:
    """Print the baseline, or write it."""
    if options.out is not None:
        require_writable(options.out, "out", where="baseline")
    text = baseline_text(read_run(options.folder))
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text, "utf-8")
    return 0
