"""What was found of a candidate beside its cases, added to a run whose reports are made anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports import write_reports
from ...reports.files.annexes import add, annexes
from ...reports.files.held_against import held_against
from ...reports.files.reading import read_info
from ...reports.files.summary_file import read_summary, write_summary
from ...reports.records.certified import Certificates
from ...reports.records.identity import IdentityCards
from ...reports.views.gate import Judgement, wrong_layers


def add_into_option(parser: argparse.ArgumentParser, what: str) -> None:
    """``--into RUN``."""
    parser.add_argument(
        "--into", type=Path, metavar="RUN", help=f"add {what} to the run in this folder, and to its report"
    )


def add_into(document: IdentityCards | Certificates, folder: Path) -> None:
    """Add a document to the run in a folder; what keeps the run from passing is as before, but for whole layers."""
    before = wrong_layers(annexes(Certificates, folder, read_info(folder)))
    add(document, folder)
    run = write_reports(folder)
    if kept := read_summary(folder):
        others = (complaint for complaint in kept.complaints if complaint not in before)
        complaints = (*others, *wrong_layers(run.beside.certificates))
        write_summary(run, Judgement(held_against(run, folder), complaints), folder)
