"""`convoracle check`: from options to a plan, a run, its reports and an exit code."""

from __future__ import annotations

import argparse
import hashlib
import secrets
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ...oracle.errors import InvalidArgument
from ...reports import RunWriter, read_records
from ...reports.files.held_against import keep_baseline
from ...reports.files.layout import SUMMARY
from ...reports.records.baseline import Known
from ...reports.records.baseline_file import read_baseline
from ...reports.records.record import Plan, RunInfo
from ...reports.views.wording import plural
from ..candidates import DEFAULT
from ..capabilities.supported import read_supported, supported, write_supported
from ..cases.budget import parts as parts_of
from ..search.findings import RunPlan, Shard
from ..search.quarantine import quarantined
from ..search.runner import describe_run, executors, memories, run
from .arguments import require_writable
from .check_options import DEFAULT_OUT
from .gate import Gate
from .plain_console import table_console
from .planning import budget_of, limits_of, selection_of
from .progress import show_progress
from .space_options import DEFAULT_MEMORY

_SEEDS = 1_000_000
"""That a random one is among: few enough to be read aloud."""


def check(options: argparse.Namespace) -> int:
    """Run what the options say; 0 if all conform, 1 otherwise."""
    console = table_console(stderr=options.json)
    if options.seed is None:
        options.seed = secrets.randbelow(_SEEDS)
        console.print(f"--seed {options.seed} draws the cases of this run again")
    plan, folder = _plan(options), _folder(options)
    chosen = selection_of(options)
    for told in () if chosen is None else chosen.skipped():
        console.print(told)
    gate, baseline = _gate(options), _baseline(options)
    if options.write_supported is not None:
        require_writable(options.write_supported, "write_supported", where="check")
    with executors(plan) as candidates:
        remembered = memories(plan, candidates)
        for told in dict.fromkeys(told for memory in remembered.values() for told in memory.prepare()):
            print(f"convoracle: {told}", file=sys.stderr)
        info = describe_run(plan, str(chosen or options.profile), candidates, options.command)
        today = datetime.fromisoformat(info.started).date()
        asked = quarantined(candidates, baseline.known, dict(info.environment), today)
        info = replace(info, min_compared=options.min_compared, settings=options.settings)
        info = replace(info, plan=_withholding(info.plan, baseline.known))
        with _resumed(folder, info) if options.resume is not None else _writer(folder, info) as writer:
            if baseline.text:
                keep_baseline(baseline.text, folder)
            try:
                with closing(run(plan, asked, remembered, writer)) as events:
                    show_progress(events, console, quiet=options.quiet)
            finally:
                from .conclusion import conclude  # with the page, which takes long to import, and is made last

                judged = conclude(folder, gate, console, quiet=options.quiet)
                if options.json:
                    print((folder / SUMMARY).read_text("ascii"), end="")
    if options.write_supported is not None:
        write_supported(options.write_supported, supported(read_records(folder)))
    return 0 if judged.passes else 1


def _gate(options: argparse.Namespace) -> Gate:
    before = None if options.supported is None else read_supported(options.supported)
    return Gate(before, options.strict_baseline)


class _Baseline(NamedTuple):
    """What is known, and the text that says so; both are empty where there is none."""

    known: tuple[Known, ...] = ()
    text: str = ""


def _baseline(options: argparse.Namespace) -> _Baseline:
    if options.baseline is None:
        return _Baseline()
    return _Baseline(read_baseline(options.baseline), options.baseline.read_text("utf-8"))


def _folder(options: argparse.Namespace) -> Path:
    if options.resume is None:
        return options.out or DEFAULT_OUT
    if options.out not in (None, options.resume):
        requirement = "should be left out with --resume, whose folder it is"
        raise InvalidArgument("out", str(options.out), requirement, where="check")
    return Path(options.resume)


def _withholding(plan: Plan, baseline: tuple[Known, ...]) -> Plan:
    """With what of the baseline decides which questions are put."""
    withheld = sorted(repr(known) for known in baseline if known.quarantine)
    if not withheld:
        return plan
    digest = hashlib.sha256("\n".join(withheld).encode()).hexdigest()
    return replace(plan, facts=(*plan.facts, ("quarantine", digest)))


def _resumed(folder: Path, info: RunInfo) -> RunWriter:
    """Goes on with a run, which has to be the same."""
    from ...reports.files.reading import read_info  # with all that reads a run, which a new one does not wait for
    from ...reports.records.same_run import differences

    before = read_info(folder)
    different = differences(before, info)
    if before.shard != info.shard:
        different = (*different, f"shard: {before.shard or 'all'}, not {info.shard or 'all'}")
    if different:
        requirement = (
            f"should be the folder of the same run, which was made by {before.command!r}: {'; '.join(different)}"
        )
        raise InvalidArgument("resume", str(folder), requirement, where="check")
    try:
        return RunWriter.resumed(folder, info.environment)
    except OSError as error:
        raise InvalidArgument("resume", str(folder), f"should be writable: {error.strerror}", where="check") from None


def _writer(folder: Path, info: RunInfo) -> RunWriter:
    try:
        return RunWriter.create(folder, info, replace=True)
    except OSError as error:
        requirement = f"should be a folder that can be written: {error.strerror}"
        raise InvalidArgument("out", str(folder), requirement, where="check") from None


def _plan(options: argparse.Namespace) -> RunPlan:
    budget = budget_of(options)
    sources = tuple(options.candidates) or DEFAULT
    memory = tuple(options.memory or (DEFAULT_MEMORY,))
    until = None if options.max_time is None else time.monotonic() + options.max_time
    parts = len(parts_of(budget))
    shard = Shard(*(options.shard or (1, 1)))
    plan = RunPlan(sources, budget, limits_of(options), memory, not options.in_process, options.jobs, until, shard)
    if shard.count > (most := parts * len(sources)):
        requirement = f"should be of at most {most}: the run is made of {plural(most, 'part')}"
        raise InvalidArgument("shard", str(shard), requirement, where="check")
    return plan
