"""Candidates with one fault that shows in many ways: in several passes, checks, dtypes and calls."""

from __future__ import annotations

import os
import threading
from dataclasses import replace

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import fault_named, honest
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.audits.planted import Planted


class Right(Planted):
    """Every pass right, in the everyday dtypes."""

    dtypes = ("float32", "float64", "float16", "bfloat16")

    def replant(self) -> None:
        self.name = type(self).__name__

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return honest.evaluate(pass_, operands, geometry)


class CachedByShape(Right):
    """Keeps each result by the shapes of its operands, and returns it for other values, too."""

    def replant(self) -> None:
        super().replant()
        self.cache: dict[object, Array] = {}

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        key = (pass_, geometry, operands.input.dtype.name, operands.bias is None)
        if key not in self.cache:
            self.cache[key] = honest.evaluate(pass_, operands, geometry)
        return self.cache[key].copy()


class AbortsInThreads(Right):
    """Aborts the process when it is called from a thread that is not the main one."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if threading.current_thread() is not threading.main_thread():
            os.abort()
        return honest.evaluate(pass_, operands, geometry)


class AbortsBesideOthers:
    """As `AbortsInThreads`, with a forward pass only, which can be called by itself."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        if threading.current_thread() is not threading.main_thread():
            os.abort()
        return reference.forward(input, weight, geometry)


class RaisesOnEmptyBatch(Right):
    """Raises in every pass where there is no image."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if geometry.batch == 0:
            raise ValueError(f"cannot reshape array of size 0 into shape {geometry.input_shape}")
        return honest.evaluate(pass_, operands, geometry)


class ZerosOnEmptyBatch(Right):
    """Returns another shape in every pass where there is no image."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = honest.evaluate(pass_, operands, geometry)
        return np.zeros((1,), result.dtype) if geometry.batch == 0 else result


class ChangesAnOperand(Right):
    """Negates an element of an operand in every pass; where an operand is read-only, that is an error."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = honest.evaluate(pass_, operands, geometry)
        spoilt = operands.output_gradient if pass_ is Pass.BIAS_GRADIENT else operands.weight
        np.negative(spoilt, out=spoilt)
        return result


class RectifiesInPlace(Right):
    """Negative numbers of the input are set to zero, in the forward pass: there are none in some cases."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if pass_ is Pass.FORWARD:
            operands.input[operands.input < 0] = 0
        return honest.evaluate(pass_, operands, geometry)


class LeavesTheLastRow(Right):
    """The forward pass never writes it: it holds what was in memory, which may be right by luck."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        right = honest.evaluate(pass_, operands, geometry)
        if pass_ is not Pass.FORWARD:
            return right
        result = np.empty_like(right)
        result[:, :, :-1] = right[:, :, :-1]
        return result


class ConjugatesComplexNumbers(Right):
    """The input gradient is the conjugate of the right one, in every complex dtype."""

    dtypes = ("float32", "complex64", "complex128")

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        right = honest.evaluate(pass_, operands, geometry)
        return np.conj(right) if pass_ is Pass.INPUT_GRADIENT else right


class WrongWeightGradient(Right):
    """A weight gradient that no known fault explains, and an update and a double backward that are made like it."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        right = honest.evaluate(pass_, operands, geometry)
        match pass_:
            case Pass.WEIGHT_GRADIENT:
                return self._spoilt(right)
            case Pass.UPDATE:
                gradient = self._spoilt(honest.evaluate(Pass.WEIGHT_GRADIENT, operands, geometry))
                return (operands.weight - operands.learning_rate * gradient).astype(right.dtype)
            case Pass.DOUBLE_BACKWARD_WEIGHT:
                return self._spoilt(right)
        return right

    @staticmethod
    def _spoilt(gradient: Array) -> Array:
        spoilt = gradient.copy()
        spoilt.reshape(-1)[-1:] += 3 + spoilt.size % 5
        return spoilt


class FirstStrideEverywhere(Right):
    """One stride is read for all axes, in every pass."""

    def __init__(self) -> None:
        super().__init__(fault_named("first-stride-on-all-axes"))

    def replant(self) -> None:
        super().replant()
        self.strided = self.model.plant(honest.evaluate)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return self.strided(pass_, operands, geometry)


class StrideAndEmptyBatch(FirstStrideEverywhere):
    """Two faults that have nothing to do with each other."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if geometry.batch == 0:
            raise ValueError("there is no image")
        return super().evaluate(pass_, operands, geometry)


class BiasAndStride(Right):
    """Two faults of values in different passes: the stride in the forward pass, and a doubled bias gradient."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = honest.evaluate(pass_, operands, geometry)
        if pass_ is Pass.BIAS_GRADIENT:
            return 2 * result
        if pass_ is Pass.FORWARD:
            return fault_named("stride-ignored").plant(honest.evaluate)(pass_, operands, geometry)
        return result


class AddsUp(Right):
    """An accumulator that is cleared on the first call only."""

    def replant(self) -> None:
        super().replant()
        self.total: dict[object, Array] = {}

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        right = honest.evaluate(pass_, operands, geometry)
        key = (pass_, right.shape, right.dtype.name)
        self.total[key] = (self.total[key] + right).astype(right.dtype) if key in self.total else right
        return self.total[key].copy()


class FloatsAbout(Right):
    """Right on every other call of the process, whatever is asked."""

    def replant(self) -> None:
        super().replant()
        self.calls = 0

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        self.calls += 1
        right = honest.evaluate(pass_, operands, geometry)
        return right if self.calls % 2 else (right + replace(operands, bias=None).learning_rate).astype(right.dtype)
