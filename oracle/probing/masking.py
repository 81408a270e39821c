"""Masks for one element of a pass: the order in which its terms are summed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .dot import Dot
from .precision import Triple
from .trees import Inconsistent, Sizes, Tree, meeting, reveal

MOST_TERMS = 256
"""Of an element that are asked for their order; of more, so many from all over it."""
_PAIRS_ASKED_AGAIN = 16
_SCALES = ((50, 50, 0, 0), (15, 15, -6, -6), (15, 0, -12, -12), (15, 0, -10, 0))
"""Exponents of the factors of M, and of those of a unit, for sums of every range and precision."""


@dataclass(frozen=True, slots=True)
class Scale:
    """M and a unit as products, and how many powers of two lie between them."""

    mask: tuple[float, float]
    unit: tuple[float, float]
    distance: int

    def hides(self, terms: int, bits: int) -> bool:
        """Whether M takes up so many units together in sums of so many bits: they are below half its last place."""
        return self.distance >= bits + terms.bit_length() + 1

    def __str__(self) -> str:
        return f"2^{self.distance}"


def asked_terms(dot: Dot, most: int = MOST_TERMS) -> list[int]:
    """The numbers of terms whose order is asked; a count of them is a number of the result's format."""
    most = min(dot.terms, most, 2 ** min(dot.form.precision, 30))
    return [place * dot.terms // most for place in range(most)]


def order(dot: Dot, most: int = MOST_TERMS) -> tuple[Tree, Scale]:
    """The order of summation of so many terms, by the first scale of masks whose answers are those of a tree.

    Raises
    ------
    Inconsistent
        If there is none.
    Unanswered
    """
    terms, objections = asked_terms(dot, most), []
    for scale in _scales(dot):
        size = _sizes(dot, terms, scale)
        try:
            tree = reveal(terms, size)
            _ask_again(tree, terms, size)
        except Inconsistent as objection:
            objections.append(str(objection))
        else:
            return tree, scale
    raise Inconsistent(objections[0] if objections else "no mask has numbers of this dtype")


def _scales(dot: Dot) -> Iterator[Scale]:
    form = dot.form
    for left, right, small, other in _SCALES:
        exponents = (left, right, small, other) if dot.has_products else (left + right, 0, small + other, 0)
        if max(exponents) <= form.max_exponent and 2.0 ** min(exponents) >= form.smallest_subnormal:
            mask, unit = exponents[:2], exponents[2:]
            yield Scale((2.0 ** mask[0], 2.0 ** mask[1]), (2.0 ** unit[0], 2.0 ** unit[1]), sum(mask) - sum(unit))


def _sizes(dot: Dot, terms: list[int], scale: Scale) -> Sizes:
    """The sizes by masks at this scale; M first, or last where a sum that is cut off shrinks -M by a unit."""
    (mask, other), (one, its) = scale.mask, scale.unit
    known: dict[tuple[int, int], int] = {}

    def counted(positive: int, negative: int) -> int:
        left = dict.fromkeys(terms, one) | {positive: mask, negative: -mask}
        right = dict.fromkeys(terms, its) | {positive: other, negative: other}
        return _counted(dot(left, right) / (one * its), len(terms))

    def size(first: int, second: int) -> int:
        key = (min(first, second), max(first, second))
        if key not in known:
            try:
                known[key] = counted(*key)
            except Inconsistent:
                known[key] = counted(*key[::-1])
        return known[key]

    return size


def _counted(units: float, terms: int) -> int:
    if not 0 <= units <= terms - 2 or units != int(units):
        raise Inconsistent(f"M, -M and {terms - 2} units come to {units:g} units")
    return terms - int(units)


def _ask_again(tree: Tree, terms: list[int], size: Sizes) -> None:
    """Pairs from all over, which the tree must have the sizes of."""
    for number in range(min(_PAIRS_ASKED_AGAIN, len(terms) - 1)):
        one = terms[number * (len(terms) - 1) // _PAIRS_ASKED_AGAIN]
        other = terms[-1 - (number * number) % len(terms)]
        if one != other and size(one, other) != meeting(tree, one, other):
            raise Inconsistent(f"terms {one} and {other} meet in {size(one, other)} terms and not where the others say")


def surviving(dot: Dot) -> Scale | None:
    """The scale at which a unit survives among three terms whichever two of them are M and -M, if there is one."""
    terms = [0, dot.terms // 2, dot.terms - 1]
    pairs = [(0, terms[1]), (0, terms[2]), (terms[1], terms[2])]
    for scale in _scales(dot):
        size = _sizes(dot, terms, scale)
        try:
            sizes = [size(one, other) for one, other in pairs]
        except Inconsistent:
            continue
        return scale if sizes == [2, 2, 2] else None
    return None


def holds(dot: Dot, at: Triple, tree: Tree, scale: Scale) -> bool:
    """Whether three terms among zeros are added in the order that was found among other numbers."""
    whole = meeting(tree, at.i, at.k)
    for other, unit in ((at.j, at.k), (at.k, at.j)):
        is_outside = other == at.j and meeting(tree, at.i, at.j) < whole
        if _sparse(dot, at.i, other, unit, scale) != (1.0 if is_outside else 0.0):
            return False
    return True


def _sparse(dot: Dot, positive: int, negative: int, unit: int, scale: Scale) -> float:
    """M, -M and a unit, in units; the negative one first where a sum that is cut off shrinks it."""
    (mask, other), (one, its) = scale.mask, scale.unit

    def asked(sign: int) -> float:
        left = {positive: sign * mask, negative: -sign * mask, unit: one}
        return dot(left, {positive: other, negative: other, unit: its}) / (one * its)

    first = asked(1)
    return first if first in (0.0, 1.0) else asked(-1)
