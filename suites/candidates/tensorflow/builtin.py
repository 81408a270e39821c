"""The built-in candidates of TensorFlow: its convolution as it comes, and what makes of it a graph or XLA's code."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import tensorflow as tf

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from ..calls.adapter import Adapter
from ..calls.source_text import Call, operand_names
from ..protocol import NOTHING, Limitation
from . import derivatives
from .limits import limits_told
from .plan import DTYPES, kernel_limitation, plan

_TRACED_AT_ONCE = 32


class TensorFlow(Adapter):
    """A convolution written for TensorFlow, with its derivatives; on the CPU in channels-last layout.

    Parameters
    ----------
    name : str
    limitation : callable
        Why a case is not supported, as of any candidate.
    trace : callable
        What is made of the function that computes a pass, before it is called.
    """

    version = tf.__version__
    passes = frozenset(Pass)
    dtypes: tuple[str, ...] = DTYPES
    accumulators = NOTHING
    """Every dtype in itself: by experiment, float16 sums and the bfloat16 sums of bias gradients, and of strided
    input and weight gradients, are rounded to the dtype on the way."""
    conventions: Mapping[str, str] = MappingProxyType({"subnormals": "flushed", "subnormals/float16": "gradual"})
    """By experiment: TensorFlow's threads take subnormals for zero; those of float16 are normal numbers of float32,
    in which the kernels multiply."""

    def __init__(
        self,
        name: str,
        limitation: Limitation = kernel_limitation,
        *,
        trace: Callable[[Callable[..., tf.Tensor]], Callable[..., tf.Tensor]] = derivatives.eager,
    ) -> None:
        self.name = name
        self._limitation = limitation
        self._trace = trace
        self._prepared = functools.lru_cache(maxsize=_TRACED_AT_ONCE)(self._prepare)

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return self._limitation(pass_, geometry, dtype)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        call, compute = self._prepared(pass_, geometry, operands.input.dtype.name)
        with limits_told():
            return compute(**call.arguments(operands))

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        settings = {"trace": self._trace, **plan(geometry, dtype)}
        if pass_ is Pass.UPDATE:
            operands = (*operand_names(derivatives.weight_gradient), "learning_rate")
            return Call(derivatives.updated, settings, operands)
        derivative = getattr(derivatives, pass_.value)
        settings |= {"derivative": derivative, "like": pass_.result_like}
        return Call(derivatives.derived, settings, operand_names(derivative))

    def _prepare(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> tuple[Call, Callable[..., Array]]:
        call = self.call(pass_, geometry, dtype)
        return call, call.prepared()


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow``."""
    return TensorFlow("tensorflow")
