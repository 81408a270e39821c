"""The paste-able call of PyTorch's convolution: plain PyTorch source that computes ``actual``."""

from __future__ import annotations

from collections.abc import Iterator

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from ..calls.padding import cut_evenly, kept, last_axis_first
from .convolution import pads_first

_SUBJECTS = {
    Pass.INPUT_GRADIENT: "x",
    Pass.BIAS_GRADIENT: "b",
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: "dy",
    Pass.DOUBLE_BACKWARD_INPUT: "x",
}


def write_torch_call(
    pass_: Pass, geometry: ConvGeometry, dtype: str, *, bias: bool, place: str = "tensor", wrap: str = ""
) -> str:
    """Plain PyTorch source that computes ``actual`` from the arrays by name.

    Parameters
    ----------
    pass_ : Pass
    geometry : ConvGeometry
    dtype : str
    bias : bool
    place : str
        Expression that lays or puts the tensor called ``tensor`` where it is to be.
    wrap : str
        Expression that makes of the function called ``convolution`` what is to be called.
    """
    lines = ["import ml_dtypes", "import numpy as np", "import torch", "", ""]
    lines += [*_write_tensor_function(dtype, place), "", "", *_write_convolution(geometry, dtype), "", ""]
    if wrap:
        lines += [f"convolution = {wrap}"]
    lines += _write_operands(pass_, geometry, bias=bias)
    lines += _write_pass(pass_, bias=bias or pass_ is Pass.BIAS_GRADIENT)
    return "\n".join([*lines, f"actual = {_write_array(dtype)}", ""])


def _write_tensor_function(dtype: str, place: str) -> Iterator[str]:
    yield "def tensor(array):"
    yield "    if any(stride < 0 for stride in array.strides):"
    yield "        array = array.copy()  # a tensor has no negative strides"
    if dtype == "bfloat16":
        yield "    tensor = torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)"
    else:
        yield "    tensor = torch.from_numpy(array)"
    yield f"    return {place}"


def _write_convolution(geometry: ConvGeometry, dtype: str) -> Iterator[str]:
    yield "def convolution(x, w, b):"
    if dtype == "int8":
        yield "    x, w, b = x.long(), w.long(), None if b is None else b.long()"
    padding = cut_evenly(geometry)
    if not geometry.transposed and pads_first(geometry):
        mode = {"zeros": "constant"}.get(geometry.padding_mode, geometry.padding_mode)
        yield f'    x = torch.nn.functional.pad(x, {last_axis_first(geometry)}, mode="{mode}")'
        padding = (0,) * geometry.rank
    function = f"conv_transpose{geometry.rank}d" if geometry.transposed else f"conv{geometry.rank}d"
    extra = f", output_padding={geometry.output_padding}" if geometry.transposed else ""
    yield f"    y = torch.nn.functional.{function}("
    yield f"        x, w, b, stride={geometry.stride}, padding={padding}{extra},"
    yield f"        dilation={geometry.dilation}, groups={geometry.groups},"
    yield "    )"
    if geometry.transposed and any(low != high for low, high in geometry.padding):
        yield f"    y = y[:, :, {', '.join(f'{start}:{stop}' for start, stop in kept(geometry, cut_evenly(geometry)))}]"
    yield "    return y.to(torch.int32)" if dtype == "int8" else "    return y"


def _write_operands(pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> Iterator[str]:
    yield "x, w = tensor(input), tensor(weight)"
    if pass_ is Pass.UPDATE:
        yield "w = w.clone()"
    if bias:
        yield "b = tensor(bias)"
    elif pass_ is Pass.BIAS_GRADIENT:
        yield f"b = tensor(np.zeros({geometry.out_channels}, input.dtype))"
    else:
        yield "b = None"


def _write_pass(pass_: Pass, *, bias: bool) -> Iterator[str]:
    """Lines that compute the tensor called ``result``."""
    match pass_:
        case Pass.FORWARD:
            yield "result = convolution(x, w, b)"
        case Pass.UPDATE:
            yield "w.requires_grad_()"
            yield "optimizer = torch.optim.SGD([w], lr=abs(learning_rate), maximize=learning_rate < 0)"
            yield "convolution(x, w, b).backward(tensor(output_gradient))"
            yield "optimizer.step()"
            yield "result = w"
        case Pass.JVP:
            yield from _write_forward_mode(bias=bias)
        case _ if pass_.is_second_order:
            yield from _write_double_backward(_SUBJECTS.get(pass_, "w"), bias=bias)
        case _:
            subject = _SUBJECTS.get(pass_, "w")
            yield f"{subject}.requires_grad_()"
            yield "y = convolution(x, w, b)"
            yield f"(result,) = torch.autograd.grad(y, [{subject}], tensor(output_gradient))"


def _write_forward_mode(*, bias: bool) -> Iterator[str]:
    yield "with torch.autograd.forward_ad.dual_level():"
    for variable, name in (("x", "input"), ("w", "weight"), *([("b", "bias")] if bias else [])):
        yield f"    if 0 in {variable}.stride():"
        yield f"        {variable} = {variable}.contiguous()  # the direction cannot be laid out so"
        yield f"    {variable} = torch.autograd.forward_ad.make_dual({variable}, tensor({name}_direction))"
    yield "    result = torch.autograd.forward_ad.unpack_dual(convolution(x, w, b)).tangent"


def _write_double_backward(subject: str, *, bias: bool) -> Iterator[str]:
    variables = {"x": "input", "w": "weight"} | ({"b": "bias"} if bias else {})
    yield "dy = tensor(output_gradient)"
    yield f"for variable in ({', '.join(variables)}, dy):"
    yield "    variable.requires_grad_()"
    yield "y = convolution(x, w, b)"
    yield f"gradients = torch.autograd.grad(y, [{', '.join(variables)}], dy, create_graph=True)"
    yield f"directions = [{', '.join(f'tensor({name}_direction)' for name in variables.values())}]"
    yield f"(result,) = torch.autograd.grad(gradients, [{subject}], directions)"


def _write_array(dtype: str) -> str:
    dense = "result.detach().cpu().resolve_conj()"
    if dtype == "bfloat16":
        return f"{dense}.view(torch.int16).numpy().view(ml_dtypes.bfloat16)"
    return f"{dense}.numpy()"
