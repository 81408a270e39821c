"""A zoo of wrong convolutions: each is right but for one planted fault, and loadable by path."""

from __future__ import annotations

import ctypes
import os
import time
from dataclasses import replace

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array


class Honest:
    """Every pass right."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, bias)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.input_gradient(output_gradient, weight, geometry)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.weight_gradient(input, output_gradient, geometry)

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.bias_gradient(output_gradient, geometry)


class KernelNotFlipped(Honest):
    """The input gradient slides the kernel as it is, not rotated by 180 degrees."""

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        axes = tuple(range(2, weight.ndim))
        return reference.input_gradient(output_gradient, np.flip(weight, axes), geometry)


class PaddingSidesSwapped(Honest):
    """Low and high padding are exchanged in the forward pass."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        swapped = tuple((high, low) for low, high in geometry.padding)
        return reference.forward(input, weight, replace(geometry, padding=swapped), bias)


class StrideIgnoredInWeightGradient(Honest):
    """The weight gradient of a direct convolution reads the input as if the stride were 1."""

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        if geometry.transposed or geometry.is_degenerate:
            return super().weight_gradient(input, output_gradient, geometry)
        dense = replace(geometry, stride=(1,) * geometry.rank)
        padded = np.zeros(dense.output_shape, output_gradient.dtype)
        padded[(slice(None), slice(None), *(slice(0, o) for o in geometry.output_size))] = output_gradient
        return reference.weight_gradient(input, padded, dense)


class BiasGradientOfOneImage(Honest):
    """The bias gradient is not summed over the batch."""

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.bias_gradient(output_gradient[:1], replace(geometry, batch=min(geometry.batch, 1)))


class DilationAndGroups(Honest):
    """Two faults in one pass: one too many with a dilation; with groups, outputs in reverse order and two too many."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        result = reference.forward(input, weight, geometry, bias)
        if max(geometry.dilation) > 1:
            result = result + 1
        if geometry.groups > 1:
            result = result[:, ::-1].copy() + 2
        return result


class WrongWhereLarge(Honest):
    """One too many in every element of a result that takes more than 900 products, whatever else the case has."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, bias) + int(geometry.products > 900)


class HalfPrecisionAccumulator(Honest):
    """Computes in float16 whatever the arrays' dtype: operands and results are rounded to it."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        narrow = (a if a is None else a.astype(np.float16) for a in (input, weight, bias))
        x, w, b = narrow
        return reference.forward(x, w, geometry, b).astype(input.dtype)


class SegfaultsOnStride(Honest):
    """Reads address 0 when the stride is above 1."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if max(geometry.stride) > 1:
            ctypes.string_at(0)
        return reference.forward(input, weight, geometry, bias)


class HangsOnDilation(Honest):
    """Never returns when the dilation is above 1."""

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        while max(geometry.dilation) > 1:
            time.sleep(0.01)
        return reference.weight_gradient(input, output_gradient, geometry)


class ExitsOnEmptyBatch(Honest):
    """Ends its process on an empty batch."""

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        if geometry.batch == 0:
            os._exit(3)
        return reference.input_gradient(output_gradient, weight, geometry)


class RaisesOnGroups(Honest):
    """Refuses a legal case."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        if geometry.groups > 1:
            raise ValueError("groups are not my business")
        return reference.forward(input, weight, geometry, bias)


class ReturnsNone(Honest):
    """Forgets its return statement."""

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> None:  # type: ignore[override]
        reference.bias_gradient(output_gradient, geometry)


class DropsAnAxis(Honest):
    """Squeezes every axis of one element out of the result's shape."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return np.squeeze(reference.forward(input, weight, geometry, bias))


class ReturnsFloat64(Honest):
    """Returns float64 for every dtype."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, bias).astype(np.float64)


class ScalesItsInput(Honest):
    """Changes its operand in place."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        result = reference.forward(input, weight, geometry, bias)
        input *= 2
        return result


class ReturnsItsOperand(Honest):
    """Returns a view of its operand where the result happens to be equal to it."""

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        if geometry.batch == 1 and set(geometry.output_size) == {1}:
            return output_gradient.reshape(-1)
        return reference.bias_gradient(output_gradient, geometry)


class OffersOnlyFloat32(Honest):
    """Says what it does not support."""

    def limitation(self, pass_: object, geometry: ConvGeometry, dtype: str) -> str | None:
        return None if dtype == "float32" else f"{dtype} is not offered"


class SupportsNothing(Honest):
    """Declines every case."""

    def limitation(self, pass_: object, geometry: ConvGeometry, dtype: str) -> str | None:
        return "not today"


class DeclinesMostOfOnePass(Honest):
    """Right, but its weight gradient takes a kernel of 1 only."""

    def limitation(self, pass_: object, geometry: ConvGeometry, dtype: str) -> str | None:
        few = str(pass_) == "weight_gradient" and max(geometry.kernel) > 1
        return "only a kernel of 1" if few else None


class HonestWithoutGroups(Honest):
    """Right, and does not take groups."""

    def limitation(self, pass_: object, geometry: ConvGeometry, dtype: str) -> str | None:
        return "no groups" if geometry.groups > 1 else None
