"""What is told of a result that depends on earlier calls is so, and a random one is not told as that."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import fault_named
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.diagnosis.history import establish

LINEAR = "relation:linearity-in-input"
ONE = parse_case("n1c1k1i1f1/float32/uniform/0")


class DropsAtRandom:
    """A dropout that was left on."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        result = reference.forward(input, weight, geometry, bias)
        return result * (self.random.random(result.shape) < 0.8).astype(result.dtype)


@pytest.mark.parametrize("seed", range(8))
def test_a_random_result_is_not_told_as_what_earlier_calls_make_wrong(seed: int) -> None:
    executor = InProcess(DropsAtRandom(seed))
    results = (ask_again(executor, LINEAR, "forward", ONE) for _ in range(100))
    failing = next(result for result in results if result is not None and result.verdict.outcome.is_mismatch)
    history = establish(executor, failing, ONE, lambda cases: False, ())
    assert history is None or "at one time" in history.told


def test_calls_that_are_wrong_one_after_another_are_told_as_that() -> None:
    executor = PlantedInProcess(fault_named("returns-the-previous-result"))
    failing = ask_again(executor, LINEAR, "forward", ONE)
    assert failing is not None
    assert failing.verdict.outcome.is_mismatch
    history = establish(executor, failing, ONE, lambda cases: False, ())
    assert history is not None
    assert history.told == "right where each call has a fresh process, wrong where one follows another"
