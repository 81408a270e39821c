"""Parts of a pass add up to it, and whether there is anything to add is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.faults.parts import has_terms, has_values, parts, read_arrays, without_bias
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import ARRAYS, Operands, Pass, shape_of

GEOMETRY = parse_geometry("n2c2k3i4f2s2p1+0")


def drawn(*, bias: bool = True) -> Operands:
    rng = np.random.default_rng(5)
    arrays: dict[str, Any] = {name: rng.integers(1, 10, shape_of(name, GEOMETRY)).astype(float) for name in ARRAYS}
    return Operands(**arrays) if bias else without_bias(Operands(**arrays))


@pytest.mark.parametrize(
    ("text", "pass_", "terms", "values"),
    [
        ("n1c1k1i4f2", Pass.FORWARD, True, True),
        ("n0c1k1i4f2", Pass.FORWARD, False, False),
        ("n0c1k1i4f2", Pass.WEIGHT_GRADIENT, False, False),
        ("n0c1k1i4f2", Pass.UPDATE, False, True),
        ("n1c0k1i4f2", Pass.FORWARD, False, False),
        ("n1c0k1i4f2", Pass.UPDATE, False, False),
        ("n1c1k1i1f3", Pass.UPDATE, False, True),
        ("n1c1k1i1f3", Pass.INPUT_GRADIENT, False, False),
        ("n1c1k1i1f1s2p3", Pass.FORWARD, False, False),
        ("n1c1k1i1f1s2p3", Pass.BIAS_GRADIENT, True, True),
        ("n1c1k1i1f1s3p3", Pass.FORWARD, True, True),
        ("n0c1k1i4f2", Pass.BIAS_GRADIENT, False, False),
    ],
)
def test_whether_there_is_anything_to_sum(text: str, pass_: Pass, terms: bool, values: bool) -> None:
    geometry = parse_geometry(text)
    assert has_terms(pass_, geometry) is terms
    assert has_values(pass_, geometry) is values


@pytest.mark.parametrize(
    ("pass_", "direct", "transposed"),
    [
        (Pass.FORWARD, ("input", "weight"), ("input", "weight")),
        (Pass.INPUT_GRADIENT, ("output_gradient", "weight"), ("output_gradient", "weight")),
        (Pass.WEIGHT_GRADIENT, ("output_gradient", "input"), ("input", "output_gradient")),
        (Pass.BIAS_GRADIENT, ("output_gradient",), ("output_gradient",)),
        (Pass.UPDATE, ("output_gradient", "input", "weight"), ("input", "output_gradient", "weight")),
        (Pass.JVP, ("input_direction", "weight", "input", "weight_direction"), None),
        (Pass.DOUBLE_BACKWARD_INPUT, ("output_gradient", "weight_direction"), None),
    ],
)
def test_the_operands_that_a_pass_cannot_do_without(
    pass_: Pass, direct: tuple[str, ...], transposed: tuple[str, ...] | None
) -> None:
    assert read_arrays(pass_, GEOMETRY) == direct
    assert read_arrays(pass_, parse_geometry("n1c1k1i4f2t")) == (transposed or direct)


def test_operands_without_a_bias_have_none_of_its_direction() -> None:
    operands = without_bias(drawn())
    assert operands.bias is operands.bias_direction is None
    assert operands.input_direction is not None


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("pass_", Pass, ids=str)
def test_results_of_parts_add_up(pass_: Pass, count: int, bias: bool) -> None:
    operands = drawn(bias=bias)
    whole = reference.evaluate(pass_, operands, GEOMETRY)
    total = sum(reference.evaluate(pass_, part, GEOMETRY) for part in parts(pass_, operands, count))
    start = operands.weight if pass_ is Pass.UPDATE else 0
    assert (start + total == whole).all()


def test_every_second_element_is_in_each_of_two_parts_and_the_bias_in_the_first() -> None:
    first, second = parts(Pass.FORWARD, drawn(), 2)
    for part, start in ((first, 0), (second, 1)):
        for name in ("weight", "weight_direction"):
            array, right = part.arrays()[name].ravel(), drawn().arrays()[name].ravel()
            assert (array[start::2] == right[start::2]).all()
            assert not array[1 - start :: 2].any()
    assert first.bias is not None
    assert first.bias_direction is not None
    assert second.bias is second.bias_direction is None
    split, _ = parts(Pass.WEIGHT_GRADIENT, drawn(), 2)
    assert not split.output_gradient.ravel()[1::2].any()
    assert (split.weight == drawn().weight).all()
