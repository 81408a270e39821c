"""What is waited counts; what a machine stood still does not."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest

from convoracle.suites.calling.patience import Patience


class Clock:
    """A clock that is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


def waited(patience: Patience, clock: Clock, of_turn: Callable[[float], float]) -> float:
    """For how long is waited in all, where a turn of so many seconds takes that many."""
    begun = clock.now
    with contextlib.suppress(TimeoutError):
        while clock.now < begun + 10_000:
            clock.now += of_turn(patience.turn())
    return clock.now - begun


def test_is_waited_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert waited(Patience(3), clock, lambda turn: turn) == pytest.approx(3)


def test_what_ends_a_turn_early_does_not_put_off_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    assert waited(Patience(1), clock, lambda turn: min(turn, 0.01)) == pytest.approx(1, abs=0.02)


def test_seconds_in_which_nobody_could_run_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    late = iter([100.0])
    assert waited(Patience(3), clock, lambda turn: turn + next(late, 0)) == pytest.approx(103)


def test_none_is_over_at_once() -> None:
    with pytest.raises(TimeoutError):
        Patience(0).turn()
