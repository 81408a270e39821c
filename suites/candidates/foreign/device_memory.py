"""Memory of a library's own device: pieces are copied there for a call, and what the call left in them is fetched.

They are copied with their guard zones, so that whatever is seen in memory of the CPU is seen here as well. Nothing is
kept from call to call, and nothing here knows whose device it is: a library allocates, frees and copies itself.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager

import numpy as np

from ....oracle.problem.layouts import BOUNDARY
from .. import CandidateError, Misconduct
from .answer import answer_of, refuse_failure, refuse_overruns
from .guarded import Guarded

Placing = Callable[[Sequence[Guarded]], AbstractContextManager[Sequence[int]]]
"""Has pieces of memory lie where passes find them, and says how far each is from its address on the CPU."""

_TRIAL = 1001
"""Bytes; no multiple of what is copied at a time."""


def placing(library: str, functions: Mapping[str, Callable[..., int] | None]) -> Placing:
    """How pieces get to where the passes of a library find them.

    Parameters
    ----------
    library : str
        What it is called.
    functions : Mapping
        The names of the functions of a device -> those of the library.

    Raises
    ------
    CandidateError
        If it has some of them and not all.
    """
    there = {name: function for name, function in functions.items() if function is not None}
    if not there:
        return _in_place
    missing = [name for name in functions if name not in there]
    if missing:
        raise CandidateError(
            f"{library} exports {', '.join(there)}, but no {', '.join(missing)}: a library whose passes take memory of "
            f"its own device exports all {len(functions)}, as convoracle.h declares them, any other one none"
        )
    return _Device(*there.items()).holding


@contextlib.contextmanager
def _in_place(pieces: Sequence[Guarded]) -> Iterator[Sequence[int]]:
    yield [0] * len(pieces)


class _Device:
    """A device as its library's four functions make it, which are given with their names."""

    def __init__(self, *functions: tuple[str, Callable[..., int]]) -> None:
        self._allocate, self._free, self._write, self._read = functions
        self._is_tried = False

    @contextlib.contextmanager
    def holding(self, pieces: Sequence[Guarded]) -> Iterator[Sequence[int]]:
        """Have pieces on the device; they are fetched at the end, unless it is an exception."""
        if not self._is_tried:
            self._try()
            self._is_tried = True
        with contextlib.ExitStack() as blocks:
            shifts = [blocks.enter_context(self._copied(piece)) for piece in pieces]
            yield shifts
            for piece, shift in zip(pieces, shifts, strict=True):
                self._fetch(piece, shift)

    def _try(self) -> None:
        """Copy there and back, once: passes are not to be blamed for what the library's copies do.

        Raises
        ------
        Misconduct
            If what comes back is something else.
        """
        piece = Guarded(_TRIAL)
        piece.whole[:] = pattern = np.arange(piece.whole.size).astype(np.uint8)
        with self._copied(piece) as shift:
            piece.whole[:] = 0
            self._fetch(piece, shift)
        if not np.array_equal(piece.whole, pattern):
            raise Misconduct(
                f"{self._write[0]} of {piece.whole.size} bytes and then {self._read[0]} of the same gives other bytes"
            )

    @contextlib.contextmanager
    def _copied(self, piece: Guarded) -> Iterator[int]:
        """The distance of a copy on the device, which lies as far from a boundary as the piece does."""
        size, start = piece.whole.size, piece.whole.ctypes.data
        with self._block(size + BOUNDARY) as block:
            place = block + (start - block) % BOUNDARY
            _ask(*self._write, place, start, size)
            yield place - start

    def _fetch(self, piece: Guarded, shift: int) -> None:
        start = piece.whole.ctypes.data
        _ask(*self._read, start + shift, start, piece.whole.size)

    @contextlib.contextmanager
    def _block(self, size: int) -> Iterator[int]:
        """The address of so many bytes, which are freed whatever happens."""
        address = ctypes.c_void_p()
        _ask(*self._allocate, size, ctypes.byref(address), of=f" of {size} bytes")
        if address.value is None:
            raise Misconduct(f"{self._allocate[0]} of {size} bytes says that all is well, but gives no address")
        try:
            yield address.value
        except BaseException:
            answer_of(*self._free, address)  # what it says tells no more than what went wrong before
            raise
        _ask(*self._free, address)


def _ask(name: str, function: Callable[..., int], *arguments: object, of: str = "") -> None:
    answer = answer_of(name, function, *arguments)
    refuse_overruns(answer, {})
    refuse_failure(answer, f"{name}{of}: ")
