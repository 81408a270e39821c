"""Which processes a session has, so that it can be seen whether any is left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def processes_of_session(session: int) -> list[int]:
    return [pid for pid, found in _sessions() if found == session]


def _sessions() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                yield int(entry.name), int(fields[3])
