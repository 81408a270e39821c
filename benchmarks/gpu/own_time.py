"""The time that PyTorch takes for ResNet-50's layers with tensors that stay on the device: own_time.py DEVICE FILE."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch

from convoracle.suites.cases.corpora.selection import Selection

_ROUNDS = 5


def seconds(geometry, device):
    """The fastest of a few forward passes, after one that warms up."""
    x, w = (torch.ones(shape, device=device) for shape in (geometry.input_shape, geometry.weight_shape))
    padding = [low for low, _ in geometry.padding]
    found = []
    for _ in range(_ROUNDS + 1):
        start = time.perf_counter()
        torch.nn.functional.conv2d(x, w, None, geometry.stride, padding, geometry.dilation, geometry.groups)
        if device == "cuda":
            torch.cuda.synchronize()
        found.append(time.perf_counter() - start)
    return min(found[1:])


def main():
    device, path = sys.argv[1:]
    selection = Selection(("resnet50",), 32 if device == "cuda" else 1)
    geometries = [each.case.geometry for each in selection.cases(dtypes=("float32",), ranks=(2,), seed=0)]
    even = [each for each in geometries if all(low == high for low, high in each.padding)]
    times = {str(geometry): seconds(geometry, device) for geometry in even}
    Path(path).write_text(json.dumps({"layers": times, "seconds": sum(times.values())}, indent=2))
    print(f"{len(times)} of {len(geometries)} layers in {sum(times.values()):.4f} s")


if __name__ == "__main__":
    main()
