"""Functions made of calls with constant arguments, as machine code: what may run where a process is about to die.

Python may not: its lock may be held by a thread that waits for the one that dies, and its memory may be broken. Each
function is, in assembler, for every call of it::

    movabs $argument, %rdi      and so on for %rsi, %rdx and %rcx
    mov    %eax, %esi           in place of a second argument that is the result of the call before
    movabs $function, %rax
    call   *%rax

or, in place of a call, ``1: decq (%rdi)``, ``add $8, %rdi``, ``loop 1b`` over some words of memory; all of it
between ``sub $8, %rsp``, which aligns the stack as calls want it, and ``add $8, %rsp`` with ``ret``.
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import sys
from collections.abc import Sequence
from typing import NamedTuple

RESULT = None
"""As second argument: what the call before has returned."""

_ENTER, _LEAVE = bytes.fromhex("4883ec08"), bytes.fromhex("4883c408 c3")
_LOADS = tuple(map(bytes.fromhex, ("48bf", "48be", "48ba", "48b9")))
_LOAD_RESULT = bytes.fromhex("89c6")
_COUNT, _DECREMENT = bytes.fromhex("b9"), bytes.fromhex("48ff0f 4883c708 e2f7")
_CALL, _CALLED = bytes.fromhex("48b8"), bytes.fromhex("ffd0")
_FRAME = bytes((1, 0, 1, 0x78, 16, 0x0C, 7, 16, 0x90, 1))
"""DWARF's description of such a frame: version 1, nothing added, units of 1 and -8, the return address in column 16;
the frame begins 16 above %rsp (column 7), and 1 unit from there is the return address."""


class Call(NamedTuple):
    """A function at an address, called with at most four integers or addresses; the second may be `RESULT`."""

    function: int
    arguments: tuple[int | None, ...] = ()


class Decrement(NamedTuple):
    """One subtracted from each of so many words of 8 bytes from an address on; the result before stays as it is."""

    address: int
    words: int


def is_known() -> bool:
    """Whether this is the code of the processor and the system that there are."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def code_of(steps: Sequence[Call | Decrement]) -> bytes:
    """A function that takes no notice of its arguments and does these steps."""
    return b"".join((_ENTER, *map(_code, steps), _LEAVE))


def _code(step: Call | Decrement) -> bytes:
    if isinstance(step, Decrement):
        return _LOADS[0] + struct.pack("<Q", step.address) + _COUNT + struct.pack("<I", step.words) + _DECREMENT
    registers = _LOADS[: len(step.arguments)]
    loads = (
        _LOAD_RESULT if argument is RESULT else load + struct.pack("<Q", argument)
        for load, argument in zip(registers, step.arguments, strict=True)
    )
    return b"".join((*loads, _CALL, struct.pack("<Q", step.function), _CALLED))


def frame_table(address: int, size: int) -> bytes:
    """What tells an unwinder how to go on from code at this address, in the form of ``.eh_frame``."""
    common = struct.pack("<I", 0) + _FRAME + bytes(-(len(_FRAME) + 8) % 8)
    begun = struct.pack("<I", len(common)) + common
    entry = struct.pack("<IQQ", len(begun) + 4, address, size) + bytes(4)
    return begun + struct.pack("<I", len(entry)) + entry + bytes(4)


class Memory:
    """A piece of memory for code, which is written first and then run; it is kept as long as the process lives.

    Parameters
    ----------
    size : int
        Bytes.
    """

    def __init__(self, size: int) -> None:
        self._mapped = mmap.mmap(-1, -(-size // mmap.PAGESIZE) * mmap.PAGESIZE)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._mapped))
        self.size = 0

    def write(self, code: bytes) -> int:
        """The address where the code is now; what is written is aligned to 16 bytes."""
        start = self.size
        self._mapped[start : start + len(code)] = code
        self.size = -(-(start + len(code)) // 16) * 16
        return self.address + start

    def make_executable(self, library: ctypes.CDLL) -> bool:
        """Whether the system allows it."""
        whole = ctypes.c_void_p(self.address), ctypes.c_size_t(len(self._mapped))
        return bool(library.mprotect(*whole, mmap.PROT_READ | mmap.PROT_EXEC) == 0)
