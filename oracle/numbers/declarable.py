"""Values of conventions that have a number in them: in which blocks sums are made, and by which Winograd algorithm."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MOST_POINTS = 8
"""Of a Winograd algorithm: there are no usual points for larger tiles."""
_LONGEST_BLOCK = 2**20
_BLOCKS = re.compile(r"blocks of ([1-9][0-9]{0,6})")
_PARTS = re.compile(r"([1-9][0-9]{0,6}) parts")
_WINOGRAD = re.compile(r"winograd F\(([1-9]), ([1-9])\)")


def block_length(value: str) -> int | None:
    """N of ``blocks of N``, from 2 on."""
    return _count(_BLOCKS.fullmatch(value))


def part_count(value: str) -> int | None:
    """N of ``N parts``, from 2 on."""
    return _count(_PARTS.fullmatch(value))


def _count(found: re.Match[str] | None) -> int | None:
    number = int(found[1]) if found else 0
    return number if 2 <= number <= _LONGEST_BLOCK else None


def winograd_tile(value: str) -> tuple[int, int] | None:
    """(m, r) of ``winograd F(m, r)``: outputs and taps of a tile on one axis, each from 2 on, of at most 8 points."""
    found = _WINOGRAD.fullmatch(value)
    if found is None:
        return None
    m, r = int(found[1]), int(found[2])
    return (m, r) if min(m, r) > 1 and m + r - 1 <= MOST_POINTS else None


@dataclass(frozen=True, slots=True)
class Form:
    """Values of one kind.

    Parameters
    ----------
    text : str
        For people.
    parse : callable
        A value -> what its numbers are, None where it is no value of this form.
    """

    text: str
    parse: Callable[[str], object]


FORMS: Mapping[str, tuple[Form, ...]] = {
    "algorithm": (Form(f"winograd F(m, r) with m and r from 2 on and m + r - 1 <= {MOST_POINTS}", winograd_tile),),
    "order": (Form("blocks of N", block_length), Form(f"N parts with N from 2 to {_LONGEST_BLOCK}", part_count)),
}
"""Convention -> the forms that its values may have besides those that are listed."""


def has_form(convention: str, value: str) -> bool:
    """Whether a value is one of those with a number in them."""
    return any(form.parse(value) is not None for form in FORMS.get(convention, ()))
