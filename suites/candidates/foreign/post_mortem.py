"""How a process ended, in the words of a report."""

from __future__ import annotations

import signal
from pathlib import Path

_DETAIL_LINES = 6
MOST_CHARACTERS = 2000
"""Of one text in a record, which is to stay small whatever a candidate says."""


def beginning(text: str) -> str:
    """The text, or the beginning of one that is too long for a record."""
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _end(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else "…" + text[1 - MOST_CHARACTERS :]


def telling_lines(log: str) -> str:
    """The end of what was written; of a stack of Python frames, the innermost and none of this package's own."""
    before, fatal, stack = log.rpartition("Fatal Python error")
    own = str(Path(__file__).parents[2])
    lines = [line for line in (fatal + stack).splitlines() if line.strip()]
    if not fatal:
        return _end("\n".join(lines[-_DETAIL_LINES:]))
    frames = [line for line in lines[1:] if line.startswith("  File") and own not in line and "runpy" not in line]
    said = [line for line in before.splitlines() if line.strip()]
    return _end("\n".join([*said[-_DETAIL_LINES:], lines[0], *frames[:_DETAIL_LINES]]))


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
