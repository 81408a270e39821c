"""Precision: what the declared arithmetic explains is right, and what a narrower one does is not."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.checks.examination import Examination
from convoracle.suites.checks.precision import KIND

CASE = parse_case("n1c4k2i6f3/float32/uniform/1")


class Wide:
    """Sums in float64; once rounded."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.forward(input.astype(np.float64), weight.astype(np.float64), geometry).astype(input.dtype)


class Plain:
    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry)


class Narrow:
    """Operands of 8 bits; on integers of that many nothing shows."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        bfloat16 = np.dtype("bfloat16")
        rounded = (array.astype(bfloat16).astype(array.dtype) for array in (input, weight))
        return reference.forward(*rounded, geometry)


class NarrowAndSaysSo(Narrow):
    multipliers = {"float32": "bfloat16"}


@pytest.mark.parametrize(
    ("candidate", "outcome"),
    [
        (Wide, Outcome.CONFORMS),
        (Plain, Outcome.CONFORMS),
        (Narrow, Outcome.VIOLATES),
        (NarrowAndSaysSo, Outcome.CONFORMS),
    ],
)
def test_the_bound_is_that_of_the_declared_arithmetic(candidate: type, outcome: Outcome) -> None:
    result = KIND.ask(Examination(InProcess(candidate), CASE, (Pass.FORWARD,)), KIND.name, "forward")
    assert result is not None
    assert (result.check, result.verdict.outcome) == ("precision", outcome)
    assert result.verdict.ratio is not None
    assert (result.verdict.ratio > 1) is (outcome is Outcome.VIOLATES)


def test_it_is_asked_of_every_seed_where_the_structure_is_sound() -> None:
    assert all(KIND.schedule.is_due(parse_case(f"n1c1k1i1f1/int8/uniform/{seed}")) for seed in range(4))  # type: ignore[union-attr]
    assert KIND.shrinking.on_sound
