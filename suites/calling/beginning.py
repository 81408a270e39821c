"""A process that is to load a candidate: it imports what it needs for that, and then waits to be told which.

That takes as long as the harness takes to begin itself, so the command begins the first one ahead of all else.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, NamedTuple

from .devices import SHARING
from .filling import FILLED

THREADS = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
"""Of a candidate's libraries. Several candidates run at the same time, and threads of theirs that wait for one another
would take their cores: a call of microseconds then takes milliseconds. And how a sum is split among threads shows in
its bits. Whoever sets these variables, to test what happens between threads, has the numbers that are set; one that is
empty is not set."""

_WAITING = {"OMP_WAIT_POLICY": "passive"}
"""Of several threads: they leave the processors to each other, and to others, where they have nothing to do."""


class Begun(NamedTuple):
    """A process that waits to be told what to load.

    Parameters
    ----------
    process : Popen
    control : socket
        Where it is told, and answers.
    door : socket
        Where its forks are asked for.
    log : file
        Where it writes to.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    door: socket.socket
    log: IO[bytes]


_ahead: list[Begun] = []


@contextlib.contextmanager
def begun_ahead() -> Iterator[None]:
    """Begin a process, for whoever asks for the first one meanwhile."""
    _ahead.append(_begin())
    try:
        yield
    finally:
        while _ahead:
            unused = _ahead.pop()
            unused.process.kill()
            unused.process.wait()
            for end in (unused.control, unused.door, unused.log):
                end.close()


def begun(threads: int | None = None) -> Begun:
    """The process that was begun ahead, or another one; its own if it is to have so many threads, on as many cores."""
    if threads is None:
        return _ahead.pop() if _ahead else _begin()
    process = _begin(_WAITING | dict(os.environ) | dict.fromkeys(THREADS, str(threads)))
    os.sched_setaffinity(process.process.pid, sorted(os.sched_getaffinity(0))[:threads])
    return process


def _begin(environment: Mapping[str, str] | None = None) -> Begun:
    control, served = socket.socketpair()
    door, opened = socket.socketpair()
    log = log_file()
    given = [served.fileno(), opened.fileno()]
    with served, opened:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "convoracle.suites.calling.worker", *map(str, given)],
            pass_fds=given,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=FILLED | SHARING | dict(environment or _with_one_thread(os.environ)),
        )
    return Begun(process, control, door, log)


def _with_one_thread(environment: Mapping[str, str]) -> dict[str, str]:
    return dict(environment) | {name: environment.get(name) or one for name, one in THREADS.items()}


def log_file() -> IO[bytes]:
    """A file without a name, for what a process writes."""
    return tempfile.TemporaryFile("ab+", buffering=0, prefix="convoracle-")
