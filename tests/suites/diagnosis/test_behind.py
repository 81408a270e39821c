"""What is behind a broken relation: a call that is wrong alone, or none."""

from __future__ import annotations

import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array
from convoracle.reports.records.record import CheckResult
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.diagnosis.behind import wrong_call

CASE = parse_case("n1c1k1i7f2s3/float32/uniform/1/strided")
BROKEN = CheckResult("relation:stride", "forward", Verdict(Outcome.VIOLATES, "they differ", "value"))


class Counted(InProcess):
    restarts = 0

    def restart(self) -> None:
        self.restarts += 1


class WrongAt:
    """Off by one at some strides."""

    def __init__(self, *strides: int) -> None:
        self.strides = strides

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return reference.forward(input, weight, geometry) + (geometry.stride[0] in self.strides)


@pytest.mark.parametrize(
    ("strides", "wrong", "restarts"),
    [((1,), "n1c1k1i7f2", 2), ((3,), "n1c1k1i7f2s3", 1), ((1, 3), "n1c1k1i7f2s3", 1)],
)
def test_the_first_wrong_call_is_told_with_its_case(strides: tuple[int, ...], wrong: str, restarts: int) -> None:
    """Of the relation of strides, one call has the case's stride and one has none; both lie plainly in memory."""
    executor = Counted(WrongAt(*strides))
    found = wrong_call(executor, BROKEN, CASE)
    assert found is not None
    result, case = found
    assert (result.check, result.subject, result.verdict.outcome) == ("structure", "forward", Outcome.VIOLATES)
    assert str(case) == f"{wrong}/float32/uniform/1"
    assert executor.restarts == restarts


def test_where_each_call_is_right_alone_none_is_told() -> None:
    executor = Counted(WrongAt())
    assert wrong_call(executor, BROKEN, CASE) is None
    assert executor.restarts == 2


def test_calls_of_one_geometry_are_asked_once() -> None:
    linear = CheckResult("relation:linearity-in-input", "forward", BROKEN.verdict)
    executor = Counted(WrongAt())
    assert wrong_call(executor, linear, CASE) is None
    assert executor.restarts == 1
