"""MLX's convolutions, and what computes a pass of one; of convoracle they import nothing."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import mlx.core as mx
import numpy as np


def derived(
    derivative: Callable[..., mx.array], convolution: Callable[..., mx.array], **settings: Any
) -> Callable[..., np.ndarray]:
    """What computes a pass on the CPU."""
    convolve = functools.partial(convolution, **settings)

    def compute(**operands: Any) -> np.ndarray:
        with mx.stream(mx.cpu):
            return array(derivative(tensor, pull_back, convolve, **operands))

    return compute


def tensor(array: np.ndarray) -> mx.array:
    dense = np.array(array, order="C") if any(stride < 0 for stride in array.strides) else array
    return mx.array(dense, dtype=mx.float64 if dense.dtype == np.float64 else None)  # else MLX would make it float32


def array(tensor: mx.array) -> np.ndarray:
    if tensor.dtype == mx.bfloat16:
        return np.array(tensor.view(mx.uint16)).view(ml_dtypes.bfloat16)
    return np.array(tensor)


def pull_back(
    function: Callable[..., Sequence[mx.array]], at: Sequence[mx.array], cotangents: Sequence[mx.array]
) -> Sequence[mx.array]:
    return mx.vjp(function, list(at), list(cotangents))[1]


def convolution(
    input: mx.array,
    weight: mx.array,
    bias: mx.array | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
) -> mx.array:
    output = mx.conv_general(
        mx.moveaxis(input, 1, -1),
        mx.moveaxis(weight, 1, -1),
        stride=stride,
        padding=([low for low, _ in padding], [high for _, high in padding]),
        kernel_dilation=dilation,
        groups=groups,
    )
    return mx.moveaxis(output if bias is None else output + bias, -1, 1)


def convolution_of_replicated(
    input: mx.array,
    weight: mx.array,
    bias: mx.array | None = None,
    *,
    padding: Sequence[tuple[int, int]],
    **settings: Any,
) -> mx.array:
    padded = mx.pad(input, [(0, 0), (0, 0), *padding], mode="edge")
    return convolution(padded, weight, bias, padding=[(0, 0)] * len(padding), **settings)


def transposed_convolution(
    input: mx.array,
    weight: mx.array,
    bias: mx.array | None = None,
    *,
    function: str,
    groups: int,
    kept: Sequence[tuple[int, int]],
    **settings: Any,
) -> mx.array:
    """Of whose result on each axis what lies between (start, stop) is kept."""
    rows, columns, *kernel = weight.shape
    apart = mx.reshape(weight, (groups, rows // groups, columns, *kernel))
    filters = mx.reshape(mx.swapaxes(apart, 1, 2), (groups * columns, rows // groups, *kernel))
    source = mx.moveaxis(input, 1, -1)
    output = getattr(mx, function)(source, mx.moveaxis(filters, 1, -1), groups=groups, **settings)
    output = output[:, *(slice(*ends) for ends in kept)]
    return mx.moveaxis(output if bias is None else output + bias, -1, 1)
