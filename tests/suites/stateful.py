"""Candidates that are right alone and wrong in company, each in one way, and some that keep state and are right."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Verdict
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.checks.company import ask_company

from . import mutants


class Honest(mutants.Honest):
    """The update as well."""

    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        return reference.update(input, weight, output_gradient, geometry, learning_rate)


class KeepsItsFirstInput(Honest):
    """A cache keyed by shape and dtype, whatever the values."""

    def __init__(self) -> None:
        self.kept: dict[object, Array] = {}

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        kept = self.kept.setdefault((input.shape, input.dtype), input.copy())
        return super().weight_gradient(kept, output_gradient, geometry)


class KeyedByAddress(Honest):
    """A cache keyed by the operands' addresses; it holds them, so that no other arrays come to lie there."""

    def __init__(self) -> None:
        self.kept: dict[object, tuple[object, ...]] = {}

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        key = (input.ctypes.data, weight.ctypes.data, geometry, input.dtype)
        if key not in self.kept:
            self.kept[key] = (input, weight, bias, super().forward(input, weight, bias, geometry))
        return np.array(self.kept[key][-1])


class KeyedByIdentity(Honest):
    """A cache keyed by the weight's identity, which does not see that it was freed; changes in place are seen."""

    def __init__(self) -> None:
        self.kept: dict[object, Array] = {}

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        key = (weight.ctypes.data, geometry, weight.dtype)
        if weight.base is not None:
            return super().input_gradient(output_gradient, weight, geometry)
        kept = self.kept.setdefault(key, (output_gradient.copy(), weight.copy()))  # type: ignore[arg-type]
        return super().input_gradient(kept[0], kept[1], geometry)


class ReturnsOneBuffer(Honest):
    def __init__(self) -> None:
        self.buffers: dict[object, Array] = {}

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        result = super().input_gradient(output_gradient, weight, geometry)
        buffer = self.buffers.setdefault((result.shape, result.dtype), np.empty_like(result))
        buffer[...] = result
        return buffer


class Accumulates(Honest):
    """The bias gradient is added to a buffer that is cleared once."""

    def __init__(self) -> None:
        self.sums: dict[object, Array] = {}

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        result = super().bias_gradient(output_gradient, geometry)
        total = self.sums.setdefault((geometry, result.dtype), np.zeros_like(result))
        total += result
        return total.copy()


class WritesForAWhile(Honest):
    """Negates its input, and negates it back."""

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        if not input.flags.writeable or np.shares_memory(input, output_gradient):
            return super().weight_gradient(input, output_gradient, geometry)
        np.negative(input, out=input)
        time.sleep(2e-4)
        result = -super().weight_gradient(input, output_gradient, geometry)
        np.negative(input, out=input)
        return result


class WritesForAWhileInOneThread(WritesForAWhile):
    domain = {"threads": "one"}


class SharesAScratch(Honest):
    """Works in one buffer, as if there were one thread."""

    def __init__(self) -> None:
        self.scratch = np.zeros(100_000, np.float64)

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        scratch = self.scratch[: output_gradient.size].reshape(output_gradient.shape)
        scratch[...] = output_gradient
        time.sleep(1e-5)
        return super().bias_gradient(scratch.astype(output_gradient.dtype), geometry)


class SharesAScratchInOneThread(SharesAScratch):
    domain = {"threads": "one"}


class HandsOutItsCache(Honest):
    """A cache keyed by content, which is right, and returned itself, which is not."""

    def __init__(self) -> None:
        self.kept: dict[object, Array] = {}

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        key = (input.tobytes(), weight.tobytes(), b"" if bias is None else bias.tobytes(), geometry, input.dtype)
        if key not in self.kept:
            self.kept[key] = super().forward(input, weight, bias, geometry)
        return self.kept[key]


class CopiesItsCache(HandsOutItsCache):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return super().forward(input, weight, bias, geometry).copy()


class FreezesItsCache(HandsOutItsCache):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        result = super().forward(input, weight, bias, geometry)
        result.flags.writeable = False
        return result


class WrongFromTheEleventhCall(Honest):
    def __init__(self) -> None:
        self.calls = 0

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        self.calls += 1
        result = super().input_gradient(output_gradient, weight, geometry)
        return result + np.ones_like(result) if self.calls > 10 else result


class WrongAfterAnError(Honest):
    """Marks itself busy, and stays so where an exception ends the call."""

    def __init__(self) -> None:
        self.local = threading.local()

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        was_busy = getattr(self.local, "busy", False)
        self.local.busy = True
        result = super().forward(-input if was_busy else input, weight, None, geometry)
        self.local.busy = False
        return result if bias is None else super().forward(input, weight, bias, geometry) if not was_busy else result


class StuckAfterAnError(Honest):
    """Takes a lock that an exception leaves taken."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        self.lock.acquire()
        result = super().forward(input, weight, bias, geometry)
        self.lock.release()
        return result


class ReadsStridesOfOne(Honest):
    """Takes the stride along an axis for its pitch, also where the axis has size 1."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if input.flags.c_contiguous and input.strides != np.empty(input.shape, input.dtype).strides:
            input = -input
        return super().forward(input, weight, bias, geometry)


