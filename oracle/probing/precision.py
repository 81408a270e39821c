"""How many bits operands, products and sums are kept to, and how each is rounded.

All answers are read after a cancellation that is exact in any binary arithmetic, so
that nothing but the rounding in question can have changed them. `Triple` says where:
i and j are added to each other, and k to their sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .dot import Dot
from .finding import Finding, undetermined
from .modes import ADDENDS_CUT, fitting

MOST_BITS = 66
_PLACES = 8
_PARTS = (Fraction(1, 2), Fraction(3, 4), Fraction(1, 4), Fraction(-1, 4), Fraction(3, 2), Fraction(5, 4))


@dataclass(frozen=True, slots=True)
class Triple:
    """Terms i and j, whose sum is formed before k is added to it."""

    i: int
    j: int
    k: int


def _split(dot: Dot, value: float) -> tuple[float, float]:
    """A small number as a product of two that the operands' format has as normal ones."""
    if not dot.has_products or abs(value) >= 2.0 ** (dot.form.min_exponent + 2):
        return value, 1.0
    return value * 2.0**-dot.form.min_exponent / 4, 2.0 ** (dot.form.min_exponent + 2)


def _base(dot: Dot) -> float:
    """A power of two that leaves room for much smaller ones."""
    return 1.0 if dot.form.min_exponent < -100 else 2.0**14


def _summed(dot: Dot, one: int, other: int, last: int | None, small: float) -> float:
    """Base + small - base, in that order."""
    base, (left, right) = _base(dot), _split(dot, small)
    values, factors = {one: base, other: left}, {other: right}
    return dot(values if last is None else values | {last: -base}, factors)


def sum_bits(dot: Dot, at: Triple) -> int:
    """The p of the widest 1 + 2**(1 - p) that a sum of two terms keeps, whichever comes first.

    The answer to 1 + s - 1 is s where the sum keeps it. Its smaller bits cannot be lost anywhere else:
    1 and s are powers of two, and the difference is one.
    """
    base = _base(dot)
    smallest = dot.form.min_exponent * (2 if dot.has_products and dot.form.max_exponent > 100 else 1)
    for bits in range(2, MOST_BITS):
        small = base * 2.0 ** (1 - bits)
        if small < 2.0 ** (smallest + 2):
            return bits - 1
        if not _summed(dot, at.i, at.j, at.k, small) == _summed(dot, at.j, at.i, at.k, small) == small:
            return bits - 1
    return MOST_BITS


def result_bits(dot: Dot, at: Triple, most: int) -> int:
    """The p of the widest 1 + 2**(1 - p) that is a result, of those that are exact sums of two terms."""
    base = _base(dot)
    for bits in range(2, most + 1):
        small = base * 2.0 ** (1 - bits)
        if _summed(dot, at.i, at.j, None, small) != base + small:
            return bits - 1
    return most


def sum_mode(dot: Dot, at: Triple, bits: int, room: int, line: str = "rounding of sums") -> Finding:
    """The mode in which 1 plus parts of a unit in its last place becomes what is left of it after - 1.

    A part just above a half, of `room` bits as operands have them, is lost by who looks at a few bits only. A half
    below 1 is a number of as many bits, which only who cuts addends off loses.
    """
    why = f"1 + c 2^{1 - bits} - 1 for c of halves, quarters and just above a half, of either sign"
    base, unit = Fraction(_base(dot)), Fraction(2) ** (1 - bits)
    just_above = [Fraction(1, 2) + Fraction(1, 2**room)] * (room > 2)
    parts = [*(part for part in _PARTS if part < 1), Fraction(-1, 2), *just_above]
    asked, answers = [], []
    for sign in (1, -1):
        for part in parts:
            scaled = base * part * unit
            asked.append(sign * (base + scaled))
            answers.append(Fraction(_signed(dot, at, sign, float(scaled))) + sign * base)
    found = _mode(line, asked, answers, bits, why)
    is_cut = all(abs(answer) == base for answer in answers) and not found.is_determined
    return Finding(line, ADDENDS_CUT, ADDENDS_CUT, why) if is_cut else found


def _signed(dot: Dot, at: Triple, sign: int, small: float) -> float:
    base, (left, right) = _base(dot), _split(dot, small)
    return dot({at.i: sign * base, at.j: sign * left, at.k: -sign * base}, {at.j: right})


