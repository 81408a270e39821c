"""Options that say what is examined, and within what limits: of whatever command examines candidates."""

from __future__ import annotations

import argparse
import os

from ...oracle.numbers.dtypes import DTYPES
from ...oracle.problem.passes import Pass
from ..cases.corpora import CORPORA
from ..cases.profiles import PROFILES
from ..cases.space import RANKS
from ..checks.kind import OfCandidate
from ..checks.registry import CHECKS
from .arguments import amount, positive

DEFAULT_MEMORY = os.path.join(".convoracle", "failures")


def add_memory(check: argparse.ArgumentParser, why: str) -> None:
    """Where failing cases are kept."""
    check.add_argument(
        "--memory",
        action="append",
        metavar="PLACE",
        help=f"where failing cases are kept, {why}: FOLDER, readonly:FOLDER, or redis://HOST:PORT/DB; may be repeated "
        f"(default: {DEFAULT_MEMORY})",
    )


def add_profile(check: argparse.ArgumentParser, *, default: str) -> None:
    """How much is examined, by name."""
    told = f"how much to run (default: {default})"
    check.add_argument("--profile", choices=tuple(PROFILES), default=default, help=told)


def add_space(check: argparse.ArgumentParser) -> None:
    """What is examined: a corpus or generated cases, and which of them."""
    check.add_argument(
        "--corpus",
        dest="corpora",
        action="append",
        metavar="CORPUS",
        help="instead of generated cases, the convolutions of a network, benchmark or collection, in float32, or as "
        f"logged, unless --dtypes says otherwise: one of {', '.join(CORPORA)}, a descriptor of benchdnn's, "
        "or a file of these or of calls that oneDNN or MIOpen logged; may be repeated",
    )
    check.add_argument("--batch", type=positive, metavar="N", help="with --corpus: images, instead of each one's own")
    check.add_argument(
        "--max-products",
        type=positive,
        metavar="N",
        help="with --corpus: shrink what has more products, keeping its kind (default: full size)",
    )
    check.add_argument(
        "--ranks",
        type=int,
        nargs="+",
        choices=RANKS,
        metavar="R",
        help=f"numbers of spatial axes, {RANKS[0]} to {RANKS[-1]} (default: 1 2 3)",
    )
    check.add_argument(
        "--dtypes",
        nargs="+",
        choices=DTYPES,
        metavar="DTYPE",
        help=f"some of {', '.join(DTYPES)} (default: those that a candidate says it takes, of your own the first four "
        "floating-point ones)",
    )
    check.add_argument(
        "--passes",
        nargs="+",
        choices=[p.value for p in Pass],
        metavar="PASS",
        help=f"some of {', '.join(p.value for p in Pass)} (default: all that a candidate offers)",
    )
    schedules = [kind.schedule for kind in CHECKS.values()]
    on_demand = [schedule.asked for schedule in schedules if isinstance(schedule, OfCandidate)]
    check.add_argument(
        "--checks",
        nargs="+",
        choices=tuple(CHECKS),
        metavar="CHECK",
        help=f"some of {', '.join(CHECKS)} (default: all, but {', and '.join(on_demand)}); structure, on which the "
        "others rest, is asked in any case",
    )


def add_limits(check: argparse.ArgumentParser) -> None:
    """Of each call to a candidate."""
    check.add_argument(
        "--time-limit",
        type=amount,
        default=10.0,
        metavar="S",
        help="seconds that a call may take before it counts as hung (default: 10)",
    )
    check.add_argument(
        "--memory-limit", type=amount, default=4.0, metavar="GIB", help="GiB that a call may allocate (default: 4)"
    )
