"""How long each pass of the NumPy reference takes, as a ratio to PyTorch's float64 on the same CPU and threads."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
import torch

from convoracle.oracle.answers import reference
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass

Timed = Callable[[], object]
PASSES = tuple(pass_ for pass_ in Pass if not pass_.is_second_order)

SHAPES: dict[str, dict[str, str]] = {
    "tiny": {
        "2x3x7x7, 3x3": "n2c3k4i7x7f3x3",
        "1x1x3x3, 2x2": "n1c1k1i3x3f2x2",
        "4x4x8x8, 3x3 pad 1": "n4c4k8i8x8f3x3p1x1",
        "2x3x9x9, 3x3 s2": "n2c3k4i9x9f3x3s2x2p1x1",
        "2x4x16, 3": "n2c4k4i16f3p1",
    },
    "resnet": {
        "stem 7x7 s2": "n4c3k64i224x224f7x7s2x2p3x3",
        "conv2 1x1 64-256": "n4c64k256i56x56f1x1",
        "conv2 3x3 64": "n4c64k64i56x56f3x3p1x1",
        "conv3 3x3 s2 128": "n4c128k128i56x56f3x3s2x2p1x1",
        "conv3 1x1 s2 256-512": "n4c256k512i56x56f1x1s2x2",
        "conv4 3x3 256": "n4c256k256i14x14f3x3p1x1",
        "conv5 3x3 512": "n4c512k512i7x7f3x3p1x1",
        "conv5 1x1 2048-512": "n4c2048k512i7x7f1x1",
    },
    "dilated": {
        "3x3 d2 64": "n4c64k64i28x28f3x3p2x2d2x2",
        "3x3 d12 128": "n2c128k64i33x33f3x3p12x12d12x12",
        "causal 1-D d8": "n4c64k64i512f3p16+0d8",
    },
    "3-D": {
        "3x3x3 16-32": "n2c16k32i16x16x16f3x3x3p1x1x1",
        "3x3x3 s2 16-32": "n2c16k32i16x16x16f3x3x3s2x2x2p1x1x1",
        "3x3x3 64": "n1c64k64i8x14x14f3x3x3p1x1x1",
    },
    "grouped": {"resnext 3x3 g32": "n4c128k128i28x28f3x3p1x1g32"},
    "depthwise": {
        "3x3 32": "n4c32k32i56x56f3x3p1x1g32",
        "3x3 s2 64": "n4c64k64i56x56f3x3s2x2p1x1g64",
        "5x5 128": "n4c128k128i14x14f5x5p2x2g128",
    },
}


@dataclass(frozen=True, slots=True)
class Timing:
    """One pass on one shape: seconds of both, their ratio, and what NumPy allocated beyond its result."""

    category: str
    shape: str
    geometry: str
    pass_: str
    numpy_seconds: float
    torch_seconds: float
    ratio: float
    extra_bytes: int


def numpy_call(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Timed:
    return partial(reference.evaluate, pass_, operands, geometry)


def torch_call(pass_: Pass, operands: Operands, geometry: ConvGeometry, device: str = "cpu") -> Timed:
    """The same pass in PyTorch; it knows symmetric padding only, so the input is padded before the clock starts."""
    tensors = {name: torch.from_numpy(array).to(device) for name, array in operands.arrays().items()}
    symmetric = all(low == high for low, high in geometry.padding)
    padding = [low for low, _ in geometry.padding] if symmetric else [0] * geometry.rank
    if not symmetric:
        sides = [side for pair in reversed(geometry.padding) for side in pair]
        tensors["input"] = torch.nn.functional.pad(tensors["input"], sides)
    x, weight, dy = tensors["input"], tensors["weight"], tensors["output_gradient"]
    if pass_ is Pass.FORWARD:
        convolve = (torch.nn.functional.conv1d, torch.nn.functional.conv2d, torch.nn.functional.conv3d)
        arguments = (x, weight, tensors.get("bias"), geometry.stride, padding, geometry.dilation, geometry.groups)
        return partial(convolve[geometry.rank - 1], *arguments)
    wanted = (Pass.INPUT_GRADIENT, (Pass.WEIGHT_GRADIENT, Pass.UPDATE), Pass.BIAS_GRADIENT)
    mask = [pass_ in one if isinstance(one, tuple) else pass_ is one for one in wanted]
    layout = (geometry.stride, padding, geometry.dilation, False, [0] * geometry.rank, geometry.groups, mask)
    backward = partial(torch.ops.aten.convolution_backward, dy, x, weight, [geometry.out_channels], *layout)
    if pass_ is Pass.UPDATE:
        return lambda: weight - operands.learning_rate * backward()[1]
    return backward


def only_tensor(returned: object) -> torch.Tensor:
    """The result of such a call: of a backward pass, the one gradient that was wanted."""
    if isinstance(returned, torch.Tensor):
        return returned
    assert isinstance(returned, tuple)
    return next(each for each in returned if each is not None)


def random_operands(geometry: ConvGeometry) -> Operands:
    random = np.random.default_rng(0)
    shapes = (geometry.input_shape, geometry.weight_shape, geometry.bias_shape, geometry.output_shape)
    input, weight, bias, output_gradient = (random.standard_normal(shape) for shape in shapes)
    return Operands(input, weight, bias, output_gradient)


def seconds(call: Timed, repeats: int) -> float:
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def interleaved(first: Timed, second: Timed, rounds: int, minimum: float) -> tuple[float, float, float]:
    """Median seconds of both calls, and the median of the rounds' ratios: noise of the machine hits both."""
    repeats = [max(1, round(minimum / min(seconds(call, 1) for _ in range(3)))) for call in (first, second)]
    pairs = [(seconds(first, repeats[0]), seconds(second, repeats[1])) for _ in range(rounds)]
    ours, theirs = zip(*pairs, strict=True)
    return statistics.median(ours), statistics.median(theirs), statistics.median(a / b for a, b in pairs)


