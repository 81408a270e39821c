"""What memory is filled with: what the C library is told, and what a candidate then finds there."""

from __future__ import annotations

import ctypes
import os
import platform

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling import filling
from convoracle.suites.calling.filling import FILLED, fill_otherwise, unfilled
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Returned

from ..misbehaving import GEOMETRY, operands

ON_GLIBC = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other allocators cannot be told to fill memory"
)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What the C library is told, of which this process is spared."""
    calls: list[tuple[int, int]] = []

    def mallopt(option: int, value: int) -> int:
        calls.append((option, value))
        return 1

    monkeypatch.setattr(filling, "_mallopt", lambda: mallopt)
    for name, value in FILLED.items():
        monkeypatch.setenv(name, value)
    return calls


def test_memory_is_filled_again_as_it_was(told: list[tuple[int, int]]) -> None:
    with pytest.raises(ZeroDivisionError), unfilled():
        raise ZeroDivisionError
    assert told == [(-6, 0), (-6, 64)]
    fill_otherwise()
    assert os.environ["MALLOC_PERTURB_"] == "63"
    with unfilled():
        pass
    assert told[2:] == [(-6, 63), (-6, 0), (-6, 63)]


@pytest.mark.parametrize("text", ["", "0", "no number"])
def test_who_asked_for_no_filling_has_none(told: list[tuple[int, int]], text: str, monkeypatch) -> None:
    monkeypatch.setenv("MALLOC_PERTURB_", text)
    with unfilled():
        pass
    assert told == []


def test_where_the_c_library_fills_nothing_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_PERTURB_", "64")
    monkeypatch.setattr(filling, "_mallopt", lambda: None)
    with unfilled():
        fill_otherwise()


@ON_GLIBC
def test_uninitialised_memory_is_never_zero() -> None:
    with Isolated(lambda input, weight: np.empty(10_000, np.float32)) as executor:
        replies = [executor.call(Pass.FORWARD, operands(), GEOMETRY) for _ in range(3)]
    for reply in replies:
        assert isinstance(reply, Returned)
        assert np.mean(reply.value == 0) < 0.01


@ON_GLIBC
def test_memory_that_nobody_wrote_can_hold_other_bytes() -> None:
    def conv(input: Array, weight: Array) -> Array:
        return np.full(GEOMETRY.output_shape, np.empty(1000)[500])

    with Isolated(conv) as executor:
        told = []
        for restart in (executor.restart, executor.restart_filled_otherwise, executor.restart):
            restart()
            reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
            assert isinstance(reply, Returned)
            told.append(reply.value.flat[0])
    usual, other = (np.full(8, byte, np.uint8).view(np.float64)[0] for byte in (0xBF, 0xC0))
    assert told == [usual, other, usual]


@ON_GLIBC
@pytest.mark.parametrize("size", [129, 1000, 100_000])
def test_memory_that_nobody_wrote_need_not_be_filled_and_is_again_in_the_next_call(size: int) -> None:
    """The smallest one is what the C library would hand out again without a look at it."""

    def conv(input: Array, weight: Array) -> Array:
        memory = np.empty(size)
        found = memory[size // 2]
        memory[...] = 7
        return np.full(GEOMETRY.output_shape, found)

    with Isolated(conv) as executor:
        told = []
        for is_filled in (True, False, False, True, True, False, True):
            reply = executor.call(Pass.FORWARD, operands(), GEOMETRY, is_filled=is_filled)
            assert isinstance(reply, Returned)
            told.append((is_filled, reply.value.flat[0]))
    usual = np.full(8, 0xBF, np.uint8).view(np.float64)[0]
    assert all((found == usual) == is_filled for is_filled, found in told), told


@ON_GLIBC
@pytest.mark.parametrize("size", [24, 1000, 5000])
def test_a_block_that_is_freed_twice_with_another_between_is_noticed_at_once(size: int) -> None:
    def conv(input: Array, weight: Array) -> Array:
        library = ctypes.CDLL(None)
        library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        one, other, _ = (library.malloc(size) for _ in range(3))
        for each in (one, other, one):
            library.free(each)
        return np.full(GEOMETRY.output_shape, 0.0)

    with Isolated(conv) as executor:
        reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
    assert isinstance(reply, Died)
    assert reply.cause == "SIGABRT (aborted)"
    assert "double free" in reply.detail
