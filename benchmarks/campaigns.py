"""Where a campaign saturates: parts a second that a scheduler hands out, and that one process collects.

Workers are simulated: each answers at once with the run of a part that was examined once. So what is measured is all
but the examining; with a minute a part, so many workers keep a scheduler and a collecting process busy as there are
parts in a minute.

    OMP_NUM_THREADS=1 python benchmarks/campaigns.py [--parts N] [--workers N ...]
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from convoracle.oracle.problem.passes import Pass
from convoracle.reports.files.part_files import part_files
from convoracle.reports.files.reading import read_info
from convoracle.reports.files.run import RunWriter
from convoracle.suites.calling.replies import Limits
from convoracle.suites.campaign.campaign import Campaign
from convoracle.suites.campaign.engines import Engine
from convoracle.suites.campaign.events import PartCollected
from convoracle.suites.campaign.packing import packed, unpack
from convoracle.suites.campaign.task import Examined, Task, examine
from convoracle.suites.cases.budget import PART_CASES, Budget
from convoracle.suites.cases.space import Space
from convoracle.suites.search.findings import RunPlan
from convoracle.suites.search.runner import described


@dataclass(frozen=True, slots=True)
class Rate:
    """Parts a second, and bytes of each."""

    what: str
    parts: int
    seconds: float
    size: int

    def __str__(self) -> str:
        rate = self.parts / self.seconds
        return f"| {self.what} | {self.parts:,} | {rate:.1f} | {60 * rate:,.0f} | {self.size / 1024:.0f} |"


def plan_of(parts: int, part_cases: int) -> RunPlan:
    """A plan of so many parts of the reference."""
    budget = Budget(Space(), frozenset(Pass), parts * part_cases, 0, part_cases=part_cases)
    return RunPlan(("reference",), budget, Limits(), ())


def answer_of(part_cases: int) -> bytes:
    """What a worker answers that has examined the second part of a plan of two: the first one is asked of more."""
    examined = examine(Task(plan_of(2, part_cases), 1, 600.0))
    if not examined.run:
        raise SystemExit(f"the part that is to be copied was lost: {examined.lost}{examined.refused}")
    return examined.run


def copies(run: bytes, plan: RunPlan) -> Iterator[bytes]:
    """The run of that part as if it were each of the plan's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        folder.mkdir()
        unpack(run, folder)
        info = read_info(folder)
        (file,) = part_files(folder, info)
        with closing(RunWriter.create(Path(name) / "described", replace(info, plan=described(plan)))) as writer:
            shutil.copy(writer.folder / "run.json", folder / "run.json")
        path = file.path
        for number in itertools.count():
            path = path.rename(path.with_name(path.name.replace(f"-{_number(path)}.jsonl", f"-{number}.jsonl")))
            yield packed(folder)


def _number(path: Path) -> int:
    return int(path.name.removesuffix(".jsonl").rpartition("-")[2])


def collected(parts: int, part_cases: int, run: bytes) -> Rate:
    """How fast one process puts parts into a folder that are there already."""
    plan = plan_of(parts, part_cases)
    answers = list(itertools.islice(copies(run, plan), parts))

    def submit(task: Task) -> Future[Examined]:
        future: Future[Examined] = Future()
        future.set_result(Examined("simulated", answers[task.number]))
        return future

    engine = Engine(submit, lambda: 100, lambda: None)
    with tempfile.TemporaryDirectory() as name:
        making = Campaign(plan, engine, Path(name) / "campaign", 60.0, "")
        start = time.perf_counter()
        with closing(making.run()) as events:
            count = sum(isinstance(event, PartCollected) for event in events)
        seconds = time.perf_counter() - start
    return Rate("collected by one process", count, seconds, len(run))


def said(run: bytes, number: int) -> bytes:
    """What a simulated worker does."""
    return run


def handed_out(parts: int, workers: int, run: bytes) -> Rate:
    """How fast a Dask scheduler has that many tasks done by so many workers, with their results."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        closing(Client(cluster)) as client,
    ):
        executor = client.get_executor(pure=False)
        list(executor.map(partial(said, run), range(workers)))
        start = time.perf_counter()
        count = sum(1 for _ in _windowed(executor.submit, partial(said, run), parts, 2 * workers))
        seconds = time.perf_counter() - start
    return Rate(f"handed out by Dask to {workers} workers", count, seconds, len(run))


def by_threads(parts: int, workers: int, run: bytes) -> Rate:
    """The same by threads of this process, which is what `--scheduler local` has."""
    with ThreadPoolExecutor(workers) as executor:
        start = time.perf_counter()
        count = sum(1 for _ in _windowed(executor.submit, partial(said, run), parts, 2 * workers))
        seconds = time.perf_counter() - start
    return Rate(f"handed out to {workers} threads", count, seconds, len(run))


def _windowed(
    submit: Callable[..., Future[bytes]], function: Callable[[int], bytes], parts: int, most: int
) -> Iterator[bytes]:
    """As a campaign hands out: so many at a time."""
    waiting = iter(range(parts))
    running = [submit(function, number) for number in itertools.islice(waiting, most)]
    while running:
        yield running.pop(0).result()
        running += [submit(function, number) for number in itertools.islice(waiting, 1)]


def main() -> int:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=400)
    parser.add_argument("--part-cases", type=int, default=PART_CASES)
    parser.add_argument("--workers", type=int, nargs="+", default=[4, 100])
    options = parser.parse_args()
    run = answer_of(options.part_cases)
    print("| what | parts | a second | a minute | kB each |\n|---|---|---|---|---|")
    print(collected(options.parts, options.part_cases, run), flush=True)
    for workers in options.workers:
        print(by_threads(options.parts, workers, run), flush=True)
        with contextlib.suppress(ImportError):
            print(handed_out(options.parts, workers, run), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
