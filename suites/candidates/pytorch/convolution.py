"""PyTorch's convolutions, with any padding.

Padding that its functions do not take, of different sides or of a mode other
than zeros, is laid by `torch.nn.functional.pad` before. Of a transposed
convolution the smaller side is cut off by the function itself and the rest by
narrowing the result, which computes nothing.

The functions import nothing of convoracle: their text is what reproducers show.
"""

from collections.abc import Sequence

import torch


def convolution(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> torch.Tensor:
    function = getattr(torch.nn.functional, f"conv{input.dim() - 2}d")
    return function(input, weight, bias, stride, padding, dilation, groups)


def padded_convolution(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[int],
    mode: str,
    dilation: Sequence[int],
    groups: int,
) -> torch.Tensor:
    """The padding is (low, high) of each axis in one row, the last axis first."""
    padded = torch.nn.functional.pad(input, padding, mode=mode)
    nothing = [0] * (input.dim() - 2)
    return convolution(padded, weight, bias, stride=stride, padding=nothing, dilation=dilation, groups=groups)


def transposed_convolution(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[int],
    output_padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
    kept: Sequence[tuple[int, int]],
) -> torch.Tensor:
    """Of each axis of the output, what is kept is from a start to a stop."""
    function = getattr(torch.nn.functional, f"conv_transpose{input.dim() - 2}d")
    output = function(input, weight, bias, stride, padding, output_padding, groups, dilation)
    for axis, (start, stop) in enumerate(kept, 2):
        output = output.narrow(axis, start, stop - start)
    return output
