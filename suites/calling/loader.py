"""The process that loads a candidate, from which all that call it are forked; and who has one more of these."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import IO, Any

from ...oracle.problem.passes import Pass
from ...reports.records.codec import WrongField, codec
from ...reports.records.record import CandidateInfo
from ..candidates import CandidateError
from ..candidates.calls.naming import name_of
from .beginning import begun
from .channel import Channel, Garbled, Header
from .patience import Patience
from .pickling import pickle_candidate
from .replies import Limits

DYING_SECONDS, REPORT_SECONDS = 2.0, 10.0


@dataclass(frozen=True, slots=True)
class Introduction:
    """What a process says of the candidate that it loaded.

    Parameters
    ----------
    info : CandidateInfo
    passes : tuple of Pass
        Which it offers.
    seconds_per_call : float
        0 where it needs no more than others.
    loading_seconds : float
        Of a processor.
    device : str
        The file of an accelerator that it holds; empty if none.
    """

    info: CandidateInfo
    passes: tuple[Pass, ...]
    seconds_per_call: float
    loading_seconds: float
    device: str


_INTRODUCTION, _ERROR = codec(Introduction), codec(str)


def introduction_from(answer: Header) -> Introduction:
    """What a process answered that loaded a candidate, whose code may have written to its channel.

    Raises
    ------
    Garbled
        If it is something else.
    CandidateError
        That it tells of.
    """
    try:
        if "error" in answer:
            raise CandidateError(_ERROR.decode(answer["error"]))
        told: Introduction = _INTRODUCTION.decode(answer)
    except WrongField as error:
        raise Garbled(f"received no introduction: {error.field} {error}") from None
    if not all(0 <= seconds < math.inf for seconds in (told.seconds_per_call, told.loading_seconds)):
        raise Garbled("received no introduction: its seconds should be finite and at least 0")
    return told


class Loader:
    """A process that loads a candidate; how that ends is seen when it is waited for.

    Parameters
    ----------
    setup : Header
    payload : list of ndarray
        The pickled candidate, where it is a live object.
    threads : int, optional
        Which its libraries are to have, on as many cores; see `beginning.THREADS` without.
    """

    def __init__(self, setup: Header, payload: list[Any], threads: int | None = None) -> None:
        self._process, control, self.door, self.log = begun(threads)
        self.control = Channel(control)
        self._patience = Patience(setup["load_seconds"])
        with contextlib.suppress(TimeoutError, ConnectionError):
            self.control.send(setup, payload, self._patience)

    @property
    def pid(self) -> int:
        """Of the process, which leads the session of all that are forked from it."""
        return self._process.pid

    def answer(self) -> Header:
        """What it says when it has loaded the candidate, or cannot.

        Raises
        ------
        TimeoutError, ConnectionError
            As `Channel.receive` does.
        """
        return self.control.receive(self._patience)[0]

    def ended(self, error: Exception) -> int | None:
        """The exit code of the process that gave no answer but this error; None if it is still there."""
        if isinstance(error, TimeoutError | Garbled):
            return self._process.poll()
        return self._process.wait(REPORT_SECONDS)

    def kill(self) -> None:
        """End the process, and none that was forked from it."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and all that were forked from it, once nobody here speaks to it any more."""
        self.door.close()
        try:
            self._process.wait(timeout=DYING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def exit_code(header: Header) -> int:
    """How a child ended, as the process says that forked it.

    Raises
    ------
    Garbled
        If it says something else.
    """
    status = header.get("status")
    try:
        return os.waitstatus_to_exitcode(status)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise Garbled(f"received no status of a process: {status!r:.40}") from None


def knock(door: socket.socket, log: IO[bytes]) -> Channel:
    """The channel to a fork of a process that loaded a candidate, which writes to a log of its own.

    Raises
    ------
    OSError
        If there is none any more.
    """
    control, served = socket.socketpair()
    with served:
        socket.send_fds(door, [b"k"], [served.fileno(), log.fileno()])
    return Channel(control)


def setup_of(candidate: object, limits: Limits) -> tuple[Header, list[Any]]:
    """What a process is to load, as a header of JSON values and arrays beside it."""
    setup: Header = {
        "path": sys.path,
        "source": candidate if isinstance(candidate, str) else "",
        "name": "" if isinstance(candidate, str) else str(getattr(candidate, "name", "") or name_of(candidate)),
        "load_seconds": limits.load_seconds,
        "memory_bytes": limits.memory_bytes,
        "load_in_forks": False,
    }
    return setup, [] if isinstance(candidate, str) else [pickle_candidate(candidate)]
