"""Parameters of what does not tell its own: PyTorch's convolutions and the `apply` of an autograd Function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence

import torch

from ..calls.naming import name_of

_CONVOLUTIONS: dict[int, Callable[..., torch.Tensor]] = {
    1: torch.nn.functional.conv1d,
    2: torch.nn.functional.conv2d,
    3: torch.nn.functional.conv3d,
}
_TRANSPOSED: dict[int, Callable[..., torch.Tensor]] = {
    1: torch.nn.functional.conv_transpose1d,
    2: torch.nn.functional.conv_transpose2d,
    3: torch.nn.functional.conv_transpose3d,
}


class _Direct:
    """One of `torch.nn.functional.conv1d` to `conv3d`."""

    def __init__(self, rank: int) -> None:
        self.__name__ = name_of(_CONVOLUTIONS[rank])
        self._rank = rank

    def __call__(
        self,
        input: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        groups: int,
    ) -> torch.Tensor:
        return _CONVOLUTIONS[self._rank](input, weight, bias, stride, padding, dilation, groups)


class _Transposed:
    """One of `torch.nn.functional.conv_transpose1d` to `conv_transpose3d`."""

    def __init__(self, rank: int) -> None:
        self.__name__ = name_of(_TRANSPOSED[rank])
        self._rank = rank

    def __call__(
        self,
        input: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        stride: Sequence[int],
        padding: Sequence[int],
        output_padding: Sequence[int],
        groups: int,
        dilation: Sequence[int],
    ) -> torch.Tensor:
        return _TRANSPOSED[self._rank](input, weight, bias, stride, padding, output_padding, groups, dilation)


class _Applied:
    """`apply` of a `torch.autograd.Function`, which takes by position what its `forward` takes, without the context."""

    def __init__(self, function: type[torch.autograd.Function]) -> None:
        self.__name__ = function.__name__
        self._function = function
        signature = inspect.signature(function.forward)
        parameters = list(signature.parameters.values())[0 if _keeps_context_apart(function) else 1 :]
        self.__signature__ = signature.replace(parameters=parameters)

    def __call__(self, *positional: object, **keywords: object) -> object:
        arguments = self.__signature__.bind(*positional, **keywords)
        arguments.apply_defaults()
        return self._function.apply(*arguments.args)  # type: ignore[no-untyped-call]


def with_parameters(function: Callable[..., object]) -> Callable[..., object]:
    """The function, or one that computes the same and tells its parameters."""
    for functions, wrapper in ((_CONVOLUTIONS, _Direct), (_TRANSPOSED, _Transposed)):
        rank = next((rank for rank, own in functions.items() if own is function), None)
        if rank is not None:
            return wrapper(rank)
    owner = getattr(function, "__self__", None) if name_of(function) == "apply" else function
    if inspect.isclass(owner) and issubclass(owner, torch.autograd.Function):
        return _Applied(owner)
    return function


def _keeps_context_apart(function: type[torch.autograd.Function]) -> bool:
    """Whether it has a `setup_context` of its own, so that its `forward` takes no context."""
    return any("setup_context" in vars(base) for base in function.__mro__ if not base.__module__.startswith("torch."))
