"""Calls from several threads: what differs from the call alone, and what another thread saw changed."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.calling import company_threads
from convoracle.suites.calling.company import LATTICE, REALS, CompanyCall, CompanyQuestion, CompanyReply, Deviation
from convoracle.suites.calling.company_threads import THREAD_COUNT, meet
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.one_call import Caller
from convoracle.suites.calling.replies import Limits, TimedOut
from convoracle.suites.candidates.loading.source import bind_object

GEOMETRY = parse_geometry("n1c1k1i2f1")


def call(first: float) -> CompanyCall:
    operands = Operands(np.array([[[first, 2.0]]]), np.array([[[3.0]]]), None, np.ones((1, 1, 2)))
    return CompanyCall(operands, GEOMETRY)


QUESTION = CompanyQuestion(Pass.FORWARD, {LATTICE: call(1), REALS: call(0.5), "other": call(9)})


class Watched:
    """Right; counts its calls by thread and keeps the firsts of its inputs."""

    def __init__(self) -> None:
        self.threads: set[int] = set()
        self.firsts: set[float] = set()
        self.intervals: set[float] = set()

    def forward(self, input: Array, weight: Array) -> Array:
        self.threads.add(threading.get_ident())
        self.firsts.add(float(input.flat[0]))
        self.intervals.add(sys.getswitchinterval())
        return input * weight


class ForOneThread(Watched):
    domain = {"threads": "one"}


def met(candidate: object, question: CompanyQuestion = QUESTION) -> tuple[list[Deviation], list[str]]:
    announced: list[str] = []
    caller = Caller(bind_object(candidate), question.pass_, lambda doing, at_once=1: announced.append(doing), False)
    other = question.calls["other"]
    answers = {"other": other.operands.input * other.operands.weight}
    return list(meet(caller, question, {"other": other}, answers)), announced


@pytest.mark.parametrize(("bitwise", "firsts"), [(True, {0.5, -0.5, 9}), (False, {1, -1, 9})])
def test_four_threads_make_the_call_its_opposite_and_the_companions(bitwise: bool, firsts: set[float]) -> None:
    candidate, usual = Watched(), sys.getswitchinterval()
    question = CompanyQuestion(Pass.FORWARD, QUESTION.calls, bitwise=bitwise)
    found, announced = met(candidate, question)
    assert found == []
    assert len(candidate.threads - {threading.get_ident()}) == THREAD_COUNT
    assert candidate.firsts == firsts
    assert "4 threads were making calls at once" in announced
    assert min(candidate.intervals) < 1e-3 <= sys.getswitchinterval() == usual


def test_memory_need_not_be_filled_while_threads_meet(monkeypatch: pytest.MonkeyPatch) -> None:
    where: list[str] = []

    @contextmanager
    def unfilled() -> Iterator[None]:
        where.append("unfilled")
        yield
        where.append("filled")

    class Noting(Watched):
        def forward(self, input: Array, weight: Array) -> Array:
            where.append("here" if threading.current_thread() is threading.main_thread() else "in a thread")
            return super().forward(input, weight)

    monkeypatch.setattr(company_threads, "unfilled", unfilled)
    assert met(Noting())[0] == []
    begin, end = where.index("unfilled"), where.index("filled")
    assert set(where[:begin]) == {"here"}
    assert set(where[begin + 1 : end]) == {"in a thread"}
    assert where[end + 1 :] == []


def test_many_slow_calls_at_once_are_no_hang() -> None:
    """64 calls of 30 ms that wait for one another, as those of an interpreter do, where one may take 0.5 s."""

    class Slow:
        def __init__(self) -> None:
            self.lock = threading.Lock()

        def forward(self, input: Array, weight: Array) -> Array:
            with self.lock:
                time.sleep(0.03)
            return input * weight

    with Isolated(Slow, Limits(seconds_per_call=0.5)) as executor:
        reply = executor.call_in_company(QUESTION)
    assert isinstance(reply, CompanyReply), reply
    assert "threads" not in {deviation.cause for deviation in reply.deviations}


def test_threads_that_wait_for_ever_are_a_hang_of_their_own() -> None:
    class Waiting:
        def __init__(self) -> None:
            self.ends = threading.Event()

        def forward(self, input: Array, weight: Array) -> Array:
            if threading.current_thread() is not threading.main_thread():
                self.ends.wait()
            return input * weight

    with Isolated(Waiting, Limits(seconds_per_call=0.5)) as executor:
        reply = executor.call_in_company(QUESTION)
    assert reply == TimedOut(0.5, "4 threads were making calls at once")


def test_a_candidate_for_one_thread_is_called_from_one() -> None:
    candidate = ForOneThread()
    found, announced = met(candidate)
    assert found == []
    assert candidate.threads == {threading.get_ident()}
    assert set(announced) == {"making the same call"}


class Shares(Watched):
    """Keeps the first element in itself for a while."""

    def forward(self, input: Array, weight: Array) -> Array:
        self.first = input.flat[0]
        time.sleep(1e-5)
        result = input * weight
        result.flat[0] = self.first * weight.flat[0]
        return result


def test_what_differs_from_the_call_alone_is_told_of_each_call() -> None:
    found, _ = met(Shares())
    assert {each.cause for each in found} == {"threads"}
    told = {(each.call, each.sign): each.told for each in found}
    assert told[REALS, 1] == "the same call while 3 other threads make calls"
    assert told.get((REALS, -1), "the same call with opposite numbers") in (
        "the same call with opposite numbers while 3 other threads make calls",
        "the same call with opposite numbers",
    )
    assert told.get(("other", 1), "the call n1c1k1i2f1 in float64").startswith("the call n1c1k1i2f1 in float64")
    same = next(each for each in found if each.call == REALS)
    assert np.asarray(same.expected).tolist() == [[[1.5, 6]]]
    assert np.asarray(same.got).flat[0] in (-1.5, 27)


class WritesForAWhile(Watched):
    def forward(self, input: Array, weight: Array) -> Array:
        np.negative(input, out=input)
        time.sleep(1e-3)
        np.negative(input, out=input)
        return input * weight


class WritesForAWhileInOneThread(WritesForAWhile):
    domain = {"threads": "one"}


@pytest.mark.parametrize("candidate", [WritesForAWhile, WritesForAWhileInOneThread])
def test_an_operand_that_is_changed_for_a_while_is_seen_by_who_reads_it(candidate: type) -> None:
    found, _ = met(candidate())
    assert (found[0].cause, found[0].told, found[0].expected) == ("meanwhile", "its operand input during a call", None)
    assert found[0].got == "changed and restored, as another thread saw that read it meanwhile"


def test_the_callers_own_operands_are_not_those_that_are_shared() -> None:
    before = QUESTION.calls[REALS].operands.input.copy()
    met(WritesForAWhile())
    assert np.array_equal(QUESTION.calls[REALS].operands.input, before)


@pytest.mark.parametrize(("seconds", "at_once"), [(0.0, 1), (0.6, THREAD_COUNT)])
def test_slow_calls_that_are_made_at_once_have_as_much_time_as_all_of_them(
    seconds: float, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each waits for the others, the first one ends about when the last one does."""
    monkeypatch.setattr(company_threads, "_ROUNDS", 1)

    class Sleeping:
        def forward(self, input: Array, weight: Array) -> Array:
            time.sleep(seconds)
            return input * weight

    announced: list[tuple[str, int]] = []

    def announce(doing: str, at_once: int = 1) -> None:
        announced.append((doing, at_once))

    caller = Caller(bind_object(Sleeping()), Pass.FORWARD, announce, False)
    answers = {"other": QUESTION.calls["other"].operands.input * QUESTION.calls["other"].operands.weight}
    list(meet(caller, QUESTION, {"other": QUESTION.calls["other"]}, answers))
    assert ("4 threads were making calls at once", at_once) in announced
