"""A fork that does one thing: what it tells, raises or leaves untold, and how it is interrupted."""

from __future__ import annotations

import ctypes
import mmap
import sys
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any

import pytest

from convoracle.suites.search.forked import Ended, Forked


def forked(does: Callable[[Connection], None]) -> closing[Forked]:
    return closing(Forked(does))


def tell(connection: Connection) -> None:
    connection.send("one")
    connection.send(2)


def test_it_tells_what_it_does_and_then_that_it_ended() -> None:
    with forked(tell) as fork:
        told: list[Any] = [fork.receive(), fork.receive()]
        with pytest.raises(Ended, match="ended with exit code 0"):
            fork.receive()
    assert told == ["one", 2]


def fail(connection: Connection) -> None:
    raise KeyError("nowhere")


def test_what_it_raises_is_raised_where_it_is_read_and_says_where_it_was() -> None:
    with forked(fail) as fork, pytest.raises(KeyError, match="nowhere") as raised:
        fork.receive()
    assert "in fail" in str(raised.value.__cause__)


def sleep(connection: Connection) -> None:
    try:
        connection.send("asleep")
        time.sleep(60)
    except KeyboardInterrupt:
        connection.send("interrupted")


def test_it_is_interrupted_when_it_is_told() -> None:
    with forked(sleep) as fork:
        assert fork.receive() == "asleep"
        fork.interrupt()
        assert fork.receive() == "interrupted"


def test_it_is_ended_whatever_it_is_doing() -> None:
    with forked(sleep) as fork:
        assert fork.receive() == "asleep"
    assert fork.connection.closed


def handle_signals_on_memory_that_is_gone() -> None:
    """As where OpenVINO's CPU plugin compiled a model and another thread freed it: a signal then ends the process."""
    memory = mmap.mmap(-1, 1 << 16)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    stack = (ctypes.c_size_t * 3)(address, 0, 1 << 16)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.sigaltstack(stack, None) == 0
    assert libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(1 << 16)) == 0


def tell_what_a_fork_tells(connection: Connection) -> None:
    handle_signals_on_memory_that_is_gone()
    with forked(sleep) as fork:
        connection.send(fork.receive())
        fork.interrupt()
        connection.send(fork.receive())


@pytest.mark.skipif(sys.platform != "linux", reason="the memory layout is that of Linux")
def test_it_is_interrupted_where_a_library_freed_the_stack_for_signals() -> None:
    with forked(tell_what_a_fork_tells) as fork:
        assert [fork.receive(), fork.receive()] == ["asleep", "interrupted"]
