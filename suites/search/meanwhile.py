"""Something that is found out meanwhile, in another process if there is one to spare."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from typing import Generic, TypeVar

from .forked import Ended, Forked

Found = TypeVar("Found")


class Meanwhile(Generic[Found]):
    """What a function finds out; in this process only when that is asked for.

    Parameters
    ----------
    does : callable
        Finds it out; again in this process, where another one ends in it.
    is_apart : bool
        Whether a process is begun for it.
    """

    def __init__(self, does: Callable[[], Found], *, is_apart: bool = False) -> None:
        self._does = does
        self._fork = Forked(lambda connection: connection.send(does())) if is_apart else None

    def is_over(self) -> bool:
        """Whether to ask for it takes no time."""
        return self._fork is not None and self._fork.connection.poll()

    def found(self) -> Found:
        """It, once."""
        if self._fork is None:
            return self._does()
        with closing(self._fork), suppress(Ended):
            told: Found = self._fork.receive()
            return told
        return self._does()
