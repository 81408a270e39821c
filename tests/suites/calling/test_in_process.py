"""A candidate in this process: for a debugger, and so the user can interrupt it; all else is tested of any executor."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.company import LATTICE, REALS, CompanyCall, CompanyQuestion
from convoracle.suites.calling.illegal_calls import illegal_call
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Died, Returned
from convoracle.suites.candidates import CandidateError

from ..misbehaving import GEOMETRY, operands

QUESTION = CompanyQuestion(Pass.FORWARD, {name: CompanyCall(operands(), GEOMETRY) for name in (LATTICE, REALS)})
WAYS_TO_CALL: dict[str, Callable[[InProcess], object]] = {
    "alone": lambda executor: executor.call(Pass.FORWARD, operands(), GEOMETRY),
    "in company": lambda executor: executor.call_in_company(QUESTION),
    "illegal": lambda executor: executor.illegal(illegal_call("kernel 0 [forward, 2-D]")),
}


class Interrupted:
    """Stopped by the user in every call, and while it writes one."""

    def forward(self, input: Array, weight: Array) -> Array:
        raise KeyboardInterrupt

    def call_text(self, *asked: object) -> str:
        raise KeyboardInterrupt


@pytest.mark.parametrize("way", WAYS_TO_CALL)
def test_the_user_interrupts_a_call(way: str) -> None:
    with InProcess(Interrupted) as executor, pytest.raises(KeyboardInterrupt):
        WAYS_TO_CALL[way](executor)


def test_the_user_interrupts_a_text() -> None:
    with pytest.raises(KeyboardInterrupt):
        InProcess(Interrupted).call_text(Pass.FORWARD, GEOMETRY, "float64", False)


@pytest.mark.parametrize("way", WAYS_TO_CALL)
def test_memory_that_is_denied_is_told_without_a_limit(way: str) -> None:
    def greedy(input: Array, weight: Array) -> Array:
        raise MemoryError("Unable to allocate 8 EiB")

    assert WAYS_TO_CALL[way](InProcess(greedy)) == Died("out of memory", "MemoryError: Unable to allocate 8 EiB")


def test_state_is_this_process_own() -> None:
    """A debugger sees what happens; to restart does nothing."""
    seen: list[tuple[int, ...]] = []

    def conv(input: Array, weight: Array) -> Array:
        seen.append(input.shape)
        return np.zeros(GEOMETRY.output_shape)

    with InProcess(conv) as executor:
        executor.call(Pass.FORWARD, operands(), GEOMETRY)
        executor.restart()
        executor.call(Pass.FORWARD, operands(), GEOMETRY)
    assert seen == [(1, 1, 3, 3)] * 2


def test_a_text_is_loaded_and_an_object_bound() -> None:
    reply = InProcess("reference").call(Pass.FORWARD, operands(), GEOMETRY)
    assert isinstance(reply, Returned)
    assert (reply.value == 4).all()
    with pytest.raises(CandidateError, match="there is no candidate 'referense': did you mean 'reference'"):
        InProcess("referense")
    with pytest.raises(CandidateError, match="none of the functions of a candidate"):
        InProcess(object())
