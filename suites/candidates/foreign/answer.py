"""What a function of a library answers, a status and a message, and the error that each stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .. import DeviceDied, Misconduct
from .c_interface import DEVICE_LOST, ERROR, OK, UNSUPPORTED
from .guarded import Guarded

_MESSAGE_SIZE = 1024


class LibraryError(RuntimeError):
    """A function of a library says that it failed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The status that a function returned, and the memory of its message."""

    function: str
    status: int
    message: Guarded


def answer_of(name: str, function: Callable[..., int], *arguments: object) -> Answer:
    """Call a function whose last two arguments are its message and the size of that."""
    message = Guarded(_MESSAGE_SIZE)
    message.bytes[:] = 0
    return Answer(name, function(*arguments, message.address, _MESSAGE_SIZE), message)


def refuse_overruns(answer: Answer, pieces: Mapping[str, Guarded]) -> None:
    """Raise `Misconduct` where a function wrote outside of these pieces of memory, or of its message."""
    overruns = ((owner, memory.overrun()) for owner, memory in {**pieces, "its message": answer.message}.items())
    texts = [f"up to {overrun} of {owner}" for owner, overrun in overruns if overrun is not None]
    if texts:
        raise Misconduct(f"{answer.function} wrote {' and '.join(texts)}")


def refuse_failure(answer: Answer, doing: str = "") -> None:
    """Raise what a status stands for, with the text of the message behind what was being done.

    Raises
    ------
    NotImplementedError, LibraryError, DeviceDied
        As the function says.
    Misconduct
        If it says what the interface does not have.
    """
    said = answer.message.bytes.tobytes().partition(b"\0")[0].decode(errors="replace").strip()
    text = said and f"{doing}{said}"
    if answer.status == UNSUPPORTED:
        raise NotImplementedError(text or f"{answer.function} says that it does not support this")
    if answer.status == ERROR:
        raise LibraryError(text or f"{answer.function} says that it failed")
    if answer.status == DEVICE_LOST:
        raise DeviceDied(text or f"{answer.function} says that the device is lost")
    if answer.status != OK:
        raise Misconduct(f"{answer.function} returned {answer.status}, which is no code of convoracle.h")
