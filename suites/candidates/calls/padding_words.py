"""Padding as a word, for a parameter whose default is one: given where everybody means the same padding by it."""

from __future__ import annotations

from collections.abc import Mapping

from ....oracle.problem.geometry import ConvGeometry
from .domain import named_sides_of

_WORDS = ("valid", "same")


def words_of(default: object) -> Mapping[str, str]:
    """The words that a parameter with this default takes, as it writes them, by their names; none if it is no word."""
    if not isinstance(default, str) or default.lower() not in _WORDS:
        return {}
    return {word: word.upper() if default.isupper() else word for word in _WORDS}


def word_for(geometry: ConvGeometry) -> str | None:
    """The name of a geometry's padding, if everybody calls it so.

    Frameworks differ in what "same" is with a stride, and with a kernel that has no middle; and in what both words
    are of a transposed convolution.
    """
    if geometry.transposed:
        return None
    if not any(map(sum, geometry.padding)):
        return "valid"
    is_balanced = max(geometry.stride) == 1 and all(low == high for low, high in geometry.padding)
    return "same" if is_balanced and geometry.padding == named_sides_of(geometry, "same_upper") else None
