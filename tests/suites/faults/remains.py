"""What would be left behind: processes, and files in the folder for temporary ones."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MARK = "CONVORACLE_TEST_MARK"
_SECONDS = 10.0


@contextmanager
def nothing_left() -> Iterator[str]:
    """Processes begun meanwhile are marked: none of them is to be there in the end, also where it left its session."""
    mark, before = uuid.uuid4().hex, os.environ.get(_MARK)
    os.environ[_MARK] = mark
    files = _temporary()
    try:
        yield mark
    finally:
        if before is None:
            del os.environ[_MARK]
        else:
            os.environ[_MARK] = before
    deadline = time.monotonic() + _SECONDS
    while (left := processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == [], [command(pid) for pid in left]
    assert _temporary() <= files


def processes(mark: str) -> list[int]:
    """The processes that were begun with this mark in their environment, but this one."""
    wanted = f"{_MARK}={mark}".encode()
    return [pid for pid in _pids() if pid != os.getpid() and wanted in _environment(pid)]


def command(pid: int) -> str:
    """How a process was begun."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _temporary() -> set[str]:
    """Temporary files of ours: other tests may run at the same time, and have their own."""
    return {name for name in os.listdir(tempfile.gettempdir()) if name.startswith("convoracle")}
