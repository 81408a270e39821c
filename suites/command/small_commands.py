"""`convoracle report`, `seed` and `header`: commands that only write or print."""

from __future__ import annotations

import argparse

from ...oracle.explaining.worked_example import worked_example
from ...reports import read_run, write_reports
from ..candidates.foreign.c_interface import HEADER


def report(options: argparse.Namespace) -> int:
    """Write a run's index.html and junit.xml again."""
    write_reports(read_run(options.folder), options.folder)
    return 0


def seed(options: argparse.Namespace) -> int:
    """Print the seed's equations."""
    print(worked_example())
    return 0


def header(options: argparse.Namespace) -> int:
    """Print convoracle.h, or the folder that holds it."""
    print(HEADER.parent if options.folder else HEADER.read_text(), end="\n" if options.folder else "")
    return 0
