"""Processes that end in time: forks with the process that forked them, and what a candidate leaves with its call."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Collection
from pathlib import Path

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def end_with(parent: int) -> bool:
    """Have this process killed when its parent ends, where the system does that; False if it has ended already."""
    _control(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


def adopt_orphans() -> None:
    """Become the parent of descendants whose parents end, also of those in sessions of their own."""
    _control(_PR_SET_CHILD_SUBREAPER, 1)


def children() -> set[int]:
    """The processes that are this one's; none where the system does not say."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(map(int, thread.read_text().split()))
    return found


def bury_ended(but: Collection[int]) -> None:
    """Leave no trace of children of this process that have ended; but these are for others to ask after."""
    for child in children().difference(but):
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def end_strays(but: Collection[int]) -> None:
    """End the processes that are this one's, but these, and what they leave in turn.

    Those of its own group fork for other executors, also where they were adopted; what makes calls leads another one.
    """
    group = os.getpgrp()
    while left := {child for child in children().difference(but) if os.getpgid(child) != group}:
        for child in left:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _control(what: int, argument: int) -> None:
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(what, argument)
