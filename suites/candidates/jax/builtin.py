"""The built-in candidate ``jax``: a convolution written for JAX, compiled anew for each pass and geometry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import jax
import jax.numpy as jnp
import numpy as np

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass
from ..calls.framework import Framework, Given
from . import convolution as own
from .call_text import write_jax_call
from .derivatives import derive

Function = Callable[[jax.Array, jax.Array, jax.Array | None, ConvGeometry], jax.Array]
Compiled = Callable[[Mapping[str, jax.Array], float], jax.Array]
_COMPILED_AT_ONCE = 32
"""JAX itself keeps what it compiled, megabytes for each, until it is told to let go."""
_EIGHT_BITS = "JAX gives the gradients of 8-bit floats as 8-bit floats, not as float32"
_INTEGERS = "JAX differentiates with respect to floating-point and complex arrays only"


class Jax(Framework):
    """A convolution written for JAX, with its derivatives; on the CPU.

    Parameters
    ----------
    function : callable
        (input, weight, bias, geometry) -> output, on JAX's arrays.
    """

    name = "jax"
    version = jax.__version__
    accumulators: Mapping[str, str] = MappingProxyType({})
    conventions: Mapping[str, str] = MappingProxyType({"subnormals": "flushed"})
    """By experiment: XLA's threads take subnormals for zero, in every dtype but float16."""

    def __init__(self, function: Function = own.convolution) -> None:
        self.rests_on = "" if function is own.convolution else self.name
        self._function = function
        self._compiled: dict[tuple[Pass, ConvGeometry], Compiled] = {}

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """What JAX has no derivatives of."""
        if dtype.startswith("int") and pass_ is not Pass.FORWARD:
            return _INTEGERS
        if dtype.startswith("float8") and pass_ not in (Pass.FORWARD, Pass.JVP):
            return _EIGHT_BITS
        return None

    def compute(self, pass_: Pass, given: Given, geometry: ConvGeometry) -> Array:
        with jax.default_device(jax.devices("cpu")[0]):
            tensors = {name: jnp.asarray(array) for name, array in given.arrays().items()}
            return np.asarray(self._of(pass_, geometry)(tensors, given.learning_rate))

    def _of(self, pass_: Pass, geometry: ConvGeometry) -> Compiled:
        """The compiled function of a pass, for one geometry."""
        key = (pass_, geometry)
        if key not in self._compiled:
            if len(self._compiled) == _COMPILED_AT_ONCE:
                self._compiled.clear()
                jax.clear_caches()  # type: ignore[no-untyped-call]
            self._compiled[key] = self._compile(pass_, geometry)
        return self._compiled[key]

    def _compile(self, pass_: Pass, geometry: ConvGeometry) -> Compiled:
        def compute(tensors: Mapping[str, jax.Array], learning_rate: float) -> jax.Array:
            given = Given(**tensors, learning_rate=learning_rate)
            return derive(pass_, lambda input, weight, bias: self._function(input, weight, bias, geometry), given)

        return jax.jit(compute, static_argnums=1)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return write_jax_call(pass_, geometry, dtype, bias=bias)


def candidate() -> Jax:
    """The built-in candidate ``jax``."""
    return Jax()
