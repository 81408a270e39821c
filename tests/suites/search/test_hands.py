"""Blocks examined ahead of their turn: they come to the same wherever that is, and whatever ends a process."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore
from pathlib import Path
from typing import Any

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Reply
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.space import Space
from convoracle.suites.search import hands as module
from convoracle.suites.search.examiner import Block, Entry, Examiner, Results
from convoracle.suites.search.forked import Ended
from convoracle.suites.search.hands import Hands
from convoracle.suites.search.meanwhile import Meanwhile

CASE = parse_case("n1c2k2i4f2/float32/uniform/1")
DEADLY = parse_case("n1c2k2i5f2/float32/uniform/1")
BLOCKS = [Block(tuple(Entry(replace(CASE, seed=10 * number + each)) for each in range(3))) for number in range(6)]
BLOCK_OF_MUCH = 800
MORE_THAN_A_PIPE_HOLDS = 300_000
WITH_DEADLY = [*BLOCKS[:3], Block((Entry(CASE), Entry(DEADLY), Entry(CASE))), *BLOCKS[3:]]


class Restarted(InProcess):
    """The reference, which notes in a file each block that is examined: it is restarted for it."""

    def __init__(self, path: Path) -> None:
        super().__init__("reference")
        self._path = path

    def restart(self) -> None:
        with self._path.open("a") as file:
            file.write("restarted\n")


class Ending(InProcess):
    """The reference, some of whose first calls on one geometry end the process that makes them."""

    def __init__(self, folder: Path, *, ends: int) -> None:
        super().__init__("reference")
        self._folder, self._ends = folder, ends

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **options: Any) -> Reply:
        ended = len(list(self._folder.iterdir()))
        if geometry == DEADLY.geometry and ended < self._ends:
            (self._folder / str(ended)).touch()
            os._exit(3)
        return super().call(pass_, operands, geometry, **options)


def examiner(executor: Executor) -> Examiner:
    return Examiner(executor, (Pass.FORWARD,), ("structure", "precision"), Offer(Space()))


def spare(count: int) -> Semaphore:
    return get_context("fork").Semaphore(count)


def timeless(found: Iterable[Results]) -> list[Results]:
    return [tuple(replace(result, seconds=0.0) for result in results) for results in found]


def examined(hands: Hands, blocks: Iterable[Block]) -> list[list[Results]]:
    """What comes of blocks, all of which are begun before the first one is looked at."""
    for block in blocks:
        hands.begin(block)
    return [timeless(hands.examined(block)) for block in blocks]


def expected(blocks: Iterable[Block]) -> list[list[Results]]:
    return [timeless(examiner(InProcess("reference")).examine(block)) for block in blocks]


@pytest.mark.parametrize(("count", "ahead"), [(0, 0), (1, 4), (4, 10)])
def test_it_comes_to_the_same_with_any_number_of_processes(count: int, ahead: int) -> None:
    free = spare(count)
    with closing(Hands(examiner(InProcess("reference")), free)) as hands:
        assert examined(hands, BLOCKS) == expected(BLOCKS)
        assert hands.ahead == ahead
        assert not free.acquire(block=False)
    for _ in range(count):
        assert free.acquire(block=False)
    assert not free.acquire(block=False)


def test_blocks_may_be_asked_for_in_any_order_and_are_examined_once(tmp_path: Path) -> None:
    path = tmp_path / "restarts"
    with closing(Hands(examiner(Restarted(path)), spare(1))) as hands:
        for block in BLOCKS:
            hands.begin(block)
        backwards = [timeless(hands.examined(block)) for block in reversed(BLOCKS)]
    assert backwards == expected(reversed(BLOCKS))
    assert len(path.read_text().splitlines()) == len(BLOCKS)


class Waiting(InProcess):
    """The reference, which waits on one geometry until a file is there."""

    def __init__(self, path: Path) -> None:
        super().__init__("reference")
        self._path = path

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **options: Any) -> Reply:
        wait_until(lambda: geometry != DEADLY.geometry or self._path.exists())
        return super().call(pass_, operands, geometry, **options)


def wait_until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_who_is_done_has_the_next_block_before_anybody_looked(tmp_path: Path) -> None:
    waits, *others = Block((Entry(DEADLY),)), *BLOCKS[:2]
    with closing(Hands(examiner(Waiting(tmp_path / "go")), spare(1))) as hands:
        hands.begin(waits)
        hands.begin(others[0])
        busy, idle = hands._hands
        wait_until(lambda: idle.load() == 0)
        hands.begin(others[1])
        assert [busy.has(block) for block in (waits, *others)] == [True, False, False]
        (tmp_path / "go").touch()
        assert [timeless(hands.examined(block)) for block in others] == expected(others)


def test_nobody_waits_for_who_does_not_look_at_its_results() -> None:
    seeds = range(BLOCK_OF_MUCH)
    much = Block(tuple(Entry(replace(CASE, seed=seed)) for seed in seeds))
    with closing(Hands(examiner(InProcess("reference")), spare(1))) as hands:
        hands.begin(much)
        [busy] = [hand for hand in hands._hands if hand.has(much)]
        wait_until(lambda: busy.load() == 0)
        told = timeless(hands.examined(much))
    assert sum(len(pickle.dumps(results)) for results in told) > MORE_THAN_A_PIPE_HOLDS
    assert told == expected([much])[0]


class Unsendable(Examiner):
    def examine(self, block: Block) -> Iterator[Results]:
        yield (lambda: block,)  # type: ignore[arg-type]


def test_what_cannot_be_sent_is_raised_and_not_waited_for() -> None:
    plain = examiner(InProcess("reference"))
    unsendable = Unsendable(plain.executor, plain.passes, plain.checks, plain.offer)
    with closing(Hands(unsendable, spare(1))) as hands, pytest.raises(AttributeError, match="pickle"):
        examined(hands, BLOCKS[:1])


@pytest.mark.parametrize("is_apart", [False, True])
def test_what_is_found_out_meanwhile_takes_no_time_once_it_is_there(tmp_path: Path, is_apart: bool) -> None:
    go = tmp_path / "go"
    found = Meanwhile(lambda: wait_until(go.exists), is_apart=is_apart)
    assert not found.is_over()
    go.touch()
    if is_apart:
        wait_until(found.is_over)
    assert found.is_over() is is_apart
    assert found.found() is None


@pytest.mark.parametrize("count", [0, 1])
def test_what_is_found_out_apart_is_in_another_process_where_there_are_any(count: int) -> None:
    with closing(Hands(examiner(InProcess("reference")), spare(count))) as hands:
        hands.begin(BLOCKS[0])
        found = hands.apart(os.getpid)
        assert (found.found() == os.getpid()) is (count == 0)
        assert timeless(hands.examined(BLOCKS[0])) == expected(BLOCKS[:1])[0]


def test_what_a_process_that_ends_should_have_found_out_is_found_out_here() -> None:
    here = os.getpid()
    with closing(Hands(examiner(InProcess("reference")), spare(1))) as hands:
        hands.begin(BLOCKS[0])
        found = hands.apart(lambda: os._exit(3) if os.getpid() != here else "found")
        assert found.found() == "found"


def test_what_was_not_begun_is_examined_where_it_is_asked_for() -> None:
    with closing(Hands(examiner(InProcess("reference")), spare(1))) as hands:
        hands.begin(BLOCKS[0])
        assert timeless(hands.examined(BLOCKS[4])) == expected([BLOCKS[4]])[0]


def test_a_process_that_ends_is_replaced(tmp_path: Path) -> None:
    with closing(Hands(examiner(Ending(tmp_path, ends=1)), spare(1))) as hands:
        assert examined(hands, WITH_DEADLY) == expected(WITH_DEADLY)
    assert len(list(tmp_path.iterdir())) == 1


def test_no_block_is_blamed_for_a_later_one_whose_end_took_its_results_away(tmp_path: Path) -> None:
    """All that a process examined before it ended is lost, each time, if it was sent behind."""

    def sending_behind(connection: Connection) -> AbstractContextManager[Callable[[Results | None], None]]:
        return nullcontext(lambda results: None if ends_again() else connection.send(results))

    def ends_again() -> bool:
        return len(list(tmp_path.iterdir())) < 2

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_sending_behind", sending_behind)
        with closing(Hands(examiner(Ending(tmp_path, ends=9)), spare(1))) as hands:
            blocks = [BLOCKS[0], Block((Entry(DEADLY),)), BLOCKS[1]]
            hand = hands_of_one(hands, blocks)
            assert timeless(hand.results(blocks[0])) == expected(blocks[:1])[0]
            with pytest.raises(Ended, match="ended with exit code 3"):
                list(hand.results(blocks[1]))
    assert len(list(tmp_path.iterdir())) == 2


def hands_of_one(hands: Hands, blocks: Iterable[Block]) -> Any:
    """One process, which is given all blocks."""
    hands._hire()
    for block in blocks:
        hands._hands[0].give(block)
    return hands._hands[0]


def test_a_block_in_which_every_process_ends_is_told(tmp_path: Path) -> None:
    with (
        closing(Hands(examiner(Ending(tmp_path, ends=9)), spare(1))) as hands,
        pytest.raises(Ended, match="ended with exit code 3"),
    ):
        examined(hands, WITH_DEADLY)
    assert len(list(tmp_path.iterdir())) == 2
