"""How far a campaign is, while it goes on and when it has ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartsOf:
    """The parts of one candidate.

    Parameters
    ----------
    candidate : str
    done, total : int
        Parts that are in the folder, and that there are.
    mismatches : int
        That were met in them; several parts may have met the same.
    """

    candidate: str
    done: int
    total: int
    mismatches: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A part whose process or worker was lost.

    Parameters
    ----------
    candidate : str
    part : int
    why : str
    times : int
    case : int
        The place of the case to blame, from 1; 0 while that is not known, or where it was not lost again.
    """

    candidate: str
    part: int
    why: str
    times: int
    case: int = 0


@dataclass(frozen=True, slots=True)
class Met:
    """A mismatch that was met first with these words."""

    candidate: str
    text: str
    case: str


@dataclass(frozen=True, slots=True)
class CampaignState:
    """How far a campaign is.

    Parameters
    ----------
    started, updated : str
        Moments, in ISO 8601.
    ended : bool
    running, waiting : int
        Parts that are handed out, and that are yet to be.
    parts : tuple of PartsOf
    lost : tuple of Lost
    met : tuple of Met
        Those met last, the last one first.
    machines : tuple of (str, int)
        How many parts each examined.
    """

    started: str
    updated: str
    ended: bool
    running: int
    waiting: int
    parts: tuple[PartsOf, ...]
    lost: tuple[Lost, ...] = ()
    met: tuple[Met, ...] = ()
    machines: tuple[tuple[str, int], ...] = ()

    @property
    def done(self) -> int:
        """Parts that are in the folder."""
        return sum(each.done for each in self.parts)

    @property
    def total(self) -> int:
        """Parts that there are."""
        return sum(each.total for each in self.parts)
