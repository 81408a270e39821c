"""The NumPy reference as a candidate: float64 arithmetic for every dtype, rounded once at the end."""

from __future__ import annotations

from importlib.metadata import version

from ...oracle.faults import honest
from ...oracle.numbers.dtypes import SUMS_IN_FLOAT64
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass
from .calls.call_text import write_evaluation
from .protocol import Candidate


class Reference(Candidate):
    """`convoracle.oracle.answers.reference`, computing in float64."""

    name = "reference"
    passes = frozenset(Pass)
    version = version("convoracle")
    accumulators = SUMS_IN_FLOAT64
    zero_directions = True

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return honest.evaluate(pass_, operands, geometry)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        imports = ["from convoracle.suites.candidates.reference import candidate"]
        return write_evaluation(imports, "candidate()", pass_, geometry, bias=bias)


def candidate() -> Reference:
    """The built-in candidate ``reference``."""
    return Reference()
