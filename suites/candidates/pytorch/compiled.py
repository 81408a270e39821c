"""The built-in candidate ``torch-compile``: PyTorch's convolution through `torch.compile`, with its gradients.

Each geometry, dtype and memory layout is compiled by itself, for its own sizes
(dynamic sizes took as long, by experiment): one to ten seconds for the forward
pass and as many for the backward pass, and half a minute for the very first. A
call's time limit is longer accordingly.
What was compiled before is dropped, so that PyTorch's limit on recompilations,
after which it would quietly stop compiling, is never reached.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable

import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from . import convolution as own
from .arithmetic import cpu_accumulators, cpu_conventions
from .builtin import Builtin

SECONDS_PER_CALL = 180.0
_WRAP = "torch.compile(convolution, dynamic=False, fullgraph=True)"


class Compiled:
    """The convolution, compiled for what it was last called with; by one of `torch.compile`'s backends."""

    def __init__(self, backend: str = "inductor") -> None:
        self.__name__ = "torch-compile"
        self._backend = backend
        self._key: Hashable = None
        self._function: Callable[..., torch.Tensor] = own.convolution

    def __call__(
        self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: ConvGeometry
    ) -> torch.Tensor:
        given = [tensor for tensor in (input, weight, bias) if tensor is not None]
        key = (geometry, *((tensor.dtype, tensor.stride(), tensor.requires_grad) for tensor in given))
        if key != self._key:
            torch.compiler.reset()
            self._function = torch.compile(_of(geometry), dynamic=False, fullgraph=True, backend=self._backend)
            self._key = key
        return self._function(input, weight, bias)


def _of(geometry: ConvGeometry) -> Callable[..., torch.Tensor]:
    def convolution(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        return own.convolution(input, weight, bias, geometry)

    return convolution


def candidate() -> Builtin:
    """The built-in candidate ``torch-compile``."""
    os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")  # no pool of processes beside the candidate's own
    return Builtin(
        Compiled(),
        name="torch-compile",
        accumulators=cpu_accumulators(),
        conventions=cpu_conventions(),
        wrap_text=_WRAP,
        limitation=_limitation,
        seconds_per_call=SECONDS_PER_CALL,
    )


def _limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    if pass_.is_second_order:
        return "torch.compile compiles the forward pass and its gradients, and no derivatives of second order"
    return None
