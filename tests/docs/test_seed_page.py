"""The equations on the seed's page are those that the code gives, and all of the seed's stand there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from convoracle.oracle.answers.equations import Element, Index, Term, chain_rule_terms, local_gradient, terms
from convoracle.oracle.explaining.worked_example import SEED_GEOMETRY
from convoracle.oracle.problem.passes import Pass

PAGE = (Path(__file__).parents[2] / "docs" / "seed.md").read_text()
FORMULAS = [" ".join(formula.split()) for formula in re.findall(r"\$\$(.+?)\$\$", PAGE, re.DOTALL)]


def place(index: Index) -> str:
    return "_{" + "".join(str(position + 1) for position in index[2:]) + "}"


def partial(of: str, by: str) -> str:
    return rf"\frac{{\partial {of}}}{{\partial {by}}}"


def written(element: Element) -> str:
    symbol = {"input": "X", "weight": "F", "output_gradient": "O"}[element.tensor] + place(element.index)
    return partial("L", symbol) if element.tensor == "output_gradient" else symbol


def summed(found: list[Term]) -> str:
    of_gradient = any(factor.tensor == "output_gradient" for term in found for factor in term.factors)
    return " + ".join((r" \cdot " if of_gradient else "").join(map(written, term.factors)) for term in found)


def test_the_forward_equations() -> None:
    for index in np.ndindex(SEED_GEOMETRY.output_shape):
        assert f"O{place(index)} = {summed(terms(Pass.FORWARD, SEED_GEOMETRY, index))}" in FORMULAS


def test_the_equations_of_the_filter_s_gradient() -> None:
    for index in np.ndindex(SEED_GEOMETRY.weight_shape):
        right = summed(terms(Pass.WEIGHT_GRADIENT, SEED_GEOMETRY, index))
        assert f"{partial('L', 'F' + place(index))} = {right}" in FORMULAS


def test_the_equations_of_the_input_s_gradient_that_are_shown() -> None:
    shown = [formula for formula in FORMULAS if formula.startswith(r"\frac{\partial L}{\partial X")]
    given = [
        f"{partial('L', 'X' + place(index))} = {summed(chain_rule_terms(SEED_GEOMETRY, 'input', index))}"
        for index in np.ndindex(SEED_GEOMETRY.input_shape)
    ]
    assert len(shown) == 3
    assert set(shown) <= set(given)


def test_the_local_gradients() -> None:
    first = (0, 0, 0, 0)
    given = local_gradient(SEED_GEOMETRY, first, "weight")
    equations = [
        f"{partial('O' + place(first), 'F' + place(index))} = {written(element)}"
        for index, (element,) in sorted(given.items())
    ]
    assert r" \quad ".join(equations) in FORMULAS