def kept_bits(dot: Dot, at: Triple, side: int, sums: int) -> tuple[int, int]:
    """The bits of a factor in one term, and the fewest in terms from all over the element."""
    bits = least = operand_bits(dot, at, side, sums)
    for place in {number * (dot.terms - 1) // _PLACES for number in range(_PLACES + 1)} - {at.i}:
        j, k = [other for other in (at.i, at.j, at.k) if other != place][:2]
        there = Triple(place, j, k)
        if not _is_kept(dot, there, side, 2.0 ** (1 - least)):
            least = operand_bits(dot, there, side, sums)
    return bits, least


def operand_bits(dot: Dot, at: Triple, side: int, sums: int) -> int:
    """The widest p for which 1 + 2**-m + 2**(1 - p) - 1 - 2**-m is exact for every m, the first sum being one factor.

    Two bits alone would be kept by two parts of a few bits each, however far from each other they are. What is left
    has one bit, which a result keeps that has fewer bits than an operand.
    """
    most = min(sums, dot.form.precision)
    alone = next((bits - 1 for bits in range(2, most + 1) if not _is_kept(dot, at, side, 2.0 ** (1 - bits))), most)
    for bits in range(alone, 1, -1):
        small = 2.0 ** (1 - bits)
        if all(_is_kept(dot, at, side, small, 2.0**-middle) for middle in range(1, bits - 1)):
            return bits
    return 1


def _is_kept(dot: Dot, at: Triple, side: int, small: float, middle: float = 0.0) -> bool:
    return _factor(dot, at, side, 1.0 + middle + small, middle) == small


def _factor(dot: Dot, at: Triple, side: int, value: float, middle: float = 0.0) -> float:
    """The value of one factor, as it is multiplied, less one of its sign, and less a power of two."""
    sign = 1.0 if value > 0 else -1.0
    left, right = ({at.i: value}, {}) if side == 0 else ({at.i: 1.0}, {at.i: value})
    return dot(left | {at.j: -sign} | ({at.k: -middle} if middle else {}), right)


def operand_mode(dot: Dot, at: Triple, side: int, bits: int, name: str) -> Finding:
    """The mode in which an operand with more bits becomes one of `bits`."""
    line, why = f"rounding of the {name}", f"(1 + c 2^{1 - bits}) - 1 for c of halves and quarters, of either sign"
    room = dot.form.precision - bits
    parts = [part for part in _PARTS if part > 0 and part.denominator <= 2**room]
    asked = [sign * (1 + part * Fraction(2) ** (1 - bits)) for sign in (1, -1) for part in parts]
    answers = [Fraction(_factor(dot, at, side, float(one))) + (1 if one > 0 else -1) for one in asked]
    return _mode(line, asked, answers, bits, why)


def store_mode(dot: Dot, at: Triple, bits: int) -> Finding:
    """The mode in which a sum with more bits than the result's format becomes one of its numbers."""
    line, why = "rounding of results", f"1 + c 2^{1 - bits} is exact as a sum of two terms, and then stored"
    asked, answers = [], []
    for sign in (1, -1):
        for part in _PARTS:
            whole = 1 if part < 1 else 1 + Fraction(2) ** (1 - bits)
            small = (part if part < 1 else part - 1) * Fraction(2) ** (1 - bits)
            asked.append(sign * (whole + small))
            answers.append(Fraction(dot({at.i: sign * float(whole), at.j: sign * float(small)})))
    return _mode(line, asked, answers, bits, why)


def _mode(line: str, asked: list[Fraction], answers: list[Fraction], bits: int, why: str) -> Finding:
    modes = fitting(asked, answers, bits)
    if len(modes) == 1:
        return Finding(line, modes[0], modes[0], why)
    shown = ", ".join(
        f"{float(one):.17g} became {float(other):.17g}" for one, other in zip(asked, answers, strict=True)
    )
    reason = f"several modes would have these answers: {', '.join(modes)}" if modes else f"no mode does this: {shown}"
    return undetermined(line, reason, why)


def products(dot: Dot, at: Triple, operands: int, sums: int) -> Finding:
    """Whether products are rounded before they are added, or parts of them never formed.

    With x = 1 + 2**-h, x x is (1 + 2**(1 - h)) + 2**-2h: of 2h + 1 bits. The first part is taken off.
    """
    line, why = "products", "x x - (1 + 2^(1-h)) for x = 1 + 2^-h is 2^-2h where the product is kept, in either order"
    fits = min(operands - 1, (sums - 1) // 2)
    if fits >= 2 and 0.0 in _low_parts(dot, at, fits):
        told = f"less exact than sums, rounded or in parts: of {fits + 1} by {fits + 1} bits the last is lost"
        return Finding(line, told, "narrower", why)
    half = (sums + 1) // 2
    if half + 1 > operands:
        return Finding(line, f"exact: {operands} by {operands} bits fit into a sum's {sums}", "exact", why)
    kept = [answer == 2.0 ** (-2 * half) for answer in _low_parts(dot, at, half)]
    if all(kept):
        return Finding(line, "kept in full where they are added", "exact", why)
    if any(kept):
        return Finding(line, "added unrounded (fused multiply-add)", "fused", why)
    return Finding(line, "rounded before they are added", "rounded", why)


def _low_parts(dot: Dot, at: Triple, half: int) -> tuple[float, float]:
    x, high = 1.0 + 2.0**-half, 1.0 + 2.0 ** (1 - half)
    return tuple(dot({one: x, other: -high}, {one: x}) for one, other in ((at.i, at.j), (at.j, at.i)))  # type: ignore[return-value]
