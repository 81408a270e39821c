"""Where in C a process dies is told, and whatever goes wrong with that, it dies as it would have: done for real."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Verdict
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.native_frames import CrashSite, crash_site
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.machine_code import is_known
from convoracle.suites.calling.replies import Died, Limits, Returned
from convoracle.suites.checks.conduct import judge_conduct

from ..candidates.foreign.compiling import compile_library, needs_compiler
from ..misbehaving import GEOMETRY, SIGNAL_OF_WEIGHT, misbehaving, operands
from .remains import nothing_left

pytestmark = [needs_compiler, pytest.mark.skipif(not is_known(), reason="no native frames on this processor")]
SOURCE = Path(__file__).with_name("dying.c")
DYING = "libdying.so"
LIMITS = Limits(seconds_per_call=20, memory_bytes=2**30)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(SOURCE, tmp_path_factory.mktemp("dying"), "-pthread")


def death(library: Path, function: str, *arguments: object, holds_the_lock: bool = False) -> tuple[Died, Verdict]:
    """How a process ends that calls a function; the next one answers, and nothing is left."""

    def act(input: object, weight: object) -> None:
        loaded = (ctypes.PyDLL if holds_the_lock else ctypes.CDLL)(str(library))
        getattr(loaded, function)(*arguments)

    with nothing_left(), Isolated(misbehaving(act), LIMITS) as executor:
        reply = executor.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY)
        assert isinstance(reply, Died), reply
        assert isinstance(executor.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
    verdict = judge_conduct(reply)
    assert verdict is not None
    return reply, verdict


def place(verdict: Verdict) -> CrashSite:
    found = crash_site(verdict)
    assert found is not None, verdict.reason
    return found


@pytest.mark.parametrize(
    ("function", "signal"),
    [
        ("writes_nowhere", "SIGSEGV"),
        ("reads_nowhere", "SIGSEGV"),
        ("divides_by_zero", "SIGFPE"),
        ("executes_what_is_no_instruction", "SIGILL"),
        ("maps_less_than_it_writes", "SIGBUS"),
        ("frees_what_it_overwrote", "SIGABRT"),
        ("recurses", "SIGSEGV"),
    ],
)
def test_the_function_in_which_a_process_dies(function: str, signal: str, library: Path) -> None:
    reply, verdict = death(library, function, 0)
    assert reply.cause.startswith(signal)
    assert str(place(verdict)) == f"{function} of {DYING}"
    assert "Fatal Python error" in verdict.reason
    assert "in act" in verdict.reason
    assert str(library.parent) not in verdict.reason


def test_of_a_function_without_a_name_the_next_one_that_has_one(library: Path) -> None:
    reply, verdict = death(library, "aborts_in_a_function_that_has_no_name")
    assert reply.cause.startswith("SIGABRT")
    assert str(place(verdict)) == f"aborts_in_a_function_that_has_no_name of {DYING}"
    assert place(verdict).frame.function == ""
    assert "abort+0x" in verdict.reason


def test_two_places_of_one_function(library: Path) -> None:
    first, second = (place(death(library, "writes_at_either_place", each)[1]) for each in (0, 1))
    assert str(first) == str(second) == f"writes_at_either_place of {DYING}"
    assert first != second


@pytest.mark.parametrize("holds_the_lock", [False, True])
def test_a_thread_that_dies_while_another_waits_for_it(holds_the_lock: bool, library: Path) -> None:
    """Also with the interpreter's lock held by the one that waits."""
    reply, verdict = death(library, "writes_in_a_thread_and_waits_for_it", holds_the_lock=holds_the_lock)
    assert reply.cause.startswith("SIGSEGV")
    assert str(place(verdict)) == f"writes_nowhere of {DYING}"


def test_a_thread_without_any_stack_left_dies_as_ever(library: Path) -> None:
    assert death(library, "recurses_in_a_thread_and_waits_for_it")[0].cause.startswith("SIGSEGV")


def test_a_second_fault_while_frames_are_looked_for_ends_in_the_first_signal(library: Path) -> None:
    reply, verdict = death(library, "aborts_where_no_stack_can_be_read")
    assert reply.cause.startswith("SIGABRT")
    assert crash_site(verdict) is None
    assert "in act" in verdict.reason


def test_a_handler_that_waits_for_ever_ends_in_the_first_signal(library: Path, tmp_path: Path) -> None:
    sleeping = compile_library(SOURCE, tmp_path, "-DSLEEPING")
    reply, verdict = death(library, "dies_while_the_loader_is_held", str(sleeping).encode())
    assert reply.cause.startswith("SIGSEGV")
    assert "in act" in verdict.reason
