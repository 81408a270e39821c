"""Structure: are these the right terms? Asked of every pass on every case; the other checks of a pass rest on it."""

from __future__ import annotations

from .examination import ask_values
from .kind import CheckKind, OfPass, Shrinking
from .value import Check

KIND = CheckKind(
    name=str(Check.STRUCTURE),
    title="exact equality",
    meaning="Are these the right terms? The operands are integers, small enough that every sum is exact in any order: "
    "the result must be equal to the last bit, and one missing, repeated or misplaced product shows.",
    schedule=OfPass(),
    ask=ask_values,
    shrinking=Shrinking(on_sound=False),
)
