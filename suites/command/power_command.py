"""`convoracle power`: which of a profile's cases see which faults."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import groupby

from rich.table import Table

from ...oracle.faults import FAULT_MODELS, fault_named
from ...oracle.numbers.dtypes import DTYPES
from ...oracle.problem.passes import Pass
from ..audits.power import ENOUGH, Power, powers, stream
from ..cases.profiles import PROFILES
from .arguments import natural, positive
from .plain_console import plain_console

_HEADINGS = {
    Pass.FORWARD: "O",
    Pass.INPUT_GRADIENT: "dX",
    Pass.WEIGHT_GRADIENT: "dF",
    Pass.BIAS_GRADIENT: "db",
    Pass.UPDATE: "F'",
    Pass.JVP: "jvp",
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: "ddO",
    Pass.DOUBLE_BACKWARD_INPUT: "ddX",
    Pass.DOUBLE_BACKWARD_WEIGHT: "ddF",
}
_WIDTH = 100
_MOST_NAMED = 10
_LEGEND = (
    f"Each number is how many cases see the fault in that pass ({ENOUGH}+: at least {ENOUGH}), and first is the number "
    "of the first case that sees it in some pass. Nothing stands where a fault cannot show."
)


def add_options(power: argparse.ArgumentParser) -> None:
    """Of which cases, and which faults."""
    power.add_argument("--profile", choices=tuple(PROFILES), default="quick", help="whose cases (default: quick)")
    power.add_argument("--seed", type=natural, default=0, metavar="N", help="of the cases (default: 0)")
    power.add_argument("--cases", type=positive, metavar="N", help="instead of the profile's number")
    power.add_argument(
        "--fault", dest="faults", nargs="+", default=(), metavar="NAME", help="only these fault models (default: all)"
    )
    power.set_defaults(run="power_command:power")


def power(options: argparse.Namespace) -> int:
    """Print a line for each fault model and a column for each pass; 1 if no case sees some of them, else 0."""
    profile = PROFILES[options.profile]
    asked = stream(profile.space(dtypes=DTYPES), options.cases or profile.cases, options.seed)
    pairs = list(powers(asked, tuple(map(fault_named, options.faults)) or FAULT_MODELS))
    console = plain_console(soft_wrap=True)
    console.width = max(console.width, _WIDTH)
    console.print(_table(pairs))
    console.print(_LEGEND, ", ".join(f"{heading}: {pass_}" for pass_, heading in _HEADINGS.items()), sep="\n")
    blind = [f"{pair.model.name} in {pair.pass_}" for pair in pairs if pair.first is None]
    more = f" and {len(blind) - _MOST_NAMED} more" if len(blind) > _MOST_NAMED else ""
    outcome = "each is seen" if not blind else f"no case sees {', '.join(blind[:_MOST_NAMED])}{more}"
    seed = f"{len(asked)} cases of the profile {profile.name}, seed {options.seed}"
    console.print(f"{seed}: {len(pairs)} pairs of fault and pass, {outcome}")
    return 1 if blind else 0


def _table(pairs: Iterable[Power]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("fault", no_wrap=True)
    for heading in (*_HEADINGS.values(), "first"):
        table.add_column(heading, justify="right", no_wrap=True)
    for model, of_model in groupby(pairs, lambda pair: pair.model):
        seen = {pair.pass_: pair for pair in of_model}
        firsts = [pair.first for pair in seen.values() if pair.first is not None]
        cells = (_count(seen[pass_]) if pass_ in seen else "" for pass_ in _HEADINGS)
        table.add_row(model.name, *cells, str(min(firsts)) if firsts else "–")
    return table


def _count(pair: Power) -> str:
    return f"{pair.seen}+" if pair.seen == ENOUGH else str(pair.seen)
