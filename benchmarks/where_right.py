"""PyTorch, TensorFlow and JAX as candidates that take what they are right in only, by docs/findings.md."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.candidates.protocol import Candidate


def torch() -> Candidate:
    """Without odd strides along axes of size 1 where there are groups (T11)."""
    from convoracle.suites.candidates.pytorch.arithmetic import cpu_accumulators, cpu_conventions
    from convoracle.suites.candidates.pytorch.builtin import Builtin

    class WhereRight(Builtin):
        def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
            array = operands.input
            if geometry.groups > 1 and array.flags.c_contiguous and array.strides != np.empty_like(array).strides:
                raise NotImplementedError("odd strides along axes of size 1")
            return super().evaluate(pass_, operands, geometry)

    return WhereRight(name="torch", accumulators=cpu_accumulators(), conventions=cpu_conventions())


def tensorflow() -> Candidate:
    """Without an empty batch (F2, F3); what it multiplies by zeros is declared (F9)."""
    from convoracle.suites.candidates.tensorflow.builtin import TensorFlow
    from convoracle.suites.candidates.tensorflow.plan import kernel_limitation

    class WhereRight(TensorFlow):
        conventions = MappingProxyType({**TensorFlow.conventions, "contamination": "spreads"})

    def limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return "an empty batch" if geometry.batch == 0 else kernel_limitation(pass_, geometry, dtype)

    return WhereRight("tensorflow", limitation)


def jax() -> Candidate:
    """Without strides (J2), and padding wider than the kernel (J3); what it multiplies by zeros is declared (J1)."""
    from convoracle.suites.candidates.jax.builtin import Jax

    class WhereRight(Jax):
        conventions = MappingProxyType({**Jax.conventions, "contamination": "spreads"})

        def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
            reaches = zip(geometry.padding, geometry.dilation, geometry.kernel, strict=True)
            if max(geometry.stride) > 1 or any(max(sides) > d * (r - 1) for sides, d, r in reaches):
                return "a stride, or padding wider than the kernel"
            return super().limitation(pass_, geometry, dtype)

    return WhereRight()
