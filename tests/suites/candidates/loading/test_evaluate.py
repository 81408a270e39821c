"""An object with `evaluate` and `passes` is a candidate as it is, and is asked what it offers and no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.device import arrays_of
from convoracle.suites.candidates.loading.source import bind_object
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all

from ..conformity import ask, integer_operands, run_call_text

GEOMETRY = parse_geometry("n2c2k3i4x5f3x2s2x1p1x0+1")
OFFERED = (Pass.FORWARD, Pass.WEIGHT_GRADIENT, Pass.JVP, Pass.DOUBLE_BACKWARD_INPUT)


class Evaluating:
    """Four passes by the NumPy reference, with a function of another meaning beside them."""

    passes = OFFERED
    dtypes = ("float64", "float32")

    def __init__(self) -> None:
        self.asked: list[Pass] = []

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        self.asked.append(pass_)
        return reference.evaluate(pass_, operands, geometry)

    def forward(self, steps: int) -> None:
        """Not the forward pass."""


class TakesOneDirection(Evaluating):
    zero_directions = True


@pytest.mark.parametrize("make", [InProcess, Isolated])
def test_it_is_asked_its_passes(make: type[InProcess] | type[Isolated]) -> None:
    with make(Evaluating()) as executor:
        assert executor.passes == set(OFFERED)
        assert (executor.info.name, executor.info.dtypes) == ("Evaluating", ("float32", "float64"))
        for pass_ in OFFERED:
            for bias in (False, True):
                assert isinstance(ask(executor, pass_, GEOMETRY, "float64", bias=bias), Returned)
        reply = executor.call(Pass.UPDATE, integer_operands(GEOMETRY, "float64"), GEOMETRY)
    assert reply == Unsupported("Evaluating has no `update`")


def test_it_conforms_and_a_fault_of_its_is_found() -> None:
    class Wrong(Evaluating):
        def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
            return super().evaluate(pass_, operands, geometry) + (pass_ is Pass.WEIGHT_GRADIENT)

    for candidate, wrong in ((Evaluating(), set()), (Wrong(), {"weight_gradient"})):
        executor = InProcess(candidate)
        found = examine_all(executor, Budget(PROFILES["quick"].space(ranks=(1, 2)), executor.passes, 20, 0))
        assert found.compared > 20
        assert {mismatch.subject for mismatch in found.mismatches} == wrong


@pytest.mark.parametrize("absent", ["input_direction", "weight_direction"])
def test_a_direction_is_left_out_for_who_takes_that(absent: str) -> None:
    operands = replace(integer_operands(GEOMETRY, "float64"), **{absent: None})
    reply = InProcess(Evaluating()).call(Pass.JVP, operands, GEOMETRY)
    assert reply == Unsupported(f"jvp wants `{absent}`: it does not default to None")
    reply = InProcess(TakesOneDirection()).call(Pass.JVP, operands, GEOMETRY)
    assert isinstance(reply, Returned)
    assert np.array_equal(reply.value, reference.evaluate(Pass.JVP, operands, GEOMETRY))


@pytest.mark.parametrize("attribute", ["Evaluating", "instance"])
def test_call_text_of_a_file_runs(tmp_path: Path, attribute: str) -> None:
    source = tmp_path / "kernels.py"
    source.write_text(f"{Path(__file__).read_text().partition('class TakesOne')[0]}\n\ninstance = Evaluating()\n")
    source.write_text(source.read_text().replace("from ..conformity import ask, integer_operands, run_call_text", ""))
    executor = InProcess(f"{source}:{attribute}")
    for pass_ in OFFERED:
        run_call_text(executor, pass_, GEOMETRY, "float64")


@pytest.mark.parametrize("passes", [(), "forward", ("forward",), None, 3])
def test_passes_that_are_none(passes: object) -> None:
    candidate = type("Candidate", (Evaluating,), {"passes": passes})
    with pytest.raises(CandidateError, match=r"Candidate declares passes=.*, but should name some of Pass.FORWARD, Pa"):
        bind_object(candidate)


def test_arrays_of_another_library() -> None:
    torch = pytest.importorskip("torch")

    class OfTensors(Evaluating):
        def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
            assert all(isinstance(each, torch.Tensor) for each in operands.arrays().values())
            return torch.from_numpy(super().evaluate(pass_, operands.map(lambda each: each.numpy()), geometry))

    executor = InProcess(arrays_of(OfTensors, library="torch"))
    for pass_ in OFFERED:
        assert isinstance(ask(executor, pass_, GEOMETRY, "float32"), Returned)
