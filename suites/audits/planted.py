"""A fault model planted in an honest implementation, as a candidate: what checks and other tools are measured on."""

from __future__ import annotations

from collections.abc import Callable

from ...oracle.faults import FaultModel, honest
from ...oracle.numbers.dtypes import DTYPES, SUMS_IN_FLOAT64
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass
from ..calling.in_process import InProcess


def _answering(pass_: Pass) -> Callable[..., Array]:
    """The function of a pass, which is given every operand there is."""

    def answer(
        self: Planted,
        input: Array,
        weight: Array,
        bias: Array | None,
        output_gradient: Array,
        learning_rate: float,
        input_direction: Array | None,
        weight_direction: Array | None,
        bias_direction: Array | None,
        geometry: ConvGeometry,
    ) -> Array:
        directions = (input_direction, weight_direction, bias_direction)
        operands = Operands(input, weight, bias, output_gradient, learning_rate, *directions)
        return self.implementation(pass_, operands, geometry)

    return answer


class Planted:
    """Every pass in the dtype of the operands, with one fault; without a model, none.

    Parameters
    ----------
    model : FaultModel or None
    """

    version = ""
    dtypes = DTYPES
    accumulators = SUMS_IN_FLOAT64

    def __init__(self, model: FaultModel | None = None) -> None:
        self.model = model
        self.name = "honest" if model is None else model.name
        self.replant()

    def replant(self) -> None:
        """Forget every call made, as a fresh process would."""
        self.implementation = honest.evaluate if self.model is None else self.model.plant(honest.evaluate)

    forward = _answering(Pass.FORWARD)
    input_gradient = _answering(Pass.INPUT_GRADIENT)
    weight_gradient = _answering(Pass.WEIGHT_GRADIENT)
    bias_gradient = _answering(Pass.BIAS_GRADIENT)
    update = _answering(Pass.UPDATE)
    jvp = _answering(Pass.JVP)
    double_backward_output_gradient = _answering(Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT)
    double_backward_input = _answering(Pass.DOUBLE_BACKWARD_INPUT)
    double_backward_weight = _answering(Pass.DOUBLE_BACKWARD_WEIGHT)


class PlantedInProcess(InProcess):
    """The executor of a planted candidate, or of one with a model; a restart forgets its calls, as a process does."""

    def __init__(self, planted: Planted | FaultModel | None = None) -> None:
        self._planted = planted if isinstance(planted, Planted) else Planted(planted)
        super().__init__(self._planted)

    def restart(self) -> None:
        """Plant the fault anew."""
        self._planted.replant()
