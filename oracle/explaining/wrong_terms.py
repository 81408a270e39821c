"""What impulses found, in the seed's notation: which products an element lacks, and which stand in their place."""

from __future__ import annotations

from collections.abc import Iterator

from ..answers.equations import Index, Term, terms
from ..problem.geometry import ConvGeometry
from ..problem.passes import Pass
from .impulses import Reading, WrongTerm
from .notation import write_element, write_result, write_sum, write_term

MOST_ELEMENTS = 4
MOST_REMARKS = 4
MOST_TERMS = 8


def tell(reading: Reading, pass_: Pass, geometry: ConvGeometry, *, bias: bool = False) -> tuple[str, ...]:
    """A line for each wrong element, cut to a few; why there are none where the candidate is no sum of products.

    Parameters
    ----------
    reading : Reading
    pass_ : Pass
        That was read.
    geometry : ConvGeometry
    bias : bool
        Whether the operands have a bias.

    Returns
    -------
    tuple of str
        Such as ``∂L/∂F₁₂ should be ∂L/∂O₁₁·X₁₂; the candidate uses ∂L/∂O₁₁·X₂₁ in place of ∂L/∂O₁₁·X₁₂``.
    """
    if reading.objection:
        return (f"Its terms cannot be read off: {reading.objection}.",)
    lines = [_line(index, wrong, pass_, geometry, bias=bias) for index, wrong in _first(reading)]
    more = len(reading.wrong) - len(lines)
    if more > 0:
        lines.append(f"and {more} more element{'s' if more > 1 else ''} with other terms than they should have")
    return tuple(lines)


def _first(reading: Reading) -> list[tuple[Index, tuple[WrongTerm, ...]]]:
    return list(reading.wrong.items())[:MOST_ELEMENTS]


def _line(index: Index, wrong: tuple[WrongTerm, ...], pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> str:
    right = terms(pass_, geometry, index, bias=bias)
    shown = write_sum(right[:MOST_TERMS], geometry) + (" + …" if len(right) > MOST_TERMS else "")
    remarks = list(_remarks(wrong, geometry))
    if _is_nothing(wrong, right):
        remarks = ["the candidate uses none of them"] if len(right) > 1 else ["the candidate has nothing there"]
    rest = len(remarks) - MOST_REMARKS
    cut = [*remarks[:MOST_REMARKS], f"and {rest} more"] if rest > 0 else remarks
    return f"{write_result(pass_, geometry, index)} should be {shown}; {', '.join(cut)}"


def _is_nothing(wrong: tuple[WrongTerm, ...], right: list[Term]) -> bool:
    """Whether every term is missing, and nothing is there instead."""
    return len(wrong) == len(set(right)) and all(entry.actual == 0 for entry in wrong)


def _remarks(wrong: tuple[WrongTerm, ...], geometry: ConvGeometry) -> Iterator[str]:
    """Misplaced factors first, then what is missing, extra, repeated or scaled."""
    missing = [entry.term for entry in wrong if entry.actual == 0]
    extra = [entry for entry in wrong if entry.expected == 0]
    for other in extra.copy():
        lost = next((term for term in missing if _shared(term, other.term) and other.actual == 1), None)
        if lost is not None:
            missing.remove(lost)
            extra.remove(other)
            yield _misplaced(lost, other.term, geometry)
    for term in missing:
        yield f"{write_term(term, geometry)} is missing"
    for entry in extra:
        yield f"{_times(entry.actual)}{write_term(entry.term, geometry)} is extra"
    for entry in wrong:
        if entry.expected and entry.actual:
            yield _scaled(entry, geometry)


def _shared(one: Term, other: Term) -> bool:
    """Whether two products have a factor in common."""
    return bool(set(one.factors) & set(other.factors))


def _misplaced(lost: Term, extra: Term, geometry: ConvGeometry) -> str:
    common = set(lost.factors) & set(extra.factors)
    (was,) = (factor for factor in lost.factors if factor not in common)
    (is_,) = (factor for factor in extra.factors if factor not in common)
    (kept,) = common
    pair = f"{write_element(is_, geometry)} in place of {write_element(was, geometry)}"
    return f"the candidate uses {pair} beside {write_element(kept, geometry)}"


def _scaled(entry: WrongTerm, geometry: ConvGeometry) -> str:
    times, due = entry.actual / entry.expected, entry.expected
    written = write_term(entry.term, geometry)
    if entry.actual == int(entry.actual) > due:
        return f"{written} is there {entry.actual:g} times instead of {due:g}"
    return f"{written} is multiplied by {times:g}"


def _times(coefficient: float) -> str:
    return "" if coefficient == 1 else f"{coefficient:g}·"
