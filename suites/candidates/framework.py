"""A framework as a candidate: every pass comes from one function of the pass, its operands and the geometry."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ...oracle.geometry import ConvGeometry
from ...oracle.passes import Array, Operands, Pass


class Framework(ABC):
    """The functions of a candidate, each of which hands its operands on to :meth:`compute`."""

    @abstractmethod
    def compute(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        """The result of a pass; operands that it does not depend on may be absent."""

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        operands = Operands(input, weight, bias, output_gradient=None)  # type: ignore[arg-type]
        return self.compute(Pass.FORWARD, operands, geometry)

    def input_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return self.compute(Pass.INPUT_GRADIENT, Operands(input, weight, None, output_gradient), geometry)

    def weight_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return self.compute(Pass.WEIGHT_GRADIENT, Operands(input, weight, None, output_gradient), geometry)

    def bias_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        return self.compute(Pass.BIAS_GRADIENT, Operands(input, weight, bias, output_gradient), geometry)

    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        return self.compute(Pass.UPDATE, Operands(input, weight, None, output_gradient, learning_rate), geometry)

    def jvp(
        self,
        input: Array,
        weight: Array,
        bias: Array | None,
        input_direction: Array,
        weight_direction: Array,
        bias_direction: Array | None,
        geometry: ConvGeometry,
    ) -> Array:
        operands = Operands(
            input,
            weight,
            bias,
            output_gradient=None,  # type: ignore[arg-type]
            input_direction=input_direction,
            weight_direction=weight_direction,
            bias_direction=bias_direction,
        )
        return self.compute(Pass.JVP, operands, geometry)

    def double_backward_output_gradient(
        self,
        input: Array,
        weight: Array,
        bias: Array | None,
        output_gradient: Array,
        input_direction: Array,
        weight_direction: Array,
        bias_direction: Array | None,
        geometry: ConvGeometry,
    ) -> Array:
        operands = Operands(
            input,
            weight,
            bias,
            output_gradient,
            input_direction=input_direction,
            weight_direction=weight_direction,
            bias_direction=bias_direction,
        )
        return self.compute(Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, operands, geometry)

    def double_backward_input(
        self,
        input: Array,
        weight: Array,
        output_gradient: Array,
        input_direction: Array,
        weight_direction: Array,
        geometry: ConvGeometry,
    ) -> Array:
        operands = _directed(input, weight, output_gradient, input_direction, weight_direction)
        return self.compute(Pass.DOUBLE_BACKWARD_INPUT, operands, geometry)

    def double_backward_weight(
        self,
        input: Array,
        weight: Array,
        output_gradient: Array,
        input_direction: Array,
        weight_direction: Array,
        geometry: ConvGeometry,
    ) -> Array:
        operands = _directed(input, weight, output_gradient, input_direction, weight_direction)
        return self.compute(Pass.DOUBLE_BACKWARD_WEIGHT, operands, geometry)


def _directed(
    input: Array, weight: Array, output_gradient: Array, input_direction: Array, weight_direction: Array
) -> Operands:
    return Operands(
        input, weight, None, output_gradient, input_direction=input_direction, weight_direction=weight_direction
    )
