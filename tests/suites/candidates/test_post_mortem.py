"""How a process ended is told in words, whatever signal it was."""

from __future__ import annotations

import signal

import pytest

from convoracle.suites.candidates.foreign.post_mortem import cause_of


@pytest.mark.parametrize(
    ("code", "told"),
    [(0, "exit code 0"), (3, "exit code 3"), (-11, "SIGSEGV (segmentation fault)"), (-signal.SIGRTMIN, "SIGRTMIN")],
)
def test_how_a_process_ended(code: int, told: str) -> None:
    assert cause_of(code).startswith(told)


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    """A candidate may send itself any, and Python knows no name of most of those in real time."""
    assert cause_of(-(signal.SIGRTMIN + 3)).startswith(f"signal {signal.SIGRTMIN + 3}")
