"""Any differentiable function of tensors as a candidate: its passes of first and second order by the framework."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import torch
from torch.autograd import forward_ad

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass
from ..calls.binding import BoundFunction, bind_function
from ..calls.naming import name_of
from .arithmetic import inherited
from .signatures import with_parameters
from .tensors import to_array, to_tensor

NOTHING: Mapping[str, str] = MappingProxyType({})
PYTORCH = "torch"
"""What rests on PyTorch rests on the built-in candidate of this name."""
_NO_FORWARD_MODE = ("forward AD", "jvp")


class Autograd:
    """A differentiable function of tensors, with its derivatives by `torch.autograd`.

    Gradients are by reverse mode, the Jacobian-vector product by forward mode
    (`torch.autograd.forward_ad`), and the double backward passes by reverse mode
    through the gradients.

    Parameters
    ----------
    function : callable
        Takes tensors and returns the output tensor; its parameters are bound by
        name as those of any candidate.
    name, version : str
    accumulators, multipliers, results, conventions : Mapping[str, str]
        See `convoracle.suites.candidates`.
    place : callable
        Lays or puts a tensor where the function is to find it: every operand
        goes through it.
    rests_on : str
        See `convoracle.suites.candidates`.
    """

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
        place: Callable[[torch.Tensor], torch.Tensor] = lambda tensor: tensor,
        rests_on: str = "",
    ) -> None:
        telling = with_parameters(function)
        self.name = name or name_of(telling)
        self.version = version
        self.accumulators = accumulators
        self.multipliers = multipliers
        self.results = results
        self.conventions = conventions
        self.rests_on = rests_on
        self._place = place
        self._function: BoundFunction = bind_function(telling, Pass.FORWARD)
        _import_for_calls()

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """What the function's parameters cannot express, and what has no derivatives."""
        if dtype.startswith("int") and pass_ is not Pass.FORWARD:
            return "torch.autograd differentiates floating-point and complex tensors only"
        return self._function.limitation(Pass.INPUT_GRADIENT, geometry, bias=False) or self._function.limitation(
            Pass.FORWARD, geometry, bias=pass_ is Pass.BIAS_GRADIENT
        )

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        self._require_bias_parameter(bias)
        with torch.no_grad():
            return to_array(self._output(self._tensor(input), self._tensor(weight), self._optional(bias), geometry))

    def input_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        source = self._variable(input)
        output = self._output(source, self._tensor(weight), self._optional(bias), geometry)
        return self._gradient(output, source, output_gradient)

    def weight_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        filters = self._variable(weight)
        output = self._output(self._tensor(input), filters, self._optional(bias), geometry)
        return self._gradient(output, filters, output_gradient)

    def bias_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        offset = self._variable(np.zeros(geometry.bias_shape, input.dtype) if bias is None else bias)
        output = self._output(self._tensor(input), self._tensor(weight), offset, geometry)
        return self._gradient(output, offset, output_gradient)

    def update(
        self,
        input: Array,
        weight: Array,
        bias: Array | None,
        output_gradient: Array,
        learning_rate: float,
        geometry: ConvGeometry,
    ) -> Array:
        filters = self._tensor(weight).clone().requires_grad_()
        optimizer = torch.optim.SGD([filters], lr=abs(learning_rate), maximize=learning_rate < 0)
        output = self._output(self._tensor(input), filters, self._optional(bias), geometry)
        output.backward(self._tensor(output_gradient))  # type: ignore[no-untyped-call]
        optimizer.step()
        return to_array(filters)

    def jvp(
        self,
        input: Array,
        weight: Array,
        bias: Array | None,
        geometry: ConvGeometry,
        *,
        input_direction: Array | None = None,
        weight_direction: Array | None = None,
        bias_direction: Array | None = None,
    ) -> Array:
        self._require_bias_parameter(bias)
        with forward_ad.dual_level():

            def dual(value: Array, direction: Array | None) -> torch.Tensor:
                at = self._tensor(value)
                if direction is None:
                    return at
                if _repeats_elements(at):  # PyTorch lays the direction out as the value, and cannot write it so
                    at = at.contiguous()
                return forward_ad.make_dual(at, self._tensor(direction))  # type: ignore[no-untyped-call]

            offset = None if bias is None or bias_direction is None else dual(bias, bias_direction)
            try:
                output = self._output(dual(input, input_direction), dual(weight, weight_direction), offset, geometry)
            except RuntimeError as error:
                if any(sign in str(error) for sign in _NO_FORWARD_MODE):
                    raise NotImplementedError(f"{self.name} has no forward mode: {error}") from error
                raise
            tangent = forward_ad.unpack_dual(output).tangent  # type: ignore[no-untyped-call]
            return to_array(torch.zeros_like(output) if tangent is None else tangent)

    def double_backward_output_gradient(
        self,
        input: Array,
        weight: Array,
        bias: Array | None,
        output_gradient: Array,
        geometry: ConvGeometry,
        *,
        input_direction: Array | None = None,
        weight_direction: Array | None = None,
        bias_direction: Array | None = None,
    ) -> Array:
        self._require_bias_parameter(bias)
        directions = (input_direction, weight_direction, bias_direction)
        return self._double_backward((input, weight, bias), output_gradient, directions, geometry, subject=-1)

    def double_backward_input(
        self,
        input: Array,
        weight: Array,
        output_gradient: Array,
        input_direction: Array,
        weight_direction: Array,
        geometry: ConvGeometry,
    ) -> Array:
        directions = (input_direction, weight_direction, None)
        return self._double_backward((input, weight, None), output_gradient, directions, geometry, subject=0)

    def double_backward_weight(
        self,
        input: Array,
        weight: Array,
        output_gradient: Array,
        input_direction: Array,
        weight_direction: Array,
        geometry: ConvGeometry,
    ) -> Array:
        directions = (input_direction, weight_direction, None)
        return self._double_backward((input, weight, None), output_gradient, directions, geometry, subject=1)

    def _double_backward(
        self,
        arrays: tuple[Array, Array, Array | None],
        output_gradient: Array,
        directions: tuple[Array | None, Array | None, Array | None],
        geometry: ConvGeometry,
        *,
        subject: int,
    ) -> Array:
        """dE/d(a variable), E being the inner product of the directions with the gradients; of those that are given.

        A variable on which the gradients do not depend counts as such, unless they
        depend on none, which is how a function that is differentiable once looks.
        """
        variables = [self._variable(array) for array in arrays if array is not None]
        pairs = zip(arrays, directions, strict=True)
        along = [self._optional(direction) for array, direction in pairs if array is not None]
        cotangent = self._variable(output_gradient)
        output = self._output(variables[0], variables[1], variables[2] if len(variables) > 2 else None, geometry)
        gradients = torch.autograd.grad(output, variables, cotangent, create_graph=True)
        inner = [
            (gradient, v)
            for gradient, v in zip(gradients, along, strict=True)
            if v is not None and gradient.requires_grad
        ]
        depended_on = [*variables, cotangent]
        results: tuple[torch.Tensor | None, ...] = ()
        if inner:
            outputs, directed = zip(*inner, strict=True)
            results = torch.autograd.grad(outputs, depended_on, directed, allow_unused=True)
        if all(result is None for result in results):
            raise NotImplementedError(f"the gradients of {self.name} cannot be differentiated again")
        result = results[subject]
        return to_array(torch.zeros_like(depended_on[subject]) if result is None else result)

    def _output(
        self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: ConvGeometry
    ) -> torch.Tensor:
        output = self._function.call({"input": input, "weight": weight, "bias": bias}, geometry)
        if not isinstance(output, torch.Tensor):
            raise TypeError(f"{self.name} returned {type(output).__name__}, but should return a torch.Tensor")
        return output

    def _gradient(self, output: torch.Tensor, subject: torch.Tensor, output_gradient: Array) -> Array:
        (gradient,) = torch.autograd.grad(output, [subject], self._tensor(output_gradient))
        return to_array(gradient)

    def _tensor(self, array: Array) -> torch.Tensor:
        return self._place(to_tensor(array))

    def _variable(self, array: Array) -> torch.Tensor:
        return self._tensor(array).requires_grad_()

    def _optional(self, array: Array | None) -> torch.Tensor | None:
        return None if array is None else self._tensor(array)

    def _require_bias_parameter(self, bias: Array | None) -> None:
        if bias is not None and not self._function.takes("bias"):
            raise NotImplementedError(f"{self.name} takes no `bias`")


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
        rests_on=PYTORCH,
    )


def _repeats_elements(tensor: torch.Tensor) -> bool:
    """Whether an axis of several elements has stride 0."""
    return any(stride == 0 and size > 1 for stride, size in zip(tensor.stride(), tensor.shape, strict=True))


def _import_for_calls() -> None:
    """Have PyTorch import what its optimizers and forward mode need, seconds of work, before the first call."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    with warnings.catch_warnings(), forward_ad.dual_level():  # PyTorch uses what it deprecates itself
        warnings.simplefilter("ignore", DeprecationWarning)
        one = torch.ones(1)
        forward_ad.make_dual(one, one)  # type: ignore[no-untyped-call]
