"""The built-in candidate ``tinygrad``."""

from __future__ import annotations

from importlib.metadata import version as version_of
from subprocess import CalledProcessError

import ml_dtypes

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from ..calls import reverse_mode
from ..calls.adapter import Adapter
from ..calls.padding import last_axis_first
from ..calls.source_text import Call, operand_names
from . import convolution as own

_DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")
_DEVICE = "# tinygrad compiles by clang, or needs no compiler with DEV=PYTHON in the environment.\n"


class Tinygrad(Adapter):
    """The convolutions of tinygrad."""

    name = "tinygrad"
    version = version_of("tinygrad")
    passes = frozenset(Pass)
    dtypes = _DTYPES
    seconds_per_call = 120.0
    """Nearly all of it compilation, which took ten seconds by experiment."""

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype not in _DTYPES:
            return f"tinygrad has no convolution of {dtype}"
        if dtype == "int8" and pass_ is not Pass.FORWARD:
            return "tinygrad differentiates with respect to floating-point tensors only"
        return "tinygrad has no forward mode" if pass_ is Pass.JVP else None

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        derivative = getattr(reverse_mode, pass_.value)
        settings = {"derivative": derivative, **_plan(geometry)}
        if dtype == "int8":
            settings |= {"convolution": own.widened_convolution, "of": settings["convolution"]}
        return Call(own.derived, settings, operand_names(derivative), _DEVICE)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        try:
            return super().evaluate(pass_, operands, geometry)
        except CalledProcessError as error:
            if operands.input.dtype == ml_dtypes.bfloat16:
                raise NotImplementedError("this clang does not compile what tinygrad writes for bfloat16") from error
            raise


def candidate() -> Tinygrad:
    """The built-in candidate ``tinygrad``."""
    return Tinygrad()


def _plan(geometry: ConvGeometry) -> dict[str, object]:
    """The convolution of a geometry, as the setting ``convolution``, and its own settings."""
    sides = last_axis_first(geometry)
    settings = {"groups": geometry.groups, "stride": geometry.stride, "dilation": geometry.dilation, "padding": sides}
    if geometry.transposed:
        output_padding = geometry.output_padding
        return {"convolution": own.transposed_convolution, **settings, "output_padding": output_padding}
    if geometry.padding_mode == "zeros":
        return {"convolution": own.convolution, **settings}
    padded = {"sides": sides, "mode": geometry.padding_mode, "padding": (0,) * len(sides)}
    return {"convolution": own.padded_convolution, **settings, **padded}
