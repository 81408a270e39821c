"""`convoracle merge`: runs of several shards, machines or times put together, and what came of all of them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from ...oracle.errors import InvalidArgument
from ...oracle.operands.data import Case
from ...reports.files.held_against import baseline_text, keep_baseline
from ...reports.files.layout import BASELINE
from ...reports.files.merging import merge
from ...reports.files.part_files import Part
from ...reports.files.reading import read_info
from ..search.failure_databases import prepare
from ..search.failure_store import FailureMemory, version_of
from .conclusion import conclude, failing_cases
from .gate import Gate
from .plain_console import plain_console, table_console

_MOST_TOLD = 8


def add_options(merging: argparse.ArgumentParser) -> None:
    """Which runs, and where to."""
    merging.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="the folders of runs of the same plan")
    merging.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder of the whole; an earlier run there is replaced",
    )
    merging.add_argument(
        "--baseline",
        type=Path,
        metavar="FILE",
        help="deviations that are known (default: the one that a run was held against)",
    )
    merging.add_argument(
        "--memory",
        action="append",
        default=[],
        metavar="PLACE",
        help="where the failing cases are to be kept, for `check` and `campaign` to try them first: FOLDER, or "
        "redis://HOST:PORT/DB; may be repeated (default: nowhere)",
    )
    merging.add_argument("-q", "--quiet", action="store_true", help="print only what keeps it from passing")
    merging.set_defaults(run="merge_command:merge_runs")


def merge_runs(options: argparse.Namespace) -> int:
    """Put runs together; 0 if all conform and no part is missing, 1 otherwise."""
    text = _baseline(options)
    for place in options.memory:
        prepare(place)
    merged = merge(options.runs, options.out)
    if text:
        keep_baseline(text, options.out)
    judged = conclude(options.out, Gate(), table_console(), quiet=options.quiet)
    if options.memory:
        _remember(options.memory, options.runs, failing_cases(judged.against))
    say = plain_console(soft_wrap=True).print
    if merged.contradicted:
        say(
            f"examined more than once, and it came to something else: {_told(merged.contradicted)}. What has more "
            "against the candidate is kept."
        )
    if merged.missing:
        say(f"missing, in whole or in part: {_told(merged.missing)}")
    return 0 if judged.passes and not merged.missing else 1


def _baseline(options: argparse.Namespace) -> str:
    """The text of the one that is given, or else of the one that all runs were held against that have one."""
    if options.baseline is not None:
        return baseline_text(options.baseline)
    kept = {path.read_text("utf-8") for run in options.runs if (path := run / BASELINE).is_file()}
    if len(kept) > 1:
        requirement = "should be given, since the runs were held against several"
        raise InvalidArgument("baseline", None, requirement, where="merge")
    return next(iter(kept), "")


def _remember(places: list[str], runs: list[Path], failing: Mapping[str, list[Case]]) -> None:
    """Keep what fails as a check of each run's candidates would have: machines may name the same source otherwise."""
    asked = {
        (candidate.name, candidate.source, version_of(candidate))
        for run in runs
        for candidate in read_info(run).candidates
    }
    for name, source, version in sorted(asked):
        FailureMemory(places, source, version).update(failing.get(name, ()), ())


def _told(parts: tuple[Part, ...]) -> str:
    """Torch: parts 0, 3; tensorflow: part 1."""
    told = []
    for candidate, of_candidate in groupby(parts, key=lambda part: part.candidate):
        numbers = [str(part.number) for part in of_candidate]
        more = f" and {len(numbers) - _MOST_TOLD} more" if len(numbers) > _MOST_TOLD else ""
        told.append(f"{candidate}: part{'s' * (len(numbers) > 1)} {', '.join(numbers[:_MOST_TOLD])}{more}")
    return "; ".join(told)
