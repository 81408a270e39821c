"""The seed's notation: symbols, subscripts counted from 1, and what is left out where it says nothing."""

from __future__ import annotations

import doctest

import pytest

from convoracle.oracle.answers.equations import Element, Term
from convoracle.oracle.explaining import notation
from convoracle.oracle.explaining.notation import (
    OPERAND_SYMBOLS,
    RESULT_SYMBOLS,
    is_plain,
    subscript,
    write_element,
    write_equation,
    write_result,
    write_sum,
    write_term,
)
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import ARRAYS, Pass

SEED = ConvGeometry.of(size=(3, 3), kernel=2)
WIDE = parse_geometry("n2c2k3i3x3f2x2")


def test_the_example_in_its_docstring() -> None:
    assert doctest.testmod(notation).attempted > doctest.testmod(notation).failed == 0


def test_there_is_a_symbol_for_every_operand_and_every_result() -> None:
    assert set(OPERAND_SYMBOLS) == {*ARRAYS, "output"}
    assert set(RESULT_SYMBOLS) == set(Pass)
    assert len(set(OPERAND_SYMBOLS.values())) == len(OPERAND_SYMBOLS)
    assert len(set(RESULT_SYMBOLS.values())) == len(RESULT_SYMBOLS)


@pytest.mark.parametrize(
    ("index", "plain", "shown"),
    [
        ((0, 0, 1, 2), True, "₂₃"),
        ((0, 0, 8), True, "₉"),
        ((0, 0, 9), True, "₁₀"),
        ((0, 0, 0, 9), True, "₁,₁₀"),
        ((0, 0, 1, 2), False, "₁₁;₂₃"),
        ((0, 11, 0, 2), False, "₁,₁₂;₁₃"),
        ((1, 0, 9, 0), False, "₂₁;₁₀,₁"),
    ],
)
def test_subscripts_count_from_1(index: tuple[int, ...], plain: bool, shown: str) -> None:
    assert subscript(index, plain=plain) == shown


@pytest.mark.parametrize(
    ("text", "plain"),
    [("n1c1k1i3f2", True), ("n2c1k1i3f2", False), ("n1c2k1i3f2", False), ("n1c1k2i3f2", False), ("n0c1k1i3f2", False)],
)
def test_batch_and_channels_say_nothing_where_there_is_one_of_each(text: str, plain: bool) -> None:
    assert is_plain(parse_geometry(text)) is plain


@pytest.mark.parametrize(
    ("tensor", "index", "plain", "wide"),
    [
        ("input", (0, 0, 1, 2), "X₂₃", "X₁₁;₂₃"),
        ("weight_direction", (0, 0, 0, 1), "U₁₂", "U₁₁;₁₂"),
        ("output_gradient", (0, 0, 0, 0), "∂L/∂O₁₁", "∂L/∂O₁₁;₁₁"),
        ("bias", (0,), "b", "b₁"),
        ("bias_direction", (0,), "c", "c₁"),
    ],
)
def test_an_element(tensor: str, index: tuple[int, ...], plain: str, wide: str) -> None:
    assert write_element(Element(tensor, index), SEED) == plain
    assert write_element(Element(tensor, index), WIDE) == wide


def test_a_bias_of_many_channels() -> None:
    assert write_element(Element("bias", (11,)), WIDE) == "b₁₂"


def test_factors_are_parted_only_after_an_output_gradient() -> None:
    x, f, dy = (Element(tensor, (0, 0, 0, 1)) for tensor in ("input", "weight", "output_gradient"))
    assert write_term(Term((x, f)), SEED) == "X₁₂F₁₂"
    assert write_term(Term((dy, x)), SEED) == "∂L/∂O₁₂·X₁₂"
    assert write_term(Term((dy,)), SEED) == "∂L/∂O₁₂"
    assert write_sum([Term((x, f)), Term((dy,))], SEED) == "X₁₂F₁₂ + ∂L/∂O₁₂"
    assert write_sum([], SEED) == "0"


@pytest.mark.parametrize(
    ("pass_", "index", "plain", "wide"),
    [
        (Pass.FORWARD, (0, 0, 0, 1), "O₁₂", "O₁₁;₁₂"),
        (Pass.UPDATE, (0, 0, 1, 0), "F_updated₂₁", "F_updated₁₁;₂₁"),
        (Pass.BIAS_GRADIENT, (0,), "∂L/∂b", "∂L/∂b₁"),
    ],
)
def test_an_element_of_a_result(pass_: Pass, index: tuple[int, ...], plain: str, wide: str) -> None:
    assert write_result(pass_, SEED, index) == plain
    assert write_result(pass_, WIDE, index) == wide


def test_indices_beyond_the_seed_name_batch_and_channel() -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=2, size=12, kernel=1)
    assert write_equation(Pass.FORWARD, geometry, (1, 0, 10)) == "O₂₁;₁₁ = X₂₁;₁₁F₁₁;₁ + X₂₂;₁₁F₁₂;₁"
    assert write_equation(Pass.FORWARD, ConvGeometry.of(size=(12, 2), kernel=1), (0, 0, 10, 1)) == "O₁₁,₂ = X₁₁,₂F₁₁"


def test_equations_with_a_bias_and_of_a_step() -> None:
    geometry = parse_geometry("n2c1k1i2f2")
    assert write_equation(Pass.FORWARD, geometry, (0, 0, 0), bias=True) == "O₁₁;₁ = X₁₁;₁F₁₁;₁ + X₁₁;₂F₁₁;₂ + b₁"
    assert write_equation(Pass.UPDATE, geometry, (0, 0, 1)) == (
        "F_updated₁₁;₂ = F₁₁;₂ − α·(∂L/∂O₁₁;₁·X₁₁;₂ + ∂L/∂O₂₁;₁·X₂₁;₂)"
    )
    assert write_equation(Pass.BIAS_GRADIENT, geometry, (0,)) == "∂L/∂b₁ = ∂L/∂O₁₁;₁ + ∂L/∂O₂₁;₁"
