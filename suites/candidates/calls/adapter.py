"""A framework as a candidate: how each pass is computed is one `Call`, made to compute and written to be pasted."""

from __future__ import annotations

from abc import abstractmethod

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from ..protocol import Candidate
from .source_text import Call


class Adapter(Candidate):
    """What adapters have in common."""

    @abstractmethod
    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        """How a pass is computed."""

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        call = self.call(pass_, geometry, operands.input.dtype.name)
        return call.prepared()(**call.arguments(operands))

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return self.call(pass_, geometry, dtype).write(bias=bias)
