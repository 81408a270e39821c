"""Modes of rounding, and which of them answers have in common with."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction

Mode = Callable[[Fraction], int]
"""A number in units of the last place to a whole one."""


def _nearest_even(value: Fraction) -> int:
    return round(value)


def _nearest_away(value: Fraction) -> int:
    whole = math.floor(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


MODES: dict[str, Mode] = {
    "to nearest, ties to even": _nearest_even,
    "to nearest, ties away from zero": _nearest_away,
    "toward zero": math.trunc,
    "upward": math.ceil,
    "downward": math.floor,
}
NEAREST_EVEN, NEAREST_AWAY, TOWARD_ZERO = "to nearest, ties to even", "to nearest, ties away from zero", "toward zero"
ADDENDS_CUT = "addends are cut off before they are added"
"""Not a mode of a sum: each addend loses what is below the last place of the largest, as in matrix units."""


def rounded(value: Fraction, precision: int, mode: str) -> Fraction:
    """A number in a format of that precision without bounds of its exponent.

    Examples
    --------
    >>> rounded(Fraction(9), 3, "toward zero")
    Fraction(8, 1)
    """
    if not value:
        return value
    exponent = _exponent(abs(value)) - precision + 1
    unit = Fraction(2) ** exponent
    return MODES[mode](value / unit) * unit


def _exponent(value: Fraction) -> int:
    """The e with 2**e <= value < 2**(e + 1)."""
    guess = value.numerator.bit_length() - value.denominator.bit_length()
    return guess if Fraction(2) ** guess <= value else guess - 1


def fitting(asked: Iterable[Fraction], answers: Iterable[Fraction], precision: int) -> tuple[str, ...]:
    """The modes in which each number asked becomes its answer."""
    pairs = list(zip(asked, answers, strict=True))
    return tuple(mode for mode in MODES if all(rounded(one, precision, mode) == other for one, other in pairs))
