"""Cases drawn for a search: how Hypothesis is set, and what a number of cases is made up of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import engine, providers
from hypothesis.internal.constants_ast import Constants

from ...oracle.operands.data import Case
from .strategies import Space, cases

_DRAWN_AT_ONCE = 10
"""Hypothesis goes on from its tenth example by changing earlier ones, and cases that are all alike see few faults."""


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


def shares(count: int, covering: int, usual: int) -> Shares:
    """A covering of so many cases has at most a third, of so many usual layers, their share; a fifth is the rest."""
    covering, usual = min(covering, count // 3), usual_share(count, usual)
    return Shares(usual, count - count // 5 - covering - usual, covering)


def usual_share(count: int, usual: int) -> int:
    """Of so many usual layers, at most two fifths of a hundred cases, so that these have a round of them.

    Of many cases it is little more than a quarter.
    """
    return min(usual, count * 2 // 5, count // 4 + 15)


def find_case(space: Space, shows: Callable[[Case], bool], wanted: int, seed: str) -> Case | None:
    """The smallest case found that `shows` is true of; None if it is of none of the next `wanted` new ones, or fewer.

    Parameters
    ----------
    space : Space
    shows : callable
        Asked of each case that is drawn, and while one is shrunk.
    wanted : int
        Cases that are still to be drawn; so many at most are new, after the plainest one, which comes first each time.
    seed : str
        The same one draws the same cases, as long as `shows` answers the same.
    """
    quiet = settings(
        max_examples=min(wanted + 1, _DRAWN_AT_ONCE),
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    with _wherever_and_however_slow():
        try:
            return find(cases(space=space), shows, settings=quiet, random=Random(seed))
        except NoSuchExample:
            return None


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


def drawn(space: Space, count: int, seed: int) -> tuple[Case, ...]:
    """The first cases that are drawn for a candidate without a fault that offers everything."""
    found: dict[Case, None] = {}

    def keep(case: Case) -> bool:
        found[case] = None
        return False

    before, number = -1, 0
    while before < len(found) < count:
        before = len(found)
        find_case(space, keep, count - before, f"{seed}/{number}")
        number += 1
    return tuple(found)
