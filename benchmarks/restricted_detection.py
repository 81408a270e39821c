"""Which faults are found in kernels that take one thing only: each model that can show there is planted in them.

A model can show in a kernel if its result is another one than the right one in one of many cases that are drawn here,
all over what the kernel takes; the search has no part in that. The right kernel is searched first, with the whole
budget, and then one with each model, until it is met. What does not depend on the candidate (operands, expected
results, which case sees which model) is known from the first search in the others. Seconds are CPU time.

    OMP_NUM_THREADS=1 python benchmarks/restricted_detection.py [--kernel NAME ...] [--faults N] [--cases N]
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from multiprocessing import get_context
from random import Random
from typing import Any

import numpy as np
from instruments import ours
from restricted import KERNELS, Kernel

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.faults import CONTAMINATED, FAULT_MODELS, LATTICE, FaultModel, Kind, fault_named, honest
from convoracle.oracle.operands.data import Case, Numbers
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.padding import PADDING_MODES
from convoracle.oracle.problem.passes import Pass, is_defined
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.checks.value import operands_of

_DENSE = {"transposed": False, "padding_mode": "zeros", "kernel": (3, 3), "dilation": (1, 1)}
FIXED: dict[str, Mapping[str, object]] = {
    "3x3 s1 p1": {**_DENSE, "groups": 1, "stride": (1, 1), "padding": ((1, 1), (1, 1))},
    "depthwise 3x3": {**_DENSE, "channels": (1, 1)},
    "transposed only": {"transposed": True, "padding_mode": "zeros"},
    "1x1 only": {"transposed": False, "kernel": (1, 1)},
}
"""The kernels of `KERNELS` that faults are planted in, and which settings they leave no choice."""
CASES = 1000
"""Drawn of each kernel."""
_BATCHES = (0, 1, 1, 1, 2, 3, 5, 9)
_CHANNELS = (1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 31, *(32,) * 6, 33, 40)
"""Of a group."""
_GROUPS = (1, 1, 1, 2, 3, 4, 5, 8, 9, 16, 33)
_SIZES = (1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 16, 17, 20, 32, 33, 35)
_MOST_PRODUCTS = PROFILES["quick"].max_products

Found = tuple[str, int | None, float]
"""The model, the number of the case in which it was met, and seconds."""


def cases(kernel: str) -> Iterator[Case]:
    """Cases that a kernel takes, the same each time: each of its settings drawn by itself."""
    random, takes = Random(kernel), KERNELS[kernel][1]
    for seed in range(CASES):
        geometry = None
        while geometry is None or geometry.products > _MOST_PRODUCTS or not takes(geometry):
            geometry = _drawn(random, FIXED[kernel])
        yield Case(geometry, True, "float32", "uniform", seed)


def _drawn(random: Random, fixed: Mapping[str, object]) -> ConvGeometry | None:
    """None where there is no such convolution."""

    def axes(*values: Any) -> tuple[Any, Any]:
        """One of them for each axis; the same for both in a quarter, and by chance."""
        first = random.choice(values)
        return first, first if random.random() < 0.25 else random.choice(values)

    settings: dict[str, Any] = {
        "groups": random.choice(_GROUPS),
        "channels": axes(*_CHANNELS),
        "kernel": axes(1, 2, 3, 4, 5),
        "stride": axes(1, 1, 2, 3, 4),
        "padding": axes((0, 0), (1, 1), *product(range(4), repeat=2)),
        "dilation": axes(1, 1, 2, 3),
        "padding_mode": random.choice(tuple(PADDING_MODES)),
        "transposed": random.random() < 0.5,
        **fixed,
    }
    inputs, outputs = (settings["groups"] * each for each in settings.pop("channels"))
    extra = axes(0, 1, 2) if settings["transposed"] else (0, 0)
    try:
        return ConvGeometry(random.choice(_BATCHES), inputs, outputs, axes(*_SIZES), output_padding=extra, **settings)
    except InvalidArgument:
        return None


def unable(kernel: str, models: Sequence[FaultModel]) -> tuple[FaultModel, ...]:
    """The models that make no difference in any pass of any of the cases."""
    left = tuple(models)
    for case in cases(kernel):
        left = tuple(model for model in left if not shows(model, case))
    return left


def shows(model: FaultModel, case: Case) -> bool:
    """Whether a model makes a difference in some pass of a case, on data and in a dtype that it needs."""
    passes = [pass_ for pass_ in model.passes if model.shows(pass_, case.geometry)]
    if model.kind in (Kind.TERMS, Kind.CONDUCT):
        return bool(passes)
    return any(
        _differs(model, pass_, data, replace(case, dtype=dtype))
        for pass_, data, dtype in product(passes, model.needs.data, model.needs.dtypes)
        if is_defined(pass_, dtype)
    )


def _differs(model: FaultModel, pass_: Pass, data: str, case: Case) -> bool:
    check, fill = _CHECKS.get(data, (Numbers.REALS, data))
    operands = operands_of(check, replace(case, fill=fill))
    right, wrong = (each(pass_, operands, case.geometry) for each in (honest.evaluate, model.plant(honest.evaluate)))
    return not np.array_equal(right, wrong, equal_nan=True)


_CHECKS = {LATTICE: (Numbers.INTEGERS, "uniform"), CONTAMINATED: (Numbers.CONTAMINATED, "uniform")}
"""The checks whose data a model may need, with a fill that does not matter; other data are fills of real numbers."""


def found(kernel: str, cases: int, seed: int, fault: str) -> Found:
    """What a search of a kernel with one of the models meets."""
    planted = Kernel(kernel, fault_named(fault).plant)
    met, seconds = ours.first_fault(PlantedInProcess(planted), ours.quick(cases, seed))
    return fault, met.number, seconds


def searched(kernel: str, faults: Sequence[str], chosen: argparse.Namespace) -> list[Found]:
    """A search of each faulty kernel, in a process of its own."""
    with get_context("fork").Pool(chosen.workers, maxtasksperchild=1) as pool:
        return list(pool.imap_unordered(partial(found, kernel, chosen.cases, chosen.seed), faults, chunksize=1))


def right(kernel: str, chosen: argparse.Namespace) -> str:
    """Cases, false alarms and seconds of a search of the right kernel."""
    met, seconds = ours.first_fault(PlantedInProcess(Kernel(kernel)), ours.quick(chosen.cases, chosen.seed))
    return f"{len(met.cases)} | {0 if met.fault is None else 1} | {seconds:.1f}"


def row(results: Sequence[Found]) -> str:
    seen = [(number, seconds) for _, number, seconds in results if number is not None]
    numbers, spent = zip(*seen, strict=True) if seen else ((0,), (0.0,))
    cells = [f"{len(seen)} of {len(results)}", f"{statistics.median(numbers):g}", f"{max(numbers)}"]
    return " | ".join([*cells, f"{statistics.median(spent):.2f}", f"{max(spent):.2f}"])


def report(kernels: Sequence[str], models: Sequence[FaultModel], chosen: argparse.Namespace) -> Iterator[str]:
    yield (
        "| | right: cases | mismatches | seconds "
        "| found of those that can show | cases to it: median | most | seconds to it: median | most |"
    )
    yield f"|{'---|' * 9}"
    lists = [""]
    for kernel in kernels:
        cannot = unable(kernel, models)
        control = right(kernel, chosen)
        results = searched(kernel, [model.name for model in models if model not in cannot], chosen)
        yield f"| {kernel} | {control} | {row(results)} |"
        missed = sorted(name for name, number, _ in results if number is None)
        lists.append(f"- {kernel}, missed ({len(missed)}): {', '.join(missed) or 'none'}")
        lists.append(f"  Cannot show ({len(cannot)}): {', '.join(sorted(model.name for model in cannot)) or 'none'}")
    yield from lists


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", choices=tuple(FIXED), help="only these (default: all)")
    parser.add_argument(
        "--faults", type=int, default=len(FAULT_MODELS), help="so many of the models, evenly (default: all)"
    )
    parser.add_argument("--cases", type=int, default=100, help="for each fault (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="of the cases (default: 0)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: 2)")
    chosen = parser.parse_args()
    for line in report(chosen.kernel or tuple(FIXED), ours.some_faults(chosen.faults), chosen):
        print(line, flush=True)


if __name__ == "__main__":
    main()
