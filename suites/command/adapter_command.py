"""`convoracle adapter` and `convoracle support`: is an adapter right, and what do candidates support."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from ..audits.adapter_conformance import aspects
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import BUILT_IN, CandidateError
from ..capabilities.support import LEGEND, all_features, ask_support, support_table
from .plain_console import plain_console


def adapter(options: argparse.Namespace) -> int:
    """Print one line for each thing looked at; 0 if all are good, else 1."""
    console = plain_console(soft_wrap=True)
    bad = 0
    with closing(Isolated(options.candidate, Limits(seconds_per_call=options.time_limit))) as executor:
        for aspect in aspects(executor):
            bad += not aspect.good
            symbol = "✓" if aspect.good else "✗"
            console.print(f"{symbol} {aspect.what}: {aspect.detail}")
        conclusion = "the adapter conforms" if bad == 0 else f"{bad} to be mended"
        console.print(f"{executor.info.name}: {conclusion}")
    return 1 if bad else 0


def support(options: argparse.Namespace) -> int:
    """Write the matrix of what candidates support; those that cannot be loaded are left out, with the reason told."""
    console, progress = plain_console(soft_wrap=True), plain_console(stderr=True, soft_wrap=True)
    columns, wanted = {}, all_features()
    for source in options.candidates or tuple(BUILT_IN):
        try:
            with closing(Isolated(source, Limits(seconds_per_call=options.time_limit))) as executor:
                progress.print(f"asking {executor.info.name} {executor.info.version}")
                columns[f"{executor.info.name} {executor.info.version}".strip()] = ask_support(executor, wanted)
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
