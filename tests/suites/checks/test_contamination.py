"""Contamination: NaN and Inf where a term has them, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.checks.contamination import KIND
from convoracle.suites.checks.examination import Examination


class Right:
    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        with np.errstate(invalid="ignore"):
            return reference.forward(input, weight, geometry)


class Clears(Right):
    """Takes NaN for zero."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return super().forward(np.nan_to_num(input), np.nan_to_num(weight), geometry)


class Spreads(Right):
    """One NaN makes all of the result NaN."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        result = super().forward(input, weight, geometry)
        return result if np.isfinite(result).all() else np.full_like(result, np.nan)


class SpreadsAndSaysSo(Spreads):
    conventions = {"contamination": "spreads"}


@pytest.mark.parametrize(
    ("candidate", "outcome"),
    [
        (Right, Outcome.CONFORMS),
        (Clears, Outcome.VIOLATES),
        (Spreads, Outcome.VIOLATES),
        (SpreadsAndSaysSo, Outcome.CONFORMS),
    ],
)
def test_what_becomes_of_nan_and_inf(candidate: type, outcome: Outcome) -> None:
    found = set()
    for seed in range(0, 12, 2):
        case = parse_case(f"n1c1k2i9f3/float32/uniform/{seed}")
        result = KIND.ask(Examination(InProcess(candidate), case, (Pass.FORWARD,)), KIND.name, "forward")
        if result is not None:
            assert result.check == "contamination"
            found.add(result.verdict.outcome)
    assert outcome in found
    assert found <= {outcome, Outcome.CONFORMS}


@pytest.mark.parametrize(
    "text", ["n1c1k1i5f2/int8/uniform/0", "n1c1k1i5f2/complex64/uniform/0", "n1c1k1i5f2/float32/uniform/0/broadcast"]
)
def test_nothing_is_said_where_there_is_no_nan_or_no_place_for_it(text: str) -> None:
    examination = Examination(InProcess("reference"), parse_case(text), (Pass.FORWARD,))
    assert KIND.ask(examination, KIND.name, "forward") is None


def test_every_second_seed_is_asked_and_more_are_tried_to_shrink() -> None:
    """Which element holds NaN follows from the seed."""
    due = [KIND.schedule.is_due(parse_case(f"n1c1k1i1f1/float32/uniform/{seed}")) for seed in range(4)]  # type: ignore[union-attr]
    assert due == [True, False, True, False]
    assert len(KIND.shrinking.seeds) > 2
