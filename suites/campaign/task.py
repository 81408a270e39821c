"""What a worker is asked: one part of one candidate, examined in a process of its own, and what comes of that.

Whatever becomes of the process, the worker lives on: it shares neither signals nor memory nor threads with it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from ..candidates.foreign.post_mortem import signal_name
from ..search.failure_store import Remembered
from ..search.findings import RunPlan, Shard
from .packing import packed

REFUSED = 2
"""Exit code of a process that could not begin, since the candidate cannot be loaded."""
_MOST_TOLD = 4000

_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Task:
    """A part to be examined.

    Parameters
    ----------
    plan : RunPlan
        Of one candidate.
    number : int
        Of the part.
    seconds : float
        After which it counts as lost.
    most : int or None
        Of its cases so many only, the first ones.
    remembered : tuple of Remembered
        What is known of cases that failed; they are tried first.
    """

    plan: RunPlan
    number: int
    seconds: float
    most: int | None = None
    remembered: tuple[Remembered, ...] = ()

    @property
    def source(self) -> str:
        """Of its candidate."""
        return self.plan.sources[0]


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of a task.

    Parameters
    ----------
    where : str
        Name of the machine.
    run : bytes
        The packed folder of what was examined; empty where the process did not come to its end.
    lost : str
        How the process ended instead.
    refused : str
        Why it could not begin: nobody could.
    """

    where: str
    run: bytes = b""
    lost: str = ""
    refused: str = ""


def examine(task: Task) -> Examined:
    """Examine a part, in a process of its own.

    What is handed to that process is pickled: it is one of this program's own, on the same machine.
    """
    where = socket.gethostname()
    with tempfile.TemporaryDirectory(prefix="convoracle-part-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        plan = replace(task.plan, shard=Shard(only=task.number), most=task.most, memory=(), jobs=1)
        with (home / "told").open("w+b") as told, _started(home / "run", told.fileno()) as process:
            try:
                process.communicate(pickle.dumps((plan, task.remembered)), timeout=task.seconds)
            except subprocess.TimeoutExpired:
                return Examined(where, lost=f"it took longer than {task.seconds:g} s")
            finally:
                _end(process)
            told.seek(0)
            text = told.read()[-_MOST_TOLD:].decode("utf-8", "replace").strip()
        match process.returncode:
            case 0:
                return Examined(where, packed(home / "run"))
            case code if code == REFUSED:
                return Examined(where, refused=text)
            case code if code < 0:
                return Examined(where, lost=f"it was ended by {signal_name(-code)}")
            case code:
                return Examined(where, lost=f"it ended with {code}: {text}")


def stop_all() -> None:
    """End every process that this one waits for."""
    with _lock:
        running = tuple(_running)
    for process in running:
        _end(process)


@contextlib.contextmanager
def _started(folder: Path, told: int):  # type: ignore[no-untyped-def]
    command = [sys.executable, "-P", "-m", f"{__package__}.part_process", str(folder), str(os.getpid())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told, start_new_session=True
    ) as process:
        with _lock:
            _running.add(process)
        try:
            yield process
        finally:
            with _lock:
                _running.discard(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it started in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
