"""What a process that dies by a fault says of where it was: Python's frames, and below them those of C.

A signal comes to `faulthandler` first, which writes Python's frames and raises it again; then to a handler that has the
C library write the native ones, and raises it once more, now to die of it. That one is machine code of ours
(`machine_code`), and calls nothing that takes memory or a lock of Python's. Where it cannot be installed (another
processor or C library, memory that may not be run), Python's frames are all that is told. Nothing that goes wrong in it
changes how the process ends: another fault in it, or a second that it takes, ends in the signal that came first.
"""

from __future__ import annotations

import ctypes
import faulthandler
import signal
from collections.abc import Mapping

from ..candidates.foreign.native_stack import CALLS, PLACES
from .machine_code import RESULT, Call, Decrement, Memory, code_of, frame_table, is_known

_SIGNALS = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT)
_STDERR = 2
_MOST_FRAMES = 64
_SECONDS = 1
_CODE, _STACK = 2**13, 2**17
_ON_OWN_STACK, _NOT_BLOCKED, _ONCE = 0x08000000, 0x40000000, 0x80000000
_MONOTONIC, _RELATIVE = 1, 0
_UNWINDER = "libgcc_s.so.1"
"""That `backtrace` itself uses."""


class _Action(ctypes.Structure):
    """``struct sigaction`` of the GNU C library."""

    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_ubyte * 128),
        ("flags", ctypes.c_uint),
        ("restorer", ctypes.c_void_p),
    )


class _Event(ctypes.Structure):
    """``struct sigevent``: that a timer's end is told by a signal is 0."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("how", ctypes.c_int),
        ("rest", ctypes.c_byte * 48),
    )


class _Stack(ctypes.Structure):
    """``stack_t``."""

    _fields_ = (("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t))


class _Missing(Exception):
    """Something without which nothing is installed."""


class _Handlers:
    """The handlers of one process, with all the memory that they use; it must live as long as the process.

    Raises
    ------
    _Missing, AttributeError, OSError
        If they cannot be.
    """

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self._unwinder = ctypes.CDLL(_UNWINDER)
        self._frames = (ctypes.c_void_p * _MOST_FRAMES)()
        self._headings = [ctypes.create_string_buffer(f"{heading}\n".encode()) for heading in (PLACES, CALLS)]
        self._soon = (ctypes.c_long * 4)(0, 0, _SECONDS, 0)
        self._memory = Memory(_CODE)
        handlers, probe = self._written()
        self._table = ctypes.create_string_buffer(frame_table(self._memory.address, self._memory.size))
        if not self._memory.make_executable(self._library):
            raise _Missing("memory may not be run")
        getattr(self._unwinder, "__register_frame")(ctypes.c_void_p(ctypes.addressof(self._table)))
        self._try(probe)
        for number, handler in handlers.items():
            action = _Action(handler=handler, flags=_ON_OWN_STACK | _NOT_BLOCKED | _ONCE)
            self._library.sigaction(number, ctypes.byref(action), None)

    def _written(self) -> tuple[Mapping[int, int], int]:
        """The address of the handler of each signal, and of a function that only looks where it is."""
        ending = {number: self._memory.write(code_of([self._call("raise", number)])) for number in _SIGNALS}
        frames = ctypes.addressof(self._frames)
        look = self._call("backtrace", frames, _MOST_FRAMES)
        tell = self._call("backtrace_symbols_fd", frames, RESULT, _STDERR)
        places, calls = (
            self._call("write", _STDERR, ctypes.addressof(heading), len(heading.value)) for heading in self._headings
        )
        handlers = {}
        for number in _SIGNALS:
            others = [self._call("signal", other, ending[number]) for other in _SIGNALS if other != number]
            limit = self._call("timer_settime", self._timer(number), _RELATIVE, ctypes.addressof(self._soon), 0)
            told: tuple[Call | Decrement, ...] = (
                places,
                look,
                tell,
                calls,
                look,
                Decrement(frames, _MOST_FRAMES),
                tell,
            )
            steps = (*others, limit, *told, self._call("raise", number))
            handlers[int(number)] = self._memory.write(code_of(steps))
        return handlers, self._memory.write(code_of([look]))

    def _call(self, name: str, *arguments: int | None) -> Call:
        address = ctypes.cast(getattr(self._library, name), ctypes.c_void_p).value
        assert address is not None
        return Call(address, arguments)

    def _timer(self, number: int) -> int:
        """A timer whose end is the signal itself."""
        timer, event = ctypes.c_void_p(), _Event(signal=number)
        if self._library.timer_create(_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)) != 0:
            raise _Missing("there is no timer")
        return timer.value or 0

    def _try(self, probe: int) -> None:
        """Look once: what is read or allocated at the first time only, is now; and whether the caller is seen."""
        ctypes.CFUNCTYPE(None)(probe)()
        if not self._frames[1]:
            raise _Missing("the unwinder goes on from no code of ours")

    def give_room(self) -> None:
        """Have handlers run on a stack that has room for both, also where the thread's own has none left."""
        self._stack = ctypes.create_string_buffer(_STACK)
        stack = _Stack(start=ctypes.addressof(self._stack), size=_STACK)
        self._library.sigaltstack(ctypes.byref(stack), None)


_kept: list[_Handlers] = []


def tell_where_it_dies() -> None:
    """Have this process, and this thread of it, write to its standard error where it dies by a fault."""
    faulthandler.disable()
    handlers = _installed()
    faulthandler.enable(all_threads=False)
    if handlers is not None:
        handlers.give_room()
        _kept.append(handlers)


def _installed() -> _Handlers | None:
    try:
        return _Handlers() if is_known() else None
    except (_Missing, AttributeError, OSError):
        return None