def extra_bytes(call: Timed) -> int:
    """Peak of what the call allocates beyond what it returns."""
    tracemalloc.start()
    result = call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return max(0, peak - result.nbytes) if isinstance(result, np.ndarray) else peak


def measure(categories: Sequence[str], passes: Sequence[Pass], rounds: int, minimum: float) -> Iterator[Timing]:
    for category in categories:
        for shape, text in SHAPES[category].items():
            geometry = parse_geometry(text)
            operands = random_operands(geometry)
            for pass_ in passes:
                ours, theirs = numpy_call(pass_, operands, geometry), torch_call(pass_, operands, geometry)
                times = interleaved(ours, theirs, rounds, minimum)
                yield Timing(category, shape, text, str(pass_), *times, extra_bytes(ours))


def row(timing: Timing) -> str:
    return (
        f"| {timing.category} | {timing.shape} | {timing.pass_} | {1e3 * timing.numpy_seconds:.3f} "
        f"| {1e3 * timing.torch_seconds:.3f} | {timing.ratio:.2f} | {timing.extra_bytes / 2**20:.2f} |"
    )


def summary(timings: Sequence[Timing]) -> list[str]:
    """Geometric means and worst ratios: by category, by pass, over all."""
    lines = ["", "| | geometric mean | worst | of |", "|---|---|---|---|"]
    names = dict.fromkeys([timing.category for timing in timings] + [timing.pass_ for timing in timings] + ["all"])
    for name in names:
        chosen = [timing for timing in timings if name in (timing.category, timing.pass_, "all")]
        mean = statistics.geometric_mean(timing.ratio for timing in chosen)
        worst = max(chosen, key=lambda timing: timing.ratio)
        lines.append(f"| {name} | {mean:.2f} | {worst.ratio:.2f} | {worst.shape}, {worst.pass_} |")
    return lines


def threads() -> int:
    """OMP_NUM_THREADS, which both libraries' BLAS read when they are loaded, and which nothing may override."""
    count = os.environ.get("OMP_NUM_THREADS", "")
    if not count.isdecimal():
        sys.exit("OMP_NUM_THREADS should be set, so that NumPy and PyTorch run with as many threads as each other")
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        if os.environ.get(variable, count) != count:
            sys.exit(f"{variable}={os.environ[variable]}, but should be absent or equal to OMP_NUM_THREADS={count}")
    return int(count)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--category", action="append", choices=SHAPES, help="only these (default: all)")
    parser.add_argument(
        "--pass", dest="passes", action="append", type=Pass, choices=PASSES, help="only these (default: all)"
    )
    parser.add_argument("--rounds", type=int, default=11, help="interleaved rounds; medians are reported")
    parser.add_argument("--minimum", type=float, default=0.005, help="seconds that one measurement should last")
    parser.add_argument("--json", action="store_true", help="one JSON document in place of the tables")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    count = threads()
    torch.set_num_threads(count)
    timings = []
    heading = "| category | shape | pass | NumPy ms | PyTorch ms | ratio | extra MiB |"
    if not chosen.json:
        print(f"NumPy {np.__version__}, PyTorch {torch.__version__}, float64, {count} thread(s)\n")
        print(heading, "|---|---|---|---|---|---|---|", sep="\n")
    for timing in measure(chosen.category or list(SHAPES), chosen.passes or PASSES, chosen.rounds, chosen.minimum):
        timings.append(timing)
        if not chosen.json:
            print(row(timing), flush=True)
    if chosen.json:
        json.dump([asdict(timing) for timing in timings], sys.stdout, indent=1)
    else:
        print(*summary(timings), sep="\n")


if __name__ == "__main__":
    main()
