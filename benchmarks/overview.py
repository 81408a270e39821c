"""What the oracle costs, in one table: each figure of one run beside a peer's of the same run, and their ratio.

The other benchmarks measure each of these by itself, and say more.

    OMP_NUM_THREADS=1 python benchmarks/overview.py [--only PART ...] [--cases N] [--faults N] [--records N]
"""

from __future__ import annotations

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import detection
import exact_speed
import records
import reference_speed
import start_up
import verdict_cost
from instruments import gradients, ours

from convoracle.oracle.answers import reference
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import RunWriter, read_records
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates import DEFAULT
from convoracle.suites.search.collected import examine_all

FIRST_ORDER = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)
MINIMUM = 0.005


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: what was measured, how much, of whom it is told beside, and how much that was."""

    what: str
    amount: str
    peer: str = ""
    of_peer: str = ""
    ratio: float | None = None

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return f"| {self.what} | {self.amount} | {self.peer} | {self.of_peer} | {ratio} |"


def of_references(chosen: argparse.Namespace) -> Iterator[Figure]:
    """The NumPy reference in float64 beside PyTorch."""
    for category in ("tiny", "resnet"):
        timings = list(reference_speed.measure([category], FIRST_ORDER, chosen.rounds, MINIMUM))
        own, theirs = (sum(getattr(timing, of) for timing in timings) for of in ("numpy_seconds", "torch_seconds"))
        ratio = statistics.geometric_mean(timing.ratio for timing in timings)
        what = f"reference, float64, {category}, {len(timings)} calls"
        yield Figure(what, f"{1e3 * own:.2f} ms", "PyTorch, float64", f"{1e3 * theirs:.2f} ms", ratio)


def of_exact(chosen: argparse.Namespace) -> Iterator[Figure]:
    """Exact results beside the reference."""
    for timing in exact_speed.measure(tuple(exact_speed.SHAPES), chosen.rounds, MINIMUM):
        for what, ratios in (("values", timing.of_values), ("all that a verdict reads", timing.of_all)):
            of = f"exact {what}, {timing.dtype} {timing.fill}, {timing.shape}"
            yield Figure(of, "", "reference, float64", "", statistics.geometric_mean(ratios))


def of_verdicts(chosen: argparse.Namespace) -> Iterator[Figure]:
    """Eight verdicts on a small case beside gradcheck of the same."""
    cases = [Case(verdict_cost.GEOMETRY, True, verdict_cost.DTYPE, "normal", seed) for seed in range(chosen.cases + 1)]
    with tempfile.TemporaryDirectory() as folder, RunWriter.create(folder, verdict_cost.run_info()) as writer:
        found = [verdict_cost.examine(case, writer) for case in cases][1:]
    spent = sum(min(each[stage] for each in found) for stage in verdict_cost.STAGES) + verdict_cost.drawing(3)
    (trial,) = gradients.trials(False, cases[:1])
    checked = min(cpu_seconds(partial(trial.alarms, reference.evaluate)) for _ in range(5))
    yield Figure(
        "8 verdicts on n2c3k4i7x7f3x3p1x1, drawn, judged and recorded", f"{1e3 * spent:.2f} ms",
        "gradcheck of the same", f"{1e3 * checked:.2f} ms", spent / checked,
    )  # fmt: skip


def of_starts(chosen: argparse.Namespace) -> Iterator[Figure]:
    """What people wait for beside the import of NumPy."""
    numpy, *waits = start_up.measure(chosen.rounds, start_up.QUICK)
    for wait in waits:
        of_peer = f"{numpy.passed:.2f} s"
        yield Figure(wait.what, f"{wait.passed:.2f} s", numpy.what, of_peer, wait.passed / numpy.passed)


def of_searches(chosen: argparse.Namespace) -> Iterator[Figure]:
    """A run of each default by itself, from start to report, beside the time in the candidate's own calls."""
    for name in chosen.candidate or DEFAULT:
        seconds, own, count = run_of(name, "--profile", "quick", "--cases", str(chosen.cases))
        what = f"{name}: {count / seconds:.1f} examinations a second, start and report included"
        yield Figure(what, f"{seconds:.1f} s", "its own calls", f"{own:.1f} s", seconds / own)


