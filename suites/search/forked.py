"""A fork of this process that does one thing, and tells what comes of it over a pipe."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from ..calling.interrupts import interrupt, raise_unheard_again
from ..calling.lifetime import end_with

_FORK = multiprocessing.get_context("fork")
_PATIENCE = 5.0
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SS_DISABLE = 2


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

    def wait(self) -> None:
        """Wait until it has something to tell, or ended."""
        self.connection.poll(None)

    def receive(self) -> Any:
        """What it tells next.

        Raises
        ------
        Ended
            If it ended instead.
        Exception
            That it raised.
        """
        self.wait()
        try:
            with without_interrupts():
                message = self.connection.recv()
        except (EOFError, ConnectionError):
            self._process.join(_PATIENCE)
            raise Ended(f"process {self._process.pid} ended with exit code {self._process.exitcode}") from None
        if isinstance(message, _Failure):
            raise message.error from RuntimeError(message.traceback)
        return message

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
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(does: Callable[[Connection], None], own: Connection, parents: Connection, parent: int) -> NoReturn:
    """Do it, and end without a word: what this process would still write is its parent's."""
    parents.close()
    gc.freeze()  # what it was forked with: to look through all of that for garbage, again and again, takes long
    _handle_signals_on_the_usual_stack()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise_unheard_again()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _INTERRUPTS)
        if end_with(parent):
            does(own)
    except Exception as error:  # noqa: BLE001 - it is raised again where the fork is read
        with contextlib.suppress(ConnectionError):
            own.send(_Failure(error, traceback.format_exc()))
    finally:
        os._exit(0)


class _SignalStack(ctypes.Structure):
    """``stack_t`` of Linux."""

    _fields_ = (("pointer", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


def _handle_signals_on_the_usual_stack() -> None:
    """Leave the alternate stack that a library made for them and may have freed since, as OpenVINO does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).sigaltstack(ctypes.byref(_SignalStack(flags=_SS_DISABLE)), None)
