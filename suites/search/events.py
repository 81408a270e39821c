"""What a search, and a run of several, tells as it goes: events, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from ...reports.files.part_files import Part
from ...reports.records.record import CandidateInfo, CaseRecord, Evidence, Mismatch
from ...reports.records.stopped import Stopped
from ..diagnosis.fault import Fault


@dataclass(frozen=True, slots=True)
class CaseExamined:
    """A case was examined and, if it showed a new fault, the fault was shrunk.

    Parameters
    ----------
    record : CaseRecord
    done, total : int
        Cases examined, and how many there are to be, of its part.
    part : int
    """

    record: CaseRecord
    done: int
    total: int
    part: int = 0


@dataclass(frozen=True, slots=True)
class FaultMet:
    """A new fault was met; shrinking begins."""

    fault: Fault


@dataclass(frozen=True, slots=True)
class FaultShrunk:
    """The fault's counterexample is as small as it gets; or as it got, where shrinking was interrupted."""

    fault: Fault
    is_smallest: bool = True


@dataclass(frozen=True, slots=True)
class FaultMerged:
    """`fault` turned out to be one met before, of which `plainer` is a plainer form."""

    fault: Fault
    plainer: Fault


@dataclass(frozen=True, slots=True)
class TimeIsOver:
    """The search ends although cases are left.

    Parameters
    ----------
    done, total : int
        Cases examined, and how many there were to be.
    """

    done: int
    total: int


Event = CaseExamined | FaultMet | FaultShrunk | FaultMerged | TimeIsOver
"""What a search tells."""


@dataclass(frozen=True, slots=True)
class PartStarted:
    """The search of a part of a candidate begins, which has so many cases in all parts that the run examines."""

    candidate: CandidateInfo
    total: int


@dataclass(frozen=True, slots=True)
class PartDone:
    """The search of a part has ended, maybe below its number of cases: that was all there was to draw."""

    part: Part
    total: int
    """Cases that there were to be."""


@dataclass(frozen=True, slots=True)
class PartStopped:
    """The search of a part ended although cases are left."""

    stopped: Stopped
    part: int


@dataclass(frozen=True, slots=True)
class MismatchMet:
    """A new fault was met, and is to be kept as it is while it is shrunk."""

    mismatch: Mismatch
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class MismatchKept:
    """A fault is shrunk and confirmed.

    Parameters
    ----------
    mismatch : Mismatch
    evidence : Evidence
    plainer : str
        Id under which it was met where it turned out to be one that was met before; else empty.
    """

    mismatch: Mismatch
    evidence: Evidence
    plainer: str = ""


RunEvent = PartStarted | PartDone | CaseExamined | MismatchMet | MismatchKept | PartStopped
"""What a run of several candidates tells. All of these can be pickled."""


Told = TypeVar("Told", Event, RunEvent)


def followed_by(events: Iterable[Event], last: Callable[[bool], Iterable[Event]]) -> Iterator[Event]:
    """Some events and then, also where something interrupts them, the last ones; none where nobody listens any more.

    `last` is told whether nothing did.
    """
    try:
        yield from events
    except GeneratorExit:
        raise
    except BaseException:
        yield from last(False)
        raise
    yield from last(True)


def left_to_tell(events: Generator[Told]) -> Iterator[Told]:
    """What a search has still to tell when its reader is interrupted while it deals with an event; then it ends."""
    with suppress(KeyboardInterrupt):
        yield events.throw(KeyboardInterrupt())
        yield from events