def of_corpora(chosen: argparse.Namespace) -> Iterator[Figure]:
    """Full-size layers beside the time in PyTorch's own calls."""
    most = [] if chosen.products is None else ["--max-products", str(chosen.products)]
    seconds, own, count = run_of("torch", "--corpus", "resnet50", "--batch", "4", *most)
    what = f"torch on {count} layers of ResNet-50"
    yield Figure(what, f"{seconds:.1f} s", "its own calls", f"{own:.1f} s", seconds / own)


def of_detection(chosen: argparse.Namespace) -> Iterator[Figure]:
    """Seconds to the first sign of a planted fault beside gradcheck."""
    plan = detection.Plan(cases=100, seconds=3.0, seed=0)
    names = [model.name for model in ours.some_faults(chosen.faults)]
    found = list(detection.measure(plan, names, (detection.OURS, "gradcheck"), workers=2))
    own, theirs = (
        [each.seconds for each in found if each.tool == tool and each.cases is not None]
        for tool in (detection.OURS, "gradcheck")
    )
    median, of_peer = (statistics.median(seconds) if seconds else math.nan for seconds in (own, theirs))
    what = f"detection of {len(own)} of {len(names)} faults, median"
    yield Figure(what, f"{median:.2f} s", f"gradcheck, {len(theirs)} of them", f"{of_peer:.2f} s", median / of_peer)


def of_reports(chosen: argparse.Namespace) -> Iterator[Figure]:
    """Records and the report of many."""
    with closing(InProcess("reference")) as executor:
        made = examine_all(executor, ours.quick(min(chosen.cases, 100), 0)).records
    cost = records.measured(made, chosen.records, verdict_cost.run_info())
    size, alone = f"{cost.size:.0f} bytes", f"{cost.as_document:.0f} bytes"
    yield Figure("a record of one examination", size, "as a document", alone, cost.size / cost.as_document)
    yield Figure(f"a report of {chosen.records:,} records", f"{cost.seconds:.1f} s")


def run_of(*options: str) -> tuple[float, float, int]:
    """Seconds of a run and in its candidate's calls, and how many examinations it made."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "convoracle.suites", "check", *options]
        start = time.monotonic()
        subprocess.run(
            [*command, "--out", str(folder / "run"), "--memory", str(folder / "memory")],
            check=False,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - start
        made = [record for record in read_records(folder / "run") if not record.declined]
    return seconds, sum(result.seconds for record in made for result in record.results), len(made)


def cpu_seconds(call: Callable[[], object]) -> float:
    """The CPU time of a call, in all threads of this process."""
    start = time.process_time()
    call()
    return time.process_time() - start


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
    "reference": of_references,
    "exact": of_exact,
    "verdicts": of_verdicts,
    "starts": of_starts,
    "searches": of_searches,
    "corpora": of_corpora,
    "detection": of_detection,
    "reports": of_reports,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part (default: all)")
    parser.add_argument("--candidate", action="append", help="searched by itself (default: the defaults)")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds; medians are reported")
    parser.add_argument("--cases", type=int, default=100, help="cases of searches and verdicts (default: 100)")
    parser.add_argument("--faults", type=int, default=30, help="planted faults to be detected (default: 30)")
    parser.add_argument("--records", type=int, default=100_000, help="records of a report (default: 100,000)")
    parser.add_argument("--products", type=int, help="most products of a layer (default: no limit)")
    chosen = parser.parse_args()
    print("| what | here | peer | there | ratio |", "|---|---|---|---|---|", sep="\n", flush=True)
    for part in chosen.only or PARTS:
        for figure in PARTS[part](chosen):
            print(figure, flush=True)


if __name__ == "__main__":
    main()
