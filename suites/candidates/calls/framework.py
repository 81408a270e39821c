"""A framework as a candidate: every pass comes from one function of the pass, its operands and the geometry."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass

Tensor = Any


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The operands of a pass, as arrays or as a framework's tensors; one that the pass does not take may be None."""

    input: Tensor
    weight: Tensor
    bias: Tensor = None
    output_gradient: Tensor = None
    learning_rate: float = 0.0
    input_direction: Tensor = None
    weight_direction: Tensor = None
    bias_direction: Tensor = None

    def arrays(self) -> dict[str, Tensor]:
        """Those that are there, by name; without the learning rate."""
        named = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "learning_rate"}
        return {name: tensor for name, tensor in named.items() if tensor is not None}


class Framework:
    """The functions of a candidate, each of which hands its operands on to :meth:`evaluate`."""

    passes = frozenset(Pass)

    def __init_subclass__(cls) -> None:
        for pass_ in frozenset(Pass) - cls.passes:
            setattr(cls, pass_.value, None)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        """The result of a pass, on arrays in canonical shapes."""
        return self.compute(pass_, Given(**operands.arrays(), learning_rate=operands.learning_rate), geometry)

    def compute(self, pass_: Pass, given: Given, geometry: ConvGeometry) -> Array:
        raise NotImplementedError

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return self.evaluate(Pass.FORWARD, _given(input, weight, bias), geometry)

    def input_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return self.evaluate(Pass.INPUT_GRADIENT, _given(input, weight, None, output_gradient), geometry)

    def weight_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return self.evaluate(Pass.WEIGHT_GRADIENT, _given(input, weight, None, output_gradient), geometry)

    def bias_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        return self.evaluate(Pass.BIAS_GRADIENT, _given(input, weight, bias, output_gradient), geometry)

    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        return self.evaluate(Pass.UPDATE, _given(input, weight, None, output_gradient, learning_rate), geometry)

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
        given = _given(
            input,
            weight,
            bias,
            input_direction=input_direction,
            weight_direction=weight_direction,
            bias_direction=bias_direction,
        )
        return self.evaluate(Pass.JVP, given, geometry)

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
        given = _given(
            input,
            weight,
            bias,
            output_gradient,
            input_direction=input_direction,
            weight_direction=weight_direction,
            bias_direction=bias_direction,
        )
        return self.evaluate(Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, given, geometry)

    def double_backward_input(
        self,
        input: Array,
        weight: Array,
        output_gradient: Array,
        input_direction: Array,
        weight_direction: Array,
        geometry: ConvGeometry,
    ) -> Array:
        given = _directed(input, weight, output_gradient, input_direction, weight_direction)
        return self.evaluate(Pass.DOUBLE_BACKWARD_INPUT, given, geometry)

    def double_backward_weight(
        self,
        input: Array,
        weight: Array,
        output_gradient: Array,
        input_direction: Array,
        weight_direction: Array,
        geometry: ConvGeometry,
    ) -> Array:
        given = _directed(input, weight, output_gradient, input_direction, weight_direction)
        return self.evaluate(Pass.DOUBLE_BACKWARD_WEIGHT, given, geometry)


def _directed(
    input: Array, weight: Array, output_gradient: Array, input_direction: Array, weight_direction: Array
) -> Operands:
    return _given(
        input, weight, None, output_gradient, input_direction=input_direction, weight_direction=weight_direction
    )


def _given(
    input: Array,
    weight: Array,
    bias: Array | None = None,
    output_gradient: Any = None,
    learning_rate: float = 0.0,
    **directions: Array | None,
) -> Operands:
    return Operands(input, weight, bias, output_gradient, learning_rate, **directions)
