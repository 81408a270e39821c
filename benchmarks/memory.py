"""What a long run takes: memory of the command and of its workers, disk and time, against the number of cases.

The reference is searched on cases that are nearly all overhead (one pass, one axis, one check), so that as many as
possible fit into an hour. Sizes are proportional set sizes: memory that processes share is counted once. It ends with 1
where the last tenth of the cases takes more than the second one did, by more than `ROOM`.

    OMP_NUM_THREADS=1 python benchmarks/memory.py [--cases N] [--jobs N ...] [--in-process]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from convoracle.suites.cases.budget import PART_CASES

NARROW = ("--passes", "forward", "--ranks", "1", "--dtypes", "float32", "--checks", "structure")
ROOM = 32 * 2**20
"""What the command, and all of its processes, may take more at the end than at the beginning."""
_SECONDS_BETWEEN_LOOKS = 0.5
_TENTHS = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What a run took at one moment; `cases` are those whose part was begun."""

    seconds: float
    cases: int
    command: int
    workers: int
    processes: int
    folder: int


def descendants(pid: int) -> tuple[int, ...]:
    """The processes that a process started, and those that they did."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            number = int(entry.name)
            after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(after_name[1]), []).append(number)

    def below(parent: int) -> Iterator[int]:
        for child in parents.get(parent, ()):
            yield child
            yield from below(child)

    return tuple(below(pid))


def memory_of(pids: Iterable[int]) -> int:
    """Proportional set size of processes, in bytes; one that has ended has none."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder, as far as they are there while it is read."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def looked(pid: int, folder: Path, cases: int, start: float) -> Look:
    """One look at a run."""
    workers = descendants(pid)
    begun = min(cases, PART_CASES * sum(1 for _ in (folder / "records").glob("*.jsonl")))
    facts = memory_of([pid]), memory_of(workers), len(workers), size_of(folder)
    return Look(time.monotonic() - start, begun, *facts)


def looks(cases: int, options: list[str]) -> Iterator[Look]:
    """What a run takes from its first record to its last one, and then while its report is made."""
    with tempfile.TemporaryDirectory(prefix="convoracle-memory-") as name:
        home, start = Path(name), time.monotonic()
        command = [sys.executable, "-m", "convoracle.suites", "check", "reference", *NARROW, "--cases", str(cases)]
        with subprocess.Popen([*command, *options, "-q", "--out", "run"], cwd=home) as run:
            while run.poll() is None:
                look = looked(run.pid, home / "run", cases, start)
                if look.cases:
                    yield look
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        if run.returncode:
            raise SystemExit(f"the run ended with {run.returncode}")
        yield Look(time.monotonic() - start, cases, 0, 0, 0, size_of(home / "run"))


def tenths(found: Iterable[Look], cases: int) -> Iterator[list[Look]]:
    """The looks of each tenth of the cases, each as it is over; the last one has the report, too."""
    return (list(group) for _, group in groupby(found, key=lambda look: -(-look.cases * _TENTHS // cases)))


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f}"


def row(what: str, group: list[Look]) -> str:
    """The most that was taken in a tenth."""
    command, workers = max(look.command for look in group), max(look.workers for look in group)
    processes, last = max(look.processes for look in group), group[-1]
    facts = f"{last.cases:,} | {last.seconds:.0f} | {_mib(command)} | {_mib(workers)} | {processes}"
    return f"| {what} | {facts} | {last.folder / 2**20:.1f} |"


def growth(second: list[Look], last: list[Look], cases: int) -> int:
    """What command and workers together take at most in the last tenth, before the report, less that in the second."""
    examining = [look for look in last if look.cases < cases] or last
    return max(look.command + look.workers for look in examining) - max(look.command + look.workers for look in second)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000, help="of each run (default: 100,000)")
    parser.add_argument("--jobs", type=int, nargs="+", default=[2], metavar="N", help="a run for each (default: 2)")
    parser.add_argument("--in-process", action="store_true", help="a run with all in one process, too")
    chosen = parser.parse_args()
    ways = {f"-j {jobs}": ["-j", str(jobs)] for jobs in chosen.jobs}
    ways |= {"--in-process": ["--in-process"]} if chosen.in_process else {}
    print("| | cases | s | command, MiB | workers, MiB | processes | folder, MiB |")
    print("|---|---|---|---|---|---|---|", flush=True)
    grown = 0
    for what, options in ways.items():
        groups = []
        for group in tenths(looks(chosen.cases, options), chosen.cases):
            groups.append(group)
            print(row(what, group), flush=True)
        grown = max(grown, growth(groups[min(1, len(groups) - 1)], groups[-1], chosen.cases))
    print(f"\n{os.cpu_count()} cores; grown by {_mib(grown)} MiB at most")
    return 1 if grown > ROOM else 0


if __name__ == "__main__":
    sys.exit(main())
