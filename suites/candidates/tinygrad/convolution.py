"""tinygrad's convolutions, and what computes a pass of one; of convoracle they import nothing."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import ml_dtypes
import numpy as np
from tinygrad.dtype import dtypes
from tinygrad.tensor import Tensor


def derived(derivative: Callable[..., Any], convolution: Callable[..., Any], **settings: Any) -> Callable[..., Any]:
    """What computes a pass."""
    convolve = functools.partial(convolution, **settings)
    return lambda **operands: array(derivative(tensor, pull_back, convolve, **operands))


def tensor(array: np.ndarray) -> Tensor:
    dense = np.array(array, order="C")
    if dense.dtype == ml_dtypes.bfloat16:
        return Tensor(dense.view(np.uint16)).bitcast(dtypes.bfloat16)
    return Tensor(dense)


def array(tensor: Tensor) -> np.ndarray:
    if tensor.dtype == dtypes.bfloat16:
        return tensor.bitcast(dtypes.uint16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def pull_back(function: Callable[..., Sequence[Any]], at: Sequence[Any], cotangents: Sequence[Any]) -> Sequence[Any]:
    results = function(*at)
    total = sum((result * cotangent).sum() for result, cotangent in zip(results, cotangents, strict=True))
    return total.gradient(*at)


def convolution(input: Any, weight: Any, bias: Any = None, **settings: Any) -> Any:
    return input.conv2d(weight, bias, **settings)


def padded_convolution(
    input: Any, weight: Any, bias: Any = None, *, sides: Sequence[int], mode: str, **settings: Any
) -> Any:
    return input.pad(sides, mode=mode).conv2d(weight, bias, **settings)


def transposed_convolution(input: Any, weight: Any, bias: Any = None, **settings: Any) -> Any:
    return input.conv_transpose2d(weight, bias, **settings)


def widened_convolution(input: Any, weight: Any, bias: Any = None, *, of: Callable[..., Any], **settings: Any) -> Any:
    """Of int8 as int32: tinygrad's products of int8 are int8 and wrap around, though it sums them in int32."""
    wide = dtypes.int32
    return of(input.cast(wide), weight.cast(wide), None if bias is None else bias.cast(wide), **settings)
