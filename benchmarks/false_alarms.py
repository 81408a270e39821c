"""How often a right implementation is called wrong: a campaign over as many case-passes as are asked for.

Honest implementations of many arithmetics and orders (`implementations.HONEST`), kernels that take one thing only
(`restricted.KERNELS`), the reference, SciPy's transforms, and PyTorch, TensorFlow and JAX where they are right, are
searched for faults with every check. A case-pass is one verdict of a check that compared a result, element by
element. It ends with 1 at a false alarm. With `--kept` it goes on where an earlier one ended: the file counts all
searches that came to their end, and has the seed after the last that was begun.

    OMP_NUM_THREADS=1 python benchmarks/false_alarms.py [--case-passes N] [--profile NAME] [--seed N] [--workers N]
        [--only NAME ...] [--kept FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count, islice
from multiprocessing import active_children, get_context
from pathlib import Path

import where_right
from honest import Honest
from implementations import HONEST
from restricted import KERNELS, Kernel

from convoracle.oracle.numbers.dtypes import EVERYDAY
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.operands.vocabulary import SETTINGS
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import kind_of
from convoracle.suites.audits.planted import Planted
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.lifetime import end_with
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import Findings, examine_all

PRECISION = "precision"
CASES, FEWER_CASES = 500, 200
"""Of one search, which first learns what is taken, and of a slow one; the next one has another seed."""
NOT_FORWARD_MODE = frozenset(Pass) - {Pass.JVP}
SELDOM = 12
"""SciPy's transforms, TensorFlow, JAX, and what takes one thing only, are searched in one turn of so many."""
AHEAD = 2
"""Searches that each process has been given: it does not wait for a slow one elsewhere."""


class Candidate(Planted):
    """Every pass by one way of computing it, held to what it declares."""

    def __init__(self, name: str, honest: Honest) -> None:
        self.name = name
        self.implementation = honest.implementation
        self.dtypes = honest.dtypes
        self.accumulators, self.multipliers = honest.accumulators, honest.multipliers
        self.results, self.conventions = honest.results, honest.conventions


@dataclass(frozen=True)
class Subject:
    """What is searched: an implementation, or what makes it, and where it is right, by default everywhere."""

    candidate: object
    ranks: tuple[int, ...] | None = None
    dtypes: tuple[str, ...] | None = None
    settings: frozenset[str] = SETTINGS
    passes: frozenset[Pass] = frozenset(Pass)


SUBJECTS = {
    **{name: Subject(Candidate(name, honest)) for name, honest in HONEST.items()},
    **{name: Subject(Kernel(name)) for name in KERNELS},
    "rounded once": Subject(Planted()),
    "reference": Subject("reference"),
    "transforms": Subject("scipy-fft"),
    "torch": Subject(where_right.torch, (1, 2), EVERYDAY[:3], SETTINGS - {"degenerate"}, NOT_FORWARD_MODE),
    "tensorflow": Subject(where_right.tensorflow, (1, 2), EVERYDAY[:3], SETTINGS - {"degenerate"}, NOT_FORWARD_MODE),
    "jax": Subject(where_right.jax, settings=SETTINGS - {"degenerate", "stride"}),
}
"""Rounded once: sums in float64, in every dtype there is. PyTorch where it has no known fault (docs/findings.md):
not in bfloat16, not without input channels (T7), not in forward mode (T8), not over three axes (T10). TensorFlow
likewise (F1, F5, F9, F10). They and JAX are as `where_right` has them."""


SLOW = ("transforms", "tensorflow", "jax", *KERNELS)


@dataclass(frozen=True)
class Share:
    """What one search gave: case-passes by subject, dtype and check, the largest error/bound, the readable alarms."""

    counts: Counter[tuple[str, str, str]]
    ratio: float
    alarms: tuple[str, ...]


@cache
def executor(name: str) -> InProcess:
    candidate = SUBJECTS[name].candidate
    return InProcess(candidate() if callable(candidate) else candidate)


def searched(job: tuple[str, str, int]) -> Share:
    """One search of a subject with its own seed."""
    name, profile, seed = job
    subject, running = SUBJECTS[name], executor(name)
    space = replace(PROFILES[profile].space(ranks=subject.ranks, dtypes=subject.dtypes), settings=subject.settings)
    own_dtypes = subject.dtypes is None
    cases = FEWER_CASES if name in SLOW else CASES
    budget = Budget(space, subject.passes, cases, seed, own_dtypes=own_dtypes)
    findings = examine_all(running, budget)
    counts = Counter(
        (name, parse_case(record.case).dtype, kind_of(result.check))
        for record in findings.records
        for result in record.results
        if result.verdict.elements
    )
    ratios = (
        result.verdict.ratio
        for record in findings.records
        for result in record.results
        if kind_of(result.check) == PRECISION and parse_case(record.case).dtype != "int8"
    )
    return Share(counts, max(ratios, default=0.0), _alarms(findings, running))


