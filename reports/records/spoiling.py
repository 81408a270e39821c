"""What a call does with memory that is not its own, and what that leads to in other checks of the pass.

A pass that writes into its operands is wrong alone. Where threads share an operand,
or it is used again, results are wrong as well, and a write into read-only memory is
an error: consequences, of which nothing should be said by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.problem.layouts import BROADCAST, READONLY

CHANGED = "mutation"
"""Cause of a verdict: an operand is another one after the call."""
SPOILING = (CHANGED, "alias", "reuse", "meanwhile")
"""Causes of verdicts: an operand changed, or returned, or changed for a while; or the memory of a result used again."""
_NOT_WRITABLE = (READONLY, BROADCAST)
_SHARED = (*SPOILING, "in place", "handed out", "threads")


def told_of_changed(names: Iterable[str]) -> str:
    """What a call did to operands of these names."""
    return f"changed its operand {', '.join(names)}"


def is_spoiling(verdict: Verdict) -> bool:
    """Whether it says that a call uses memory that is not its own."""
    return verdict.outcome is Outcome.VIOLATES and verdict.cause in SPOILING


def is_consequence(verdict: Verdict, layout: str, *, is_among_calls: bool, cause: str) -> bool:
    """Whether a failing result comes of it that its pass spoils memory in a way found before.

    Parameters
    ----------
    verdict : Verdict
    layout : str
        Of the result's case.
    is_among_calls : bool
        Whether its check makes a call alone and among others.
    cause : str
        Of the verdict found before.
    """
    if is_among_calls:
        return verdict.outcome is Outcome.VIOLATES and verdict.cause in _SHARED
    return cause == CHANGED and verdict.outcome is Outcome.REFUSED and layout in _NOT_WRITABLE
