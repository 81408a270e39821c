"""Contamination: do NaN and Inf show where they must, and nowhere else? Asked of every pass on every second case."""

from __future__ import annotations

from functools import partial

from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Numbers
from .examination import ask_values
from .kind import CheckKind, OfPass, Shrinking

KIND = CheckKind(
    name="contamination",
    title="NaN and Inf where its terms have them, and nowhere else",
    meaning="NaN and Inf are planted among integers: an element must show them where one of its terms has one, and "
    "nowhere else.",
    schedule=OfPass(every=2),
    ask=partial(ask_values, Numbers.CONTAMINATED),
    numbers=Numbers.CONTAMINATED,
    follows_wrong_terms=lambda terms, cause: terms.outcome is Outcome.VIOLATES and terms.cause == "value",
    violation="NaN and Inf were planted in the operands. An element whose terms have one must show it, and any other "
    "must be the finite value that its terms sum to.",
    shrinking=Shrinking(seeds=range(16)),  # which element holds NaN follows from the seed
)
