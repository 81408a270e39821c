"""The native frames that a process wrote as it died, as the GNU C library writes them: which of them are its own."""

from __future__ import annotations

import re
from itertools import takewhile

from ....reports.records.native_frames import NativeFrame

PLACES, CALLS = "Native frames:", "Native calls:"
"""The lines before them: first as they are, each with where it goes on, and then with what it has called. Where a call
is the last instruction of a function, since it never returns, it would go on in another function."""
_LINE = re.compile(
    r"(?P<path>.*?)(?:\((?P<symbol>[^()]*?)(?P<offset>[-+]0x[0-9a-f]+)?\))? ?\[0x[0-9a-f]+\]", re.ASCII | re.DOTALL
)
_MOST_DELIVERING, _MOST = 8, 4
_MOST_LINES, _LONGEST = 100, 2**13
"""That are looked at: a candidate may write such lines, too."""


def frames_in(told: str, handlers: int) -> tuple[NativeFrame, ...]:
    """The innermost frames told after `PLACES`, without those of so many handlers of signals, down to Python's.

    The first line is in code of ours, and the second where the system calls a handler from, as it called all of them.
    """
    places, calls = (_frames(part) for part in told.partition(f"{CALLS}\n")[::2])
    caller = places[1] if len(places) > 1 else None
    called = [number for number, frame in enumerate(places) if frame is not None and frame == caller]
    if len(called) < handlers:
        return ()
    first = called[handlers - 1] + 1
    found = [frame for frame in (*places[first : first + 1], *calls[first + 1 :]) if frame is not None]
    own = list(takewhile(lambda frame: not frame.is_of_python, found))
    delivering = len(list(takewhile(lambda frame: frame.delivers, own)))
    return tuple(own[: min(delivering, _MOST_DELIVERING) + _MOST])


def _frames(told: str) -> list[NativeFrame | None]:
    return [_frame(line[:_LONGEST]) for line in told.splitlines()[:_MOST_LINES]]


def _frame(line: str) -> NativeFrame | None:
    """None of code that is in no file, or where its address is all that is told."""
    told = _LINE.fullmatch(line)
    if told is None or told["offset"] is None:
        return None
    return NativeFrame.of(told["path"], told["symbol"] or "", int(told["offset"], 16))
