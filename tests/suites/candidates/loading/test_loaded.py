"""A loaded candidate: why it declines a case, which of its reasons comes first, and what it can be told."""

from __future__ import annotations

from typing import Any

from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.candidates.loading.source import bind_object

PLAIN = parse_geometry("n1c1k1i3f1")
OPERANDS = lattice_operands(parse_case("n1c1k1i3f1/float32/uniform/0"))


class Functions:
    """A forward pass of one axis without a stride, and a jvp that may be left the weight's direction."""

    domain = {"dtypes": ["float32"]}

    def forward(self, input: Array, weight: Array, bias: Array, padding: Any = 0) -> Array:
        return input

    def jvp(self, input: Array, weight: Array, input_direction: Array, weight_direction: Array | None = None) -> Array:
        return input

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return "no batch above 1" if geometry.batch > 1 else None


class Evaluating:
    """All passes by one function."""

    passes = (Pass.FORWARD, Pass.JVP)
    zero_directions = False

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return operands.input


def test_that_a_pass_is_not_there_is_told_first_then_what_is_declared_said_and_taken_by_its_function() -> None:
    loaded = bind_object(Functions(), name="mine")
    strided = parse_geometry("n2c1k1i3f1s2")
    assert loaded.passes == {Pass.FORWARD, Pass.JVP}
    assert loaded.limitation(Pass.FORWARD, PLAIN, "float32", True) is None
    assert loaded.limitation(Pass.UPDATE, strided, "float64", False) == "mine has no `update`"
    outside = loaded.limitation(Pass.FORWARD, strided, "float64", True)
    assert outside is not None
    assert "float64" in outside
    assert loaded.limitation(Pass.FORWARD, strided, "float32", True) == "no batch above 1"
    of_function = loaded.limitation(Pass.FORWARD, parse_geometry("n1c1k1i3f1s2"), "float32", True)
    assert of_function is not None
    assert "stride" in of_function


def test_a_direction_that_is_left_out_is_wanted_unless_it_defaults_to_none() -> None:
    loaded = bind_object(Functions(), name="mine")
    directed = OPERANDS.of(Pass.JVP)
    assert loaded.why_indispensable(Pass.JVP, directed) is None
    without = Operands(directed.input, directed.weight, None, directed.output_gradient, 0.0, directed.input_direction)
    assert loaded.why_indispensable(Pass.JVP, without) is None
    without = Operands(directed.input, directed.weight, None, directed.output_gradient, 0.0)
    assert loaded.why_indispensable(Pass.JVP, without) == "jvp wants `input_direction`: it does not default to None"
    assert loaded.why_indispensable(Pass.FORWARD, without) is None


def test_one_function_for_all_passes_wants_every_direction_unless_it_says_otherwise() -> None:
    without = Operands(OPERANDS.input, OPERANDS.weight, None, OPERANDS.output_gradient, 0.0)
    told = bind_object(Evaluating(), name="mine").why_indispensable(Pass.JVP, without)
    assert told == "jvp wants `input_direction`: it does not default to None"
    zeros = Evaluating()
    zeros.zero_directions = True
    assert bind_object(zeros, name="mine").why_indispensable(Pass.JVP, without) is None


def test_what_a_pass_can_be_told() -> None:
    functions, evaluating = bind_object(Functions(), name="mine"), bind_object(Evaluating(), name="mine")
    assert functions.takes(Pass.FORWARD, ("stride", "padding"))
    assert not functions.takes(Pass.FORWARD, ("stride", "geometry"))
    assert not evaluating.takes(Pass.FORWARD, ("stride", "padding"))
    assert evaluating.takes(Pass.FORWARD, ("stride", "geometry"))
