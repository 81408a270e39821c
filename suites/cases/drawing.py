"""Cases drawn for a search: chunk by chunk, and what a number of cases is made up of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from ...oracle.operands.data import Case
from .space import Space


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of a number of cases are usual layers, drawn, and of a covering, in this order; the rest is drawn, too.

    Parameters
    ----------
    usual, drawn, covering : int
    """

    usual: int
    drawn: int
    covering: int


def shares(total: int, covering: int, usual: int) -> Shares:
    """A covering of so many cases has at most a third, of so many usual layers, their share; a fifth is the rest."""
    covering, usual = min(covering, most_of_covering(total)), usual_share(total, usual)
    return Shares(usual, total - total // 5 - covering - usual, covering)


def most_of_covering(total: int) -> int:
    """How many cases of a covering are asked at most."""
    return total // 3


def usual_share(total: int, usual: int) -> int:
    """Of so many usual layers, at most two fifths of a hundred cases, so that these have a round of them.

    Of many cases it is little more than a quarter.
    """
    return min(usual, total * 2 // 5, total // 4 + 15)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some cases that are drawn one after the other, the plainest one first: they follow from these alone.

    Parameters
    ----------
    space : Space
    seed, number : int
    """

    space: Space
    seed: int
    number: int

    def cases(self) -> tuple[Case, ...]:
        """The cases, in the order in which they are drawn."""
        from .finding import drawn_cases  # with Hypothesis, which takes long to import: the first cases are not drawn

        return drawn_cases(self.space, f"{self.seed}/{self.number}")


def prepare() -> None:
    """Import what draws, where there is time for it: else it is when the first case is drawn."""
    from . import finding  # noqa: F401


def drawn(space: Space, seed: int) -> Iterator[Case]:
    """The different cases of one chunk after the other, as far as they bring new ones."""
    known = set[Case]()
    for number in count():
        new = dict.fromkeys(case for case in Chunk(space, seed, number).cases() if case not in known)
        if not new:
            return
        yield from new
        known.update(new)
