"""Verdicts: what was decided of one result, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What a check decided.

    CONFORMS: proven within what exact arithmetic, or the rounding bound, allows.
    VIOLATES: proven wrong.
    UNDECIDED: the oracle's own error straddles the line.
    UNSUPPORTED: the candidate said that it does not offer this.
    REFUSED: the candidate raised an error on a legal case.
    CRASHED: the candidate's process died, or it asked for more memory than it may have.
    HUNG: no answer within the time limit.
    """

    CONFORMS = "conforms"
    VIOLATES = "violates"
    UNDECIDED = "undecided"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    CRASHED = "crashed"
    HUNG = "hung"

    def __str__(self) -> str:
        return self.value

    @property
    def is_mismatch(self) -> bool:
        """Whether a legal case that ends so counts against the candidate."""
        return self in (Outcome.VIOLATES, Outcome.REFUSED, Outcome.CRASHED, Outcome.HUNG)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One element of a result against its expected value.

    Parameters
    ----------
    index : tuple of int
        0-based position in the result.
    actual, expected : float
        `expected` is the exact value rounded to float64.
    error : float
        abs(actual - exact value); inf where `actual` is not finite and should be.
    bound : float
        The largest error that rounding can explain; 0 for the structure check.
    ulps : float
        `error` in units in the last place of the result's dtype at `expected`.
    """

    index: tuple[int, ...]
    actual: float
    expected: float
    error: float
    bound: float
    ulps: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision about one result, with its evidence.

    Parameters
    ----------
    outcome : Outcome
    reason : str
        One sentence. Empty when a result conforms.
    worst : Discrepancy or None
        The element with the largest error against its bound; None where there
        is no result to compare (crashed, wrong shape) or every element is exact.
    wrong : int
        How many elements violate.
    elements : int
        How many elements the result has.
    region : tuple of (int, int), or None
        Bounding box of the wrong elements, a half-open range per axis.
    ratio : float
        Largest error / bound met; 0 when every element is exact.
    resolution : float or None
        The smallest fault that would have been noticed, as a multiple of the
        smallest single term of the sums: below 1, one missing term is seen
        wherever it is missing. None where nothing was compared.
    """

    outcome: Outcome
    reason: str = ""
    worst: Discrepancy | None = None
    wrong: int = 0
    elements: int = 0
    region: tuple[tuple[int, int], ...] | None = None
    ratio: float = 0.0
    resolution: float | None = None
