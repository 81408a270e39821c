"""Cases drawn for a search: which ones follows from the seed, and from nothing else."""

import importlib
import sys
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import find
from hypothesis.errors import NoSuchExample

from convoracle.oracle.operands.data import Case
from convoracle.suites.cases import finding
from convoracle.suites.cases.drawing import Chunk, drawn
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import plainest
from convoracle.suites.cases.strategies import cases

COUNT = 300
SPACE = PROFILES["deep"].space()


def first(seed: int) -> list[Case]:
    return list(islice(drawn(SPACE, seed), COUNT))


def test_a_module_of_the_user_with_numbers_in_it_changes_no_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hypothesis would draw the numbers that stand in the sources beside it."""
    before = first(0)
    (tmp_path / "full_of_numbers.py").write_text(f"NUMBERS = {list(range(129, 999, 7))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("full_of_numbers")
    try:
        assert first(0) == before
    finally:
        del sys.modules["full_of_numbers"]


def test_another_seed_draws_other_cases() -> None:
    assert len(set(first(0)) & set(first(1))) < COUNT // 10


def test_what_is_drawn_are_the_chunks_one_after_the_other_without_what_is_known() -> None:
    chunks = [Chunk(SPACE, 5, number).cases() for number in range(4)]
    assert {cases[0] for cases in chunks} == {plainest(SPACE)}
    all_of_them = dict.fromkeys(case for cases in chunks for case in cases)
    assert list(islice(drawn(SPACE, 5), len(all_of_them))) == list(all_of_them)


@pytest.mark.parametrize("number", range(5))
def test_the_cases_of_a_chunk_are_those_that_find_draws(number: int) -> None:
    """Which marks what it draws, so that it can be shrunk."""
    found = list[Case]()

    def keep(case: Case) -> bool:
        found.append(case)
        return False

    with finding._wherever(), pytest.raises(NoSuchExample):
        find(cases(space=SPACE), keep, settings=finding._QUIET, random=Random(f"2/{number}"))
    assert Chunk(SPACE, 2, number).cases() == tuple(found)
