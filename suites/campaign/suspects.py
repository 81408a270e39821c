"""Parts whose process or worker was lost: tried again alone, and halved until the case to blame is known.

A candidate's crash is a verdict, since it has a process of its own. What loses the process of a part takes more: memory
of the whole machine, a kernel that goes down, a fault of convoracle itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from .task import Examined

TRIES = 3
"""A part that is lost so often is not lost by chance."""


@dataclass(slots=True)
class Suspect:
    """A part that was lost, and what is known of it.

    Parameters
    ----------
    cases : int
        That it has.
    told : str
        How it was lost last.
    """

    cases: int
    told: str
    losses: int = 1
    right: Examined | None = None
    """Of the longest beginning that came to its end."""
    _came_through: int = 0
    _lost: int = 0

    def __post_init__(self) -> None:
        self._lost = self.cases

    @property
    def blamed(self) -> int | None:
        """The place of the case with which it is lost, from 1; None while that is not known."""
        is_known = self.losses >= TRIES and self._lost - self._came_through == 1
        return self._lost if is_known else None

    def next_most(self) -> int | None:
        """How many of its cases to try next, the first ones; None for all."""
        return None if self.losses < TRIES else (self._came_through + self._lost) // 2

    def note(self, most: int | None, examined: Examined) -> bool:
        """It was tried alone with so many cases; whether the whole of it came to its end."""
        if examined.run:
            if most is None:
                return True
            self._came_through, self.right = most, examined
            return False
        self.told = examined.lost
        if most is None:
            self.losses += 1
        else:
            self._lost = most
        return False
