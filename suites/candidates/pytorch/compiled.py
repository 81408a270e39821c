"""The built-in candidate ``torch-compile``: PyTorch's convolution through `torch.compile`, with its gradients.

Each pass, geometry, dtype and memory layout is compiled by itself, for its own sizes
(dynamic sizes took as long, by experiment): one to ten seconds for the forward
pass and as many for the backward pass, and half a minute for the very first. A
call's time limit is longer accordingly.
What was compiled before is dropped, so that PyTorch's limit on recompilations,
after which it would quietly stop compiling, is never reached.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Hashable
from dataclasses import replace

import numpy as np
import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from ..calls.source_text import Call
from .arithmetic import cpu_accumulators, cpu_conventions
from .builtin import Builtin
from .derivatives import of_arrays

SECONDS_PER_CALL = 180.0


def compiled(
    derivative: Callable[..., torch.Tensor],
    convolution: Callable[..., torch.Tensor],
    to_tensor: Callable[[np.ndarray], torch.Tensor],
    backend: str = "inductor",
    **settings: object,
) -> Callable[..., np.ndarray]:
    """What computes a pass of the operands by name, with the convolution compiled."""
    torch.compiler.reset()
    eager = functools.partial(convolution, **settings)
    function = torch.compile(eager, dynamic=False, fullgraph=True, backend=backend)
    return of_arrays(derivative, function, to_tensor)


class Compiled(Builtin):
    """The convolution, compiled for what it was last called with; by one of `torch.compile`'s backends."""

    seconds_per_call = SECONDS_PER_CALL

    def __init__(self, backend: str = "inductor") -> None:
        super().__init__(
            name="torch-compile",
            accumulators=cpu_accumulators(),
            conventions=cpu_conventions(),
            prepare=compiled,
            limitation=_limitation,
        )
        self._backend = backend
        self._last: tuple[Hashable, Callable[..., Array]] | None = None

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        call = super().call(pass_, geometry, dtype)
        return replace(call, settings={**call.settings, "backend": self._backend})

    def prepared(self, call: Call, operands: Operands) -> Callable[..., Array]:
        laid = ((name, array.dtype, array.shape, array.strides) for name, array in operands.arrays().items())
        key = (*call.settings.items(), *laid)
        if self._last is None or self._last[0] != key:
            self._last = (key, call.prepared())
        return self._last[1]


def candidate() -> Compiled:
    """The built-in candidate ``torch-compile``."""
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of processes beside the candidate's own
    return Compiled()


def _limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    if pass_.is_second_order:
        return "torch.compile compiles the forward pass and its gradients, and no derivatives of second order"
    return None
