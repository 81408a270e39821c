"""torch.autograd.gradcheck on an implementation wrapped as an autograd Function, in double precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from convoracle.oracle.faults import Implementation
from convoracle.oracle.numbers.dtypes import COMPONENTS
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass

from . import Trial


def trials(fast: bool, stream: Sequence[Case]) -> Iterator[Trial]:
    """One trial for each case, on normal data of twice the precision that the case has."""
    for case in stream:
        dtype = "complex128" if case.dtype in COMPONENTS else "float64"
        wide = replace(case, dtype=dtype, fill="normal")
        yield Trial(dtype, partial(_alarms, fast, wide))


def _alarms(fast: bool, case: Case, implementation: Implementation) -> bool:
    operands = real_operands(case)
    given = [torch.from_numpy(array).requires_grad_() for array in (operands.input, operands.weight)]
    bias = None if operands.bias is None else torch.from_numpy(operands.bias).requires_grad_()
    function = as_function(implementation, case.geometry, operands)
    try:
        return not torch.autograd.gradcheck(function, (*given, bias), fast_mode=fast)
    except (RuntimeError, ValueError, ArithmeticError, LookupError):
        return True


def as_function(implementation: Implementation, geometry: ConvGeometry, operands: Operands) -> Any:
    """An autograd Function whose backward is the implementation's gradients."""

    def evaluate(pass_: Pass, **arrays: torch.Tensor | None) -> torch.Tensor:
        numpys: dict[str, Any] = {n: None if a is None else a.detach().numpy() for n, a in arrays.items()}
        return torch.from_numpy(implementation(pass_, replace(operands, **numpys).of(pass_), geometry))

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, input: Any, weight: Any, bias: Any) -> Any:
            context.save_for_backward(input, weight)
            context.with_bias = bias is not None
            return evaluate(Pass.FORWARD, input=input, weight=weight, bias=bias)

        @staticmethod
        def backward(context: Any, output_gradient: Any) -> Any:
            input, weight = context.saved_tensors
            known = {"input": input, "weight": weight, "output_gradient": output_gradient}
            return (
                evaluate(Pass.INPUT_GRADIENT, **known),
                evaluate(Pass.WEIGHT_GRADIENT, **known),
                evaluate(Pass.BIAS_GRADIENT, **known) if context.with_bias else None,
            )

    return Wrapped.apply
