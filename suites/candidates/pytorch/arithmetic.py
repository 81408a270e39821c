"""What arithmetic PyTorch's CPU kernels have, by experiment, and what of it holds for anything that is made of them."""

from __future__ import annotations

from collections.abc import Mapping

import torch


def cpu_accumulators() -> dict[str, str]:
    """What PyTorch's CPU kernels do, by experiment; not documented.

    bfloat16 is summed in float32 by oneDNN where the processor has its
    instructions. float16 sums over images, and over taps in the input gradient,
    are rounded to float16 on the way: it accumulates in itself.
    """
    return {"bfloat16": "float32"} if _has_bfloat16() else {}


def cpu_conventions() -> dict[str, str]:
    """Complex products by Gauss's three real ones; the processor's bfloat16 instructions take subnormals for zero."""
    three = {"complex": "three products"}
    return three | {"subnormals/bfloat16": "flushed"} if _has_bfloat16() else three


def _has_bfloat16() -> bool:
    """Whether oneDNN computes bfloat16 convolutions with the processor's own instructions."""
    fast = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return fast is not None and bool(fast())


def inherited(declared: Mapping[str, str]) -> dict[str, str]:
    """The conventions of what is made of PyTorch's operations: its own, and PyTorch's where it says nothing itself.

    A convention allows for something, so to have one without need is harmless. An
    accumulator is a promise, which nobody makes for somebody else.
    """
    said = {convention.partition("/")[0] for convention in declared}
    theirs = {name: value for name, value in cpu_conventions().items() if name.partition("/")[0] not in said}
    return {**theirs, **declared}
