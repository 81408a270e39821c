"""MLX as a candidate: its convolutions on the CPU, with derivatives by `mx.vjp`.

MLX wants channels last, and has padding that differs between the sides for the
plain convolution only: what a transposed one is to lose on one side only is cut
off its result. No array is made before the process that makes the calls was
forked: MLX's threads would not survive that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version as version_of
from types import MappingProxyType
from typing import Any

import ml_dtypes
import mlx.core as mx
import numpy as np

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Pass
from .calls.framework import Framework, Given
from .calls.padding import cut_evenly, kept
from .calls.reverse_mode import Function, derive, on_tensors, write_pass

_DTYPES = ("float64", "float32", "float16", "bfloat16")
_NOT_WRITTEN = "unsupported data type"
_TRANSPOSED = {1: mx.conv_transpose1d, 2: mx.conv_transpose2d, 3: mx.conv_transpose3d}

_PREPARED = """\
import ml_dtypes
import mlx.core as mx
import numpy as np


def tensor(array):
    return mx.array(np.array(array, order="C"), dtype=mx.float64 if array.dtype == np.float64 else None)


def array(tensor):
    if tensor.dtype == mx.bfloat16:
        return np.array(tensor.view(mx.uint16)).view(ml_dtypes.bfloat16)
    return np.array(tensor)


def pull_back(function, at, cotangents):
    return mx.vjp(function, list(at), list(cotangents))[1]


def convolution(x, w, b=None):
    x = mx.moveaxis(x, 1, -1)
{convolution}
    return mx.moveaxis(y if b is None else y + b, -1, 1)


mx.set_default_device(mx.cpu)
"""


class MLX(Framework):
    """The convolutions of MLX."""

    name = "mlx"
    version = version_of("mlx")
    dtypes = _DTYPES
    accumulators: Mapping[str, str] = MappingProxyType({})

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype not in _DTYPES:
            return f"MLX has no convolution of {dtype}"
        if geometry.rank not in _TRANSPOSED:
            return f"MLX has convolutions of 1 to 3 spatial axes, not {geometry.rank}"
        if geometry.rank == 3 and geometry.groups > 1:
            return "MLX has no groups in convolutions of 3 spatial axes"
        if geometry.padding_mode not in ("zeros", "replicate"):
            return f"MLX has no padding of mode {geometry.padding_mode}"
        return "MLX has no forward mode of a convolution" if pass_ is Pass.JVP else None

    def compute(self, pass_: Pass, operands: Given, geometry: ConvGeometry) -> Array:
        with mx.stream(mx.cpu):
            given = on_tensors(pass_, operands, geometry, _tensor)
            result = derive(pass_, lambda x, w, b: convolution(x, w, b, geometry), _pull_back, given)
            try:
                return _array(result)
            except ValueError as error:
                if _NOT_WRITTEN in str(error):
                    raise NotImplementedError(str(error)) from error
                raise

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        convolution = "\n".join(f"    {line}" for line in _write_convolution(geometry))
        return _PREPARED.format(convolution=convolution) + write_pass(pass_, geometry, bias=bias)


def candidate() -> MLX:
    """The built-in candidate ``mlx``."""
    return MLX()


def convolution(input: mx.array, weight: mx.array, bias: mx.array | None, geometry: ConvGeometry) -> mx.array:
    """MLX's convolution, on tensors of canonical shapes."""
    source, padding = mx.moveaxis(input, 1, -1), geometry.padding
    if geometry.transposed:
        output = _transposed(source, weight, geometry)
    else:
        if geometry.padding_mode == "replicate":
            source = mx.pad(source, [(0, 0), *padding, (0, 0)], mode="edge")
            padding = ((0, 0),) * geometry.rank
        output = mx.conv_general(
            source,
            mx.moveaxis(weight, 1, -1),
            stride=geometry.stride,
            padding=([low for low, _ in padding], [high for _, high in padding]),
            kernel_dilation=geometry.dilation,
            groups=geometry.groups,
        )
    return mx.moveaxis(output if bias is None else output + bias, -1, 1)


def _transposed(source: mx.array, weight: mx.array, geometry: ConvGeometry) -> mx.array:
    stride, padding, dilation, extra = _transposed_arguments(geometry)
    filters = mx.moveaxis(_exchanged(weight, geometry), 1, -1)
    function = _TRANSPOSED[geometry.rank]
    output = function(source, filters, stride, padding, dilation, extra, geometry.groups)
    return output[:, *(slice(*ends) for ends in kept(geometry, cut_evenly(geometry)))]


def _transposed_arguments(geometry: ConvGeometry) -> tuple[Any, ...]:
    """Stride, padding, dilation and output padding: tuples, or numbers for one axis."""
    arguments = (geometry.stride, cut_evenly(geometry), geometry.dilation, geometry.output_padding)
    return tuple(each[0] for each in arguments) if geometry.rank == 1 else arguments


def _exchanged(weight: mx.array, geometry: ConvGeometry) -> mx.array:
    """(K, C // groups, *R) from a transposed convolution's (C, K // groups, *R)."""
    apart, together = _exchanging_shapes(geometry)
    return mx.reshape(mx.swapaxes(mx.reshape(weight, apart), 1, 2), together)


def _exchanging_shapes(geometry: ConvGeometry) -> tuple[tuple[int, ...], tuple[int, ...]]:
    inputs, outputs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    together = (geometry.out_channels, inputs, *geometry.kernel)
    return (geometry.groups, inputs, outputs, *geometry.kernel), together


def _write_convolution(geometry: ConvGeometry) -> list[str]:
    lows, highs = [low for low, _ in geometry.padding], [high for _, high in geometry.padding]
    if geometry.transposed:
        apart, together = _exchanging_shapes(geometry)
        arguments = ", ".join(map(str, _transposed_arguments(geometry)))
        inner = ", ".join(f"{start}:{stop}" for start, stop in kept(geometry, cut_evenly(geometry)))
        return [
            f"w = mx.reshape(mx.swapaxes(mx.reshape(w, {apart}), 1, 2), {together})",
            f"y = mx.conv_transpose{geometry.rank}d(x, mx.moveaxis(w, 1, -1), {arguments}, {geometry.groups})",
            f"y = y[:, {inner}]",
        ]
    lines = []
    if geometry.padding_mode == "replicate":
        lines.append(f'x = mx.pad(x, {[(0, 0), *geometry.padding, (0, 0)]}, mode="edge")')
        lows, highs = [0] * geometry.rank, [0] * geometry.rank
    return [
        *lines,
        f"y = mx.conv_general(x, mx.moveaxis(w, 1, -1), {geometry.stride}, ({lows}, {highs}),",
        f"                    kernel_dilation={geometry.dilation}, groups={geometry.groups})",
    ]


def _pull_back(function: Function, at: Sequence[mx.array], cotangents: Sequence[mx.array]) -> Sequence[mx.array]:
    gradients: Sequence[mx.array] = mx.vjp(function, list(at), list(cotangents))[1]
    return gradients


def _tensor(array: Array) -> mx.array:
    dense = np.array(array, order="C") if any(stride < 0 for stride in array.strides) else array
    return mx.array(dense, dtype=mx.float64 if dense.dtype == np.float64 else None)  # else MLX would make it float32


def _array(tensor: mx.array) -> Array:
    if tensor.dtype == mx.bfloat16:
        return np.array(tensor.view(mx.uint16)).view(ml_dtypes.bfloat16)
    return np.array(tensor)
