"""A pass asked by four threads at once, on operands that they share and read meanwhile."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ...oracle.problem.linearity import LINEAR_IN
from ...oracle.problem.passes import Operands
from .altered_operands import copied, negated
from .company import LATTICE, REALS, CompanyCall, CompanyQuestion, Deviation, Part, same_bits
from .filling import unfilled
from .one_call import Announce, Caller, snapshot

THREAD_COUNT = 4
_ROUNDS, _ROUNDS_IN_STEP = 16, 8
"""The first are begun by all threads together, so that long calls meet. Then each thread goes its own way, for the end
of a call to meet another's beginning. More rounds show no more (docs/decisions/0014-rounds-of-threads.md)."""
_SWITCH_SECONDS = 1e-6
"""Between the threads: so short that they meet within one call, which the usual 5 ms do not do."""
_TELLING_SECONDS = 0.2
_SLOW_SECONDS = 0.5
"""What a call takes alone of whose like several may take longer than one may, where each waits for the others."""
_MEETING = f"{THREAD_COUNT} threads were making calls at once"


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """A call, and what it gives when nobody else makes one."""

    name: str
    call: CompanyCall
    expected: Part
    sign: int = 1


def meet(
    caller: Caller, question: CompanyQuestion, companions: Mapping[str, CompanyCall], answers: Mapping[str, Part]
) -> Iterator[Deviation]:
    """Calls from several threads on the same arrays; of a candidate that is for one thread, from one beside a reader.

    What differs from the call made alone is told, and which array was seen changed, if only for a while.
    """
    threads = 1 if caller.loaded.info.threads == "one" else THREAD_COUNT
    base = REALS if question.bitwise else LATTICE
    same = question.calls[base]
    shared = CompanyCall(copied(same.operands), same.geometry)
    opposite = CompanyCall(copied(negated(same.operands, LINEAR_IN[question.pass_][0])), same.geometry)
    signed = ((shared, 1), (opposite, -1))
    begun = time.perf_counter()
    known = [_Known(base, call, snapshot(caller.make_fresh(call, "the same call")), sign) for call, sign in signed]
    is_slow = time.perf_counter() - begun > _SLOW_SECONDS * len(signed)
    known += [_Known(name, call, answers[name]) for name, call in companions.items()]
    watch = _Watch(shared.operands)
    with _frequent_switches(), unfilled():
        different = _together(caller, known, watch, is_slow) if threads > 1 else _beside_a_reader(caller, shared, watch)
    for name in watch.changed[:1]:
        got = "changed and restored, as another thread saw that read it meanwhile"
        yield Deviation("meanwhile", f"its operand {name} during a call", base, None, got)
    for alone in known:
        if alone in different:
            yield Deviation("threads", _told(alone), alone.name, alone.expected, different[alone], alone.sign)


def _told(known: _Known) -> str:
    call = str(known.call) if known.name not in (REALS, LATTICE) else "the same call"
    opposite = " with opposite numbers" if known.sign < 0 else ""
    return f"{call}{opposite} while {THREAD_COUNT - 1} other threads make calls"


class _Watch:
    """Reads the operands of a call, for any change while it is being made."""

    def __init__(self, operands: Operands) -> None:
        self._operands = operands.arrays()
        self._before = {name: array.tobytes() for name, array in self._operands.items()}
        self.changed: list[str] = []

    def look(self) -> None:
        """Keep the names of operands that are not what they were."""
        self.changed += [name for name, array in self._operands.items() if array.tobytes() != self._before[name]]


class _Telling:
    """Tells, now and then, that calls are being made: many of them may take longer than one."""

    def __init__(self, announce: Announce, at_once: int) -> None:
        self._announce, self._at_once = announce, at_once
        self._lock = threading.Lock()
        self._next = 0.0

    def going_on(self) -> None:
        """A call is about to be made."""
        with self._lock:
            now = time.monotonic()
            if now >= self._next:
                self._announce(_MEETING, self._at_once)
                self._next = now + _TELLING_SECONDS


def _together(caller: Caller, known: Sequence[_Known], watch: _Watch, is_slow: bool) -> dict[_Known, Part]:
    """The first result of each call that was not what it is alone."""
    begin = threading.Barrier(THREAD_COUNT)
    tell = _Telling(caller.announce, THREAD_COUNT if is_slow else 1)
    different: dict[_Known, Part] = {}
    others = known[1:]

    def make(thread: int) -> None:
        for number in range(_ROUNDS):
            if number < _ROUNDS_IN_STEP:
                begin.wait()
            alone = known[0] if (thread + number) % 2 == 0 else others[(thread + number) // 2 % len(others)]
            tell.going_on()
            result = snapshot(caller.make_quietly(alone.call.operands, alone.call.geometry))
            if not same_bits(result, alone.expected):
                different.setdefault(alone, result)
            watch.look()

    running = [threading.Thread(target=make, args=(thread,), daemon=True) for thread in range(THREAD_COUNT)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return different


def _beside_a_reader(caller: Caller, call: CompanyCall, watch: _Watch) -> dict[_Known, Part]:
    """Calls from this thread alone, while another one reads the operands over and over; nothing is found but that."""
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set() and not watch.changed:
            watch.look()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        for _ in range(_ROUNDS_IN_STEP):
            caller.announce("making the same call", 2)
            caller.make_quietly(call.operands, call.geometry)
    finally:
        ended.set()
        reader.join()
    return {}


@contextmanager
def _frequent_switches() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
