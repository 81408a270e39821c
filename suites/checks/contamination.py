"""Contamination: do NaN and Inf show where they must, and nowhere else? Asked of every pass on every second case."""

from __future__ import annotations

from .examination import ask_values
from .kind import CheckKind, OfPass, Shrinking
from .value import Check

SCHEDULE = OfPass(every=2)

KIND = CheckKind(
    name=str(Check.CONTAMINATION),
    title="NaN and Inf where its terms have them, and nowhere else",
    meaning="NaN and Inf are planted among integers: an element must show them where one of its terms has one, and "
    "nowhere else.",
    schedule=SCHEDULE,
    ask=ask_values,
    shrinking=Shrinking(seeds=range(16)),  # which element holds NaN follows from the seed
)
