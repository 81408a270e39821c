"""A fork of this process that does one thing, and tells what comes of it over a pipe."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

_FORK = multiprocessing.get_context("fork")
_PR_SET_PDEATHSIG = 1
_PATIENCE = 5.0


class Ended(RuntimeError):
    """A fork ended before it had told all."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a fork raised, and where."""

    error: Exception
    traceback: str


class Forked:
    """A fork of this process, which ends with it.

    Ctrl-C is for this process: a fork knows of it when it is told, by `interrupt`.

    Parameters
    ----------
    does : callable
        What it does with its end of the pipe.
    """

    def __init__(self, does: Callable[[Connection], None]) -> None:
        self.connection, theirs = _FORK.Pipe()
        self._process = _FORK.Process(target=_run, args=(does, theirs, self.connection, os.getpid()))
        with without_interrupts():
            self._process.start()
        theirs.close()

    def receive(self) -> Any:
        """What it tells next.

        Raises
        ------
        Ended
            If it ended instead.
        Exception
            That it raised.
        """
        self.connection.poll(None)
        try:
            with without_interrupts():
                told = self.connection.recv()
        except (EOFError, ConnectionError):
            self._process.join(_PATIENCE)
            raise Ended(f"process {self._process.pid} ended with exit code {self._process.exitcode}") from None
        if isinstance(told, _Failure):
            raise told.error from RuntimeError(told.traceback)
        return told

    def interrupt(self) -> None:
        """Raise `KeyboardInterrupt` in it."""
        self._process.terminate()

    def close(self) -> None:
        """End it, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


@contextlib.contextmanager
def without_interrupts() -> Iterator[None]:
    """Keep interrupts waiting, where half of something would be worse than nothing."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(does: Callable[[Connection], None], own: Connection, parents: Connection, parent: int) -> None:
    parents.close()
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM))
    if os.getppid() == parent:
        with contextlib.suppress(KeyboardInterrupt, ConnectionError, EOFError):
            _do(does, own)


def _do(does: Callable[[Connection], None], own: Connection) -> None:
    try:
        does(own)
    except Exception as error:  # noqa: BLE001 - it is raised again where the fork is read
        own.send(_Failure(error, traceback.format_exc()))


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt
