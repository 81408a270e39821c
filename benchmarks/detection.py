"""Which faults are found, and how soon: convoracle beside the tools that people use today.

Each fault model is planted in an otherwise right implementation. Every tool gets
the same stream of generated cases and the same budget of them. A tool detects a
fault where it gives an alarm on a case on which it gives none for the honest
implementation. Seconds are CPU time.

    OMP_NUM_THREADS=1 python benchmarks/detection.py [--faults N] [--cases N] [--seconds S] [--tool NAME ...]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from multiprocessing import get_context

from instruments import Instrument, Trial, ours

from convoracle.oracle.faults import FAULT_MODELS, fault_named, honest
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import Case
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.audits.power import stream as cases_of
from convoracle.suites.cases.profiles import PROFILES

OURS = "convoracle"
EVERYDAY = ("float64", "float32", "float16", "bfloat16")
HONEST = "honest"


@dataclass(frozen=True)
class Plan:
    """What each tool may spend on one fault."""

    cases: int
    seconds: float
    seed: int


@dataclass(frozen=True)
class Detection:
    """What one tool made of one fault; `cases` is None where it was not detected."""

    tool: str
    fault: str
    cases: int | None
    seconds: float
    asked: int


INSTRUMENTS = {
    "gradcheck": ("gradients", (False,)),
    "gradcheck, fast": ("gradients", (True,)),
    "assert_close, float32": ("comparing", ("with_torch", "float32")),
    "assert_close, float64": ("comparing", ("with_torch", "float64")),
    "assert_allclose, float32": ("comparing", ("with_numpy", "float32")),
    "assert_allclose, float64": ("comparing", ("with_numpy", "float64")),
    "tf compute_gradient": ("tensorflow_gradient", ()),
    "ONNX node tests": ("onnx_cases", ()),
}
"""The tools of today by name: the module, imported only in the process that uses it, and how it is set."""
TOOLS = (OURS, *INSTRUMENTS)


def instrument(tool: str) -> Instrument:
    """The trials of a tool of today."""
    module, setting = INSTRUMENTS[tool]
    asked: Instrument = partial(import_module(f"instruments.{module}").trials, *setting)
    return asked


def by_search(plan: Plan, fault: str) -> Detection:
    """Our search in a process of its own, so that no answer is known from another fault."""
    met, seconds = ours.first_fault(PlantedInProcess(fault_named(fault)), ours.quick(plan.cases, plan.seed))
    return Detection(OURS, fault, met.number, seconds, len(met.cases))


@lru_cache(maxsize=1)
def stream(plan: Plan) -> tuple[Case, ...]:
    """The cases that our search examines."""
    return cases_of(PROFILES["quick"].space(dtypes=DTYPES), plan.cases, plan.seed)


@lru_cache
def trials(tool: str, plan: Plan) -> tuple[Trial, ...]:
    return tuple(instrument(tool)(stream(plan)))


@lru_cache(maxsize=10_000)
def is_false_alarm(tool: str, plan: Plan, number: int) -> bool:
    return trials(tool, plan)[number].alarms(honest.evaluate)


def by_tool(plan: Plan, job: tuple[str, str]) -> Detection:
    """A tool of today on one fault, until it is detected or the budget spent."""
    tool, fault = job
    implementation = fault_named(fault).plant(honest.evaluate)
    asked, spent = trials(tool, plan), 0.0
    for number, trial in enumerate(asked):
        start = time.process_time()
        alarm = trial.alarms(implementation)
        spent += time.process_time() - start
        if alarm and not is_false_alarm(tool, plan, number):
            return Detection(tool, fault, number + 1, spent, number + 1)
        if spent > plan.seconds:
            return Detection(tool, fault, None, spent, number + 1)
    return Detection(tool, fault, None, spent, len(asked))


def false_alarms(plan: Plan, tool: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """Per dtype of the operands: cases with an alarm for the honest implementation, and cases asked."""
    if tool == OURS:
        met = ours.first_fault(PlantedInProcess(), ours.quick(plan.cases, plan.seed))[0]
        asked = [(case.dtype, met.fault is not None and met.fault.found == case) for case in met.cases]
    else:
        asked, mine, start = [], trials(tool, plan), 0.0
        for number, trial in enumerate(mine):
            asked.append((trial.dtype, is_false_alarm(tool, plan, number)))
            start = start or time.process_time()
            if time.process_time() - start > 10 * plan.seconds:
                break
    by_dtype = {dtype: [alarm for each, alarm in asked if each == dtype] for dtype, _ in asked}
    return tool, {dtype: (sum(given), len(given)) for dtype, given in by_dtype.items()}


def measure(plan: Plan, faults: Sequence[str], tools: Sequence[str], workers: int) -> Iterator[Detection]:
    context = get_context("fork")
    if OURS in tools:
        with context.Pool(workers, maxtasksperchild=1) as pool:
            yield from pool.imap_unordered(partial(by_search, plan), faults, chunksize=1)
    jobs = [(tool, fault) for tool in tools if tool != OURS for fault in faults]
    with context.Pool(workers) as pool:
        yield from pool.imap_unordered(partial(by_tool, plan), jobs, chunksize=1)


def table(found: Sequence[Detection], alarms: dict[str, dict[str, tuple[int, int]]], tools: Sequence[str]) -> str:
    heading = "| | faults detected | cases to it: median | most | seconds to it: median | most | false alarms "
    lines = [f"{heading}{' | '.join(EVERYDAY)} |", f"|{'---|' * (6 + len(EVERYDAY))}"]
    lines[0] = lines[0].replace("false alarms float64", "false alarms: float64")
    for tool in tools:
        mine = [each for each in found if each.tool == tool]
        seen = [each for each in mine if each.cases is not None]
        cases, seconds = [each.cases or 0 for each in seen], [each.seconds for each in seen]
        numbers = ["–"] * 4
        if seen:
            numbers = [f"{statistics.median(cases):g}", f"{max(cases)}"]
            numbers += [f"{statistics.median(seconds):.2f}", f"{max(seconds):.2f}"]
        counts = ["{} of {}".format(*alarms[tool][d]) if d in alarms[tool] else "–" for d in EVERYDAY]
        lines.append("| " + " | ".join([tool, f"{len(seen)} of {len(mine)}", *numbers, *counts]) + " |")
    return "\n".join(lines)


def missed(found: Sequence[Detection], tools: Sequence[str]) -> Iterator[str]:
    for tool in tools:
        names = [each.fault for each in found if each.tool == tool and each.cases is None]
        yield f"- {tool} ({len(names)}): {', '.join(sorted(names)) or 'none'}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--faults", type=int, default=len(FAULT_MODELS), help="so many of the models, evenly (default: all)"
    )
    parser.add_argument("--cases", type=int, default=100, help="cases for each fault and tool (default: 100)")
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU seconds for each fault and tool (default: 3)")
    parser.add_argument("--seed", type=int, default=0, help="of the stream of cases (default: 0)")
    parser.add_argument("--tool", action="append", choices=TOOLS, help="only these (default: all)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    plan = Plan(chosen.cases, chosen.seconds, chosen.seed)
    tools = chosen.tool or TOOLS
    faults = [model.name for model in ours.some_faults(chosen.faults)]
    found = list(measure(plan, faults, tools, chosen.workers))
    with get_context("fork").Pool(chosen.workers) as pool:
        alarms = dict(pool.imap_unordered(partial(false_alarms, plan), tools, chunksize=1))
    print(table(found, alarms, tools), "", "Missed:", "", *missed(found, tools), sep="\n")


if __name__ == "__main__":
    main()
