"""The seed's own notation: O₁₁ = X₁₁F₁₁ + X₁₂F₁₂ + …, with 1-based indices."""

from __future__ import annotations

from ..answers.equations import Element, Index, Term, terms
from ..problem.geometry import ConvGeometry
from ..problem.passes import Pass

OPERAND_SYMBOLS = {
    "input": "X",
    "weight": "F",
    "bias": "b",
    "output": "O",
    "output_gradient": "∂L/∂O",
    "input_direction": "V",
    "weight_direction": "U",
    "bias_direction": "c",
}
RESULT_SYMBOLS = {
    Pass.FORWARD: "O",
    Pass.INPUT_GRADIENT: "∂L/∂X",
    Pass.WEIGHT_GRADIENT: "∂L/∂F",
    Pass.BIAS_GRADIENT: "∂L/∂b",
    Pass.UPDATE: "F_updated",
    Pass.JVP: "dO",
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: "∂E/∂(∂L/∂O)",
    Pass.DOUBLE_BACKWARD_INPUT: "∂E/∂X",
    Pass.DOUBLE_BACKWARD_WEIGHT: "∂E/∂F",
}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def subscript(index: Index, *, plain: bool) -> str:
    """The index, counted from 1, as a subscript: ₁₂, or ₁,₁₂ where a number has two digits.

    With `plain` the two leading axes (batch and channel) are left out, as in the
    seed; otherwise they stand before the spatial ones, parted by a semicolon.
    """
    lead, spatial = index[:2], index[2:]
    shown = _digits(spatial) if plain else f"{_digits(lead)};{_digits(spatial)}"
    return shown.translate(_SUBSCRIPTS)


def _digits(index: Index) -> str:
    numbers = [str(position + 1) for position in index]
    return ("" if all(len(number) == 1 for number in numbers) else ",").join(numbers)


def is_plain(geometry: ConvGeometry) -> bool:
    """Whether batch and channel indices say nothing, as in the seed's one image and one filter."""
    return (geometry.batch, geometry.in_channels, geometry.out_channels) == (1, 1, 1)


def write_element(element: Element, geometry: ConvGeometry) -> str:
    """One operand element, such as X₂₃."""
    if element.tensor.startswith("bias"):
        place = "" if is_plain(geometry) else _digits(element.index).translate(_SUBSCRIPTS)
        return OPERAND_SYMBOLS[element.tensor] + place
    return OPERAND_SYMBOLS[element.tensor] + subscript(element.index, plain=is_plain(geometry))


def write_term(term: Term, geometry: ConvGeometry) -> str:
    """One product, such as X₁₂F₁₁ or ∂L/∂O₁₁·X₁₂."""
    factors = [write_element(factor, geometry) for factor in term.factors]
    return ("·" if term.factors[0].tensor == "output_gradient" else "").join(factors)


def write_sum(summands: list[Term], geometry: ConvGeometry) -> str:
    """A sum of products; an empty sum is 0."""
    return " + ".join(write_term(term, geometry) for term in summands) or "0"


def write_equation(pass_: Pass, geometry: ConvGeometry, index: Index, *, bias: bool = False) -> str:
    """The equation of one element of a pass's result, in the seed's notation.

    Examples
    --------
    >>> seed = ConvGeometry.of(size=(3, 3), kernel=2)
    >>> write_equation(Pass.FORWARD, seed, (0, 0, 0, 0))
    'O₁₁ = X₁₁F₁₁ + X₁₂F₁₂ + X₂₁F₂₁ + X₂₂F₂₂'
    """
    right = write_sum(terms(pass_, geometry, index, bias=bias), geometry)
    if pass_ is Pass.UPDATE:
        place = subscript(index, plain=is_plain(geometry))
        return f"{write_result(pass_, geometry, index)} = F{place} − α·({right})"
    return f"{write_result(pass_, geometry, index)} = {right}"


def write_result(pass_: Pass, geometry: ConvGeometry, index: Index) -> str:
    """One element of a pass's result, such as ∂L/∂X₁₂."""
    if pass_ is Pass.BIAS_GRADIENT:
        return RESULT_SYMBOLS[pass_] + ("" if is_plain(geometry) else _digits(index).translate(_SUBSCRIPTS))
    return RESULT_SYMBOLS[pass_] + subscript(index, plain=is_plain(geometry))
