"""Any differentiable function of tensors as a candidate: its passes of first and second order by the framework."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.autograd import forward_ad

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass, offset
from ..calls.binding import BoundFunction, bind_function
from ..calls.naming import name_of
from ..calls.source_text import Call, operand_names
from ..protocol import NOTHING, Candidate
from . import derivatives
from .arithmetic import inherited
from .signatures import with_parameters
from .tensors import to_tensor

PYTORCH = "torch"
"""What rests on PyTorch rests on the built-in candidate of this name."""
INTEGERS = "torch.autograd differentiates floating-point and complex tensors only"
_NO_FORWARD_MODE = ("forward AD", "jvp")


class Differentiable(Candidate):
    """A differentiable function of tensors, with its derivatives by `torch.autograd`.

    Gradients are by reverse mode, the Jacobian-vector product by forward mode
    (`torch.autograd.forward_ad`), and the double backward passes by reverse mode
    through the gradients.
    """

    passes = frozenset(Pass)
    version: str = torch.__version__
    zero_directions = True

    @abstractmethod
    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        """How a pass is computed."""

    def prepared(self, call: Call, operands: Operands) -> Callable[..., Array]:
        """What computes a call of these operands by name."""
        return call.prepared()

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        call = self.call(pass_, geometry, operands.input.dtype.name)
        try:
            return _computed(self.prepared(call, operands), call.arguments(operands))
        except RuntimeError as error:
            if pass_ is Pass.JVP and any(sign in str(error) for sign in _NO_FORWARD_MODE):
                raise NotImplementedError(f"{self.name} has no forward mode: {error}") from error
            raise


class Autograd(Differentiable):
    """A differentiable function that somebody wrote.

    Parameters
    ----------
    function : callable
        Takes tensors and returns the output tensor; its parameters are bound by
        name as those of any candidate.
    name, version : str
    accumulators, multipliers, results, conventions : Mapping[str, str]
        See `convoracle.suites.candidates`.
    """

    rests_on = PYTORCH

    def __init__(
        self,
        function: Callable[..., object],
        *,
        name: str = "",
        version: str = torch.__version__,
        accumulators: Mapping[str, str] = NOTHING,
        multipliers: Mapping[str, str] = NOTHING,
        results: Mapping[str, str] = NOTHING,
        conventions: Mapping[str, str] = NOTHING,
    ) -> None:
        described = with_parameters(function)
        self.name = name or name_of(described)
        self.version = version
        self.accumulators = accumulators
        self.multipliers = multipliers
        self.results = results
        self.conventions = conventions
        self._function: BoundFunction = bind_function(described, Pass.FORWARD)
        import_for_calls()

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """What the function's parameters cannot express, and what has no derivatives."""
        if dtype.startswith("int") and pass_ is not Pass.FORWARD:
            return INTEGERS
        return self._function.limitation(Pass.INPUT_GRADIENT, geometry, bias=False) or self._function.limitation(
            Pass.FORWARD, geometry, bias=pass_ is Pass.BIAS_GRADIENT
        )

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if operands.bias is not None and offset(pass_) is not None and not self._function.takes("bias"):
            raise NotImplementedError(f"{self.name} takes no `bias`")
        return super().evaluate(pass_, operands, geometry)

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        def convolution(input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
            output = self._function.call({"input": input, "weight": weight, "bias": bias}, geometry)
            if not isinstance(output, torch.Tensor):
                raise TypeError(f"{self.name} returned {type(output).__name__}, but should return a torch.Tensor")
            return output

        derivative = getattr(derivatives, pass_.value)
        settings = {"derivative": derivative, "convolution": convolution, "to_tensor": to_tensor}
        return Call(derivatives.of_arrays, settings, operand_names(derivative))


def autograd(
    function: Callable[..., object],
    *,
    name: str = "",
    accumulators: Mapping[str, str] = NOTHING,
    multipliers: Mapping[str, str] = NOTHING,
    results: Mapping[str, str] = NOTHING,
    conventions: Mapping[str, str] = NOTHING,
) -> Autograd:
    """Make a candidate of a differentiable PyTorch function, such as ``f(x, w, bias, stride=1, padding=0)``.

    A `torch.autograd.Function`, or its ``apply``, is one, too: its parameters are
    those of its ``forward``. What the function declares of its arithmetic is said
    as for any candidate (see `convoracle.suites.candidates`); conventions of which it
    says nothing are PyTorch's own.

    Raises
    ------
    CandidateError
        If its parameters cannot be read, or one that it requires cannot be given.
    """
    return Autograd(
        function,
        name=name,
        accumulators=accumulators,
        multipliers=multipliers,
        results=results,
        conventions=inherited(conventions),
    )


def _computed(compute: Callable[..., Array], operands: Mapping[str, Any]) -> Array:
    """The result, without PyTorch's warning of read-only operands: the caller looks for a write to them."""
    if all(array.flags.writeable for name, array in operands.items() if name != "learning_rate"):
        return compute(**operands)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return compute(**operands)


def import_for_calls() -> None:
    """Have PyTorch import what its optimizers and forward mode need, seconds of work, before the first call."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    with warnings.catch_warnings(), forward_ad.dual_level():  # PyTorch uses what it deprecates itself
        warnings.simplefilter("ignore", DeprecationWarning)
        one = torch.ones(1)
        forward_ad.make_dual(one, one)  # type: ignore[no-untyped-call]
