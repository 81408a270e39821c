"""For each check a candidate with a fault that it finds, loadable by path."""

from __future__ import annotations

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass


class Right:
    """Two gradients and the forward pass, right, and no illegal call refused."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry, bias)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.input_gradient(output_gradient, weight, geometry)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return reference.weight_gradient(input, output_gradient, geometry)


class Structure(Right):
    """The input gradient slides the kernel as it is; the adjoint identity is broken with it."""

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.input_gradient(output_gradient, np.flip(weight, tuple(range(2, weight.ndim))), geometry)


class Precision(Right):
    """Sums in half the precision that it declares."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        output = super().forward(input, weight, bias, geometry)
        return np.where(np.abs(output) < 1, output.astype(np.float16), output).astype(output.dtype)


class Contamination(Right):
    """Takes NaN for zero."""

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return super().weight_gradient(np.nan_to_num(input), output_gradient, geometry)


class Relation:
    """Its jvp is 1 too large where it is not given a direction."""

    def jvp(
        self,
        input: Array,
        weight: Array,
        geometry: ConvGeometry,
        *,
        input_direction: Array | None = None,
        weight_direction: Array | None = None,
    ) -> Array:
        given = Operands(
            input, weight, None, np.zeros(geometry.output_shape, input.dtype), 0.0, input_direction, weight_direction
        )
        return reference.evaluate(Pass.JVP, given, geometry) + (input_direction is None)


class RelationOfPasses:
    """Its input gradient is 1 too large right after a forward pass of a convolution of the other kind."""

    def __init__(self) -> None:
        self.before: ConvGeometry | None = None

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        self.before = geometry
        return reference.forward(input, weight, geometry, bias)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        is_wrong = self.before is not None and self.before.transposed != geometry.transposed
        self.before = None
        return reference.input_gradient(output_gradient, weight, geometry) + is_wrong


class Company(Right):
    """Returns one buffer for all results of a shape."""

    def __init__(self) -> None:
        self.buffers: dict[tuple[int, ...], Array] = {}

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        result = super().weight_gradient(input, output_gradient, geometry)
        buffer = self.buffers.setdefault((*result.shape, result.itemsize), np.empty_like(result))
        buffer[...] = result
        return buffer


class Illegal(Right):
    """Says that it refuses illegal calls, and takes what a slice takes."""

    validates = True
