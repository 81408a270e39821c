"""Structure: are these the right terms? Asked of every pass on every case; the other checks of a pass rest on it."""

from __future__ import annotations

from functools import partial

from ...oracle.operands.data import Numbers
from .examination import ask_values
from .kind import CheckKind, OfPass, Shrinking

KIND = CheckKind(
    name="structure",
    title="exact equality",
    meaning="Are these the right terms? The operands are integers, small enough that every sum is exact in any order: "
    "the result must be equal to the last bit, and one missing, repeated or misplaced product shows.",
    schedule=OfPass(),
    ask=partial(ask_values, Numbers.INTEGERS),
    numbers=Numbers.INTEGERS,
    shrinking=Shrinking(on_sound=False),
)
