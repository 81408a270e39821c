"""What would be left behind: processes, and files in the folder for temporary ones."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_MARK = "CONVORACLE_TEST_MARK"
_SECONDS = 10.0


@contextmanager
def nothing_left() -> Iterator[str]:
    """Processes begun meanwhile are marked: none of them is to be there in the end, also where it left its session.

    They have a folder for temporary files of their own, which is to be empty.
    """
    mark, scratch = uuid.uuid4().hex, tempfile.mkdtemp(prefix="faults-")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(_MARK, mark)
        patched.setenv("TMPDIR", scratch)
        patched.setattr(tempfile, "tempdir", scratch)
        yield mark
    deadline = time.monotonic() + _SECONDS
    while (left := processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == [], [command(pid) for pid in left]
    assert os.listdir(scratch) == []
    os.rmdir(scratch)


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
