"""Finite differences as a candidate: exact where it answers, and what it declines, from both sides."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.candidates.differences import MOST_NUMBERS, candidate

CASE = parse_case("n2c2k3i4f2s2p1/bias/float32/uniform/5")
PASSES = (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT, Pass.JVP)


@pytest.mark.parametrize("pass_", PASSES, ids=str)
def test_a_pass_is_exact_on_integers(pass_: Pass) -> None:
    operands = lattice_operands(CASE).of(pass_)
    result = candidate().evaluate(pass_, operands, CASE.geometry)
    assert result.dtype == np.float32
    assert np.array_equal(result, exact.evaluate(pass_, operands, CASE.geometry).value.to_float64())


def test_it_offers_these_and_says_how_it_is_called() -> None:
    assert candidate().passes == set(PASSES)
    text = candidate().call_text(Pass.JVP, CASE.geometry, "float32", bias=True)
    assert "from convoracle.suites.candidates.differences import candidate" in text
    assert "actual = " in text


@pytest.mark.parametrize(("value", "is_taken"), [(2048, True), (2049, False), (-2048, True), (0.5, False)])
def test_small_integers_only_are_taken(value: float, is_taken: bool) -> None:
    operands = lattice_operands(CASE).of(Pass.WEIGHT_GRADIENT)
    changed = replace(operands, output_gradient=np.full_like(operands.output_gradient, value))
    if is_taken:
        assert np.abs(candidate().evaluate(Pass.WEIGHT_GRADIENT, changed, CASE.geometry)).max() > 0
        return
    with pytest.raises(NotImplementedError, match="exact on small integers only"):
        candidate().evaluate(Pass.WEIGHT_GRADIENT, changed, CASE.geometry)


def test_complex_numbers_and_what_has_no_element_are_declined() -> None:
    limitation = candidate().limitation
    assert limitation(Pass.JVP, CASE.geometry, "float64") is None
    assert "direction of the step" in str(limitation(Pass.JVP, CASE.geometry, "complex64"))
    assert limitation(Pass.JVP, parse_geometry("n1c0k1i1f1"), "float32") == "there is nothing to perturb"


@pytest.mark.parametrize(
    ("pass_", "fits", "too_large", "steps"),
    [
        (Pass.JVP, "n5000000c1k1i1f1", "n5000001c1k1i1f1", 2),
        (Pass.INPUT_GRADIENT, "n1c1k1i1581f1", "n1c1k1i1582f1", 2 * 1582),
        (Pass.WEIGHT_GRADIENT, "n1c1k1581i1f1", "n1c1k1582i1f1", 2 * 1582),
        (Pass.BIAS_GRADIENT, "n1c1k1581i1f1", "n1c1k1582i1f1", 2 * 1582),
    ],
)
def test_what_takes_too_long_is_declined(pass_: Pass, fits: str, too_large: str, steps: int) -> None:
    assert candidate().limitation(pass_, parse_geometry(fits), "float32") is None
    geometry = parse_geometry(too_large)
    assert candidate().limitation(pass_, geometry, "float32") == (
        f"too large: {steps} steps of a forward pass of {geometry.products} products"
    )
    assert steps * max(steps, geometry.products) > MOST_NUMBERS == 10_000_000
