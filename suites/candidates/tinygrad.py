"""tinygrad as a candidate: its convolutions, with derivatives by `Tensor.gradient`.

tinygrad compiles its kernels with clang. Where there is none, it runs them in
Python, which its PYTHON device does, at a tenth of a second and more for a small
convolution either way. Its device is opened by the first call, after the fork; the
compiled kernels are not kept on disk. int8 is widened to int32 first, since
tinygrad's products of int8 are int8 and wrap around, though it sums them in int32.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version as version_of
from subprocess import CalledProcessError
from types import MappingProxyType

import ml_dtypes
import numpy as np

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Pass
from .calls.framework import Framework, Given
from .calls.padding import last_axis_first
from .calls.reverse_mode import Function, derive, on_tensors, write_pass

os.environ.setdefault("DEV", "CPU" if shutil.which(os.environ.get("CC", "clang")) else "PYTHON")
os.environ.setdefault("CACHELEVEL", "0")  # both are read when tinygrad is imported
from tinygrad import Tensor, dtypes  # type: ignore[attr-defined]

_DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")

_PREPARED = """\
import ml_dtypes
import numpy as np
from tinygrad import Tensor, dtypes  # by clang, or without any compiler with DEV=PYTHON in the environment


def tensor(array):
    array = np.array(array, order="C")
    if array.dtype == ml_dtypes.bfloat16:
        return Tensor(array.view(np.uint16)).bitcast(dtypes.bfloat16)
    return Tensor(array)


def array(tensor):
    if tensor.dtype == dtypes.bfloat16:
        return tensor.bitcast(dtypes.uint16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()


def pull_back(function, at, cotangents):
    total = sum((result * cotangent).sum() for result, cotangent in zip(function(*at), cotangents))
    return total.gradient(*at)


def convolution(x, w, b=None):
{convolution}


"""


class Tinygrad(Framework):
    """The convolutions of tinygrad."""

    name = "tinygrad"
    version = version_of("tinygrad")
    dtypes = _DTYPES
    accumulators: Mapping[str, str] = MappingProxyType({})
    seconds_per_call = 120.0
    """Nearly all of it compilation, which took ten seconds by experiment."""

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype not in _DTYPES:
            return f"tinygrad has no convolution of {dtype}"
        if dtype == "int8" and pass_ is not Pass.FORWARD:
            return "tinygrad differentiates with respect to floating-point tensors only"
        return "tinygrad has no forward mode" if pass_ is Pass.JVP else None

    def compute(self, pass_: Pass, operands: Given, geometry: ConvGeometry) -> Array:
        given = on_tensors(pass_, operands, geometry, _tensor)
        try:
            return _array(derive(pass_, lambda x, w, b: convolution(x, w, b, geometry), _pull_back, given))
        except CalledProcessError as error:
            if operands.input.dtype == ml_dtypes.bfloat16:
                raise NotImplementedError("this clang does not compile what tinygrad writes for bfloat16") from error
            raise

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        convolution = "\n".join(f"    {line}" for line in _write_convolution(geometry, dtype))
        return _PREPARED.format(convolution=convolution) + write_pass(pass_, geometry, bias=bias)


def candidate() -> Tinygrad:
    """The built-in candidate ``tinygrad``."""
    return Tinygrad()


def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry) -> Tensor:
    """tinygrad's convolution, on tensors of canonical shapes."""
    if input.dtype == dtypes.int8:
        offset = None if bias is None else bias.cast(dtypes.int32)
        return convolution(input.cast(dtypes.int32), weight.cast(dtypes.int32), offset, geometry)
    sides = last_axis_first(geometry)
    if geometry.transposed:
        return input.conv_transpose2d(
            weight, bias, geometry.groups, geometry.stride, geometry.dilation, sides, geometry.output_padding
        )
    if geometry.padding_mode != "zeros":
        input = input.pad(sides, mode=geometry.padding_mode)
        sides = (0,) * len(sides)
    return input.conv2d(weight, bias, geometry.groups, geometry.stride, geometry.dilation, sides)


def _write_convolution(geometry: ConvGeometry, dtype: str) -> list[str]:
    sides = last_axis_first(geometry)
    arguments = f"w, b, {geometry.groups}, {geometry.stride}, {geometry.dilation}"
    widened = ["x, w, b = (each if each is None else each.cast(dtypes.int32) for each in (x, w, b))"]
    lines = widened if dtype == "int8" else []
    if geometry.transposed:
        return [*lines, f"return x.conv_transpose2d({arguments}, {sides}, {geometry.output_padding})"]
    if geometry.padding_mode != "zeros":
        lines.append(f'x = x.pad({sides}, mode="{geometry.padding_mode}")')
        sides = (0,) * len(sides)
    return [*lines, f"return x.conv2d({arguments}, {sides})"]


def _pull_back(function: Function, at: Sequence[Tensor], cotangents: Sequence[Tensor]) -> Sequence[Tensor]:
    results = function(*at)
    total = sum((result * cotangent).sum() for result, cotangent in zip(results, cotangents, strict=True))
    gradients: Sequence[Tensor] = total.gradient(*at)
    return gradients


def _tensor(array: Array) -> Tensor:
    dense = np.array(array, order="C")
    if dense.dtype == ml_dtypes.bfloat16:
        return Tensor(dense.view(np.uint16)).bitcast(dtypes.bfloat16)
    return Tensor(dense)


def _array(tensor: Tensor) -> Array:
    if tensor.dtype == dtypes.bfloat16:
        return tensor.bitcast(dtypes.uint16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()
