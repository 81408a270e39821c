"""What Hypothesis finds: how it is set, so that it always draws the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from types import ModuleType
from typing import TypeVar, cast

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.errors import UnsatisfiedAssumption
from hypothesis.internal.cache import LRUCache
from hypothesis.internal.conjecture import engine, providers
from hypothesis.internal.conjecture.data import ConjectureData
from hypothesis.internal.constants_ast import Constants
from hypothesis.strategies import DrawFn, SearchStrategy
from hypothesis.strategies._internal.lazy import unwrap_strategies

from ...oracle.operands.data import Case
from .space import Space
from .strategies import drawn_case, drawn_geometry

Value = TypeVar("Value")

_QUIET = settings(
    max_examples=10,
    database=None,
    deadline=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
    verbosity=Verbosity.quiet,
)
"""From its tenth example Hypothesis goes on by changing earlier ones, and cases that are all alike see few faults."""

_CONSTANTS: LRUCache[object, object] = LRUCache(1024)
"""As Hypothesis keeps them for each choice, but only of its own."""


def drawn_cases(space: Space, seed: str) -> tuple[Case, ...]:
    """The cases that `find` draws where none shows anything.

    By the same engine, with the same random numbers, but without what is needed only to shrink them.
    """
    cases: list[Case] = []

    def keep(data: ConjectureData) -> None:
        draw = cast(DrawFn, partial(_drawn, data))
        try:
            cases.append(drawn_case(draw, space, drawn_geometry(draw, space)))
        except UnsatisfiedAssumption:
            data.mark_invalid()

    with _wherever():
        engine.ConjectureRunner(keep, settings=_QUIET, random=Random(Random(seed).getrandbits(64))).run()
    return tuple(cases)


def _drawn(data: ConjectureData, strategy: SearchStrategy[Value]) -> Value:
    """What a strategy draws, without a mark of where it began and ended, which only shrinking needs."""
    unwrapped: SearchStrategy[Value] = unwrap_strategies(strategy)  # type: ignore[no-untyped-call]
    return unwrapped.do_draw(data)


@contextmanager
def _wherever() -> Iterator[None]:
    """Without the constants that Hypothesis takes from the source of whatever module happens to be imported.

    With them a seed would draw other cases in another directory, beside other modules, or where this package is
    installed otherwise.
    """
    none = Constants()
    with (
        _in_place_of(providers, "_get_local_constants", lambda: none),
        _in_place_of(providers, "CONSTANTS_CACHE", _CONSTANTS),
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
