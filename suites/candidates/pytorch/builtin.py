"""The built-in PyTorch candidates: its own convolution as it comes, compiled, with channels last, and on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from . import convolution as own
from .arithmetic import cpu_accumulators, cpu_conventions
from .call_text import write_torch_call
from .differentiable import NOTHING, Autograd

Limitation = Callable[[Pass, ConvGeometry, str], str | None]


class Builtin(Autograd):
    """A way to call PyTorch's own convolution.

    Parameters
    ----------
    function : callable
        (input, weight, bias, geometry) -> output, on tensors.
    name : str
    accumulators, multipliers, conventions : Mapping[str, str]
        See `convoracle.suites.candidates`.
    place : callable
        Lays or puts each operand where the function is to find it.
    place_text, wrap_text : str
        The same, and what is done to the function, in source: see `write_torch_call`.
    limitation : callable
        What this way has not, beside what PyTorch has not.
    seconds_per_call : float or None
        A call's time limit, where it needs more than others.
    """

    def __init__(
        self,
        function: Callable[..., torch.Tensor],
        *,
        name: str,
        accumulators: Mapping[str, str] = NOTHING,
        multipliers: Mapping[str, str] = NOTHING,
        conventions: Mapping[str, str] = NOTHING,
        place: Callable[[torch.Tensor], torch.Tensor] = lambda tensor: tensor,
        place_text: str = "tensor",
        wrap_text: str = "",
        limitation: Limitation = lambda pass_, geometry, dtype: None,
        seconds_per_call: float | None = None,
    ) -> None:
        super().__init__(
            function,
            name=name,
            accumulators=accumulators,
            multipliers=multipliers,
            conventions=conventions,
            place=place,
        )
        self.seconds_per_call = seconds_per_call
        self._texts = {"place": place_text, "wrap": wrap_text}
        self._limitation = limitation

    validates = True

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return own.limitation(pass_, geometry, dtype) or self._limitation(pass_, geometry, dtype)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return write_torch_call(pass_, geometry, dtype, bias=bias, **self._texts)


def candidate() -> Builtin:
    """The built-in candidate ``torch``."""
    return Builtin(own.convolution, name="torch", accumulators=cpu_accumulators(), conventions=cpu_conventions())
