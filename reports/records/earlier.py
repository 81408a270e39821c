"""What records of schema 3 do not say of their checks: how these were counted, and on what they asked."""

from __future__ import annotations

from typing import Any

from ...oracle.operands.data import Numbers
from ...oracle.problem.passes import Pass
from .codec import codec
from .record import CheckInfo, kind_of

_PASSES = tuple(map(str, Pass))
CHECKS = (
    CheckInfo("structure", "", _PASSES, Numbers.INTEGERS),
    CheckInfo("precision", "", _PASSES, Numbers.REALS),
    CheckInfo("contamination", "", _PASSES, Numbers.CONTAMINATED),
    CheckInfo("adjoint", "", ("adjoint",), Numbers.INTEGERS),
    CheckInfo("illegal", "", ("calls",)),
)
"""Those of which there is more to know than the name."""


def checks() -> list[Any]:
    """The checks that there were, as a run's document has them."""
    return [codec(CheckInfo).encode(check) for check in CHECKS]


def of_check(name: Any) -> dict[str, Any]:
    """What the document of a mismatch says of its check, whose name is not yet known to be text."""
    kind = kind_of(name) if isinstance(name, str) else ""
    numbers = next((str(check.numbers) for check in CHECKS if check.name == kind and check.numbers is not None), None)
    return {"title": "", "violation": "", "numbers": numbers, "is_among_calls": kind == "company"}
