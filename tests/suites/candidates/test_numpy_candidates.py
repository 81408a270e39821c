"""The reference and the finite differences as candidates equal the equations in every dtype."""

from __future__ import annotations

import pytest

from convoracle.oracle.geometry import ConvGeometry
from convoracle.oracle.passes import Pass
from convoracle.suites.in_process import InProcess
from convoracle.suites.replies import Returned

from .conformity import DTYPES, GEOMETRIES, ask, run_call_text


@pytest.mark.parametrize("name", ["reference", "differences"])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_equals_the_equations(name: str, geometry: ConvGeometry) -> None:
    executor = InProcess(name)
    for dtype in DTYPES:
        for pass_ in executor.passes:
            assert isinstance(ask(executor, pass_, geometry, dtype), Returned), (pass_, dtype)


@pytest.mark.parametrize("name", ["reference", "differences"])
def test_call_text_runs(name: str) -> None:
    executor = InProcess(name)
    for pass_ in executor.passes:
        run_call_text(executor, pass_, GEOMETRIES[1], "float16")
        run_call_text(executor, pass_, GEOMETRIES[3], "bfloat16")


def test_differences_are_for_first_derivatives_only() -> None:
    assert InProcess("differences").passes == {
        Pass.INPUT_GRADIENT,
        Pass.WEIGHT_GRADIENT,
        Pass.BIAS_GRADIENT,
        Pass.JVP,
    }
