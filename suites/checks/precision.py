"""Precision: is the arithmetic as good as it claims? Asked of every pass on every case."""

from __future__ import annotations

from functools import partial

from ...oracle.operands.data import Numbers
from .examination import ask_values
from .kind import CheckKind, OfPass

KIND = CheckKind(
    name="precision",
    title="the rounding bound",
    meaning="Is the arithmetic as good as it claims? The operands are reals, and each element's error may not exceed "
    "what rounding in the declared arithmetic can explain.",
    schedule=OfPass(),
    ask=partial(ask_values, Numbers.REALS),
    numbers=Numbers.REALS,
    follows_wrong_terms=lambda terms, cause: cause == terms.cause,
)
