"""Cases drawn for a search: how Hypothesis is set, and what a number of cases is made up of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from random import Random
from typing import TypeVar, cast
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import UnsatisfiedAssumption
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import engine, providers
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.internal.constants_ast import Constants
from hypothesis.strategies import DrawFn, SearchStrategy
from hypothesis.strategies._internal.lazy import unwrap_strategies

from ...oracle.operands.data import Case
from .strategies import Space, cases, drawn_case, drawn_geometry

Value = TypeVar("Value")

_QUIET = settings(
    max_examples=10,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    verbosity=Verbosity.quiet,
)
"""From its tenth example Hypothesis goes on by changing earlier ones, and cases that are all alike see few faults."""


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
    covering, usual = min(covering, total // 3), usual_share(total, usual)
    return Shares(usual, total - total // 5 - covering - usual, covering)


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
        """The cases, in the order in which they are drawn.

        They are those that `find` draws, by the same engine, but without what is needed only to shrink them.
        """
        drawn_cases: list[Case] = []

        def keep(data: ConjectureData) -> None:
            draw = cast(DrawFn, partial(_drawn, data))
            try:
                drawn_cases.append(drawn_case(draw, self.space, drawn_geometry(draw, self.space)))
            except UnsatisfiedAssumption:
                data.mark_invalid()

        with _wherever_and_however_slow():
            engine.ConjectureRunner(keep, settings=_QUIET, random=Random(self._random().getrandbits(64))).run()
        return tuple(drawn_cases)

    def smallest(self, shown: Case, shows: Callable[[Case], bool]) -> Case:
        """The smallest case that Hypothesis comes to from one of them, `shown`, as long as the case shows a fault.

        All are drawn again up to that one. `shows` is asked of it and of those that come of it; that no case before it
        counts is why the same ones are drawn.
        """
        is_met = False

        def shows_from_there(case: Case) -> bool:
            nonlocal is_met
            is_met = is_met or case == shown
            return is_met and shows(case)

        with _wherever_and_however_slow():
            return find(cases(space=self.space), shows_from_there, settings=_QUIET, random=self._random())

    def _random(self) -> Random:
        """What `find` takes its seed from."""
        return Random(f"{self.seed}/{self.number}")


def _drawn(data: ConjectureData, strategy: SearchStrategy[Value]) -> Value:
    """What a strategy draws, without a mark of where it began and ended, which only shrinking needs."""
    unwrapped: SearchStrategy[Value] = unwrap_strategies(strategy)  # type: ignore[no-untyped-call]
    return unwrapped.do_draw(data)


_CONSTANTS: LRUCache[object, object] = LRUCache(1024)
"""As Hypothesis keeps them for each choice, but only of its own."""


@contextmanager
def _wherever_and_however_slow() -> Iterator[None]:
    """Without the constants that Hypothesis takes from the source of whatever module happens to be imported.

    With them a seed would draw other cases in another directory, beside other modules, or where this package is
    installed otherwise. And without its five minutes, after which a slow candidate's case would be shrunk no further:
    `shows` counts what it is asked.
    """
    none = Constants()
    with (
        patch.object(providers, "_get_local_constants", lambda: none),
        patch.object(providers, "CONSTANTS_CACHE", _CONSTANTS),
        patch.object(engine, "MAX_SHRINKING_SECONDS", math.inf),
    ):
        yield


def drawn(space: Space, seed: int) -> Iterator[Case]:
    """The different cases of one chunk after the other, as far as they bring new ones."""
    known = set[Case]()
    for number in count():
        new = dict.fromkeys(case for case in Chunk(space, seed, number).cases() if case not in known)
        if not new:
            return
        yield from new
        known.update(new)
