"""How a process ended, in the words of a report."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

from ....reports.records.native_frames import told
from .native_stack import PLACES, frames_in

_DETAIL_LINES = 6
MOST_CHARACTERS = 2000
"""Of one text in a record, which is to stay small whatever a candidate says."""


def beginning(text: str, most: int = MOST_CHARACTERS) -> str:
    """The text, or the beginning of one that is too long for a record."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _end(text: str, most: int = MOST_CHARACTERS) -> str:
    return text if len(text) <= most else f"…{text[len(text) - most + 1 :]}"[:most]


def telling_lines(log: str) -> str:
    """The end of what was written; of stacks of frames, the innermost and none of this package's own."""
    above, heading, native = log.rpartition(f"{PLACES}\n")
    before, fatal, stack = (above if heading else log).rpartition("Fatal Python error")
    frames = frames_in(native, handlers=2 if fatal else 1) if heading else ()
    lines = _written(fatal + stack)
    crash = [*lines[:1], *told(frames), *_python_frames(lines[1:])] if fatal else told(frames)
    place = beginning("\n".join(crash), MOST_CHARACTERS - 1)
    room = MOST_CHARACTERS - len(place) - bool(place)
    said = _end("\n".join(_written(before if fatal else stack)[-_DETAIL_LINES:]), room)
    return "\n".join(filter(None, (said, place)))


def _written(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _python_frames(lines: Sequence[str]) -> list[str]:
    own = str(Path(__file__).parents[2])
    frames = [line for line in lines if line.startswith("  File") and own not in line and "runpy" not in line]
    return frames[:_DETAIL_LINES]


def cause_of(code: int) -> str:
    """``SIGSEGV (segmentation fault)`` or ``exit code 3``, from an exit code as `subprocess` has it."""
    if code >= 0:
        return f"exit code {code}"
    description = (signal.strsignal(-code) or "").lower()
    named = signal_name(-code)
    return f"{named} ({description})" if description else named


def signal_name(number: int) -> str:
    """``SIGSEGV``; of one that has no name, its number."""
    return next((each.name for each in signal.Signals if each == number), f"signal {number}")
