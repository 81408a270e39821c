"""A line of an identity card."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was asked of one property, and what the answers imply.

    Parameters
    ----------
    line : str
        The property: ``sums``.
    told : str
        For people: ``kept to 24 bits``.
    value : str, int, bool or None
        For programs; None where the answers do not determine it, which `told` says, with the answer.
    why : str
        The inputs and what each answer would have implied.
    """

    line: str
    told: str
    value: str | int | bool | None
    why: str

    @property
    def is_determined(self) -> bool:
        """Whether the answers imply it."""
        return self.value is not None


def undetermined(line: str, reason: str, why: str) -> Finding:
    """A line about which the answers say nothing."""
    return Finding(line, f"not determined: {reason}", None, why)
