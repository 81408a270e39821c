"""How long exact results take, as a ratio to the NumPy reference in float64 on the same data and threads."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from reference_speed import interleaved, numpy_call, threads

from convoracle.oracle.answers import exact
from convoracle.oracle.numbers.arrays import widened
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass

PASSES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)
SHAPES = {"tiny": "n2c3k4i7x7f3x3p1x1", "medium": "n4c16k16i16x16f3x3p1x1"}
LATTICE = "lattice"
DATA = (
    ("float32", LATTICE),
    ("float16", "uniform"),
    ("bfloat16", "normal"),
    ("float32", "uniform"),
    ("float32", "normal"),
    ("float64", "uniform"),
    ("float64", "normal"),
)
SEED = 1500


@dataclass(frozen=True, slots=True)
class Timing:
    """One kind of data on one shape: the ratios of each pass."""

    shape: str
    dtype: str
    fill: str
    of_values: tuple[float, ...]
    of_all: tuple[float, ...]


def operands_of(geometry: ConvGeometry, dtype: str, fill: str) -> Operands:
    if fill == LATTICE:
        return lattice_operands(Case(geometry, True, dtype, "uniform", SEED))
    return real_operands(Case(geometry, True, dtype, fill, SEED))


def values(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> object:
    return exact.evaluate(pass_, operands, geometry).value


def everything(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> list[np.ndarray]:
    """What a verdict reads of a result: its values as float64, magnitude, smallest and number of terms."""
    result = exact.evaluate(pass_, operands, geometry)
    return [result.value.to_float64(), result.magnitude, result.smallest, result.terms]


def measure(shapes: Sequence[str], rounds: int, minimum: float) -> Iterator[Timing]:
    for shape in shapes:
        geometry = parse_geometry(SHAPES[shape])
        for dtype, fill in DATA:
            operands = operands_of(geometry, dtype, fill)
            ratios: list[list[float]] = [[], []]
            for pass_ in PASSES:
                plain = numpy_call(pass_, operands.map(widened), geometry)
                for found, of in zip(ratios, (values, everything), strict=True):
                    found.append(interleaved(partial(of, pass_, operands, geometry), plain, rounds, minimum)[2])
            yield Timing(shape, dtype, fill, *map(tuple, ratios))


def row(timing: Timing) -> str:
    ratios = " | ".join(
        f"{statistics.geometric_mean(each):.1f} | {max(each):.1f}" for each in (timing.of_values, timing.of_all)
    )
    return f"| {timing.shape} | {timing.dtype} {timing.fill} | {ratios} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", action="append", choices=SHAPES, help="only these (default: all)")
    parser.add_argument("--rounds", type=int, default=11, help="interleaved rounds; medians are reported")
    parser.add_argument("--minimum", type=float, default=0.005, help="seconds that one measurement should last")
    chosen = parser.parse_args()
    print(f"NumPy {np.__version__}, {threads()} thread(s)\n")
    print("| shape | data | values: mean | worst | all: mean | worst |", "|---|---|---|---|---|---|", sep="\n")
    for timing in measure(chosen.shape or list(SHAPES), chosen.rounds, chosen.minimum):
        print(row(timing), flush=True)


if __name__ == "__main__":
    main()