def _alarms(findings: Findings, running: InProcess) -> tuple[str, ...]:
    return (findings.text(running.info),) if findings.mismatches else ()


def jobs(names: list[str], profile: str, seed: int) -> Iterator[tuple[str, str, int]]:
    """Searches without end: each subject in turn, each time with another seed; the slow ones take turns."""
    slow = [name for name in names if name in SLOW and set(names) > set(SLOW)]
    numbers = count(seed)
    for turn in count():
        for name in names:
            if name not in slow or slow.index(name) % SELDOM == turn % SELDOM:
                yield name, profile, next(numbers)


def table(counts: Counter[tuple[str, str, str]], ratios: dict[str, float]) -> str:
    """Case-passes by subject and dtype, and the largest error/bound on reals."""
    dtypes = sorted({dtype for _, dtype, _ in counts})
    lines = [f"| | {' | '.join(dtypes)} | all | error/bound |", f"|{'---|' * (len(dtypes) + 3)}"]
    for name in SUBJECTS:
        of_dtype = [sum(count for key, count in counts.items() if key[:2] == (name, dtype)) for dtype in dtypes]
        lines.append(
            f"| {name} | {' | '.join(f'{count:,}' if count else '–' for count in of_dtype)} | {sum(of_dtype):,} "
            f"| {ratios.get(name, 0.0):.2g} |"
        )
    checks = Counter[str]()
    for (_, _, check), times in counts.items():
        checks[check] += times
    told = ", ".join(f"{check} {times:,}" for check, times in checks.most_common())
    return "\n".join([*lines, "", f"By check: {told}."])


@dataclass(frozen=True)
class Soak:
    """What all searches so far came to; `seed` is that of the next one."""

    seed: int
    minutes: float = 0.0
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    ratios: dict[str, float] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()


def read_soak(file: Path | None, seed: int) -> Soak:
    """What a file has; nothing where there is none."""
    if file is None or not file.exists():
        return Soak(seed)
    kept = json.loads(file.read_text("utf-8"))
    counts = Counter({(name, dtype, check): times for name, dtype, check, times in kept["counts"]})
    return Soak(kept["seed"], kept["minutes"], counts, kept["ratios"], tuple(kept["alarms"]))


def write_soak(file: Path, soak: Soak) -> None:
    """Keep it, whole or not at all."""
    counts = [[*key, times] for key, times in sorted(soak.counts.items())]
    kept = {
        "seed": soak.seed,
        "minutes": round(soak.minutes, 1),
        "alarms": soak.alarms,
        "ratios": soak.ratios,
        "counts": counts,
    }
    new = file.with_name(f"{file.name}.new")
    new.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    new.replace(file)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case-passes", type=int, default=1_000_000, help="so many at least (default: 1,000,000)")
    parser.add_argument("--profile", choices=PROFILES, default="quick", help="whose cases (default: quick)")
    parser.add_argument("--seed", type=int, default=0, help="of the first search (default: 0)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=list(SUBJECTS), help="these alone")
    parser.add_argument(
        "--kept", type=Path, metavar="FILE", help="where all searches are counted, of this run and others"
    )
    return parser.parse_args()


def main() -> int:
    chosen = arguments()
    before, start = read_soak(chosen.kept, chosen.seed), time.monotonic()
    counts, ratios, alarms = before.counts.copy(), dict(before.ratios), list(before.alarms)
    of_us = {"initializer": end_with, "initargs": (os.getpid(),)}
    pool = ProcessPoolExecutor(chosen.workers, mp_context=get_context("spawn"), **of_us)
    endless, running = jobs(chosen.only, chosen.profile, before.seed), dict[Future[Share], tuple[str, str, int]]()
    try:
        while counts.total() < chosen.case_passes:
            for job in islice(endless, AHEAD * chosen.workers - len(running)):
                running[pool.submit(searched, job)] = job
            for searching in wait(running, return_when=FIRST_COMPLETED).done:
                share, (name, _, seed) = searching.result(), running.pop(searching)
                counts += share.counts
                ratios[name] = max(share.ratio, ratios.get(name, 0.0))
                alarms += share.alarms
                print(*share.alarms, sep="\n", end="", file=sys.stderr)
                print(f"\r{counts.total():,} case-passes, {len(alarms)} alarms", end="", file=sys.stderr, flush=True)
            if chosen.kept is not None:
                minutes = before.minutes + (time.monotonic() - start) / 60
                last = max(seed, *(of_running for *_, of_running in running.values()), before.seed)
                write_soak(chosen.kept, Soak(last + 1, minutes, counts, ratios, tuple(alarms)))
    except KeyboardInterrupt:
        print("\ninterrupted; so far:", file=sys.stderr)
    except BrokenProcessPool:
        alarms.append("a search ended its process")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in active_children():
            process.terminate()
    minutes = before.minutes + (time.monotonic() - start) / 60
    told = f"{counts.total():,} case-passes in {minutes:.0f} minutes, {len(alarms)} searches with a false alarm"
    print("", told, "", table(counts, ratios), *alarms, sep="\n")
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
