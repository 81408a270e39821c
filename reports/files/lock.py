"""The lock of a run folder, held by the run that writes it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from ...oracle.errors import InvalidArgument

LOCK = ".lock"


def locked(folder: Path) -> int:
    """The descriptor of the folder's lock file, locked; the file stays, since removing it would let two in."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        if not isinstance(error, BlockingIOError):
            raise
        raise InvalidArgument(
            "folder", str(folder), "is being written by another run", where="RunWriter.create"
        ) from None
    return lock


def unlock(lock: int) -> None:
    """Release the lock also where a forked child still has the descriptor."""
    fcntl.flock(lock, fcntl.LOCK_UN)
    os.close(lock)
