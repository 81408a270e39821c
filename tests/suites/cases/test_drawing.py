"""Cases drawn for a search: which ones follows from the seed, and from nothing else."""

import importlib
import sys
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
from hypothesis.errors import NoSuchExample

from convoracle.oracle.operands.data import Case
from convoracle.suites.cases.drawing import Chunk, drawn
from convoracle.suites.cases.finding import find_case
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import plainest

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


@pytest.mark.parametrize("number", range(3))
def test_a_chunk_is_drawn_again_up_to_the_case_that_showed_a_fault(number: int) -> None:
    """Whichever case that is: answers of no change nothing, so that it comes again, and is the first asked for."""
    chunk = Chunk(SPACE, 0, number)
    for shown in chunk.cases():
        asked: list[Case] = []
        smallest = chunk.smallest(shown, partial(_is_like, shown, asked))
        assert asked[0] == shown
        assert _is_like(shown, asked, smallest)
        assert (smallest.seed, smallest.fill, smallest.layout) == (0, "uniform", "contiguous")


def _is_like(shown: Case, asked: list[Case], case: Case) -> bool:
    asked.append(case)
    return _kind(case) == _kind(shown)


def _kind(case: Case) -> tuple[int, str, int]:
    return case.geometry.rank, case.dtype, case.geometry.groups


def test_a_case_that_shows_nothing_smaller_is_the_smallest_itself() -> None:
    chunk = Chunk(SPACE, 1, 1)
    shown = chunk.cases()[-1]
    assert chunk.smallest(shown, lambda case: case == shown) == shown


@pytest.mark.parametrize("number", range(5))
def test_the_cases_of_a_chunk_are_those_that_find_draws(number: int) -> None:
    """Which marks what it draws, so that it can be shrunk."""
    found = list[Case]()
    with pytest.raises(NoSuchExample):
        find_case(SPACE, f"2/{number}", lambda case: bool(found.append(case)))
    assert Chunk(SPACE, 2, number).cases() == tuple(found)
