"""Searches side by side, each in a fork of this process, which writes what they find."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.synchronize import Semaphore
from pathlib import Path

from ...reports.files.part_files import Part
from ...reports.files.run import RunWriter
from ..calling.executor import Executor
from ..calling.libraries import share_cores
from .events import RunEvent, left_to_tell
from .failure_store import Memory
from .findings import RunPlan, findings, write_event
from .forked import Ended, Forked, without_interrupts
from .recall import recalled


def side_by_side(
    plan: RunPlan,
    candidates: Mapping[str, Executor],
    parts: Sequence[Part],
    remembered: Mapping[str, Memory],
    writer: RunWriter,
) -> Iterator[RunEvent]:
    """Search so many parts at the same time as there may be processes, and tell what is on disk.

    What took longest to load is begun first: it likely takes longest to examine, too, and the others fill the gaps.
    A search goes on when what it told was written and read. Processes that no search needs any more help the others.
    Where this is interrupted, searches tell what they have left to tell, and that is written.
    """
    spare = get_context("fork").Semaphore(max(0, plan.jobs - len(parts)))
    waiting = deque(sorted(parts, key=lambda part: (part.number, -candidates[part.candidate].loading_seconds)))
    running: list[Forked] = []

    def begin() -> bool:
        if not waiting:
            return False
        own = plan.of_next(len(waiting))
        part = waiting.popleft()
        memory = remembered.get(part.candidate)
        running.append(Forked(partial(_tell, own, candidates, part, memory, spare, writer.folder)))
        return True

    try:
        while len(running) < plan.jobs and begin():
            pass
        while running:
            ready = wait([search.connection for search in running])
            for search in [each for each in running if each.connection in ready]:
                event = _written(search, writer)
                if event is not None:
                    yield event
                    search.connection.send(True)
                    continue
                running.remove(search)
                search.close()
                if not begin():
                    spare.release()
    except BaseException:
        with suppress(KeyboardInterrupt):
            _conclude(running, writer)
        raise
    finally:
        for search in running:
            search.close()


def _written(search: Forked, writer: RunWriter) -> RunEvent | None:
    """What a search told, which is on disk then; None where it told all."""
    search.wait()
    with without_interrupts():
        event: RunEvent | None = search.receive()
        if event is not None:
            write_event(event, writer)
    return event


def _conclude(searches: Sequence[Forked], writer: RunWriter) -> None:
    """Interrupt searches, and write what they have left to tell; one that looked for an event waits for answers."""
    for search in searches:
        search.interrupt()
    for search in searches:
        with suppress(Ended):
            while _written(search, writer) is not None:
                with suppress(ConnectionError):
                    search.connection.send(True)


def _tell(
    plan: RunPlan,
    candidates: Mapping[str, Executor],
    part: Part,
    memory: Memory | None,
    spare: Semaphore,
    folder: Path,
    connection: Connection,
) -> None:
    """Tell what the search of a part finds; each time its reader has to answer before it goes on."""
    share_cores(plan.jobs)
    with closing(findings(plan, candidates, part, memory, spare, recalled(folder, part))) as events:
        try:
            for event in events:
                _send(connection, event)
                connection.recv()
        except KeyboardInterrupt:
            for event in left_to_tell(events):
                _send(connection, event)
    _send(connection, None)


def _send(connection: Connection, event: RunEvent | None) -> None:
    with without_interrupts():
        connection.send(event)
