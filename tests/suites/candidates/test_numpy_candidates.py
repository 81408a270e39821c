"""The reference and the finite differences as candidates equal the equations in every dtype."""

from __future__ import annotations

import pytest

from convoracle.oracle.operands.data import parse_case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Returned, Unsupported

from .conformity import DTYPES, GEOMETRIES, ask, assert_texts_are_code, run_call_text


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


def test_the_text_is_a_call_of_the_candidate() -> None:
    assert_texts_are_code(InProcess("reference"))


def test_differences_are_for_first_derivatives_only() -> None:
    assert InProcess("differences").passes == {
        Pass.INPUT_GRADIENT,
        Pass.WEIGHT_GRADIENT,
        Pass.BIAS_GRADIENT,
        Pass.JVP,
    }


@pytest.mark.parametrize("fill", ["uniform", "huge"])
def test_differences_decline_what_they_would_round(fill: str) -> None:
    """Large floats are integers, too."""
    case = parse_case(f"n1c1k1i2f1/float64/{fill}/0")
    reply = InProcess("differences").call(Pass.INPUT_GRADIENT, real_operands(case), case.geometry)
    assert reply == Unsupported("finite differences are exact on small integers only")
