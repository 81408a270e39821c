"""Processes that examine blocks of cases ahead of their turn.

What comes of a block follows from the block alone, so a search comes to the same with many of them as with none.
"""

from __future__ import annotations

import pickle
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Semaphore
from queue import SimpleQueue
from threading import Thread

from .examiner import Block, Examiner, Results
from .forked import Ended, Forked
from .meanwhile import Found, Meanwhile

_BLOCKS = 2
"""That a hand is given before the first of them is looked at, so that it does not wait for the search."""
_MOST_ENDS = 2
"""Of processes in one block, which is then examined no more."""


class Hands:
    """Examines the blocks of one search: in this process, or in others as soon as there are some to spare.

    Parameters
    ----------
    examiner : Examiner
    spare : Semaphore or None
        Of the processes that there may be beside this one. It may rise as other searches end.
    """

    def __init__(self, examiner: Examiner, spare: Semaphore | None) -> None:
        self._examiner = examiner
        self._spare = spare
        self._hands: list[_Hand] = []

    @property
    def ahead(self) -> int:
        """How many blocks are to be begun before the first of them is looked at."""
        return _BLOCKS * len(self._hands)

    def begin(self, block: Block) -> None:
        """Have a block examined that will be asked for, if nothing becomes known until then that changes it."""
        self._hire()
        if self._hands:
            min(self._hands, key=_Hand.load).give(block)

    def examined(self, block: Block) -> Iterator[Results]:
        """What comes of a block, case by case."""
        if not self._hands:
            yield from self._examiner.examine(block)
            return
        hand = next((hand for hand in self._hands if hand.has(block)), None)
        if hand is None:
            hand = min(self._hands, key=_Hand.load)
            hand.give(block)
        yield from hand.results(block)

    def apart(self, does: Callable[[], Found]) -> Meanwhile[Found]:
        """Have something found out meanwhile, in one more process; without hands, only when it is asked for."""
        return Meanwhile(does, is_apart=bool(self._hands))

    def close(self) -> None:
        """End the processes; others may then have them."""
        while self._hands:
            self._hands.pop().close()
            if self._hands and self._spare is not None:
                self._spare.release()

    def _hire(self) -> None:
        """Take a process if one can be had; the first one takes the place of this, too, which then only waits."""
        if self._spare is not None and self._spare.acquire(block=False):
            if not self._hands:
                self._hands.append(_Hand(self._examiner))
            self._hands.append(_Hand(self._examiner))


class _Hand:
    """One process. Another takes the place of one that ends: what comes of a block is the same there."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner
        self._queue = deque[Block]()
        """The blocks of which not all results were received."""
        self._results: dict[Block, list[Results]] = {}
        """Of blocks that were examined before the one that was asked for."""
        self._ends = defaultdict[Block, list[Ended]](list)
        """How processes ended in each block."""
        self._begin()

    def _begin(self) -> None:
        self._done = get_context("fork").Semaphore(0)
        self._given = [block for block in self._queue if len(self._ends[block]) < _MOST_ENDS]
        self._left = len(self._given)
        self._fork = Forked(self._serve)

    def load(self) -> int:
        """How many blocks it has yet to examine, whether or not anybody has looked at the others."""
        while self._done.acquire(block=False):
            self._left -= 1
        return self._left

    def has(self, block: Block) -> bool:
        """Whether it was given a block."""
        return block in self._queue or block in self._results

    def give(self, block: Block) -> None:
        """Have a block examined, after those given before."""
        self._queue.append(block)
        self._given.append(block)
        self._left += 1
        with suppress(ConnectionError):
            self._fork.connection.send(block)

    def results(self, block: Block) -> Iterator[Results]:
        """What comes of a block that it was given."""
        while block not in self._results and self._queue[0] != block:
            first = self._queue[0]
            self._results[first] = list(self._next())
        yield from self._results.pop(block) if block in self._results else self._next()

    def close(self) -> None:
        """End it."""
        self._fork.close()

    def _next(self) -> Iterator[Results]:
        """What comes of the block that is examined now, in another process where one ends, unless two end in it."""
        block, count = self._queue[0], 0
        while len(self._ends[block]) < _MOST_ENDS:
            try:
                for number, results in enumerate(iter(self._fork.receive, None)):
                    if number >= count:
                        yield results
                        count += 1
                self._queue.popleft()
                return
            except Ended as ended:
                self._replace(ended)
        raise self._ends[block][-1]

    def _replace(self, ended: Ended) -> None:
        """Begin another process with what is left: results of blocks that were done may be lost with the one before."""
        under_way = self._given[-left] if (left := self.load()) else self._queue[0]
        self._ends[under_way].append(ended)
        self.close()
        self._begin()
        for block in self._given:
            self._fork.connection.send(block)

    def _serve(self, connection: Connection) -> None:
        with closing(self._examiner.executor.twin()) as executor, _sending_behind(connection) as send:
            examiner = replace(self._examiner, executor=executor)
            while True:
                for results in examiner.examine(connection.recv()):
                    send(results)
                send(None)
                self._done.release()


@contextmanager
def _sending_behind(connection: Connection) -> Iterator[Callable[[Results | None], None]]:
    """Send without waiting for who receives it, who may be looking at an earlier block, or at a fault."""
    waiting = SimpleQueue[bytes]()

    def forward() -> None:
        with suppress(ConnectionError):
            for message in iter(waiting.get, b""):
                connection.send_bytes(message)

    sender = Thread(target=forward, daemon=True)
    sender.start()
    try:
        yield lambda results: waiting.put(pickle.dumps(results))
    finally:
        waiting.put(b"")
        sender.join()
