"""The options of `convoracle check`: which candidates are examined, on what, how they are called, and what passes."""

from __future__ import annotations

import argparse
from pathlib import Path

from ...reports.records.record import LEAST_COMPARED
from ..calling.cores import CORES
from ..candidates import BUILT_IN, DEFAULT, FORMS
from ..cases.budget import PART_CASES
from .arguments import positive, seed, shard, share, span
from .space_options import add_limits, add_memory, add_profile, add_space

DEFAULT_OUT = Path("conformance-report")


def add_options(check: argparse.ArgumentParser) -> None:
    """Add the options of `convoracle check`."""
    check.add_argument(
        "candidates",
        nargs="*",
        default=[],
        metavar="CANDIDATE",
        help=f"some of {', '.join(BUILT_IN)} (default: {', '.join(DEFAULT)}); your own is given as {FORMS}",
    )
    add_profile(check, default="quick")
    check.add_argument(
        "--out",
        type=Path,
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
    add_space(check)
    add_limits(check)
    _add_calls(check)
    _add_gate(check)
    _add_telling(check)
    check.set_defaults(run="check_command:check")


def _add_calls(check: argparse.ArgumentParser) -> None:
    """How candidates are called, and what is remembered of it."""
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
        default=CORES,
        metavar="N",
        help="how many processes examine cases at the same time, of all candidates together (default: the cores); "
        "what they find does not depend on it",
    )
    check.add_argument(
        "--shard",
        type=shard,
        metavar="I/N",
        help="examine one of so many shards of the run, on as many machines; convoracle merge puts them together. A "
        f"run is made of parts of {PART_CASES} cases of each candidate, which shards share",
    )
    check.add_argument(
        "--resume",
        type=Path,
        metavar="DIR",
        help="go on with the run in this folder, which was interrupted, killed or out of time; say the rest as then",
    )
    check.add_argument(
        "--in-process",
        action="store_true",
        help="run candidates in this process, one after the other, for a debugger; a crash then ends the run",
    )
    add_memory(check, "to be tried first next time")


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
