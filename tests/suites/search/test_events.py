"""What is told last is told whatever interrupts a search, and never to nobody."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from convoracle.reports.records.record import CaseRecord
from convoracle.suites.search.events import CaseExamined, Event, followed_by, left_to_tell


def examined(number: int) -> CaseExamined:
    return CaseExamined(CaseRecord(str(number), "candidate", ()), number, 3)


FIRST, SECOND, LAST, AFTER = map(examined, range(4))


def told(seen: list[bool], *, interrupted: bool = False) -> Generator[Event]:
    """Two events, and two more that are told whatever happens."""

    def last(is_over: bool) -> list[Event]:
        seen.append(is_over)
        return [LAST, AFTER]

    def first() -> Generator[Event]:
        yield FIRST
        if interrupted:
            raise KeyboardInterrupt
        yield SECOND

    yield from followed_by(first(), last)


def test_the_last_events_follow_the_others() -> None:
    seen: list[bool] = []
    assert list(told(seen)) == [FIRST, SECOND, LAST, AFTER]
    assert seen == [True]


def test_they_follow_an_interrupt_which_then_goes_on() -> None:
    seen: list[bool] = []
    events = told(seen, interrupted=True)
    told_so_far = [next(events) for _ in range(3)]
    with pytest.raises(KeyboardInterrupt):
        next(events)
    assert told_so_far == [FIRST, LAST, AFTER]
    assert seen == [False]
    assert list(left_to_tell(events)) == []


def test_a_reader_that_is_interrupted_is_told_what_is_left() -> None:
    seen: list[bool] = []
    events = told(seen)
    assert next(events) == FIRST
    assert list(left_to_tell(events)) == [LAST, AFTER]
    assert seen == [False]
    assert list(events) == []


def test_who_goes_is_told_nothing() -> None:
    seen: list[bool] = []
    events = told(seen)
    next(events)
    events.close()
    assert seen == []
    assert list(left_to_tell(events)) == []
