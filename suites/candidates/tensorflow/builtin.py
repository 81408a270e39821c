"""The built-in candidates of TensorFlow: its convolution as it comes, and what makes of it a graph or XLA's code."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import tensorflow as tf

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import OF_IMAGES, Array, Pass
from ..calls.framework import Framework, Given, Tensor
from . import convolution as own
from .call_text import write_convolution, write_tensorflow_call
from .derivatives import derive
from .limits import limits_told

Function = Callable[[Tensor, Tensor, Tensor | None, ConvGeometry], Tensor]
Limitation = Callable[[Pass, ConvGeometry, str], str | None]
_TRACED_AT_ONCE = 32
_TAPS = ("weight", "weight_direction")


class TensorFlow(Framework):
    """A convolution written for TensorFlow, with its derivatives; on the CPU in channels-last layout.

    Parameters
    ----------
    name : str
    function : callable
        (input, filters, bias, geometry) -> output, on tensors with channels last and filters with taps first.
    limitation : callable
        Why a case is not supported, as of any candidate.
    trace : callable
        What is made of the function that computes a pass, before it is called.
    decorator : str
        The same in source; empty for nothing.
    """

    version = tf.__version__
    dtypes: tuple[str, ...] = own.DTYPES
    accumulators: Mapping[str, str] = MappingProxyType({})
    """Every dtype in itself: by experiment, float16 sums and the bfloat16 sums of bias gradients, and of strided
    input and weight gradients, are rounded to the dtype on the way."""
    conventions: Mapping[str, str] = MappingProxyType({"subnormals": "flushed", "subnormals/float16": "gradual"})
    """By experiment: TensorFlow's threads take subnormals for zero; those of float16 are normal numbers of float32,
    in which the kernels multiply."""

    def __init__(
        self,
        name: str,
        function: Function = own.convolution,
        limitation: Limitation = own.kernel_limitation,
        *,
        trace: Callable[[Callable[..., Tensor]], Callable[..., Tensor]] = lambda function: function,
        decorator: str = "",
    ) -> None:
        self.name = name
        self.limitation = limitation
        self._function = function
        self._trace = trace
        self._decorator = decorator
        self._traced = functools.lru_cache(maxsize=_TRACED_AT_ONCE)(self._make)

    def compute(self, pass_: Pass, given: Given, geometry: ConvGeometry) -> Array:
        tensors = {name: _to_tensor(name, array) for name, array in given.arrays().items()}
        with limits_told():
            if pass_ is Pass.UPDATE:
                filters = tf.Variable(tensors["weight"])
                gradient = self._traced(Pass.WEIGHT_GRADIENT, geometry)(tensors)
                alpha = tf.constant(given.learning_rate, filters.dtype)
                tf.raw_ops.ResourceApplyGradientDescent(var=filters.handle, alpha=alpha, delta=gradient)
                return _to_array(pass_, filters)
            return _to_array(pass_, self._traced(pass_, geometry)(tensors))

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        lines = write_convolution(geometry, dtype)
        return write_tensorflow_call(pass_, geometry, lines, bias=bias, decorator=self._decorator)

    def _make(self, pass_: Pass, geometry: ConvGeometry) -> Callable[[dict[str, Tensor]], Tensor]:
        def compute(tensors: dict[str, Tensor]) -> Tensor:
            return derive(
                pass_, lambda input, weight, bias: self._function(input, weight, bias, geometry), Given(**tensors)
            )

        return self._trace(compute)


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow``."""
    return TensorFlow("tensorflow")


def _to_tensor(name: str, array: Array) -> Tensor:
    """Channels last, or taps first."""
    if name in _TAPS:
        array = np.moveaxis(array, (0, 1), (-1, -2))
    elif name in OF_IMAGES:
        array = np.moveaxis(array, 1, -1)
    return tf.constant(np.ascontiguousarray(array))


def _to_array(pass_: Pass, tensor: Tensor) -> Array:
    array = tensor.numpy()
    if pass_ is Pass.BIAS_GRADIENT:
        return np.array(array)
    if pass_.result_like == "weight":
        return np.ascontiguousarray(np.moveaxis(array, (-1, -2), (0, 1)))
    return np.ascontiguousarray(np.moveaxis(array, -1, 1))
