"""Every pass of a differentiable function of tensors: gradients by reverse mode, the jvp by forward mode, SGD's step.

Those called as the passes compute them of a function (input, weight, bias) -> output and of
the operands as tensors. They import nothing of convoracle: their text is what reproducers show.
"""

import functools
from collections.abc import Callable, Sequence

import numpy as np
import torch

from .tensors import to_array


def of_arrays(
    derivative: Callable[..., torch.Tensor],
    convolution: Callable[..., torch.Tensor],
    to_tensor: Callable[[np.ndarray], torch.Tensor],
    **settings: object,
) -> Callable[..., np.ndarray]:
    """What computes a pass of the operands by name."""
    function = functools.partial(convolution, **settings) if settings else convolution

    def compute(learning_rate: float | None = None, **arrays: np.ndarray) -> np.ndarray:
        operands: dict[str, torch.Tensor | float] = {name: to_tensor(array) for name, array in arrays.items()}
        if learning_rate is not None:
            operands["learning_rate"] = learning_rate
        return to_array(derivative(function, **operands))

    return compute


def forward(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    with torch.no_grad():
        return convolution(input, weight, bias)


def forward_of_integers(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    """PyTorch's sums of int8 wrap around; int64 is the one integer type that knows dilation and transposition."""
    output = convolution(input.long(), weight.long(), None if bias is None else bias.long())
    return output.to(torch.int32)


def input_gradient(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    output_gradient: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    output = convolution(input.requires_grad_(), weight, bias)
    return torch.autograd.grad(output, [input], output_gradient)[0]


def weight_gradient(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    output_gradient: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    output = convolution(input, weight.requires_grad_(), bias)
    return torch.autograd.grad(output, [weight], output_gradient)[0]


def bias_gradient(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    output_gradient: torch.Tensor,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    if bias is None:
        bias = input.new_zeros(output_gradient.shape[1])
    output = convolution(input, weight, bias.requires_grad_())
    return torch.autograd.grad(output, [bias], output_gradient)[0]


def update(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    output_gradient: torch.Tensor,
    learning_rate: float,
    bias: torch.Tensor | None = None,
) -> torch.Tensor:
    weight = weight.clone().requires_grad_()
    optimizer = torch.optim.SGD([weight], lr=abs(learning_rate), maximize=learning_rate < 0)
    convolution(input, weight, bias).backward(output_gradient)
    optimizer.step()
    return weight


def jvp(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    input_direction: torch.Tensor | None = None,
    weight_direction: torch.Tensor | None = None,
    bias_direction: torch.Tensor | None = None,
) -> torch.Tensor:
    with torch.autograd.forward_ad.dual_level():
        at = (dual(input, input_direction), dual(weight, weight_direction), dual(bias, bias_direction))
        output = convolution(*at)
        tangent = torch.autograd.forward_ad.unpack_dual(output).tangent
        return torch.zeros_like(output) if tangent is None else tangent


def dual(value: torch.Tensor | None, direction: torch.Tensor | None) -> torch.Tensor | None:
    if value is None or direction is None:
        return value
    if any(stride == 0 and size > 1 for stride, size in zip(value.stride(), value.shape, strict=True)):
        value = value.contiguous()  # PyTorch lays the direction out as the value, and cannot write it so
    return torch.autograd.forward_ad.make_dual(value, direction)


def double_backward_output_gradient(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    output_gradient: torch.Tensor,
    bias: torch.Tensor | None = None,
    input_direction: torch.Tensor | None = None,
    weight_direction: torch.Tensor | None = None,
    bias_direction: torch.Tensor | None = None,
) -> torch.Tensor:
    at, directions = [input, weight], [input_direction, weight_direction]
    if bias is not None:
        at, directions = [*at, bias], [*directions, bias_direction]
    return through_gradients(convolution, at, output_gradient, directions, subject=-1)


def double_backward_input(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    output_gradient: torch.Tensor,
    input_direction: torch.Tensor,
    weight_direction: torch.Tensor,
) -> torch.Tensor:
    directions = [input_direction, weight_direction]
    return through_gradients(convolution, [input, weight], output_gradient, directions, subject=0)


def double_backward_weight(
    convolution: Callable[..., torch.Tensor],
    input: torch.Tensor,
    weight: torch.Tensor,
    output_gradient: torch.Tensor,
    input_direction: torch.Tensor,
    weight_direction: torch.Tensor,
) -> torch.Tensor:
    directions = [input_direction, weight_direction]
    return through_gradients(convolution, [input, weight], output_gradient, directions, subject=1)


def through_gradients(
    convolution: Callable[..., torch.Tensor],
    at: Sequence[torch.Tensor],
    output_gradient: torch.Tensor,
    directions: Sequence[torch.Tensor | None],
    subject: int,
) -> torch.Tensor:
    """dE/d(a variable, by its place), E being the inner product of the gradients with the directions that are given.

    A variable on which the gradients do not depend has a derivative of zero, unless they
    depend on none, which is how a function that is differentiable once looks.
    """
    variables = [variable.requires_grad_() for variable in (*at, output_gradient)]
    gradients = torch.autograd.grad(convolution(*at), at, output_gradient, create_graph=True)
    pairs = zip(gradients, directions, strict=True)
    inner = [(gradient, along) for gradient, along in pairs if along is not None and gradient.requires_grad]
    results: tuple[torch.Tensor | None, ...] = ()
    if inner:
        differentiated, along = zip(*inner, strict=True)
        results = torch.autograd.grad(differentiated, variables, along, allow_unused=True)
    if all(result is None for result in results):
        raise NotImplementedError("its gradients cannot be differentiated again")
    result = results[subject]
    return torch.zeros_like(variables[subject]) if result is None else result
