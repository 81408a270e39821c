"""How a process ended is told in words, whatever signal it was."""

from __future__ import annotations

import signal

import pytest

from convoracle.suites.candidates.foreign.post_mortem import MOST_CHARACTERS, cause_of, telling_lines


@pytest.mark.parametrize(
    ("code", "told"),
    [(0, "exit code 0"), (3, "exit code 3"), (-11, "SIGSEGV (segmentation fault)"), (-signal.SIGRTMIN, "SIGRTMIN")],
)
def test_how_a_process_ended(code: int, told: str) -> None:
    assert cause_of(code).startswith(told)


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    """A candidate may send itself any, and Python knows no name of most of those in real time."""
    assert cause_of(-(signal.SIGRTMIN + 3)).startswith(f"signal {signal.SIGRTMIN + 3}")


@pytest.mark.parametrize("written", [0, 10, 5_000])
@pytest.mark.parametrize("frame", [0, 1_900, 1_999, 5_000])
def test_what_is_told_has_room_in_a_record_however_much_was_written(written: int, frame: int) -> None:
    log = f"{'w' * written}\nFatal Python error: Aborted\n\n  File {'f' * frame}" if frame else "w" * written
    told = telling_lines(log)
    assert len(told) <= MOST_CHARACTERS
    assert told.endswith(("w", "f", "…")) or not written + frame
