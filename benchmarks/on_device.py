"""Certificates of ResNet-50's layers beside PyTorch's own time, with tensors that stay on the device.

    python benchmarks/on_device.py DEVICE FILE

Operands are put on the device once; neither they nor results come back, but for sums of them. Seconds that pass, the
fastest of a few calls after one that warms up; of a certificate, those of the device and of the CPU beside it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from certificates import PASSES
from reference_speed import only_tensor, torch_call

from convoracle.oracle.certifying.certificate import certify
from convoracle.oracle.operands.data import largest_integer, lattice_for, lattice_operands
from convoracle.suites.candidates.device import held
from convoracle.suites.cases.corpora.selection import CorpusCase, Selection

_IMAGES = ("input", "output_gradient")
_ROUNDS = 3


def fastest(call: Callable[[], object], device: str) -> float:
    """Seconds of a call, until the device is done."""
    found = []
    for _ in range(_ROUNDS + 1):
        start = time.perf_counter()
        call()
        if device == "cuda":
            torch.cuda.synchronize()
        found.append(time.perf_counter() - start)
    return min(found[1:])


def certified(layer: CorpusCase, device: str) -> Iterator[dict[str, object]]:
    """A row for each pass of a layer."""
    case, lattice = layer.case, lattice_for(layer.case)
    operands = lattice_operands(case, directions=False)
    images = {name: held(torch.from_numpy(getattr(operands, name)).to(device)) for name in _IMAGES}
    bounds = {"largest_sum": 2.0**lattice.precision, "largest_operand": largest_integer(case, lattice)}
    for pass_ in PASSES:
        call = torch_call(pass_, operands, case.geometry, device)
        result = held(only_tensor(call()))
        seen = partial(certify, pass_, operands, result, case.geometry, **bounds, held=images)
        row = {"layer": str(layer.provenance), "pass": str(pass_), "holds": seen().holds}
        yield {**row, "own_seconds": fastest(call, device), "certificate_seconds": fastest(seen, device)}


def main() -> int:
    device, path = sys.argv[1:]
    selection = Selection(("resnet50",), 32 if device == "cuda" else 1, None if device == "cuda" else 100_000)
    layers = selection.cases(dtypes=("float32",), ranks=(2,), seed=0)
    rows = [row for layer in layers for row in certified(layer, device)]
    own, certificates = (sum(row[name] for row in rows) for name in ("own_seconds", "certificate_seconds"))
    Path(path).write_text(json.dumps({"rows": rows, "own_seconds": own, "certificate_seconds": certificates}, indent=2))
    proven = sum(row["holds"] for row in rows)
    told = f"{own:.4f} s in {len(rows)} calls, {certificates:.4f} s for their certificates on the device"
    print(f"{told}: {certificates / own:.2f}; {proven} hold")
    return 0 if proven == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
