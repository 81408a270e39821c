"""PyTorch as a candidate: forward by its own convolutions, gradients by autograd, the update by its SGD.

`autograd` makes a candidate of any differentiable PyTorch function in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import ml_dtypes
import numpy as np
import torch

from ...oracle.geometry import ConvGeometry
from ...oracle.passes import Array, Pass
from .binding import BoundFunction, bind_function, name_of

_CONVOLUTIONS = {1: torch.nn.functional.conv1d, 2: torch.nn.functional.conv2d, 3: torch.nn.functional.conv3d}


class _Own:
    """One of PyTorch's own convolutions, which do not tell their parameters, with them."""

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


class Autograd:
    """A differentiable function of tensors, with its gradients by `torch.autograd`.

    Parameters
    ----------
    function : callable
        Takes tensors and returns the output tensor; its parameters are bound by
        name as those of any candidate.
    name, version : str
    accumulators : Mapping[str, str]
        See `convoracle.suites.candidates`.
    """

    def __init__(
        self,
        function: Callable[..., object],
        *,
        name: str = "",
        version: str = torch.__version__,
        accumulators: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name or name_of(function)
        self.version = version
        self.accumulators = {} if accumulators is None else accumulators
        rank = next((rank for rank, own in _CONVOLUTIONS.items() if function is own), None)
        self._function: BoundFunction = bind_function(function if rank is None else _Own(rank), Pass.FORWARD)
        _import_optimizer()

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """What the function's parameters cannot express."""
        return self._function.limitation(Pass.INPUT_GRADIENT, geometry, bias=False) or self._function.limitation(
            Pass.FORWARD, geometry, bias=pass_ is Pass.BIAS_GRADIENT
        )

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if bias is not None and not self._function.takes("bias"):
            raise NotImplementedError(f"{self.name} takes no `bias`")
        with torch.no_grad():
            return _to_array(self._output(_to_tensor(input), _to_tensor(weight), _optional(bias), geometry))

    def input_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        source = _to_tensor(input).requires_grad_()
        output = self._output(source, _to_tensor(weight), _optional(bias), geometry)
        return _gradient(output, source, output_gradient)

    def weight_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        filters = _to_tensor(weight).requires_grad_()
        output = self._output(_to_tensor(input), filters, _optional(bias), geometry)
        return _gradient(output, filters, output_gradient)

    def bias_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        offset = _to_tensor(np.zeros(geometry.bias_shape, input.dtype) if bias is None else bias).requires_grad_()
        output = self._output(_to_tensor(input), _to_tensor(weight), offset, geometry)
        return _gradient(output, offset, output_gradient)

    def update(
        self,
        input: Array,
        weight: Array,
        bias: Array | None,
        output_gradient: Array,
        learning_rate: float,
        geometry: ConvGeometry,
    ) -> Array:
        filters = _to_tensor(weight).clone().requires_grad_()
        optimizer = torch.optim.SGD([filters], lr=learning_rate)
        output = self._output(_to_tensor(input), filters, _optional(bias), geometry)
        output.backward(_to_tensor(output_gradient))  # type: ignore[no-untyped-call]
        optimizer.step()
        return _to_array(filters)

    def _output(
        self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: ConvGeometry
    ) -> torch.Tensor:
        output = self._function.call({"input": input, "weight": weight, "bias": bias}, geometry)
        if not isinstance(output, torch.Tensor):
            raise TypeError(f"{self.name} returned {type(output).__name__}, but should return a torch.Tensor")
        return output


class _Builtin(Autograd):
    """The convolutions of PyTorch itself."""

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return write_call(pass_, geometry, dtype, bias=bias)


def autograd(
    function: Callable[..., object], *, name: str = "", accumulators: Mapping[str, str] | None = None
) -> Autograd:
    """Make a candidate of a differentiable PyTorch function, such as ``f(x, w, bias, stride=1, padding=0)``."""
    return Autograd(function, name=name, accumulators=accumulators)


def convolution(
    input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: ConvGeometry
) -> torch.Tensor:
    """PyTorch's convolution; asymmetric padding by `torch.nn.functional.pad` before it."""
    padding = [low for low, _ in geometry.padding]
    if any(low != high for low, high in geometry.padding):
        input = torch.nn.functional.pad(input, _pad_argument(geometry))
        padding = [0] * geometry.rank
    return _CONVOLUTIONS[geometry.rank](
        input,
        weight,
        bias,
        stride=geometry.stride,
        padding=padding,
        dilation=geometry.dilation,
        groups=geometry.groups,
    )


def candidate() -> Autograd:
    """The built-in candidate ``torch``."""
    return _Builtin(convolution, name="torch", accumulators=_accumulators())


def write_call(pass_: Pass, geometry: ConvGeometry, dtype: str, *, bias: bool) -> str:
    """Plain PyTorch source that computes ``actual``."""
    gradients = pass_ is not Pass.FORWARD
    offset = "bias" if bias else "None"
    lines = ["import ml_dtypes", "import numpy as np", "import torch", "", *_write_tensor_function(dtype), ""]
    lines += ["x = tensor(input)", "w = tensor(weight)"]
    if bias or pass_ is Pass.BIAS_GRADIENT:
        lines.append("b = tensor(bias)" if bias else f"b = torch.zeros({geometry.out_channels}, dtype=x.dtype)")
        offset = "b"
    subject = {Pass.INPUT_GRADIENT: "x", Pass.BIAS_GRADIENT: "b"}.get(pass_, "w")
    if gradients:
        lines.append(f"{subject}.requires_grad_()")
    lines += _write_convolution(geometry, offset)
    if pass_ is Pass.UPDATE:
        lines += ["optimizer = torch.optim.SGD([w], lr=learning_rate)"]
        lines += ["y.backward(tensor(output_gradient))", "optimizer.step()"]
        result = "w"
    elif gradients:
        lines.append(f"(gradient,) = torch.autograd.grad(y, [{subject}], tensor(output_gradient))")
        result = "gradient"
    else:
        result = "y"
    return "\n".join([*lines, f"actual = {_write_array(result, dtype)}", ""])


def _write_tensor_function(dtype: str) -> list[str]:
    if dtype == "bfloat16":
        return [
            "",
            "def tensor(array):",
            "    return torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)",
            "",
        ]
    return ["", "def tensor(array):", "    return torch.from_numpy(array.copy())", ""]


def _write_convolution(geometry: ConvGeometry, offset: str) -> list[str]:
    padding = tuple(low for low, _ in geometry.padding)
    lines = []
    if any(low != high for low, high in geometry.padding):
        lines.append(f"padded = torch.nn.functional.pad(x, {tuple(_pad_argument(geometry))})")
        padding = (0,) * geometry.rank
    lines += [
        f"y = torch.nn.functional.conv{geometry.rank}d(",
        f"    {'padded' if lines else 'x'}, w, {offset}, stride={geometry.stride}, padding={padding},",
        f"    dilation={geometry.dilation}, groups={geometry.groups},",
        ")",
    ]
    return lines


def _write_array(result: str, dtype: str) -> str:
    if dtype == "bfloat16":
        return f"{result}.detach().view(torch.int16).numpy().view(ml_dtypes.bfloat16)"
    return f"{result}.detach().numpy()"


def _pad_argument(geometry: ConvGeometry) -> list[int]:
    """(low, high) of each axis, the last axis first, as `torch.nn.functional.pad` wants them."""
    return [side for sides in reversed(geometry.padding) for side in sides]


def _gradient(output: torch.Tensor, subject: torch.Tensor, output_gradient: Array) -> Array:
    (gradient,) = torch.autograd.grad(output, [subject], _to_tensor(output_gradient))
    return _to_array(gradient)


def _to_tensor(array: Array) -> torch.Tensor:
    dense = np.ascontiguousarray(array)
    if dense.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(dense.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(dense)


def _optional(array: Array | None) -> torch.Tensor | None:
    return None if array is None else _to_tensor(array)


def _to_array(tensor: torch.Tensor) -> Array:
    dense = tensor.detach()
    if dense.dtype == torch.bfloat16:
        return dense.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return dense.numpy()


def _accumulators() -> dict[str, str]:
    """What PyTorch's CPU kernels do, by experiment; not documented.

    bfloat16 is summed in float32 by oneDNN where the processor has its
    instructions. float16 sums over images, and over taps in the input gradient,
    are rounded to float16 on the way: it accumulates in itself.
    """
    fast = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return {"bfloat16": "float32"} if fast is not None and fast() else {}


def _import_optimizer() -> None:
    """PyTorch imports what its optimizers need, a second's work, when the first is made: not during a call."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
