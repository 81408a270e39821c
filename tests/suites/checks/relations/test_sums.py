"""Results that are sums of results of parts: which parts are asked, and what must be equal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.numbers.arrays import widened
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.checks.relations.catalogue import relation_named
from convoracle.suites.checks.relations.sums import SUMS

CASE = parse_case("n3c2k2i4f2/bias/float32/uniform/1")
OPERANDS = lattice_operands(CASE)


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        ("input", {Pass.FORWARD, Pass.WEIGHT_GRADIENT, Pass.UPDATE, Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT}),
        ("weight", {Pass.FORWARD, Pass.INPUT_GRADIENT}),
        ("weight-direction", {Pass.DOUBLE_BACKWARD_INPUT}),
    ],
)
def test_linearity_is_asked_where_a_pass_is_linear_in_an_operand(name: str, passes: set[Pass]) -> None:
    found = relation_named(f"linearity-in-{name}").passes
    assert passes - {Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT} <= found
    assert Pass.BIAS_GRADIENT not in found


@pytest.mark.parametrize("dtype", ["float32", "int8", "bfloat16", "complex64"])
@pytest.mark.parametrize(("name", "operand"), [("linearity-in-input", "input"), ("linearity-in-weight", "weight")])
def test_an_operand_and_the_bias_are_split_into_two_that_are_no_larger(dtype: str, name: str, operand: str) -> None:
    case = parse_case(f"n3c2k2i4f2/bias/{dtype}/uniform/1")
    operands = lattice_operands(case)
    whole, first, second = relation_named(name).derive(Pass.FORWARD, operands, case.geometry).calls
    assert whole.operands is operands
    for split in (operand, "bias"):
        parts = [np.stack((widened(getattr(call.operands, split)).real, widened(getattr(call.operands, split)).imag))
                 for call in (whole, first, second)]  # fmt: skip
        assert np.array_equal(parts[0], parts[1] + parts[2])
        assert (np.abs(parts[1]) <= np.abs(parts[0])).all()
        assert (parts[1] * parts[2] >= 0).all()
        assert getattr(first.operands, split).dtype == getattr(operands, split).dtype
    assert any(np.any(getattr(call.operands, operand)) for call in (first, second))
    other = "weight" if operand == "input" else "input"
    assert getattr(first.operands, other) is getattr(second.operands, other) is getattr(operands, other)


def test_zeros_are_split_into_zeros() -> None:
    """They stand on the lattice where its sums have very many terms."""
    sparse = replace(OPERANDS, input=OPERANDS.input * (np.arange(4, dtype=np.float32) % 2))
    whole, *parts = relation_named("linearity-in-input").derive(Pass.FORWARD, sparse, CASE.geometry).calls
    assert whole.operands.input[..., 1::2].all()
    assert not any(part.operands.input[..., ::2].any() for part in parts)


def test_the_result_of_the_whole_is_held_against_the_sum() -> None:
    derivation = relation_named("linearity-in-input").derive(Pass.FORWARD, OPERANDS, CASE.geometry)
    own, other = derivation.sides([np.array([5.0]), np.array([2.0]), np.array([3.5])])
    assert (own.tolist(), other.tolist()) == ([5.0], [5.5])


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_the_first_image_and_the_others_make_the_batch(pass_: Pass) -> None:
    derivation = relation_named("batch-independence").derive(pass_, OPERANDS.of(pass_), CASE.geometry)
    assert [call.geometry.batch for call in derivation.calls] == [3, 1, 2]
    values = [widened(reference.evaluate(pass_, call.operands, call.geometry)) for call in derivation.calls]
    own, other = derivation.sides(values)
    assert np.array_equal(own, other)
    values[1] = values[1] + 1
    own, other = derivation.sides(values)
    assert not np.array_equal(own, other)


@pytest.mark.parametrize(("batch", "some"), [(0, False), (1, False), (2, True)])
def test_images_are_told_apart_where_there_are_several(batch: int, some: bool) -> None:
    geometry = parse_case(f"n{batch}c1k1i4f2/float32/uniform/0").geometry
    assert relation_named("batch-independence").applies(geometry) is some


@pytest.mark.parametrize("direction", ["input_direction", "weight_direction"])
def test_a_direction_that_is_not_there_is_one_of_zeros(direction: str) -> None:
    relation = relation_named(f"no-{direction.replace('_', '-')}")
    assert relation.passes == {Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT}
    derivation = relation.derive(Pass.JVP, OPERANDS, CASE.geometry)
    zeros, none = derivation.calls
    assert not np.any(getattr(zeros.operands, direction))
    assert getattr(none.operands, direction) is None
    others = {"input_direction", "weight_direction"} - {direction}
    assert all(getattr(none.operands, other) is getattr(OPERANDS, other) for other in others)
    of_zeros, of_none = np.array([5.0]), np.array([7.0])
    assert derivation.sides([of_zeros, of_none]) == (of_zeros, of_none)


def test_these_are_all() -> None:
    assert len(SUMS) == 5 + 1 + 2
