"""Whether a candidate's sums depend on the number of threads: one asked, and as many as there are processors."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from ...oracle.numbers.dtypes import numpy_dtype
from ...oracle.probing.card import PASSES, Card, order_of
from ...oracle.probing.dot import Dot, Unanswered
from ...oracle.probing.finding import Finding, undetermined
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Pass
from ..calling.isolation import Isolated
from ..calling.questions import asking
from ..calling.replies import Limits

DIVIDED = "divided"
_GEOMETRY = ConvGeometry.of(size=(16, 16), kernel=3, padding=1, in_channels=16, out_channels=16, batch=2)
"""So large that libraries divide it among threads, and no larger."""
_CALLS = 3
_MOST_TERMS = 64
"""Whose order is asked: calls of many threads take long where others use the processors."""
_WHY = "the same operands in a process of one thread on one processor, and in one with all of them"
_SESSION, _COUNT = 3, 17
"""Fields of /proc/PID/stat after the name."""


def cards_of_threads(
    candidate: str, limits: Limits, passes: Collection[Pass], dtypes: Collection[str]
) -> Iterator[tuple[str, Card]]:
    """A card with one line for each pass and dtype, on a geometry of its own.

    Parameters
    ----------
    candidate : str
        To be loaded twice.
    limits : Limits
    passes : collection of Pass
    dtypes : collection of str
    """
    most = len(os.sched_getaffinity(0))
    with (
        closing(Isolated(candidate, limits, threads=1)) as alone,
        closing(Isolated(candidate, limits, threads=most)) as together,
    ):
        for dtype in dtypes:
            for pass_ in PASSES:
                if pass_ in passes and pass_ in alone.passes:
                    one, all_of_them = (_Asked(each, pass_, dtype) for each in (alone, together))
                    found = _found(one, all_of_them, most)
                    calls = one.dot.calls[0] + all_of_them.dot.calls[0]
                    yield DIVIDED, Card(pass_, dtype, _GEOMETRY, one.dot.terms, (found,), calls)


class _Asked:
    """A pass of a candidate whose processes have so many threads."""

    def __init__(self, executor: Isolated, pass_: Pass, dtype: str) -> None:
        self._executor = executor
        self.dot = Dot(asking(executor, dtype), pass_, _GEOMETRY, dtype)

    def result(self, seed: int) -> Array:
        rng, dtype = np.random.default_rng(seed), numpy_dtype(self.dot.dtype)
        zeros = self.dot.zeros().items()
        return self.dot.whole({name: rng.standard_normal(array.shape).astype(dtype) for name, array in zeros})

    def threads(self) -> int:
        """Of all processes of its session, which the one leads that loaded it."""
        return sum(_threads_in(self._executor.loader_pid))


def _threads_in(session: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[_SESSION]) == session:
                yield int(fields[_COUNT])


def _found(alone: _Asked, together: _Asked, most: int) -> Finding:
    line = "threads"
    if most == 1:
        return undetermined(line, "not asked, there is one processor", _WHY)
    try:
        for seed in range(_CALLS):
            if alone.result(seed).tobytes() != together.result(seed).tobytes():
                return _different(alone, together, most)
    except Unanswered as reason:
        return undetermined(line, str(reason), _WHY)
    if (count := alone.threads()) == together.threads():
        has = f"its processes have {count} threads, however many they may have"
        return undetermined(line, f"not asked, {has}", _WHY)
    return Finding(line, f"the same bits with 1 and with {most} threads", "same", _WHY)


def _different(alone: _Asked, together: _Asked, most: int) -> Finding:
    """Other bits; and the orders, where these are others as well."""
    told = f"other bits with {most} threads than with 1"
    orders = [order_of(asked.dot, _MOST_TERMS) for asked in (alone, together)]
    if all(orders) and orders[0] != orders[1]:
        told += f": with 1, {orders[0]}; with {most}, {orders[1]}"
    return Finding("threads", told, "differs", _WHY)
