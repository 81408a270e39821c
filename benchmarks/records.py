"""What the records of a run take on disk, and what a report of many of them costs.

The records of a real search of the reference, every pass in every dtype, are appended over and over, with other data
seeds and other numbers, until there are as many as are asked for; `convoracle report` then makes page and junit.xml.

    OMP_NUM_THREADS=1 python benchmarks/records.py [--records N ...] [--cases N]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from random import Random

from instruments.ours import quick

from convoracle.oracle.judging.verdict import Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.reports import CaseRecord, CheckResult, RunInfo, RunWriter
from convoracle.reports.records.serialization import to_json
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.checks.registry import check_infos
from convoracle.suites.search.collected import examine_all

VARIANTS = 16
"""So many times the numbers of each record are made anew."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a record: bytes, bytes as a document by itself, microseconds to append it. Of a report: seconds and memory."""

    records: int
    size: float
    as_document: float
    append: float
    seconds: float
    mebibytes: float

    def __str__(self) -> str:
        return (
            f"| {self.records:,} | {self.size:.0f} | {self.as_document:.0f} | {self.append:.0f} | {self.seconds:.1f} "
            f"| {self.mebibytes:.0f} |"
        )


def many(records: tuple[CaseRecord, ...]) -> Iterator[CaseRecord]:
    """The records without end, each time with another data seed."""
    random = Random(0)
    varied = [[varied_results(record, random) for record in records] for _ in range(VARIANTS)]
    cases, seed = [parse_case(record.case) for record in records], 0
    while True:
        for results in varied:
            for record, case, of_record in zip(records, cases, results, strict=True):
                yield replace(record, case=str(replace(case, seed=seed)), results=of_record)
                seed += 1


def varied_results(record: CaseRecord, random: Random) -> tuple[CheckResult, ...]:
    """The results with ratios, resolutions and times that are a little smaller."""
    return tuple(
        replace(result, verdict=varied(result.verdict, random), seconds=result.seconds * random.uniform(0.8, 1.0))
        for result in record.results
    )


def varied(verdict: Verdict, random: Random) -> Verdict:
    """The verdict; where its reason tells the resolution, that is left as it is."""
    resolution = verdict.resolution
    if resolution is not None and not verdict.reason:
        resolution *= random.uniform(0.9, 1.0)
    return replace(verdict, ratio=verdict.ratio * random.uniform(0.9, 1.0), resolution=resolution)


def measured(records: tuple[CaseRecord, ...], count: int, info: RunInfo) -> Cost:
    """What `count` records made of `records` cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with RunWriter.create(folder, info) as writer:
            append = sum(appended(writer, record) for record in islice(many(records), count))
            writer.finish(append, False)
        size = sum(path.stat().st_size for path in (folder / "records").iterdir())
        documents = sum(len(to_json(record)) + 1 for record in records) / len(records)
        seconds, mebibytes = reported(folder)
    return Cost(count, size / count, documents, 1e6 * append / count, seconds, mebibytes)


def appended(writer: RunWriter, record: CaseRecord) -> float:
    """The CPU seconds that it took."""
    start = time.process_time()
    writer.append(record)
    return time.process_time() - start


def reported(folder: Path) -> tuple[float, float]:
    """CPU seconds and the largest resident memory, in MiB, of `convoracle report`."""
    process = subprocess.Popen([sys.executable, "-m", "convoracle.suites", "report", str(folder)])
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"convoracle report ended with status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> int:
    """Print a line for each number of records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--cases", type=int, default=100, help="how many real cases they are made of")
    options = parser.parse_args()
    with closing(InProcess("reference")) as executor:
        records = examine_all(executor, quick(options.cases, 0)).records
        checks = tuple(check_infos().values())
        info = RunInfo(0, "quick", (executor.info,), "", "convoracle check reference", (), checks=checks)
    print("| records | bytes a record | as documents | microseconds to append | seconds of a report | MiB |")
    print("|---|---|---|---|---|---|")
    for count in options.records:
        print(measured(records, count, info), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
