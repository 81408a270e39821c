"""The passes of a function of tensors by the reverse mode of its framework, used once for gradients, twice beyond."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass
from .framework import Given

Tensor = Any
Convolution = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(input, weight, bias) -> output."""
Function = Callable[..., Sequence[Tensor]]
PullBack = Callable[[Function, Sequence[Tensor], Sequence[Tensor]], Sequence[Tensor]]
"""(function, where, cotangents of its results) -> the gradients with respect to its arguments."""

_SUBJECTS = {Pass.INPUT_GRADIENT: 0, Pass.WEIGHT_GRADIENT: 1, Pass.UPDATE: 1, Pass.BIAS_GRADIENT: 2}
_SUBJECTS |= {Pass.DOUBLE_BACKWARD_INPUT: 0, Pass.DOUBLE_BACKWARD_WEIGHT: 1, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: -1}


def on_tensors(pass_: Pass, operands: Given, geometry: ConvGeometry, tensor: Callable[[Array], Tensor]) -> Given:
    """The operands as the framework's tensors, with a bias of zeros where its gradient is asked for."""
    arrays = operands.arrays()
    if pass_ is Pass.BIAS_GRADIENT:
        arrays.setdefault("bias", np.zeros(geometry.bias_shape, operands.input.dtype))
    tensors: dict[str, Any] = {name: tensor(array) for name, array in arrays.items()}
    return replace(operands, **tensors)


def derive(pass_: Pass, convolution: Convolution, pull_back: PullBack, given: Given) -> Tensor:
    """The result of a pass, on operands that are the framework's tensors.

    Raises
    ------
    NotImplementedError
        For the Jacobian-vector product, which is forward mode.
    """
    if pass_ is Pass.FORWARD:
        return convolution(given.input, given.weight, given.bias)
    if pass_ is Pass.JVP:
        raise NotImplementedError("reverse mode only")
    variables = [tensor for tensor in (given.input, given.weight, given.bias) if tensor is not None]

    def output(*at: Tensor) -> Sequence[Tensor]:
        return [convolution(at[0], at[1], at[2] if len(at) > 2 else None)]

    def gradients(*at: Tensor) -> Sequence[Tensor]:
        return pull_back(output, at[:-1], [at[-1]])

    at = [*variables, given.output_gradient]
    if pass_.is_second_order:
        directions = (given.input_direction, given.weight_direction, given.bias_direction)
        along = [tensor for tensor in directions if tensor is not None]
        return pull_back(gradients, at, along)[_SUBJECTS[pass_]]
    gradient = gradients(*at)[_SUBJECTS[pass_]]
    return given.weight - given.learning_rate * gradient if pass_ is Pass.UPDATE else gradient


def write_pass(pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> str:
    """The same in source, which computes ``actual``.

    It uses functions ``tensor(array)``, ``array(tensor)``, ``convolution(x, w, b=None)``
    and ``pull_back(function, at, cotangents)``.
    """
    names = ["input", "weight", *(["bias"] if bias else [])]
    variables = [f"tensor({name})" for name in names]
    if pass_ is Pass.BIAS_GRADIENT and not bias:
        variables.append(f"tensor(np.zeros({geometry.out_channels}, input.dtype))")
    lines = [f"at = [{', '.join(variables)}]"]
    if pass_ is Pass.FORWARD:
        return "\n".join([*lines, "actual = array(convolution(*at))", ""])
    lines += ["dy = tensor(output_gradient)", "", "", "def gradients(*at):"]
    lines += ["    return pull_back(lambda *at: [convolution(*at)], at[:-1], [at[-1]])", "", ""]
    if pass_.is_second_order:
        directions = ", ".join(f"tensor({name}_direction)" for name in names)
        lines.append(f"result = pull_back(gradients, [*at, dy], [{directions}])[{_SUBJECTS[pass_]}]")
    else:
        lines.append(f"result = gradients(*at, dy)[{_SUBJECTS[pass_]}]")
    if pass_ is Pass.UPDATE:
        lines.append("result = at[1] - learning_rate * result")
    return "\n".join([*lines, "actual = array(result)", ""])
