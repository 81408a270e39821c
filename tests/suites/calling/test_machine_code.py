"""Machine code that makes calls: that it makes them, with which arguments, and where it may be run."""

from __future__ import annotations

import ctypes

import pytest

from convoracle.suites.calling.machine_code import RESULT, Call, Decrement, Memory, code_of, is_known

pytestmark = pytest.mark.skipif(not is_known(), reason="code of another processor")
LIBC = ctypes.CDLL(None)


def address(name: str) -> int:
    found = ctypes.cast(getattr(LIBC, name), ctypes.c_void_p).value
    assert found is not None
    return found


def run(*steps: Call | Decrement) -> None:
    memory = Memory(4096)
    memory.write(b"\xcc")
    written = memory.write(code_of(steps))
    assert memory.make_executable(LIBC)
    ctypes.CFUNCTYPE(None)(written)()


def test_calls_with_their_arguments_and_with_the_result_of_the_one_before() -> None:
    words = (ctypes.c_uint64 * 3)(7, 2**40, 0)
    text, copied = ctypes.create_string_buffer(b"12345678"), ctypes.create_string_buffer(9)
    start = ctypes.addressof(copied)
    run(
        Call(address("memcpy"), (start, ctypes.addressof(text), 8)),
        Call(address("abs"), (65,)),
        Call(address("memset"), (start, RESULT, 3)),
        Call(address("abs"), (66,)),
        Decrement(ctypes.addressof(words), 2),
        Call(address("memset"), (start + 3, RESULT, 2)),
    )
    assert copied.value == b"AAABB678"
    assert list(words) == [6, 2**40 - 1, 0]


def test_a_function_has_no_more_arguments_than_registers() -> None:
    with pytest.raises(ValueError, match="argument"):
        code_of([Call(address("abs"), (1, 2, 3, 4, 5))])


def test_memory_that_may_not_be_run_is_told() -> None:
    memory = Memory(1)
    memory.address += 1
    assert not memory.make_executable(LIBC)
