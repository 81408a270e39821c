"""The options of `convoracle check`: which candidates are examined, on what, how they are called, and what passes."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ...oracle.numbers.dtypes import DTYPES
from ...oracle.problem.passes import Pass
from ...reports.records.record import LEAST_COMPARED
from ..candidates import BUILT_IN, DEFAULT, FORMS
from ..cases.corpora import CORPORA
from ..cases.profiles import PROFILES
from ..cases.space import RANKS
from ..checks.kind import OfCandidate
from ..checks.registry import CHECKS
from .arguments import amount, positive, seed, share, span

DEFAULT_OUT = Path("conformance-report")
DEFAULT_MEMORY = os.path.join(".convoracle", "failures")


def add_options(check: argparse.ArgumentParser) -> None:
    """Add the options of `convoracle check`."""
    check.add_argument(
        "candidates",
        nargs="*",
        default=[],
        metavar="CANDIDATE",
        help=f"some of {', '.join(BUILT_IN)} (default: {', '.join(DEFAULT)}); your own is given as {FORMS}",
    )
    check.add_argument("--profile", choices=tuple(PROFILES), default="quick", help="how much to run (default: quick)")
    check.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_OUT,
        metavar="DIR",
        help=f"the report's folder (default: {DEFAULT_OUT}); an earlier report there is replaced",
    )
    check.add_argument(
        "--seed",
        type=seed,
        default=0,
        metavar="N",
        help="the same seed draws the same cases (default: 0); random: another one each time, which is told",
    )
    check.add_argument(
        "--cases", type=positive, metavar="N", help="cases for each candidate, instead of the profile's number"
    )
    _add_space(check)
    _add_calls(check)
    _add_gate(check)
    _add_telling(check)
    check.set_defaults(run="check_command:check")


def _add_space(check: argparse.ArgumentParser) -> None:
    """What is examined: a corpus or generated cases, and which of them."""
    check.add_argument(
        "--corpus",
        dest="corpora",
        action="append",
        metavar="CORPUS",
        help="instead of generated cases, the convolutions of a network, benchmark or collection, in float32 unless "
        f"--dtypes says otherwise: one of {', '.join(CORPORA)}, or a file of benchdnn descriptors; may be repeated",
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


def _add_calls(check: argparse.ArgumentParser) -> None:
    """How candidates are called, and what is remembered of it."""
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
    check.add_argument(
        "--max-time",
        type=span,
        metavar="TIME",
        help="examine as many cases as fit into 90s, 5m or 1h, and tell how many did; a fault that was met is still "
        "pursued to its end (default: all cases)",
    )
    check.add_argument(
        "-j",
        "--jobs",
        type=positive,
        default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        metavar="N",
        help="how many processes examine cases at the same time, of all candidates together (default: the cores); "
        "what they find does not depend on it",
    )
    check.add_argument(
        "--in-process",
        action="store_true",
        help="run candidates in this process, one after the other, for a debugger; a crash then ends the run",
    )
    check.add_argument(
        "--memory",
        action="append",
        metavar="PLACE",
        help="where failing cases are kept, to be tried first next time: FOLDER, readonly:FOLDER, or "
        f"redis://HOST:PORT/DB; may be repeated (default: {DEFAULT_MEMORY})",
    )


def _add_gate(check: argparse.ArgumentParser) -> None:
    """What lets a run with mismatches pass, and what keeps one without from it."""
    check.add_argument(
        "--min-compared",
        type=share,
        default=LEAST_COMPARED,
        metavar="SHARE",
        help="the share of what is asked of a candidate, and of each of its passes, that is to be compared; below it "
        f"the run does not pass (default: {LEAST_COMPARED})",
    )
    check.add_argument(
        "--write-supported",
        type=Path,
        metavar="FILE",
        help="write there what was compared and conforms: each pass, dtype and setting of each candidate",
    )
    check.add_argument(
        "--supported",
        type=Path,
        metavar="FILE",
        help="what --write-supported wrote: what was supported then and is not any more fails",
    )
    check.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="deviations that are known, as convoracle baseline writes them: they are told as known and do not fail",
    )
    check.add_argument(
        "--strict-baseline",
        action="store_true",
        help="with --baseline: a known deviation that was asked for and does not show any more fails",
    )


def _add_telling(check: argparse.ArgumentParser) -> None:
    """What is printed."""
    check.add_argument(
        "--json",
        action="store_true",
        help="print what came out as one JSON document (docs/schemas/summary.json) and nothing else; the rest goes to "
        "standard error",
    )
    check.add_argument(
        "-q",
        "--quiet",
        action="store_true",
        help="print only what keeps the run from passing and the closing line",
    )
