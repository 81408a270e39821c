"""The built-in PyTorch candidates: its own convolution as it comes, compiled, with channels last, and on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass
from ..calls.padding import cut_evenly, kept, last_axis_first
from ..calls.source_text import Call, operand_names
from ..protocol import NOTHING, Limitation
from . import convolution as own
from . import derivatives
from .arithmetic import cpu_accumulators, cpu_conventions
from .differentiable import INTEGERS, Differentiable, import_for_calls
from .tensors import to_tensor


class Builtin(Differentiable):
    """A way to call PyTorch's own convolution.

    Parameters
    ----------
    name : str
    accumulators, multipliers, conventions : Mapping[str, str]
        See `convoracle.suites.candidates`.
    to_tensor : callable
        Makes a tensor of an array, where the convolution is to find it.
    prepare : callable
        Makes what computes a pass of arrays: as `of_arrays` does, or in another way.
    limitation : callable
        What this way has not, beside what PyTorch has not.
    """

    validates = True

    def __init__(
        self,
        *,
        name: str,
        accumulators: Mapping[str, str] = NOTHING,
        multipliers: Mapping[str, str] = NOTHING,
        conventions: Mapping[str, str] = NOTHING,
        to_tensor: Callable[[np.ndarray], torch.Tensor] = to_tensor,
        prepare: Callable[..., Callable[..., Array]] = derivatives.of_arrays,
        limitation: Limitation = lambda pass_, geometry, dtype: None,
    ) -> None:
        self.name = name
        self.accumulators = accumulators
        self.multipliers = multipliers
        self.conventions = conventions
        self._to_tensor = to_tensor
        self._prepare = prepare
        self._limitation = limitation
        import_for_calls()

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if geometry.rank > 3:
            return f"PyTorch has convolutions of 1 to 3 spatial axes, not {geometry.rank}"
        if dtype.startswith("float8"):
            return f"PyTorch has no convolution of {dtype} tensors"
        if dtype.startswith("int") and pass_ is not Pass.FORWARD:
            return INTEGERS
        return self._limitation(pass_, geometry, dtype)

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        derivative = derivatives.forward_of_integers if dtype == "int8" else getattr(derivatives, pass_.value)
        convolution, settings = settled(geometry)
        functions = {"derivative": derivative, "convolution": convolution, "to_tensor": self._to_tensor}
        return Call(self._prepare, functions | settings, operand_names(derivative))

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return self.call(pass_, geometry, dtype).write(bias=bias)


def settled(geometry: ConvGeometry) -> tuple[Callable[..., torch.Tensor], dict[str, object]]:
    """The function that is PyTorch's convolution of a geometry, and its settings."""
    settings: dict[str, object] = {"stride": geometry.stride, "dilation": geometry.dilation, "groups": geometry.groups}
    if geometry.transposed:
        cut = cut_evenly(geometry)
        settings |= {"padding": cut, "output_padding": geometry.output_padding, "kept": kept(geometry, cut)}
        return own.transposed_convolution, settings
    sides, mode = geometry.padding, geometry.padding_mode
    if any(low != high for low, high in sides) or (mode != "zeros" and any(map(any, sides))):
        settings |= {"padding": last_axis_first(geometry), "mode": "constant" if mode == "zeros" else mode}
        return own.padded_convolution, settings
    return own.convolution, settings | {"padding": tuple(low for low, _ in sides)}


def candidate() -> Builtin:
    """The built-in candidate ``torch``."""
    return Builtin(name="torch", accumulators=cpu_accumulators(), conventions=cpu_conventions())
