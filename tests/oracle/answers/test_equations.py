"""The seed's worked example, every printed equation; and the closed forms against the chain rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle.answers import equations, exact, reference
from convoracle.oracle.answers.equations import Element, Term, chain_rule_terms, element, evaluate, local_gradient
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.explaining.notation import write_element, write_equation, write_sum
from convoracle.oracle.explaining.worked_example import SEED_GEOMETRY
from convoracle.oracle.operands.data import Case, lattice_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass, real_parts
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import conv_geometries

X = np.array([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]])
F = np.array([[[[10, 20], [30, 40]]]])
DO = np.array([[[[2, 3], [5, 7]]]])
SEED = Operands(X, F, None, DO, learning_rate=0.5)

FORWARD = [
    "O₁₁ = X₁₁F₁₁ + X₁₂F₁₂ + X₂₁F₂₁ + X₂₂F₂₂",
    "O₁₂ = X₁₂F₁₁ + X₁₃F₁₂ + X₂₂F₂₁ + X₂₃F₂₂",
    "O₂₁ = X₂₁F₁₁ + X₂₂F₁₂ + X₃₁F₂₁ + X₃₂F₂₂",
    "O₂₂ = X₂₂F₁₁ + X₂₃F₁₂ + X₃₂F₂₁ + X₃₃F₂₂",
]
WEIGHT_GRADIENT = [
    "∂L/∂F₁₁ = ∂L/∂O₁₁·X₁₁ + ∂L/∂O₁₂·X₁₂ + ∂L/∂O₂₁·X₂₁ + ∂L/∂O₂₂·X₂₂",
    "∂L/∂F₁₂ = ∂L/∂O₁₁·X₁₂ + ∂L/∂O₁₂·X₁₃ + ∂L/∂O₂₁·X₂₂ + ∂L/∂O₂₂·X₂₃",
    "∂L/∂F₂₁ = ∂L/∂O₁₁·X₂₁ + ∂L/∂O₁₂·X₂₂ + ∂L/∂O₂₁·X₃₁ + ∂L/∂O₂₂·X₃₂",
    "∂L/∂F₂₂ = ∂L/∂O₁₁·X₂₂ + ∂L/∂O₁₂·X₂₃ + ∂L/∂O₂₁·X₃₂ + ∂L/∂O₂₂·X₃₃",
]
INPUT_GRADIENT = [
    "∂L/∂O₁₁·F₁₁",
    "∂L/∂O₁₁·F₁₂ + ∂L/∂O₁₂·F₁₁",
    "∂L/∂O₁₂·F₁₂",
    "∂L/∂O₁₁·F₂₁ + ∂L/∂O₂₁·F₁₁",
    "∂L/∂O₁₁·F₂₂ + ∂L/∂O₁₂·F₂₁ + ∂L/∂O₂₁·F₁₂ + ∂L/∂O₂₂·F₁₁",
    "∂L/∂O₁₂·F₂₂ + ∂L/∂O₂₂·F₁₂",
    "∂L/∂O₂₁·F₂₁",
    "∂L/∂O₂₁·F₂₂ + ∂L/∂O₂₂·F₂₁",
    "∂L/∂O₂₂·F₂₂",
]


def _written(pass_: Pass) -> list[str]:
    return [write_equation(pass_, SEED_GEOMETRY, index) for index in np.ndindex(pass_.result_shape(SEED_GEOMETRY))]


def test_forward_equations_of_the_seed() -> None:
    assert _written(Pass.FORWARD) == FORWARD


def test_weight_gradient_equations_of_the_seed() -> None:
    assert _written(Pass.WEIGHT_GRADIENT) == WEIGHT_GRADIENT


@pytest.mark.parametrize(
    ("output", "sources"),
    [
        ((0, 0, 0, 0), ["X₁₁", "X₁₂", "X₂₁", "X₂₂"]),
        ((0, 0, 0, 1), ["X₁₂", "X₁₃", "X₂₂", "X₂₃"]),
        ((0, 0, 1, 0), ["X₂₁", "X₂₂", "X₃₁", "X₃₂"]),
        ((0, 0, 1, 1), ["X₂₂", "X₂₃", "X₃₂", "X₃₃"]),
    ],
)
def test_local_gradients_by_the_filter(output: tuple[int, ...], sources: list[str]) -> None:
    gradient = local_gradient(SEED_GEOMETRY, output, "weight")
    assert [write_element(*gradient[index], SEED_GEOMETRY) for index in np.ndindex(F.shape)] == sources


def test_local_gradients_by_the_input() -> None:
    gradient = local_gradient(SEED_GEOMETRY, (0, 0, 0, 1), "input")
    assert gradient == {
        (0, 0, 0, 1): (Element("weight", (0, 0, 0, 0)),),
        (0, 0, 0, 2): (Element("weight", (0, 0, 0, 1)),),
        (0, 0, 1, 1): (Element("weight", (0, 0, 1, 0)),),
        (0, 0, 1, 2): (Element("weight", (0, 0, 1, 1)),),
    }


def test_the_chain_rule_gives_the_weight_gradient_of_the_seed() -> None:
    written = [
        write_sum(chain_rule_terms(SEED_GEOMETRY, "weight", index), SEED_GEOMETRY) for index in np.ndindex(F.shape)
    ]
    assert written == [equation.partition(" = ")[2] for equation in WEIGHT_GRADIENT]


def test_the_chain_rule_gives_the_input_gradient_of_the_seed() -> None:
    written = [
        write_sum(chain_rule_terms(SEED_GEOMETRY, "input", index), SEED_GEOMETRY) for index in np.ndindex(X.shape)
    ]
    assert written == INPUT_GRADIENT


def test_values_of_the_seed_by_hand() -> None:
    assert evaluate(Pass.FORWARD, SEED, SEED_GEOMETRY).tolist() == [[[[370, 470], [670, 770]]]]
    assert evaluate(Pass.WEIGHT_GRADIENT, SEED, SEED_GEOMETRY).tolist() == [[[[63, 80], [114, 131]]]]
    assert evaluate(Pass.INPUT_GRADIENT, SEED, SEED_GEOMETRY).tolist() == [
        [[[20, 70, 60], [110, 340, 260], [150, 410, 280]]]
    ]
    assert evaluate(Pass.BIAS_GRADIENT, SEED, SEED_GEOMETRY).tolist() == [17]


def test_the_update_steps_against_the_gradient() -> None:
    updated = evaluate(Pass.UPDATE, SEED, SEED_GEOMETRY)
    gradient = evaluate(Pass.WEIGHT_GRADIENT, SEED, SEED_GEOMETRY)
    assert (updated == F - Fraction(1, 2) * gradient).all()
    assert write_equation(Pass.UPDATE, SEED_GEOMETRY, (0, 0, 0, 0)) == (
        "F_updated₁₁ = F₁₁ − α·(∂L/∂O₁₁·X₁₁ + ∂L/∂O₁₂·X₁₂ + ∂L/∂O₂₁·X₂₁ + ∂L/∂O₂₂·X₂₂)"
    )


def test_the_weight_gradient_is_a_convolution_of_input_and_output_gradient() -> None:
    as_filter = ConvGeometry.of(size=(3, 3), kernel=DO.shape[2:])
    convolved = evaluate(Pass.FORWARD, Operands(X, DO, None, np.zeros_like(DO)), as_filter)
    assert (convolved == evaluate(Pass.WEIGHT_GRADIENT, SEED, SEED_GEOMETRY)).all()


@settings(max_examples=80, deadline=None)
@given(conv_geometries(space=Space(max_products=200)))
def test_closed_forms_are_what_the_chain_rule_gives(geometry: ConvGeometry) -> None:
    if np.prod(geometry.output_shape) > 150:
        return
    for pass_, operand in ((Pass.INPUT_GRADIENT, "input"), (Pass.WEIGHT_GRADIENT, "weight")):
        for index in list(np.ndindex(pass_.result_shape(geometry)))[:12]:
            closed = equations.terms(pass_, geometry, index)
            assert _sorted(closed) == _sorted(chain_rule_terms(geometry, operand, index))


def _sorted(terms: list[Term]) -> list[str]:
    return sorted(repr(term) for term in terms)


SECOND_ORDER = Operands(
    X,
    F,
    np.array([1]),
    DO,
    input_direction=np.array([[[[1, 0, 2], [0, 3, 0], [4, 0, 5]]]]),
    weight_direction=np.array([[[[1, 2], [3, 4]]]]),
    bias_direction=np.array([6]),
)


def test_second_order_equations_of_the_seed() -> None:
    written = {
        pass_: write_equation(pass_, SEED_GEOMETRY, (0, 0, 0, 0), bias=True) for pass_ in Pass if pass_.is_second_order
    }
    moved = "V₁₁F₁₁ + V₁₂F₁₂ + V₂₁F₂₁ + V₂₂F₂₂ + X₁₁U₁₁ + X₁₂U₁₂ + X₂₁U₂₁ + X₂₂U₂₂ + c"
    assert written == {
        Pass.JVP: f"dO₁₁ = {moved}",
        Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: f"∂E/∂(∂L/∂O)₁₁ = {moved}",
        Pass.DOUBLE_BACKWARD_INPUT: "∂E/∂X₁₁ = ∂L/∂O₁₁·U₁₁",
        Pass.DOUBLE_BACKWARD_WEIGHT: "∂E/∂F₁₁ = ∂L/∂O₁₁·V₁₁ + ∂L/∂O₁₂·V₁₂ + ∂L/∂O₂₁·V₂₁ + ∂L/∂O₂₂·V₂₂",
    }


def test_second_order_values_of_the_seed_by_hand() -> None:
    output_gradient_direction = [[[[130 + 37 + 6, 130 + 47 + 6], [180 + 67 + 6, 230 + 77 + 6]]]]
    assert evaluate(Pass.JVP, SECOND_ORDER, SEED_GEOMETRY).tolist() == output_gradient_direction
    assert evaluate(Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT, SECOND_ORDER, SEED_GEOMETRY).tolist() == (
        output_gradient_direction
    )
    assert evaluate(Pass.DOUBLE_BACKWARD_INPUT, SECOND_ORDER, SEED_GEOMETRY).tolist() == [
        [[[2, 7, 6], [11, 34, 26], [15, 41, 28]]]
    ]
    assert evaluate(Pass.DOUBLE_BACKWARD_WEIGHT, SECOND_ORDER, SEED_GEOMETRY).tolist() == [[[[23, 21], [29, 41]]]]


def test_a_transposed_convolution_is_the_input_gradient_of_its_direct_one() -> None:
    transposed = ConvGeometry.of(size=(2, 2), kernel=2, transposed=True)
    operands = Operands(DO, F, None, X)
    assert transposed.direct == SEED_GEOMETRY
    assert (evaluate(Pass.FORWARD, operands, transposed) == evaluate(Pass.INPUT_GRADIENT, SEED, SEED_GEOMETRY)).all()
    assert (evaluate(Pass.INPUT_GRADIENT, operands, transposed) == evaluate(Pass.FORWARD, SEED, SEED_GEOMETRY)).all()
    assert (
        evaluate(Pass.WEIGHT_GRADIENT, operands, transposed) == evaluate(Pass.WEIGHT_GRADIENT, SEED, SEED_GEOMETRY)
    ).all()
    assert write_equation(Pass.FORWARD, transposed, (0, 0, 0, 1)) == "O₁₂ = X₁₁F₁₂ + X₁₂F₁₁"


@pytest.mark.parametrize(
    ("mode", "equations_of_the_edge"),
    [
        ("zeros", ["O₁ = X₁F₃", "O₅ = X₃F₁"]),
        ("reflect", ["O₁ = X₃F₁ + X₂F₂ + X₁F₃", "O₅ = X₃F₁ + X₂F₂ + X₁F₃"]),
        ("replicate", ["O₁ = X₁F₁ + X₁F₂ + X₁F₃", "O₅ = X₃F₁ + X₃F₂ + X₃F₃"]),
        ("circular", ["O₁ = X₂F₁ + X₃F₂ + X₁F₃", "O₅ = X₃F₁ + X₁F₂ + X₂F₃"]),
    ],
)
def test_what_a_window_reads_beyond_the_edge(mode: str, equations_of_the_edge: list[str]) -> None:
    geometry = ConvGeometry.of(size=3, kernel=3, padding=2, padding_mode=mode)
    assert [write_equation(Pass.FORWARD, geometry, (0, 0, p)) for p in (0, 4)] == equations_of_the_edge


def test_a_repeated_element_has_a_term_for_each_time_it_is_read() -> None:
    geometry = ConvGeometry.of(size=2, kernel=2, padding=((1, 0),), padding_mode="replicate")
    assert write_equation(Pass.INPUT_GRADIENT, geometry, (0, 0, 0)) == "∂L/∂X₁ = ∂L/∂O₁·F₁ + ∂L/∂O₁·F₂ + ∂L/∂O₂·F₁"
    assert local_gradient(geometry, (0, 0, 0), "input") == {
        (0, 0, 0): (Element("weight", (0, 0, 0)), Element("weight", (0, 0, 1)))
    }


def test_gradients_of_complex_numbers_conjugate_the_local_gradient() -> None:
    geometry = ConvGeometry.of(size=1, kernel=1)
    x, f, dy = (np.array([[[z]]]) for z in (1 + 2j, 3 + 4j, 5 + 6j))
    operands = Operands(x, f, np.array([7 + 8j]), dy, 0.5)
    by_hand = {
        Pass.FORWARD: (1 + 2j) * (3 + 4j) + 7 + 8j,
        Pass.INPUT_GRADIENT: (5 + 6j) * (3 - 4j),
        Pass.WEIGHT_GRADIENT: (5 + 6j) * (1 - 2j),
        Pass.BIAS_GRADIENT: 5 + 6j,
        Pass.UPDATE: 3 + 4j - 0.5 * (5 + 6j) * (1 - 2j),
    }
    for pass_, value in by_hand.items():
        assert evaluate(pass_, operands, geometry).ravel().tolist() == [value.real, value.imag]


def test_numbers_of_pythons_own_are_exact_and_real() -> None:
    x, f, dy = (np.array([[each]], object) for each in ([10**30, Fraction(1, 3)], [3, 3], [1]))
    operands = Operands(x, f, None, dy, learning_rate=2)
    geometry = ConvGeometry.of(size=2, kernel=2)
    assert evaluate(Pass.FORWARD, operands, geometry).item() == 3 * 10**30 + 1
    assert evaluate(Pass.UPDATE, operands, geometry).ravel().tolist() == [3 - 2 * 10**30, 3 - Fraction(2, 3)]
    assert element(Pass.INPUT_GRADIENT, operands, geometry, (0, 0, 1)) == (3, 0)


def test_an_output_whose_window_lies_in_the_padding_is_an_empty_sum() -> None:
    geometry = ConvGeometry.of(size=1, kernel=1, padding=2)
    assert write_equation(Pass.FORWARD, geometry, (0, 0, 0)) == "O₁ = 0"
    assert element(
        Pass.FORWARD, Operands(*(np.ones((1, 1, n)) for n in (1, 1)), None, np.ones((1, 1, 5))), geometry, (0, 0, 0)
    ) == (0, 0)


def test_operands_of_another_shape_are_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"weight.shape=\(1, 1, 3, 2\), but should be \(1, 1, 2, 2\)"):
        evaluate(Pass.FORWARD, Operands(X, np.ones((1, 1, 3, 2), dtype=int), None, DO), SEED_GEOMETRY)
    with pytest.raises(InvalidArgument, match="should be a number type"):
        evaluate(Pass.FORWARD, Operands(X.astype(str), F, None, DO), SEED_GEOMETRY)
    with pytest.raises(InvalidArgument, match="should be that of input"):
        evaluate(Pass.FORWARD, Operands(X, F.astype(float), None, DO), SEED_GEOMETRY)


@pytest.mark.parametrize("pass_", [Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT], ids=str)
@pytest.mark.parametrize("text", ["n1c1k1i3x3f2x2", "n1c2k2i3f2s2g2t"])
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_a_direction_that_is_left_out_is_zero(pass_: Pass, text: str, dtype: str) -> None:
    geometry = parse_geometry(text)
    whole = lattice_operands(Case(geometry, True, dtype, "uniform", 3))
    for name in ("input_direction", "weight_direction"):
        zero, absent = (replace(whole, **{name: each}) for each in (np.zeros_like(getattr(whole, name)), None))
        defined = evaluate(pass_, zero, geometry)
        assert defined.any()
        assert (evaluate(pass_, absent, geometry) == defined).all()
        assert (exact.evaluate(pass_, absent, geometry).value.to_fractions() == defined).all()
        assert (real_parts(reference.evaluate(pass_, absent, geometry)) == defined.astype(float)).all()
    nothing = replace(whole, input_direction=None, weight_direction=None)
    for compute in (evaluate, exact.evaluate, reference.evaluate):
        with pytest.raises(InvalidArgument, match="input_direction or weight_direction=None, but should be an array"):
            compute(pass_, nothing, geometry)
