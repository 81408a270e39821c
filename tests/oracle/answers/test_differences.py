"""Finite differences: exact on integers at any power-of-two step, whatever the gradients' formulas say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle.answers import differences, exact
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import Case, lattice_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases

GRADIENTS = {
    Pass.INPUT_GRADIENT: differences.input_gradient,
    Pass.WEIGHT_GRADIENT: differences.weight_gradient,
    Pass.BIAS_GRADIENT: differences.bias_gradient,
}


def _differences(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return GRADIENTS[pass_](operands.input, operands.weight, operands.output_gradient, geometry)


@settings(max_examples=40, deadline=None)
@given(cases(space=Space(dtypes=("float64",), max_products=300)))
def test_exact_on_the_lattice(case: Case) -> None:
    if np.prod(case.geometry.input_shape) > 400:
        return
    operands = lattice_operands(case)
    for pass_ in GRADIENTS:
        expected = exact.evaluate(pass_, operands, case.geometry).value.to_float64()
        assert np.array_equal(_differences(pass_, operands, case.geometry), expected)


@pytest.mark.parametrize("elements", [1, 700, 5000])
@pytest.mark.parametrize("text", ["n2c3k4i5x4f3x2p1x1", "n2c2k4i5x4f3x2s2x1p1x1g2t", "n1c2k2i9x4f3x2p1x1d2x1mreflect"])
def test_block_by_block_it_is_the_same(text: str, elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(parse_geometry(text), True, "float64", "uniform", 3)
    operands = lattice_operands(case)
    monkeypatch.setattr(differences, "_IMAGE_ELEMENTS", elements)
    monkeypatch.setattr(differences, "_FILTER_ELEMENTS", elements)
    monkeypatch.setattr(differences, "_FEWEST_COPIES", 1)
    for pass_ in GRADIENTS:
        expected = exact.evaluate(pass_, operands, case.geometry).value.to_float64()
        assert np.array_equal(_differences(pass_, operands, case.geometry), expected)


@settings(max_examples=40, deadline=None)
@given(cases(space=Space(dtypes=("float64",), max_products=300)))
def test_the_jvp_is_the_derivative_of_the_output_along_the_directions(case: Case) -> None:
    operands = lattice_operands(case)
    expected = exact.evaluate(Pass.JVP, operands, case.geometry).value.to_float64()
    assert np.array_equal(differences.jvp(operands, case.geometry), expected)


def _moved(operands: Operands, step: float) -> Operands:
    """The operands a step along their directions."""
    assert operands.input_direction is not None
    assert operands.weight_direction is not None
    return replace(
        operands,
        input=operands.input + step * operands.input_direction,
        weight=operands.weight + step * operands.weight_direction,
    )


def _value(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return exact.evaluate(pass_, operands, geometry).value.to_float64()


@settings(max_examples=40, deadline=None)
@given(cases(space=Space(dtypes=("float64",), max_products=300)))
def test_passes_of_second_order_are_differences_of_gradients(case: Case) -> None:
    """dE/dX and dE/dF are how the gradients change along the directions: each is linear in the operands that move."""
    operands = lattice_operands(case)
    for gradient, second in (
        (Pass.INPUT_GRADIENT, Pass.DOUBLE_BACKWARD_INPUT),
        (Pass.WEIGHT_GRADIENT, Pass.DOUBLE_BACKWARD_WEIGHT),
    ):
        ahead, behind = (_value(gradient, _moved(operands, step), case.geometry) for step in (1.0, -1.0))
        assert np.array_equal((ahead - behind) / 2, _value(second, operands, case.geometry))


@settings(max_examples=20, deadline=None)
@given(cases(space=Space(dtypes=("float64",), max_products=100)))
def test_the_double_backward_of_the_output_gradient_is_how_the_pairing_changes_with_it(case: Case) -> None:
    """E = <V, dL/dX> + <U, dL/dF> + <c, dL/db> is linear in dL/dO: its change with each element is exact."""
    if np.prod(case.geometry.output_shape) > 60:
        return
    operands = lattice_operands(case)
    expected = _value(Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, operands, case.geometry)
    for index in np.ndindex(case.geometry.output_shape):
        unit = np.zeros(case.geometry.output_shape)
        unit[index] = 1.0
        change = replace(operands, output_gradient=unit)
        assert _pairing(change, case.geometry) == expected[index]


def _pairing(operands: Operands, geometry: ConvGeometry) -> float:
    pairs = [(Pass.INPUT_GRADIENT, operands.input_direction), (Pass.WEIGHT_GRADIENT, operands.weight_direction)]
    if operands.bias_direction is not None:
        pairs.append((Pass.BIAS_GRADIENT, operands.bias_direction))
    return sum(float(np.sum(_value(pass_, operands, geometry) * direction)) for pass_, direction in pairs)


@pytest.mark.parametrize("step", [2.0**-8, 0.5, 2.0**20])
def test_there_is_no_truncation_error_at_any_step(step: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "STEP", step)
    case = Case(
        ConvGeometry.of(batch=2, in_channels=2, out_channels=2, size=(4, 4), kernel=2), False, "float64", "uniform", 1
    )
    operands = lattice_operands(Case(case.geometry, False, "float16", "uniform", 1))
    for pass_ in GRADIENTS:
        expected = exact.evaluate(pass_, operands, case.geometry).value.to_float64()
        assert np.array_equal(_differences(pass_, operands, case.geometry), expected)
    assert np.array_equal(differences.jvp(operands, case.geometry), _value(Pass.JVP, operands, case.geometry))


@pytest.mark.parametrize("text", ["n1c0k1i3f2", "n1c1k0i3f2", "n1c1k1i0f2p1", "n1c1k1i1f2", "n0c1k1i3f2"])
def test_a_convolution_of_nothing_has_gradients_too(text: str) -> None:
    geometry = parse_geometry(text)
    operands = lattice_operands(Case(geometry, True, "float64", "uniform", 1))
    for pass_ in GRADIENTS:
        expected = exact.evaluate(pass_, operands, geometry).value.to_float64()
        assert np.array_equal(_differences(pass_, operands, geometry), expected)


@pytest.mark.parametrize("pass_", GRADIENTS, ids=str)
def test_a_wrong_forward_pass_shows_in_its_differences(pass_: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    geometry = ConvGeometry.of(size=3, kernel=2)
    operands = lattice_operands(Case(geometry, False, "float64", "uniform", 1))
    expected = exact.evaluate(pass_, operands, geometry).value.to_float64()
    true_forward = differences.forward

    def wrong_forward(x: Array, w: Array, g: ConvGeometry, b: Array | None = None) -> Array:
        return true_forward(x, w[:, :, ::-1], g, None if b is None else 2 * b)

    assert np.array_equal(_differences(pass_, operands, geometry), expected)
    monkeypatch.setattr(differences, "forward", wrong_forward)
    assert not np.array_equal(_differences(pass_, operands, geometry), expected)


def test_another_shape_is_refused() -> None:
    geometry = ConvGeometry.of(size=3, kernel=2)
    with pytest.raises(InvalidArgument, match=r"input.shape=\(1, 1, 4\), but should be \(1, 1, 3\)"):
        differences.input_gradient(np.ones((1, 1, 4)), np.ones((1, 1, 2)), np.ones((1, 1, 2)), geometry)
