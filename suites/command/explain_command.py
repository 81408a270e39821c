"""`convoracle explain`: all that is known of one mismatch of a run, and how to go on with it."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from ...oracle.errors import InvalidArgument
from ...reports import Run, mismatch_view, read_run
from ...reports.files.layout import ARRAYS, MISMATCHES, REPRODUCER
from ...reports.records.record import CandidateInfo, Mismatch
from ...reports.views.wording import clean
from ..candidates import BUILT_IN
from .plain_console import plain_console


def add_options(explain: argparse.ArgumentParser) -> None:
    """Which mismatch."""
    explain.add_argument(
        "mismatch", type=Path, metavar="RUN/ID", help="the run's folder and the mismatch's id: report/torch-forward-1"
    )
    explain.set_defaults(run="explain_command:explain")


def explain(options: argparse.Namespace) -> int:
    """Print the mismatch, where its arrays and its script are, and the command that asks again."""
    asked: Path = options.mismatch
    folder = asked.parent.parent if asked.parent.name == MISMATCHES else asked.parent
    run = read_run(folder)
    mismatch = _named(run, asked)
    candidate = next((info for info in run.info.candidates if info.name == mismatch.candidate), None)
    console = plain_console(soft_wrap=True)
    console.print(mismatch_view(mismatch, candidate, shown_by=run.totals.counts.faults.get(mismatch.id, 0)))
    home = folder / MISMATCHES / mismatch.id
    console.print(f"\noperands, result and exact result: {home / ARRAYS}")
    console.print(f"to run without convoracle: python {shlex.quote(str(home / REPRODUCER))}")
    console.print(f"to ask again: {clean(_replay(home, mismatch, candidate))}")
    return 0


def _named(run: Run, asked: Path) -> Mismatch:
    for mismatch in run.mismatches:
        if mismatch.id == asked.name:
            return mismatch
    ids = ", ".join(mismatch.id for mismatch in run.mismatches) or "it has none"
    raise InvalidArgument("mismatch", str(asked), f"should end with a mismatch of that run: {ids}", where="explain")


def _replay(home: Path, mismatch: Mismatch, candidate: CandidateInfo | None) -> str:
    """The command that asks again; who is not built in is to be named, since a record is never executed."""
    words = ["convoracle", "replay", str(home)]
    if mismatch.candidate not in BUILT_IN:
        words += ["--candidate", candidate.source if candidate is not None else "CANDIDATE"]
    return shlex.join(words)
