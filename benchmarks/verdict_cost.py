"""What verdicts cost beside the candidate: structure and precision of four passes on one small case, stage by stage."""

from __future__ import annotations

import argparse
import cProfile
import pstats
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from reference_speed import threads

from convoracle.oracle.answers import reference
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, Numbers
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.files.run import RunWriter
from convoracle.reports.records.record import CandidateInfo, CaseRecord, CheckResult, RunInfo
from convoracle.suites.cases.drawing import Chunk
from convoracle.suites.cases.space import Space
from convoracle.suites.checks.registry import check_infos
from convoracle.suites.checks.value import answer, operands_of, standard

GEOMETRY = parse_geometry("n2c3k4i7x7f3x3p1x1")
DTYPE = "float32"
PASSES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)
CHECKS = {"structure": Numbers.INTEGERS, "precision": Numbers.REALS}
STAGES = ("drawing", "data", "exact", "bound", "judging", "record")


@dataclass(slots=True)
class Stopwatch:
    """CPU seconds by stage."""

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        start = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - start


def examine(case: Case, writer: RunWriter) -> dict[str, float]:
    """The CPU seconds of each stage of all verdicts on a case that was not met before; the answers are right ones."""
    watch, results, arithmetic = Stopwatch(), [], Arithmetic.of(case.dtype)
    for check, numbers in CHECKS.items():
        with watch.of("data"):
            operands = operands_of(numbers, case, arithmetic)
        for pass_ in PASSES:
            returned = reference.evaluate(pass_, operands, case.geometry).astype(case.dtype)
            with watch.of("exact"):
                exact = answer(numbers, case, pass_, arithmetic)
                _ = exact.rounded
            with watch.of("bound"):
                held_to = standard(numbers, pass_, operands, exact, arithmetic, case)
            with watch.of("judging"):
                verdict = held_to.judge(returned)
            results.append(CheckResult(check, str(pass_), verdict))
    with watch.of("record"):
        writer.append(CaseRecord(str(case), "candidate", tuple(results)))
    return watch.seconds


def drawing(chunks: int) -> float:
    """The least CPU seconds that a case of a chunk takes to be drawn."""

    def of_chunk(number: int) -> float:
        start = time.process_time()
        drawn = len(Chunk(Space(), 0, number).cases())
        return (time.process_time() - start) / drawn

    return min(map(of_chunk, range(chunks)))


def run_info() -> RunInfo:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    checks = tuple(check_infos().values())
    return RunInfo(0, "quick", (CandidateInfo("candidate"),), started, "benchmark", (), checks=checks)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fill", default="normal", help="kind of real data")
    parser.add_argument(
        "--cases", type=int, default=400, help="cases of one geometry, each with a data seed of its own"
    )
    parser.add_argument("--chunks", type=int, default=20, help="chunks of cases that are drawn")
    parser.add_argument("--functions", type=int, default=0, help="functions of a profile to be shown")
    chosen = parser.parse_args()
    cases = [Case(GEOMETRY, True, DTYPE, chosen.fill, seed) for seed in range(chosen.cases)]
    profile = cProfile.Profile(time.process_time)
    with tempfile.TemporaryDirectory() as folder, RunWriter.create(folder, run_info()) as writer:
        examine(Case(GEOMETRY, True, DTYPE, chosen.fill, len(cases)), writer)
        if chosen.functions:
            profile.enable()
        found = [examine(case, writer) for case in cases]
        profile.disable()
    report(found, drawing(chosen.chunks))
    if chosen.functions:
        pstats.Stats(profile).sort_stats("tottime").print_stats(chosen.functions)


def report(found: list[dict[str, float]], drawn: float) -> None:
    """Print the least that each stage took; cases differ in their data only, and noise of the machine only adds."""
    least = {stage: min(each[stage] for each in found) for stage in STAGES} | {"drawing": drawn}
    total = sum(least.values())
    print(f"NumPy {np.__version__}, {threads()} thread(s); {len(CHECKS) * len(PASSES)} verdicts, CPU time\n")
    print("| stage | ms a case | share |", "|---|---|---|", sep="\n")
    for stage, seconds in least.items():
        print(f"| {stage} | {1e3 * seconds:.2f} | {seconds / total:.0%} |")
    print(f"| all | {1e3 * total:.2f} | 100% |")


if __name__ == "__main__":
    main()
