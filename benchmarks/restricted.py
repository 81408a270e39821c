"""Kernels that take one thing only: how much of what is asked is compared, and how soon a fault in them is found.

Each is right first, in every pass, and says by limitation() what it does not take. Then a
fault is planted in it, and the quick profile is searched until it is met. Seconds are CPU time.

    OMP_NUM_THREADS=1 python benchmarks/restricted.py [--kernel NAME ...] [--profile NAME ...] [--seed N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from instruments.ours import first_fault

from convoracle.oracle.faults import Implementation, fault_named, honest
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.audits.planted import Planted, PlantedInProcess
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates.calls.domain import half_sides
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all

Takes = Callable[[ConvGeometry], bool]


def is_direct(geometry: ConvGeometry) -> bool:
    return not geometry.transposed and geometry.padding_mode == "zeros"


def is_plain(geometry: ConvGeometry) -> bool:
    return is_direct(geometry) and set(geometry.dilation) == {1}


def is_same(geometry: ConvGeometry) -> bool:
    return not geometry.transposed and geometry.padding == half_sides(geometry.kernel, geometry.dilation)


def is_channelwise(geometry: ConvGeometry) -> bool:
    return geometry.groups == geometry.in_channels == geometry.out_channels


def is_3x3(geometry: ConvGeometry) -> bool:
    return is_plain(geometry) and geometry.kernel == (3, 3)


def is_causal(geometry: ConvGeometry) -> bool:
    return is_direct(geometry) and geometry.padding == geometry.sides_named("causal")


KERNELS: dict[str, tuple[int, Takes]] = {
    "1x1 only": (2, lambda g: set(g.kernel) == {1} and not g.transposed),
    "channels % 4": (2, lambda g: g.in_channels % 4 == g.out_channels % 4 == 0),
    "SAME padding": (2, is_same),
    "3x3 stride 1": (2, lambda g: is_3x3(g) and g.stride == (1, 1)),
    "3x3 s1 p1": (2, lambda g: is_3x3(g) and g.stride == (1, 1) and is_same(g) and g.groups == 1),
    "depthwise 3x3": (2, lambda g: is_3x3(g) and is_channelwise(g)),
    "causal depthwise": (1, lambda g: g.rank == 1 and is_channelwise(g) and g.stride == (1,) and is_causal(g)),
    "image filter": (
        2,
        lambda g: is_plain(g) and is_same(g) and g.in_channels == g.out_channels == 1 and g.stride[0] == g.stride[-1],
    ),
    "transposed only": (2, lambda g: g.transposed),
    "batch >= 4": (2, lambda g: g.batch >= 4),
    "width % 4": (2, lambda g: g.size[-1] % 4 == 0),
}
"""Number of axes, and what is taken of them."""


def tail_of_8(right: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The last elements of each row that fill no vector of 8 are left out, where there is a whole one."""
    result = right(pass_, operands, geometry)
    length = result.shape[-1]
    if length > 8 and length % 8:
        result[..., length - length % 8 :] = 0
    return result


def last_row(right: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The last row of the result is left out, where there are several."""
    result = right(pass_, operands, geometry)
    if result.ndim > 2 and result.shape[2] > 1:
        result[:, :, -1] = 0
    return result


def border_tap(right: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The last elements of each row lack the first tap of the kernel."""
    result = right(pass_, operands, geometry)
    if pass_ is Pass.FORWARD:
        weight = operands.weight.copy()
        weight[(..., *(0,) * geometry.rank)] = 0
        result[..., -1:] = right(pass_, replace(operands, weight=weight), geometry)[..., -1:]
    return result


def half_sums(right: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Sums are in float16, whatever the operands are in."""
    return fault_named("sums-in-float16").plant(right)(pass_, operands, geometry)


FAULTS = {"tail of 8": tail_of_8, "last row": last_row, "border tap": border_tap, "float16 sums": half_sums}


def unchanged(right: Implementation) -> Implementation:
    """No fault."""
    return right


class Kernel(Planted):
    """A kernel that takes one thing only, right or with a fault."""

    def __init__(self, name: str, plant: Callable[[Implementation], Implementation] = unchanged) -> None:
        self.plant = plant
        super().__init__()
        self.name = name
        self.rank, self.takes = KERNELS[name]

    def replant(self) -> None:
        self.implementation = self.plant(honest.evaluate)

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        takes = geometry.rank == self.rank and self.takes(geometry)
        return None if takes else f"{self.name}: not this one"


@dataclass(frozen=True)
class Row:
    """What came of a right kernel in a profile: cases asked and padded, verdicts and those that compared elements."""

    cases: int
    padded: int
    verdicts: int
    compared: int
    mismatches: int
    seconds: float

    def __str__(self) -> str:
        share = f"{100 * self.compared / max(self.verdicts, 1):.0f} %"
        return f"{self.cases} | {self.padded} | {share} | {self.mismatches} | {self.seconds:.1f}"


def asked(name: str, profile: str, seed: int) -> Row:
    start = time.process_time()
    findings = examine_all(InProcess(Kernel(name)), budget(profile, seed))
    seconds = time.process_time() - start
    records = [record for record in findings.records if not record.declined]
    geometries = [parse_case(record.case).geometry for record in records]
    structure = [result for record in records for result in record.results if result.check == "structure"]
    return Row(
        len(records),
        sum(any(map(any, geometry.padding)) for geometry in geometries),
        len(structure),
        sum(result.verdict.elements > 0 for result in structure),
        len(findings.mismatches),
        seconds,
    )


def found(name: str, fault: str, seed: int) -> str:
    """Cases and seconds to the first mismatch, or that there was none."""
    kernel = Kernel(name, partial(partial, FAULTS[fault]))
    met, seconds = first_fault(PlantedInProcess(kernel), budget("quick", seed))
    return f"{met.number}, {seconds:.1f} s" if met.fault else "not found"


def budget(profile: str, seed: int) -> Budget:
    chosen = PROFILES[profile]
    return Budget(chosen.space(), frozenset(Pass), chosen.cases, seed)


def table(names: Sequence[str], profiles: Sequence[str], seed: int) -> Iterator[str]:
    columns = ["cases", "padded", "compared", "mismatches", "s"]
    heading = [f"{profile}: {columns[0]} | {' | '.join(columns[1:])}" for profile in profiles]
    yield f"| | {' | '.join([*heading, *FAULTS])} |"
    yield f"|{'---|' * (1 + len(columns) * len(profiles) + len(FAULTS))}"
    for name in names:
        cells = [str(asked(name, profile, seed)) for profile in profiles]
        cells += [found(name, fault, seed) for fault in FAULTS]
        yield f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", action="append", choices=tuple(KERNELS), help="only these (default: all)")
    parser.add_argument("--profile", action="append", choices=tuple(PROFILES), help="default: quick and standard")
    parser.add_argument("--seed", type=int, default=0, help="of the cases (default: 0)")
    chosen = parser.parse_args()
    for line in table(chosen.kernel or tuple(KERNELS), chosen.profile or ("quick", "standard"), chosen.seed):
        print(line, flush=True)


if __name__ == "__main__":
    main()
