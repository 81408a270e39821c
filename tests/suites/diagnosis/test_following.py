"""What follows from a wrong pass is asked on operands that suit what the candidate declares."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.checks.examination import ask
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.following import followed


class NarrowResults:
    """Its weight gradient is doubled, its update made of it, and both are stored in float16, as it declares."""

    results = {"float32": "float16"}

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return (2 * reference.weight_gradient(input, output_gradient, geometry)).astype(np.float16)

    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        step = learning_rate * self.weight_gradient(input, output_gradient, geometry).astype(np.float64)
        return (weight - step).astype(np.float16)


CASES = [parse_case(f"n2c1k1i3f2/float32/uniform/{seed}") for seed in range(6)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_update_follows_from_its_gradient_also_where_results_are_declared_narrow(case: Case) -> None:
    executor = InProcess(NarrowResults)
    verdict = ask(executor, Numbers.INTEGERS, case, Pass.UPDATE).verdict
    shows = ("structure", "update", verdict.outcome, verdict.cause)
    fault = Fault("it", *shows, found=case, shrunk=case, verdict=verdict)
    assert verdict.cause == "value"
    assert followed(fault, executor) == ("weight_gradient",)
