"""Cases drawn for a search: which ones follows from the seed, and from nothing else."""

import importlib
import sys
from pathlib import Path

import pytest

from convoracle.suites.cases.drawing import drawn
from convoracle.suites.cases.profiles import PROFILES

COUNT = 300


def test_a_module_of_the_user_with_numbers_in_it_changes_no_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis would draw the numbers that stand in the sources beside it."""
    space = PROFILES["deep"].space()
    before = drawn(space, COUNT, 0)
    (tmp_path / "full_of_numbers.py").write_text(f"NUMBERS = {list(range(129, 999, 7))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("full_of_numbers")
    try:
        assert drawn(space, COUNT, 0) == before
    finally:
        del sys.modules["full_of_numbers"]


def test_another_seed_draws_other_cases() -> None:
    space = PROFILES["deep"].space()
    assert len(set(drawn(space, COUNT, 0)) & set(drawn(space, COUNT, 1))) < COUNT // 10
