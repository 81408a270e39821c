"""Precision: is the arithmetic as good as it claims? Asked of every pass on every case."""

from __future__ import annotations

from .examination import ask_values
from .kind import CheckKind, OfPass
from .value import Check

KIND = CheckKind(
    name=str(Check.PRECISION),
    title="the rounding bound",
    meaning="Is the arithmetic as good as it claims? The operands are reals, and each element's error may not exceed "
    "what rounding in the declared arithmetic can explain.",
    schedule=OfPass(),
    ask=ask_values,
)
