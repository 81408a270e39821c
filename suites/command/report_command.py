"""`convoracle report`: a run's pages, junit.xml and sarif.json, written again from its records."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import write_reports


def add_options(report: argparse.ArgumentParser) -> None:
    """Of which run."""
    report.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    report.set_defaults(run="report_command:report")


def report(options: argparse.Namespace) -> int:
    """Write a run's reports again."""
    write_reports(options.folder)
    return 0
