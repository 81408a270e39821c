"""What Hypothesis finds: how it is set, so that it always draws the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from types import ModuleType

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis.errors import NoSuchExample
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import engine, providers
from hypothesis.internal.constants_ast import Constants

from ...oracle.operands.data import Case
from .space import Space
from .strategies import cases

_QUIET = settings(
    max_examples=10,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    verbosity=Verbosity.quiet,
)
"""From its tenth example Hypothesis goes on by changing earlier ones, and cases that are all alike see few faults."""

_CONSTANTS: LRUCache[object, object] = LRUCache(1024)
"""As Hypothesis keeps them for each choice, but only of its own."""


def find_case(space: Space, seed: str, shows: Callable[[Case], bool]) -> Case | None:
    """The smallest case that Hypothesis comes to from the first that shows something; None where none does."""
    with _wherever_and_however_slow():
        try:
            return find(cases(space=space), shows, settings=_QUIET, random=Random(seed))
        except NoSuchExample:
            return None


@contextmanager
def _wherever_and_however_slow() -> Iterator[None]:
    """Without the constants that Hypothesis takes from the source of whatever module happens to be imported.

    With them a seed would draw other cases in another directory, beside other modules, or where this package is
    installed otherwise. And without its five minutes, after which a slow candidate's case would be shrunk no further:
    `shows` counts what it is asked.
    """
    none = Constants()
    with (
        _in_place_of(providers, "_get_local_constants", lambda: none),
        _in_place_of(providers, "CONSTANTS_CACHE", _CONSTANTS),
        _in_place_of(engine, "MAX_SHRINKING_SECONDS", math.inf),
    ):
        yield


@contextmanager
def _in_place_of(module: ModuleType, name: str, value: object) -> Iterator[None]:
    """What `unittest.mock` does, which imports asyncio to do it."""
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
