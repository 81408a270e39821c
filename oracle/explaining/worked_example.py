"""The seed's worked example, every equation: a 3x3 input X, a 2x2 filter F, and all their gradients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..answers.equations import Index, chain_rule_terms, local_gradient
from ..problem.geometry import ConvGeometry
from ..problem.passes import Pass
from .notation import RESULT_SYMBOLS, subscript, write_element, write_equation, write_sum

SEED_GEOMETRY = ConvGeometry.of(size=(3, 3), kernel=2)
"""One image and one filter: O = X * F with a 3x3 X, a 2x2 F and so a 2x2 O."""


def worked_example() -> str:
    """The example as text, in the seed's order: forward, local gradients, chain rule, gradients, update."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "Forward: O = X ⋆ F, a cross-correlation"
    yield from _equations(Pass.FORWARD)
    yield "\nLocal gradients ∂O/∂F, from which ∂L/∂F follows"
    yield from _local_gradients("weight")
    yield "\nLocal gradients ∂O/∂X, from which ∂L/∂X follows (those not listed are 0)"
    yield from _local_gradients("input")
    yield "\nChain rule: ∂L/∂Fᵢ = Σₖ ∂L/∂Oₖ · ∂Oₖ/∂Fᵢ"
    yield from _equations(Pass.WEIGHT_GRADIENT)
    yield "which is a convolution again: ∂L/∂F = Conv(X, ∂L/∂O)"
    yield "\nChain rule: ∂L/∂Xᵢ = Σₖ ∂L/∂Oₖ · ∂Oₖ/∂Xᵢ"
    yield from _chain_rule("input", SEED_GEOMETRY.input_shape)
    yield "which is the full convolution of ∂L/∂O with F rotated by 180°"
    yield "\nWith a bias b added to every output: ∂O/∂b = 1"
    yield from _equations(Pass.BIAS_GRADIENT)
    yield "\nUpdate: F_updated = F − α ∂L/∂F"
    yield from _equations(Pass.UPDATE)


def _equations(pass_: Pass) -> Iterator[str]:
    for index in np.ndindex(pass_.result_shape(SEED_GEOMETRY)):
        yield "  " + write_equation(pass_, SEED_GEOMETRY, index)


def _local_gradients(operand: str) -> Iterator[str]:
    symbol = {"weight": "F", "input": "X"}[operand]
    for output in np.ndindex(SEED_GEOMETRY.output_shape):
        yield "  " + "   ".join(
            f"∂O{_at(output)}/∂{symbol}{_at(index)} = {write_element(value, SEED_GEOMETRY)}"
            for index, (value,) in sorted(local_gradient(SEED_GEOMETRY, output, operand).items())
        )


def _chain_rule(operand: str, shape: tuple[int, ...]) -> Iterator[str]:
    for index in np.ndindex(shape):
        terms = chain_rule_terms(SEED_GEOMETRY, operand, index)
        yield f"  {RESULT_SYMBOLS[Pass.INPUT_GRADIENT]}{_at(index)} = {write_sum(terms, SEED_GEOMETRY)}"


def _at(index: Index) -> str:
    return subscript(index, plain=True)
