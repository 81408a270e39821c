"""Structure: one wrong term shows, whatever its size; the right terms in any order do not."""

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
from convoracle.suites.checks.structure import KIND

CASE = parse_case("n1c4k2i6f3/float32/uniform/1")


def from_behind(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
    """The channels in the opposite order."""
    return reference.forward(input[:, ::-1].copy(), weight[:, ::-1].copy(), geometry)


def without_a_term(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
    """One product of 12 is missing in one element of 8."""
    result = reference.forward(input, weight, geometry)
    result[0, 1, 3] -= input[0, 2, 5] * weight[1, 2, 2]
    return result


def rounding(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
    """Off by less than the precision check would see."""
    return reference.forward(input, weight, geometry) * np.float32(1 + 2**-23)


@pytest.mark.parametrize(
    ("candidate", "wrong"), [(reference.forward, 0), (from_behind, 0), (without_a_term, 1), (rounding, 8)]
)
def test_every_result_is_equal_or_wrong(candidate: object, wrong: int) -> None:
    def conv(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return candidate(input, weight, geometry)  # type: ignore[operator,no-any-return]

    result = KIND.ask(Examination(InProcess(conv), CASE, (Pass.FORWARD,)), KIND.name, "forward")
    assert result is not None
    assert (result.check, result.subject, result.verdict.wrong) == ("structure", "forward", wrong)
    assert result.verdict.outcome is (Outcome.VIOLATES if wrong else Outcome.CONFORMS)


def test_it_is_asked_of_every_seed_and_shrunk_by_itself() -> None:
    assert all(KIND.schedule.is_due(parse_case(f"n1c1k1i1f1/int8/uniform/{seed}")) for seed in range(4))  # type: ignore[union-attr]
    assert not KIND.shrinking.on_sound
