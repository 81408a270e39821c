"""How often a diagnosis names the planted fault first, on held-out geometries, and what it is confused with.

Each model is planted in an honest implementation. A geometry on which it shows is
drawn and shrunk, then the fault is diagnosed as in a run. Models that a single call
on integers cannot show (of rounding, NaN and calls before) are counted apart.

    python benchmarks/diagnosis.py --draws 3
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from random import Random

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.explaining.diagnosis import Diagnosis
from convoracle.oracle.faults import FAULT_MODELS, LATTICE, FaultModel, Kind
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import Case, Numbers
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass, is_defined
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.cases.corpora.shrinking import smallest
from convoracle.suites.checks.examination import ask
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.interrogation import interrogate

_ATTEMPTS = 4000
_LONG = (9, 17, 35, 67, 130)


def held_out(random: Random) -> ConvGeometry | None:
    """A geometry of any kind; None where the numbers drawn are not legal together."""
    rank, groups, transposed = random.choice((1, 2, 2, 3)), random.choice((1, 1, 2, 4)), random.random() < 0.25
    size = [random.randint(2, 7) for _ in range(rank)]
    channels = [random.randint(1, 4), random.randint(1, 4)]
    place = random.randrange(6)
    if place < 2:
        channels[place] = random.choice(_LONG[:-1])
        size = [min(length, 3) for length in size]
    elif place == 2:
        size[-1] = random.choice(_LONG)
    stride = [random.randint(1, 3) for _ in range(rank)]
    named = ("same_upper", "same_lower") if random.random() < 0.3 else ()
    sides = [(random.randint(0, 3), random.randint(0, 3)) for _ in range(rank)]
    modes = ("zeros",) if transposed else ("zeros", "zeros", "zeros", "reflect", "replicate", "circular")
    try:
        return ConvGeometry.of(
            batch=0 if random.random() < 0.05 else random.randint(1, 4),
            in_channels=groups * channels[0],
            out_channels=groups * channels[1],
            size=size,
            kernel=[random.randint(1, 4) for _ in range(rank)],
            stride=stride,
            padding=random.choice(named) if named else sides,
            dilation=[random.randint(1, 3) for _ in range(rank)],
            groups=groups,
            padding_mode=random.choice(modes),
            transposed=transposed,
            output_padding=[random.randrange(step) for step in stride] if transposed else 0,
        )
    except InvalidArgument:
        return None


def faults(model: FaultModel, draws: int, seed: int) -> Iterator[tuple[Fault, PlantedInProcess]]:
    """Shrunk faults of a model, each with the candidate that has it."""
    random = Random(f"held out {model.name} {seed}")
    dtype = "float32" if "float32" in model.needs.dtypes else model.needs.dtypes[0]
    passes = [pass_ for pass_ in Pass if pass_ in model.passes and is_defined(pass_, dtype)]
    for number in range(draws):
        pass_ = random.choice(passes)
        found = _showing(random, model, pass_)
        if found is not None:
            layout = random.choice(model.needs.layouts) if model.needs.layouts else "contiguous"
            executor = PlantedInProcess(model)
            case = Case(found, model.needs.bias or random.random() < 0.5, dtype, "uniform", number, layout)
            fault = _shrunk(executor, case, pass_)
            if fault is not None:
                executor.restart()
                yield fault, executor


def _showing(random: Random, model: FaultModel, pass_: Pass) -> ConvGeometry | None:
    for _ in range(_ATTEMPTS):
        geometry = held_out(random)
        if geometry is not None and geometry.products < 200_000 and model.shows(pass_, geometry):
            return geometry
    return None


def _shrunk(executor: PlantedInProcess, case: Case, pass_: Pass) -> Fault | None:
    def at(geometry: ConvGeometry) -> Case:
        return Case(geometry, case.bias, case.dtype, case.fill, case.seed, case.layout)

    def fails(geometry: ConvGeometry) -> bool:
        executor.restart()
        return ask(executor, Numbers.INTEGERS, at(geometry), pass_).verdict.outcome is Outcome.VIOLATES

    if not fails(case.geometry):
        return None
    shrunk = at(smallest(case.geometry, fails))
    executor.restart()
    verdict = ask(executor, Numbers.INTEGERS, shrunk, pass_).verdict
    return Fault("x-1", "structure", str(pass_), verdict.outcome, verdict.cause, case, shrunk, verdict)


def main() -> None:
    """Print the share of right first places for each kind, and the confusion list."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--draws", type=int, default=3, help="held-out geometries for each model")
    parser.add_argument("--seed", type=int, default=0, help="other seeds draw other geometries")
    parser.add_argument("--model", help="one model only")
    arguments = parser.parse_args()
    right: Counter[Kind] = Counter()
    among: Counter[Kind] = Counter()
    asked: Counter[Kind] = Counter()
    confused: list[str] = []
    unseen: list[str] = []
    slowest = 0.0
    for model in FAULT_MODELS:
        if arguments.model not in (None, model.name):
            continue
        tried = 0
        for fault, executor in faults(model, arguments.draws, arguments.seed):
            start = time.process_time()
            diagnosis = interrogate(fault, executor).diagnosis
            slowest = max(slowest, time.process_time() - start)
            tried += 1
            asked[model.kind] += 1
            right[model.kind] += diagnosis.first == (model.name,)
            among[model.kind] += (model.name,) in [each.faults for each in diagnosis.explanations]
            if diagnosis.first != (model.name,):
                confused.append(_told(model, fault, diagnosis))
        if not tried:
            unseen.append(f"{model.name} ({model.kind}{'' if LATTICE in model.needs.data else ', not on integers'})")
    for kind in asked:
        share = right[kind] / asked[kind]
        print(f"{kind}: first {right[kind]} of {asked[kind]} ({share:.1%}), among those named {among[kind]}")
    print(f"slowest diagnosis: {slowest:.2f} s of processor time")
    print("\nconfused:" if confused else "\nnothing confused", *confused, sep="\n  ")
    print("\nnot shown by one call on integers:", *unseen, sep="\n  ")


def _told(model: FaultModel, fault: Fault, diagnosis: Diagnosis) -> str:
    named = "; ".join(" + ".join(each.faults) for each in diagnosis.explanations[:4]) or "none of the known ones"
    return f"{model.name} in {fault.subject} at {fault.shrunk}: {named} (asked {len(diagnosis.asked)})"


if __name__ == "__main__":
    main()
