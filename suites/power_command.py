"""`convoracle power`: which of a profile's cases see which faults."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from ..oracle.dtypes import DTYPES
from .power import ENOUGH, Power, drawn, powers
from .profiles import PROFILES


def power(options: argparse.Namespace) -> int:
    """Print one line for each fault model and pass; 1 if no case sees some of them, else 0."""
    profile = PROFILES[options.profile]
    count = options.cases or profile.cases
    stream = drawn(profile.space(dtypes=DTYPES), count, options.seed)
    table = Table(title=f"{len(stream)} cases of the profile {profile.name}, seed {options.seed}")
    for heading in ("fault", "pass", "cases that see it", "the first"):
        table.add_column(heading)
    found = list(powers(stream))
    for each in found:
        table.add_row(each.model.name, str(each.pass_), _count(each), "–" if each.first is None else str(each.first))
    blind = sum(each.first is None for each in found)
    console = Console(soft_wrap=True)
    console.print(table)
    told = "each is seen" if not blind else f"{blind} are seen by no case"
    console.print(f"{len(found)} pairs of fault and pass: {told}", markup=False, highlight=False)
    return 1 if blind else 0


def _count(each: Power) -> str:
    return f"{each.seen} or more" if each.seen == ENOUGH else str(each.seen)
