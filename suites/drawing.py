"""Cases drawn for a search: how Hypothesis is set, and what a number of cases is made up of."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from random import Random

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import NoSuchExample

from ..oracle.data import Case
from .strategies import Space, cases

DRAWING = (Phase.generate, Phase.shrink)
"""Every case drawn afresh."""
CLIMBING = (Phase.generate, Phase.target, Phase.shrink)
"""Cases that also climb towards the largest error / bound."""
_DRAWN_AT_ONCE = 10
"""Hypothesis goes on from its tenth example by changing earlier ones, and cases that are all alike see few faults."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of a number of cases are drawn afresh, taken from a covering and climbing.

    Parameters
    ----------
    drawn, covering, climbing : int
    """

    drawn: int
    covering: int
    climbing: int


def shares(count: int, covering: int) -> Shares:
    """A fifth climbs, and a covering of so many cases has at most a third."""
    climbing, covering = count // 5, min(covering, count // 3)
    return Shares(count - climbing - covering, covering, climbing)


def drawn(space: Space, count: int, seed: int) -> tuple[Case, ...]:
    """The first cases that are drawn for a candidate without a fault that offers everything."""
    found: dict[Case, None] = {}

    def keep(case: Case) -> bool:
        found[case] = None
        return False

    before, number = -1, 0
    while before < len(found) < count:
        before = len(found)
        quiet = quiet_settings(examples_of(count - before, DRAWING), DRAWING)
        with suppress(NoSuchExample):
            find(cases(space=space), keep, settings=quiet, random=Random(f"{seed}/{number}"))
        number += 1
    return tuple(found)


def examples_of(wanted: int, phases: tuple[Phase, ...]) -> int:
    """How many examples to draw at once for so many new cases; the first one is always the plainest."""
    return wanted + 1 if Phase.target in phases else min(wanted + 1, _DRAWN_AT_ONCE)


def quiet_settings(examples: int, phases: tuple[Phase, ...]) -> settings:
    """Hypothesis's settings for a search of its own: no database, deadline or health check."""
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