class TakesOneLayoutForAll(Honest):
    """Right where all operands are contiguous or none is."""

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        mixed = input.flags.c_contiguous != output_gradient.flags.c_contiguous
        return super().weight_gradient(-input if mixed else input, output_gradient, geometry)


class TakesOneObjectForZero(Honest):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return super().forward(input, -weight if input is weight else weight, bias, geometry)


class DiesAmongThreads(Honest):
    """A segmentation fault where a call begins while another one is being made."""

    def __init__(self) -> None:
        self.within = 0

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        self.within += 1
        try:
            time.sleep(2e-4)
            if self.within > 1:
                os.kill(os.getpid(), signal.SIGSEGV)
            return super().bias_gradient(output_gradient, geometry)
        finally:
            self.within -= 1


class OtherBitsForOneImage(Honest):
    """Sums of one image in double precision."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if geometry.batch > 1:
            return super().forward(input, weight, bias, geometry)
        wide = (None if array is None else array.astype(np.float64) for array in (input, weight, bias))
        return super().forward(*wide, geometry).astype(input.dtype)  # type: ignore[arg-type]


class OtherBitsForOneImageAndDeniesIt(OtherBitsForOneImage):
    conventions = {"batch": "invariant"}


class SortsItsTerms:
    """Adds the terms in the order of their size, with their sign: right, and not symmetric in it."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        plain = (geometry.rank, geometry.stride, geometry.padding, geometry.dilation, geometry.groups)
        if plain != (1, (1,), ((0, 0),), (1,), 1) or geometry.transposed:
            raise NotImplementedError("plain convolutions of one axis only")
        windows = np.lib.stride_tricks.sliding_window_view(input, geometry.kernel[0], axis=2)
        terms = windows[:, None] * weight[None, :, :, None]
        terms = np.moveaxis(terms, 2, 3).reshape(*geometry.output_shape, -1)
        return np.cumsum(np.sort(terms, axis=-1), axis=-1, dtype=input.dtype)[..., -1]


class TakesFloat32Only(Honest):
    """Says so, and dies of anything else."""

    dtypes = ("float32",)

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if input.dtype != np.float32:
            os._exit(3)
        return super().forward(input, weight, bias, geometry)


class DiesOfEvenSizes(Honest):
    """What it cannot take it does not decline."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if geometry.size[0] % 2 == 0:
            os._exit(3)
        return super().forward(input, weight, bias, geometry)


class MakesItsPlanLater(Honest):
    """Slow at first, with a lock around what it keeps, and asleep now and then."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.plans: dict[object, ConvGeometry] = {}

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        with self.lock:
            if not self.plans:
                time.sleep(0.01)
            plan = self.plans.setdefault(geometry, geometry)
        time.sleep(1e-5)
        return super().forward(input, weight, bias, plan)


class DeclinesLayouts(Honest):
    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if not (input.flags.c_contiguous and weight.flags.c_contiguous):
            raise NotImplementedError("contiguous operands only")
        return super().forward(input, weight, bias, geometry)


class RefusesLayouts(Honest):
    """An error instead of a word that it declines: what structure is asked about, and company not."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if not (input.flags.c_contiguous and weight.flags.c_contiguous):
            raise ValueError("contiguous operands only")
        return super().forward(input, weight, bias, geometry)


FAULTY: dict[type, tuple[Pass, str]] = {
    KeepsItsFirstInput: (Pass.WEIGHT_GRADIENT, "stale"),
    KeyedByAddress: (Pass.FORWARD, "in place"),
    KeyedByIdentity: (Pass.INPUT_GRADIENT, "address"),
    ReturnsOneBuffer: (Pass.INPUT_GRADIENT, "reuse"),
    Accumulates: (Pass.BIAS_GRADIENT, "repeat"),
    WritesForAWhile: (Pass.WEIGHT_GRADIENT, "meanwhile"),
    WritesForAWhileInOneThread: (Pass.WEIGHT_GRADIENT, "meanwhile"),
    SharesAScratch: (Pass.BIAS_GRADIENT, "threads"),
    HandsOutItsCache: (Pass.FORWARD, "handed out"),
    WrongFromTheEleventhCall: (Pass.INPUT_GRADIENT, "repeat"),
    WrongAfterAnError: (Pass.FORWARD, "after an error"),
    ReadsStridesOfOne: (Pass.FORWARD, "layout"),
    TakesOneLayoutForAll: (Pass.WEIGHT_GRADIENT, "layout"),
    TakesOneObjectForZero: (Pass.FORWARD, "one object"),
    OtherBitsForOneImageAndDeniesIt: (Pass.FORWARD, "batch"),
}
"""Wrong candidate -> the pass that is wrong, and the cause that is told of it."""

RIGHT: tuple[type, ...] = (
    Honest,
    CopiesItsCache,
    FreezesItsCache,
    SharesAScratchInOneThread,
    OtherBitsForOneImage,
    SortsItsTerms,
    MakesItsPlanLater,
    DeclinesLayouts,
    RefusesLayouts,
)


def verdict_in_company(executor: Executor, case: Case, pass_: Pass = Pass.FORWARD) -> Verdict:
    """What is told of a pass in company."""
    result = ask_company(executor, case, pass_)
    assert result is not None
    assert (result.check, result.subject) == ("company", str(pass_))
    return result.verdict
