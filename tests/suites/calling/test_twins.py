"""Twins: executors of one candidate that was loaded once, each with processes of its own."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Returned

from ..misbehaving import GEOMETRY, LIMITS, SIGNAL_OF_WEIGHT, operands
from ..sessions import processes_of_session


def counting(input: Array, weight: Array) -> Array:
    """How many calls its process saw before; the signal is to end the process that forked that."""
    if weight.flat[0] == SIGNAL_OF_WEIGHT:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    before: list[int] = counting.__dict__.setdefault("before", [])
    before.append(1)
    return np.full(GEOMETRY.output_shape, float(len(before)))


def count(executor: Isolated) -> float:
    reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
    assert isinstance(reply, Returned)
    return float(reply.value.flat[0])


def test_twins_have_processes_of_their_own() -> None:
    with Isolated(counting) as executor, executor.twin() as twin, twin.twin() as third:
        assert (twin.info, twin.passes) == (executor.info, executor.passes)
        assert [count(each) for each in (executor, executor, twin, third, twin, executor)] == [1, 2, 1, 1, 2, 3]
        twin.restart()
        assert [count(each) for each in (twin, executor)] == [1, 4]
        third.close()
        assert [count(each) for each in (twin, executor)] == [2, 5]


def test_no_twin_ends_because_the_one_that_forked_it_does() -> None:
    """Who forks a twin is left to chance: of many, some are adopted by one that buries what candidates leave."""
    chosen = random.Random(4)
    with Isolated("reference") as executor, contextlib.ExitStack() as opened:
        twins = [opened.enter_context(executor.twin()) for _ in range(6)]
        for _ in range(8):
            for twin in twins:
                assert isinstance(twin.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
            for twin in (kept := [twin for twin in twins if chosen.random() < 0.5 or twin.close()]):
                twin.restart()
                replies = [each.call(Pass.FORWARD, operands(), GEOMETRY) for each in kept]
                assert all(isinstance(reply, Returned) for reply in replies), replies
            twins = [*kept, *(opened.enter_context(executor.twin()) for _ in range(6 - len(kept)))]
        assert len(children_of(executor.loader_pid)) <= 2 * len(twins)


def children_of(pid: int) -> list[str]:
    """Also those that have ended and were not buried."""
    return [child for each in Path(f"/proc/{pid}/task").glob("*/children") for child in each.read_text().split()]


@pytest.mark.parametrize("is_twins", [True, False])
def test_a_twin_or_its_original_whose_process_is_taken_down_has_another(is_twins: bool) -> None:
    with Isolated(counting, LIMITS) as executor, executor.twin() as twin:
        deadly = twin if is_twins else executor
        assert deadly.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY) == Died(
            "took down the process that loaded it"
        )
        assert [count(each) for each in (deadly, twin, executor)] == ([1, 2, 1] if is_twins else [1, 1, 2])


def test_a_twin_loads_the_candidate_itself_where_nobody_is_left_to_fork_one() -> None:
    with Isolated(counting) as executor, executor.twin() as twin:
        os.killpg(executor.loader_pid, signal.SIGKILL)
        assert isinstance(twin.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
        session = twin.loader_pid
        assert processes_of_session(session)
    assert not processes_of_session(session)


TWINS = """
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits, Returned

case = parse_case("n1c1k1i3f2/float32/uniform/0")
twins = [Isolated("reference", Limits())]
for _ in range(12):
    twins.append(twins[-1].twin())
    for twin in twins:
        twin.restart()
        assert isinstance(twin.call(Pass.FORWARD, lattice_operands(case), case.geometry), Returned)
for twin in reversed(twins):
    twin.close()
"""


def test_of_twins_that_hear_one_knock_none_waits_for_the_next() -> None:
    """All listen at one door; who came too late waited there, and its harness for it, 161 s in all of this."""
    subprocess.run([sys.executable, "-c", TWINS], check=True, timeout=60)
