"""What memory is filled with: the C library is told, and told again what it was told before."""

from __future__ import annotations

import os

import pytest

from convoracle.suites.calling import filling
from convoracle.suites.calling.filling import FILLED, fill_otherwise, unfilled


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What the C library is told, of which this process is spared."""
    calls: list[tuple[int, int]] = []

    def mallopt(option: int, value: int) -> int:
        calls.append((option, value))
        return 1

    monkeypatch.setattr(filling, "_mallopt", lambda: mallopt)
    for name, value in FILLED.items():
        monkeypatch.setenv(name, value)
    return calls


def test_memory_is_filled_again_as_it_was(told: list[tuple[int, int]]) -> None:
    with pytest.raises(ZeroDivisionError), unfilled():
        raise ZeroDivisionError
    assert told == [(-6, 0), (-6, 64)]
    fill_otherwise()
    assert os.environ["MALLOC_PERTURB_"] == "63"
    with unfilled():
        pass
    assert told[2:] == [(-6, 63), (-6, 0), (-6, 63)]


@pytest.mark.parametrize("text", ["", "0", "no number"])
def test_who_asked_for_no_filling_has_none(told: list[tuple[int, int]], text: str, monkeypatch) -> None:
    monkeypatch.setenv("MALLOC_PERTURB_", text)
    with unfilled():
        pass
    assert told == []


def test_where_the_c_library_fills_nothing_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_PERTURB_", "64")
    monkeypatch.setattr(filling, "_mallopt", lambda: None)
    with unfilled():
        fill_otherwise()
