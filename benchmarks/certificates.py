"""What it costs to certify whole layers, as a ratio to the time that PyTorch takes for the same calls.

OMP_NUM_THREADS=1 python benchmarks/certificates.py [--corpus NAME ...] [--batch N] [--products N]
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from reference_speed import only_tensor, threads, torch_call

from convoracle.oracle.certifying.certificate import MISS, Certificate, certify
from convoracle.oracle.operands.data import largest_integer, lattice_for, lattice_operands
from convoracle.oracle.problem.passes import Pass, factors_of
from convoracle.suites.cases.corpora.selection import CorpusCase, Selection

CORPORA = ("resnet50", "vgg16", "mobilenet", "unet3d")
PASSES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one pass of one layer: CPU seconds, also to read its tensors once, and bytes beyond them as a share."""

    of_peer: float
    own: float
    of_reading: float
    memory: float


def costs(layer: CorpusCase) -> Iterator[Cost]:
    """Each pass and each certificate, called once to warm up and then measured."""
    case = layer.case
    operands, lattice = lattice_operands(case), lattice_for(case)
    largest_sum, largest_operand = 2.0**lattice.precision, largest_integer(case, lattice)
    tensors = sum(array.nbytes for array in operands.arrays().values())
    for pass_ in PASSES:
        call = torch_call(pass_, operands, case.geometry)
        call()
        of_peer, result = cpu_seconds(call)
        returned = only_tensor(result).numpy()
        seen = partial(
            certify, pass_, operands, returned, case.geometry,
            largest_sum=largest_sum, largest_operand=largest_operand,
        )  # fmt: skip
        seen()
        own, certificate = cpu_seconds(seen)
        assert isinstance(certificate, Certificate)
        assert certificate.holds
        read = [getattr(operands, name) for name in factors_of(pass_, case.geometry)] + [returned]
        of_reading, _ = cpu_seconds(lambda read=read: [array.max() for array in read])
        tracemalloc.start()
        seen()
        yield Cost(of_peer, own, of_reading, tracemalloc.get_traced_memory()[1] / tensors)
        tracemalloc.stop()


def cpu_seconds(call: Callable[[], object]) -> tuple[float, object]:
    """The CPU time of a call, and what it gives."""
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", help=f"(default: {', '.join(CORPORA)})")
    parser.add_argument("--batch", type=int, default=32, help="images (default: 32)")
    parser.add_argument("--products", type=int, help="layers of more products are shrunk")
    chosen = parser.parse_args()
    told = f"NumPy {np.__version__}, PyTorch {torch.__version__}, {threads()} thread(s)"
    print(f"{told}; a wrong result is missed in 2^{round(np.log2(MISS))}\n")
    print(
        "| corpus | calls | PyTorch | certificates | one read | ratio | worst | memory |",
        "|---|---|---|---|---|---|---|---|",
        sep="\n",
    )
    for corpus in chosen.corpus or CORPORA:
        selection = Selection((corpus,), chosen.batch, chosen.products)
        layers = selection.cases(dtypes=("float32",), ranks=(1, 2, 3), seed=0)
        found = [cost for layer in layers for cost in costs(layer)]
        of_peer, own = sum(cost.of_peer for cost in found), sum(cost.own for cost in found)
        worst = max(cost.own / max(cost.of_peer, 1e-6) for cost in found)
        memory = max(cost.memory for cost in found)
        reading = sum(cost.of_reading for cost in found)
        figures = f"{of_peer:.2f} s | {own:.2f} s | {reading:.2f} s | {own / of_peer:.2f} | {worst:.2f} | {memory:.2f}"
        print(f"| {corpus} | {len(found)} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
