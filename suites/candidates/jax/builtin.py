"""The built-in candidate ``jax``: a convolution written for JAX, compiled anew for each pass and geometry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import jax

from ....oracle.numbers.dtypes import result_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NUMPY_MODES
from ....oracle.problem.passes import Array, Operands, Pass
from ..calls.adapter import Adapter
from ..calls.source_text import Call, operand_names
from . import convolution as own
from . import derivatives

_COMPILED_AT_ONCE = 32
"""JAX itself keeps what it compiled, megabytes for each, until it is told to let go."""
_EIGHT_BITS = "JAX gives the gradients of 8-bit floats as 8-bit floats, not as float32"
_INTEGERS = "JAX differentiates with respect to floating-point and complex arrays only"
_KEPT = ("subnormals/float16", "subnormals/float8_e4m3fn", "subnormals/float8_e5m2")


class Jax(Adapter):
    """A convolution written for JAX, with its derivatives; on the CPU."""

    name = "jax"
    version = jax.__version__
    passes = frozenset(Pass)
    conventions: Mapping[str, str] = MappingProxyType(
        {"subnormals": "flushed"} | dict.fromkeys(_KEPT, "gradual") | {"complex": "three products"}
    )
    """JAX makes a complex product of three real ones, by Gauss, as its source says. By experiment: XLA's threads take
    subnormals for zero. Those of narrower range than float32 are normal numbers of float32, in which XLA multiplies
    them; only its float16 sums are not float32's, and these keep them."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[Pass, ConvGeometry, str], tuple[Call, Callable[..., Array]]] = {}

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """What JAX has no derivatives of."""
        if dtype.startswith("int") and pass_ is not Pass.FORWARD:
            return _INTEGERS
        if dtype.startswith("float8") and pass_ not in (Pass.FORWARD, Pass.JVP):
            return _EIGHT_BITS
        return None

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        key = (pass_, geometry, operands.input.dtype.name)
        if key not in self._compiled:
            if len(self._compiled) == _COMPILED_AT_ONCE:
                self._compiled.clear()
                jax.clear_caches()
            call = self.call(*key)
            self._compiled[key] = call, call.prepared()
        call, compute = self._compiled[key]
        return compute(**call.arguments(operands))

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        derivative = getattr(derivatives, pass_.value)
        result = result_dtype(dtype)
        settings = {
            "derivative": derivative,
            "convolution": own.transposed_convolution if geometry.transposed else own.convolution,
            "stride": geometry.stride,
            "padding": geometry.padding,
            "dilation": geometry.dilation,
            "groups": geometry.groups,
            "dtype": None if result == dtype else result,
        }
        if geometry.transposed:
            settings["output_padding"] = geometry.output_padding
        else:
            settings["mode"] = NUMPY_MODES[geometry.padding_mode]
        return Call(derivatives.compiled, settings, operand_names(derivative))


def candidate() -> Jax:
    """The built-in candidate ``jax``."""
    return Jax()
