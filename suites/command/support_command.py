"""`convoracle support`: what candidates support."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from ...reports.records.naming import with_version
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import BUILT_IN, CandidateError
from ..capabilities.support import LEGEND, all_features, ask_support, support_table
from .arguments import add_time_limit
from .plain_console import plain_console


def add_options(support: argparse.ArgumentParser) -> None:
    """Whom to ask, and where the answers go."""
    support.add_argument(
        "candidates", nargs="*", metavar="CANDIDATE", help="whom to ask (default: all built-in ones that are installed)"
    )
    support.add_argument("--out", type=Path, metavar="FILE", help="write the table there instead of printing it")
    add_time_limit(support)
    support.set_defaults(run="support_command:support")


def support(options: argparse.Namespace) -> int:
    """Write the matrix of what candidates support; those that cannot be loaded are left out, with the reason told."""
    console, progress = plain_console(soft_wrap=True), plain_console(stderr=True, soft_wrap=True)
    columns, wanted = {}, all_features()
    for source in options.candidates or tuple(BUILT_IN):
        try:
            with closing(Isolated(source, Limits(seconds_per_call=options.time_limit))) as executor:
                progress.print(f"asking {executor.info.name} {executor.info.version}")
                columns[with_version(executor.info.name, executor.info.version)] = ask_support(executor, wanted)
        except CandidateError as error:
            if options.candidates:
                raise
            progress.print(f"left out: {error}")
    text = f"{support_table(columns, wanted)}\n\n{LEGEND}\n"
    if options.out is None:
        console.print(text)
    else:
        Path(options.out).write_text(text, encoding="utf-8")
    return 0
