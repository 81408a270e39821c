"""`convoracle report`: a run's page, junit.xml and sarif.json, written again from its records."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import read_run, write_reports
from ...reports.files.held_against import held_against


def add_options(report: argparse.ArgumentParser) -> None:
    """Of which run."""
    report.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    report.set_defaults(run="report_command:report")


def report(options: argparse.Namespace) -> int:
    """Write a run's reports again."""
    run = read_run(options.folder)
    write_reports(run, options.folder, held_against(run, options.folder))
    return 0
