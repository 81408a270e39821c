"""`convoracle check`: from options to a plan, a run, its reports and an exit code."""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ...oracle.errors import InvalidArgument
from ...oracle.problem.passes import Pass
from ...reports import RunWriter, read_records
from ...reports.files.held_against import keep_baseline
from ...reports.files.layout import SUMMARY
from ...reports.records.baseline import Known
from ...reports.records.baseline_file import read_baseline
from ...reports.records.record import RunInfo
from ..calling.replies import Limits
from ..candidates import DEFAULT
from ..capabilities.supported import read_supported, supported, write_supported
from ..cases.budget import Budget
from ..cases.corpora.selection import Selection
from ..cases.profiles import PROFILES
from ..cases.space import Space
from ..search.findings import RunPlan
from ..search.quarantine import quarantined
from ..search.runner import describe_run, executors, memories, run
from .arguments import require_writable
from .check_options import DEFAULT_MEMORY
from .gate import Gate
from .plain_console import table_console
from .progress import show_progress

_GIB = 2**30
_SEEDS = 1_000_000
"""That a random one is among: few enough to be read aloud."""


def check(options: argparse.Namespace) -> int:
    """Run what the options say; 0 if all conform, 1 otherwise."""
    console = table_console(stderr=options.json)
    if options.seed is None:
        options.seed = secrets.randbelow(_SEEDS)
        console.print(f"--seed {options.seed} draws the cases of this run again")
    plan = _plan(options)
    gate, baseline = _gate(options), _baseline(options)
    if options.write_supported is not None:
        require_writable(options.write_supported, "write_supported", where="check")
    with executors(plan) as candidates:
        remembered = memories(plan, candidates)
        for told in dict.fromkeys(told for memory in remembered.values() for told in memory.prepare()):
            print(f"convoracle: {told}", file=sys.stderr)
        info = describe_run(plan, str(_selection(options) or options.profile), candidates, options.command)
        today = datetime.fromisoformat(info.started).date()
        asked = quarantined(candidates, baseline.known, dict(info.environment), today)
        info = replace(info, min_compared=options.min_compared, settings=options.settings)
        with _writer(options.out, info) as writer:
            if baseline.text:
                keep_baseline(baseline.text, options.out)
            try:
                with closing(run(plan, asked, remembered, writer)) as events:
                    show_progress(events, console, quiet=options.quiet)
            finally:
                from .conclusion import conclude  # with the page, which takes long to import, and is made last

                judged = conclude(options.out, gate, console, quiet=options.quiet)
                if options.json:
                    print((options.out / SUMMARY).read_text("ascii"), end="")
    if options.write_supported is not None:
        write_supported(options.write_supported, supported(read_records(options.out)))
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


def _writer(folder: Path, info: RunInfo) -> RunWriter:
    try:
        return RunWriter.create(folder, info, replace=True)
    except OSError as error:
        requirement = f"should be a folder that can be written: {error.strerror}"
        raise InvalidArgument("out", str(folder), requirement, where="check") from None


def _plan(options: argparse.Namespace) -> RunPlan:
    profile = PROFILES[options.profile]
    ranks = tuple(dict.fromkeys(options.ranks)) if options.ranks else None
    dtypes = tuple(dict.fromkeys(options.dtypes)) if options.dtypes else None
    passes = frozenset(map(Pass, options.passes)) if options.passes else frozenset(Pass)
    selection = _selection(options)
    if selection is None:
        space = profile.space(ranks=ranks, dtypes=dtypes)
        budget = Budget(space, passes, options.cases or profile.cases, options.seed, own_dtypes=dtypes is None)
    else:
        budget = _budget(selection, ranks, dtypes, passes, options.seed)
    if options.checks:
        budget = replace(budget, checks=frozenset(options.checks))
    limits = Limits(seconds_per_call=options.time_limit, memory_bytes=int(options.memory_limit * _GIB))
    sources = tuple(options.candidates) or DEFAULT
    memory = tuple(options.memory or (DEFAULT_MEMORY,))
    until = None if options.max_time is None else time.monotonic() + options.max_time
    return RunPlan(sources, budget, limits, memory, not options.in_process, options.jobs, until)


def _selection(options: argparse.Namespace) -> Selection | None:
    """The corpora to examine; None for generated cases."""
    if options.corpora:
        if options.cases is not None:
            requirement = "should be left out with --corpus, whose entries are the cases"
            raise InvalidArgument("cases", options.cases, requirement, where="check")
        return Selection(tuple(dict.fromkeys(options.corpora)), options.batch, options.max_products)
    for name in ("batch", "max_products"):
        if getattr(options, name) is not None:
            raise InvalidArgument(name, getattr(options, name), "should be given with --corpus only", where="check")
    return None


def _budget(
    selection: Selection,
    ranks: tuple[int, ...] | None,
    dtypes: tuple[str, ...] | None,
    passes: frozenset[Pass],
    seed: int,
) -> Budget:
    """The budget of a run on corpora: in float32, unless dtypes are named."""
    corpus_cases = selection.cases(dtypes=dtypes or ("float32",), ranks=ranks or Space().ranks, seed=seed)
    met = tuple(dict.fromkeys(each.case.geometry.rank for each in corpus_cases))
    space = Space(met, dtypes or ("float32",), settings=frozenset({"bias"}))
    return Budget(space, passes, len(corpus_cases), seed, corpus_cases=corpus_cases)
