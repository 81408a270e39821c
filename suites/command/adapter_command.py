"""`convoracle adapter`: does an adapter hand everything over."""

from __future__ import annotations

import argparse
from contextlib import closing

from ..audits.adapter_conformance import aspects
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import FORMS
from .arguments import add_time_limit
from .plain_console import plain_console


def add_options(adapter: argparse.ArgumentParser) -> None:
    """Which adapter is looked at."""
    adapter.add_argument("candidate", metavar="CANDIDATE", help=f"a built-in name, or {FORMS}")
    add_time_limit(adapter)
    adapter.set_defaults(run="adapter_command:adapter")


def adapter(options: argparse.Namespace) -> int:
    """Print one line for each thing looked at; 0 if all are good, else 1."""
    console = plain_console(soft_wrap=True)
    bad = 0
    with closing(Isolated(options.candidate, Limits(seconds_per_call=options.time_limit))) as executor:
        for aspect in aspects(executor):
            bad += not aspect.good
            symbol = "✗" if not aspect.good else "✓" if aspect.is_shown else "–"
            console.print(f"{symbol} {aspect.what}: {aspect.detail}")
        conclusion = "the adapter conforms" if bad == 0 else f"{bad} to be mended"
        console.print(f"{executor.info.name}: {conclusion}")
    return 1 if bad else 0
