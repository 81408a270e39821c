"""PyTorch's convolution of a geometry: which of its functions, with which arguments.

Padding that its functions do not take, of different sides or of a mode other
than zeros, is laid by `torch.nn.functional.pad` before. Of a transposed
convolution the smaller side is cut off by the function itself and the rest by
slicing the result, which computes nothing.

PyTorch's kernels for int8 give int8, so that sums wrap around. int8 operands are
widened to int64, the one integer type in which its CPU kernels know dilation and
transposition, and the sums are returned as int32.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from ..calls.padding import cut_evenly, kept, last_axis_first

CONVOLUTIONS: dict[int, Callable[..., torch.Tensor]] = {
    1: torch.nn.functional.conv1d,
    2: torch.nn.functional.conv2d,
    3: torch.nn.functional.conv3d,
}
TRANSPOSED: dict[int, Callable[..., torch.Tensor]] = {
    1: torch.nn.functional.conv_transpose1d,
    2: torch.nn.functional.conv_transpose2d,
    3: torch.nn.functional.conv_transpose3d,
}


def convolution(
    input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: ConvGeometry
) -> torch.Tensor:
    """PyTorch's convolution, plain or transposed, of any padding."""
    if input.dtype == torch.int8:
        wide = (input.long(), weight.long(), None if bias is None else bias.long())
        return convolution(*wide, geometry).to(torch.int32)
    if geometry.transposed:
        return _transposed(input, weight, bias, geometry)
    padding = tuple(low for low, _ in geometry.padding)
    if pads_first(geometry):
        mode = {"zeros": "constant"}.get(geometry.padding_mode, geometry.padding_mode)
        input = torch.nn.functional.pad(input, last_axis_first(geometry), mode=mode)
        padding = (0,) * geometry.rank
    return CONVOLUTIONS[geometry.rank](
        input,
        weight,
        bias,
        stride=geometry.stride,
        padding=padding,
        dilation=geometry.dilation,
        groups=geometry.groups,
    )


def _transposed(
    input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: ConvGeometry
) -> torch.Tensor:
    output = TRANSPOSED[geometry.rank](
        input,
        weight,
        bias,
        stride=geometry.stride,
        padding=cut_evenly(geometry),
        output_padding=geometry.output_padding,
        groups=geometry.groups,
        dilation=geometry.dilation,
    )
    for axis, (start, stop) in enumerate(kept(geometry, cut_evenly(geometry))):
        output = output.narrow(axis + 2, start, stop - start)
    return output


def pads_first(geometry: ConvGeometry) -> bool:
    """Whether `torch.nn.functional.pad` comes before a convolution that is not transposed."""
    sides = geometry.padding
    return any(low != high for low, high in sides) or (geometry.padding_mode != "zeros" and any(map(any, sides)))


def limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """What PyTorch says it has no convolution for."""
    if geometry.rank not in CONVOLUTIONS:
        return f"PyTorch has convolutions of 1 to 3 spatial axes, not {geometry.rank}"
    if dtype.startswith("float8"):
        return f"PyTorch has no convolution of {dtype} tensors"
    if dtype.startswith("int") and pass_ is not Pass.FORWARD:
        return "torch.autograd differentiates floating-point and complex tensors only"
    return None
