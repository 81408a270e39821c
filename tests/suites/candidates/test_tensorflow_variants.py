"""TensorFlow's convolutions as graphs and compiled by XLA: the same results, and what XLA alone knows."""

from __future__ import annotations

import pytest

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported

from .conformity import GEOMETRIES, ask, assert_text_is_code, random_geometry, run_call_text

pytest.importorskip("tensorflow")

from convoracle.suites.candidates.tensorflow import function, xla

DEPTHWISE = parse_geometry("n2c3k6i6x5f3x2s2x2g3")
TRANSPOSED = parse_geometry("n1c4k2i3x2f2x3s2x1p1x0+1g2to1x0")
GROUPED = parse_geometry("n1c4k4i5f3p1d2g2")
GROUPED_VOLUME = parse_geometry("n1c2k2i3x3x2f2x2x1p1x0x1g2")


def _all_passes_equal(executor: Executor, geometry: ConvGeometry, dtype: str, allowed: type) -> None:
    for pass_ in Pass:
        assert isinstance(ask(executor, pass_, geometry, dtype), allowed), (pass_, geometry, dtype)


def test_graphs_equal_the_equations() -> None:
    with Isolated("tensorflow-function") as executor:
        for geometry in (GEOMETRIES[3], DEPTHWISE, TRANSPOSED):
            _all_passes_equal(executor, geometry, "float32", Returned)
        for seed in range(4):
            _all_passes_equal(executor, random_geometry(seed), "float64", Returned | Unsupported)
        reply = ask(executor, Pass.WEIGHT_GRADIENT, GROUPED, "float64")
        assert isinstance(reply, Unsupported)
        assert "dilation rates" in reply.reason
        assert "\n" not in reply.reason


def test_xla_equals_the_equations_with_groups_and_dilation_too() -> None:
    with Isolated("tensorflow-xla") as executor:
        for geometry in (GROUPED, GROUPED_VOLUME):
            _all_passes_equal(executor, geometry, "float64", Returned)
        _all_passes_equal(executor, TRANSPOSED, "float32", Returned)
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT):
            geometry = random_geometry(1, padding_mode="reflect")
            assert isinstance(ask(executor, pass_, geometry, "bfloat16"), Returned)


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_call_text_runs(pass_: Pass) -> None:
    for candidate, trace in ((function, "trace=graph"), (xla, "trace=xla")):
        executor = InProcess(candidate.candidate())
        assert trace in executor.call_text(pass_, GEOMETRIES[3], "float32", True)
        run_call_text(executor, pass_, GEOMETRIES[3], "float32")


@pytest.mark.parametrize("name", ["tensorflow-function", "tensorflow-xla"])
def test_the_text_is_the_code_that_runs(name: str) -> None:
    for pass_ in (Pass.FORWARD, Pass.UPDATE, Pass.DOUBLE_BACKWARD_INPUT):
        assert assert_text_is_code(InProcess(name), pass_, TRANSPOSED, "float32", bias=True)
