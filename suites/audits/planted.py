"""A fault model planted in an honest implementation, as a candidate: what checks and other tools are measured on."""

from __future__ import annotations

from ...oracle.faults import FaultModel, honest
from ...oracle.numbers.dtypes import DTYPES, SUMS_IN_FLOAT64
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass
from ..calling.in_process import InProcess
from ..candidates.protocol import Candidate


class Planted(Candidate):
    """Every pass in the dtype of the operands, with one fault; without a model, none.

    Parameters
    ----------
    model : FaultModel or None
    """

    passes = frozenset(Pass)
    dtypes = DTYPES
    accumulators = SUMS_IN_FLOAT64

    def __init__(self, model: FaultModel | None = None) -> None:
        self.model = model
        self.name = "honest" if model is None else model.name
        self.replant()

    def replant(self) -> None:
        """Forget every call made, as a fresh process would."""
        self.implementation = honest.evaluate if self.model is None else self.model.plant(honest.evaluate)

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return self.implementation(pass_, operands, geometry)


class PlantedInProcess(InProcess):
    """The executor of a planted candidate, or of one with a model; a restart forgets its calls, as a process does."""

    def __init__(self, planted: Planted | FaultModel | None = None) -> None:
        self._planted = planted if isinstance(planted, Planted) else Planted(planted)
        super().__init__(self._planted)

    def restart(self) -> None:
        """Plant the fault anew."""
        self._planted.replant()
