"""The identity card of one pass, dtype and geometry: every line that answers imply, and those they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..numbers.dtypes import Arithmetic, Format, format_of, result_dtype
from ..problem.geometry import ConvGeometry
from ..problem.passes import Pass
from . import precision, specials
from .dot import Ask, Dot, Unanswered
from .finding import Finding, undetermined
from .masking import MOST_TERMS, Scale, asked_terms, holds, order, surviving
from .measuring import Measured, measure
from .modes import ADDENDS_CUT, NEAREST_AWAY, NEAREST_EVEN
from .precision import Triple
from .trees import Inconsistent, Node, Tree, closest, leaves, renumbered, told

DTYPES = ("float64", "float32", "float16", "bfloat16")
PASSES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)
_SIDES = {
    Pass.FORWARD: ("input", "weight"),
    Pass.INPUT_GRADIENT: ("output gradient", "weight"),
    Pass.WEIGHT_GRADIENT: ("output gradient", "input"),
}
OPERANDS = ("input", "weight", "output gradient")
"""The lines of what is multiplied."""
SUMS, ROUNDINGS = ("sums", "sums of partial sums"), ("rounding of sums", "rounding of partial sums")
"""The lines of what is summed, and of how that is rounded."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of the arithmetic of a pass.

    Parameters
    ----------
    pass_ : Pass
    dtype : str
    geometry : ConvGeometry
    terms : int
        Of the element that was asked for.
    findings : tuple of Finding
    calls : int
        How many questions that took.
    measured : Measured or None
        Errors on random numbers; None where they were not measured.
    """

    pass_: Pass
    dtype: str
    geometry: ConvGeometry
    terms: int
    findings: tuple[Finding, ...]
    calls: int
    measured: Measured | None = None

    def value(self, line: str) -> str | int | bool | None:
        """Of the line of that name; None where it is not determined or not there."""
        return next((finding.value for finding in self.findings if finding.line == line), None)


def probe(
    ask: Ask,
    pass_: Pass,
    geometry: ConvGeometry,
    dtype: str,
    arithmetic: Arithmetic | None = None,
    *,
    most_terms: int = MOST_TERMS,
) -> Card:
    """Ask an implementation for the arithmetic of one pass.

    Parameters
    ----------
    ask : callable
        Of pass, operands and geometry; raises `Unanswered` where there is no array.
    pass_ : Pass
        One of `PASSES`.
    geometry : ConvGeometry
        Not transposed, padded with zeros, with at least one term in some element.
    dtype : str
        One of `DTYPES`.
    arithmetic : Arithmetic, optional
        That is declared; its errors are measured then, beside what it allows.
    most_terms : int
        How many are asked for their order; more take more calls.
    """
    dot, measured = Dot(ask, pass_, geometry, dtype), None
    try:
        dot({0: 1.0})
    except Unanswered as reason:
        found: list[Finding] = [undetermined("all", str(reason), "one times one")]
    else:
        found = list(_of_order(dot, most_terms))
        is_transform = any(finding.value == "transform" for finding in found)
        found += _of_specials(dot, is_transform=is_transform)
        measured = None if arithmetic is None else measure(dot, arithmetic)
    return Card(pass_, dtype, geometry, dot.terms, tuple(found), dot.calls[0], measured)


def _of_specials(dot: Dot, *, is_transform: bool) -> Iterator[Finding]:
    """What else is asked; of a transform, which spreads NaN by itself, not what is done with zeros."""
    questions: dict[str, Callable[[], Iterable[Finding]]] = {
        "zeros": lambda: specials.zeros(dot),
        "padding": lambda: specials.padding(dot),
        "subnormals": lambda: specials.subnormals(dot),
        "repeated": lambda: specials.repeats(dot),
    }
    for line, question in questions.items():
        if line not in ("zeros", "padding") or not is_transform:
            yield from _answered(line, question)


def _answered(line: str, question: Callable[[], Iterable[Finding]]) -> Iterable[Finding]:
    try:
        return list(question())
    except Unanswered as reason:
        return [undetermined(line, str(reason), "")]


def _of_order(dot: Dot, most: int) -> Iterator[Finding]:
    """The lines that depend on which terms are added to each other first."""
    yield from (algorithm := list(_answered("algorithm", lambda: specials.transform(dot))))
    why = "M, -M and units: those that survive are not in the smallest subtree of both"
    if any(finding.value == "transform" for finding in algorithm):
        yield undetermined("order", "a transform is no sum of an element's own terms", why)
        return
    try:
        if dot.terms > 2 and (mask := surviving(dot)):
            yield Finding("order", f"none to be seen: a unit survives a mask of {mask}", "exact", why)
            return
        tree, scale = order(dot, most)
    except (Inconsistent, Unanswered) as reason:
        yield undetermined("order", str(reason), why)
        return
    at = triple(tree)
    if at is None:
        yield undetermined("sums", f"that needs three terms, and an element has {dot.terms}", "")
        return
    try:
        sums = precision.sum_bits(dot, at)
    except Unanswered as reason:
        yield undetermined("sums", str(reason), "")
        return
    yield _told_order(dot, tree, scale, sums, why, most)
    if not holds(dot, at, tree, scale):
        told = "among zeros, three terms are added in another order than among other numbers"
        yield undetermined("rounding", told, "M, -M and one unit, all else zero")
        return
    yield from _answered("rounding", lambda: _of_bits(dot, at, tree, sums))


def _told_order(dot: Dot, tree: Tree, scale: Scale, sums: int, why: str, most: int) -> Finding:
    asked = asked_terms(dot, most)
    if not scale.hides(len(asked), sums):
        reason = f"sums of {sums} bits could keep some of {len(asked)} units beside a mask of {scale}"
        return undetermined("order", reason, why)
    words = told(renumbered(tree, {place: number for number, place in enumerate(asked)}))
    of_all = "" if len(asked) == dot.terms else f" ({len(asked)} of {dot.terms} terms)"
    return Finding("order", words + of_all, words, why)


def triple(tree: Tree) -> Triple | None:
    """Two terms that are added to each other before all else, and one that comes next; in a node of several, three."""
    if len(leaves(tree)) < 3:
        return None
    inner = tree
    while isinstance(inner, Node):
        deeper = next((child for child in inner.children if len(leaves(child)) > 2), None)
        if deeper is None:
            break
        inner = deeper
    i, j = closest(inner) or leaves(inner)[:2]
    return Triple(i, j, next(place for place in leaves(inner) if place not in (i, j)))


def outer_triple(tree: Tree) -> Triple | None:
    """Two terms that are added to each other before all else, and one outside of the largest sum that holds both.

    What the two come to passes through every partial sum on its way there.
    """
    if isinstance(tree, int):
        return None
    *others, larger = sorted(tree.children, key=lambda child: len(leaves(child)))
    inner = triple(larger)
    if inner is None and isinstance(larger, Node):
        one, other = leaves(larger)[:2]
        return Triple(one, other, leaves(others[0])[0])
    return inner and Triple(inner.i, inner.j, leaves(others[0])[0])


def _of_bits(dot: Dot, at: Triple, tree: Tree, sums: int) -> Iterator[Finding]:
    why = "1 + 2^(1-p) - 1, the first two in either order: the widest p for which it is 2^(1-p)"
    carried, more = _carried(dot, tree, sums), " or more" * (sums == precision.MOST_BITS)
    told = f"kept to {sums} bits{more}{' at most, with what each loses carried along' * carried}"
    yield Finding("sums", told, sums, why)
    kept = _kept(dot, at, sums) if dot.has_products else []
    why = "1 and parts of its last place in sequence, each of which is lost by itself: more than 1 if they are carried"
    yield Finding("compensation", "errors are carried along" if carried else "none seen", carried, why)
    if not carried:
        yield from _of_roundings(dot, at, tree, sums, min((bits for _, bits in kept), default=dot.form.precision))
    if dot.has_products:
        yield from _of_factors(dot, at, sums, kept)
        if not carried:
            yield precision.products(dot, at, min(bits for _, bits in kept), sums)
    yield from specials.ranges(dot, at.i, at.j)
    yield from _of_results(dot, at, sums)


def _of_roundings(dot: Dot, at: Triple, tree: Tree, sums: int, room: int) -> Iterator[Finding]:
    """How sums are rounded, and what partial sums are kept to on their way to the last one."""
    yield (inner := precision.sum_mode(dot, at, sums, room))
    if beyond := outer_triple(tree):
        why = "1 + 2^(1-p) - 1, the first two in the innermost sum and the last outside of all but the outermost"
        outer = precision.sum_bits(dot, beyond)
        yield Finding("sums of partial sums", f"kept to {outer} bits", outer, why)
        if outer != sums or not inner.is_determined or inner.value == ADDENDS_CUT:
            yield precision.sum_mode(dot, beyond, outer, room, "rounding of partial sums")


def _of_results(dot: Dot, at: Triple, sums: int) -> Iterator[Finding]:
    """Where results have fewer bits than their dtype, and how they are rounded where sums have more."""
    whole = format_of(result_dtype(dot.dtype)).precision
    bits = precision.result_bits(dot, at, min(sums, whole))
    if bits < min(sums, whole):
        why = "1 + 2^(1-p) as a result: the widest p for which it is that"
        yield Finding("results", f"kept to {bits} bits of {whole}", bits, why)
    if sums >= bits + 2:
        yield precision.store_mode(dot, at, bits)


def _kept(dot: Dot, at: Triple, sums: int) -> list[tuple[int, int]]:
    """For each factor, the most and the fewest bits that any term keeps of it."""
    return [precision.kept_bits(dot, at, side, sums) for side in range(2)]


def _of_factors(dot: Dot, at: Triple, sums: int, kept: list[tuple[int, int]]) -> Iterator[Finding]:
    """Of each factor, in the term that was asked first; of other terms the bits alone, where they are fewer."""
    why = "(1 + 2^-m + 2^(1-p)) - 1 - 2^-m, the first being one factor of a term: the widest p for which all are exact"
    for side, (name, (most, bits)) in enumerate(zip(_SIDES[dot.pass_], kept, strict=True)):
        least = " at least" * (bits == sums < dot.form.precision)
        others = f" in some terms, to {most} in others" * (bits < most)
        yield Finding(name, f"kept to {bits} bits{least}{_whole(bits, dot.form)}{others}", bits, why)
        if bits == most < min(sums, dot.form.precision):
            yield precision.operand_mode(dot, at, side, bits, name)


def _whole(bits: int, form: Format) -> str:
    return ", as they are" if bits == form.precision else ""


def _carried(dot: Dot, tree: Tree, sums: int) -> bool:
    """Whether numbers that a sum loses one by one are not lost together: 1 + s + s + ... in sequence.

    In a sum to nearest that loses s, 1 + s is 1, and so is all of it.
    """
    every = leaves(tree)
    first = _first_of_a_sequence(tree)
    small = 2.0 ** -(sums + 1)
    if first is None or len(every) < 5 or small < 2.0 ** (dot.form.min_exponent + 2):
        return False
    rest = [place for place in every if place != first]
    alone = dot({first: 1.0, rest[0]: small, rest[-1]: -1.0})
    return alone == 0.0 and dot(dict.fromkeys(rest, small) | {first: 1.0}) > 1.0


def _first_of_a_sequence(tree: Tree) -> int | None:
    """One of the two terms that a sum in sequence begins with."""
    while isinstance(tree, Node):
        inner = [child for child in tree.children if isinstance(child, Node)]
        if not inner:
            return leaves(tree)[0] if len(tree.children) == 2 else None
        if len(inner) > 1 or len(tree.children) > 2:
            return None
        tree = inner[0]
    return None


def order_of(dot: Dot, most: int) -> str:
    """In which order so many terms of an element are summed, in words; empty where that is not determined."""
    try:
        tree, scale = order(dot, most)
        at = triple(tree)
        found = None if at is None else _told_order(dot, tree, scale, precision.sum_bits(dot, at), "", most)
    except (Inconsistent, Unanswered):
        return ""
    return "" if found is None or not found.is_determined else found.told


def accumulation(card: Card) -> str:
    """What a bound has to assume of sums, as the convention of that name says it: ``nearest``, as far as is known."""
    modes = {card.value(line) for line in ROUNDINGS}
    if ADDENDS_CUT in modes:
        return "aligned"
    return "nearest" if modes <= {None, NEAREST_EVEN, NEAREST_AWAY} else "faithful"
