"""Guard zones: each byte outside of a piece is watched, on both sides, and layouts survive the copy."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from convoracle.oracle.problem.layouts import LAYOUTS, arrange
from convoracle.suites.candidates.foreign.guarded import Guarded, Lent, Unwritten


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        (8, "1 byte past the end"),
        (8 + 4000, "4001 bytes past the end"),
        (-1, "1 byte before the start"),
        (-4096, "4096 bytes before the start"),
        (0, None),
        (7, None),
    ],
)
def test_a_byte_is_written(offset: int, told: str | None) -> None:
    memory = Guarded(8)
    ctypes.memset(memory.address + offset, 5, 1)
    assert memory.overrun() == told


@pytest.mark.parametrize("size", [0, 1, 64, 100_000])
@pytest.mark.parametrize("misalignment", [0, 4, 63])
def test_place(size: int, misalignment: int) -> None:
    memory = Guarded(size, misalignment)
    assert memory.address % 64 == misalignment
    assert memory.bytes.size == size
    assert memory.overrun() is None


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 1, 1), (0, 3, 4), (5,)])
def test_layouts_are_lent_as_they_are(layout: str, shape: tuple[int, ...]) -> None:
    array = arrange(np.arange(np.prod(shape), dtype=np.float32).reshape(shape), layout)
    lent = Lent(array)
    start, stop = lent.memory.address, lent.memory.address + lent.memory.bytes.size
    for index in np.ndindex(shape):
        at = lent.address + sum(i * stride for i, stride in zip(index, array.strides, strict=True))
        assert start <= at <= stop - 4
        assert ctypes.c_float.from_address(at).value == array[index]
    assert lent.address % 64 == array.ctypes.data % 64


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout != "broadcast"])
def test_changes_come_back(layout: str) -> None:
    array = arrange(np.arange(6, dtype=np.float32).reshape(1, 2, 3), layout)
    lent = Lent(array)
    ctypes.c_float.from_address(lent.address).value = 77
    lent.return_changes()
    assert array.ravel().tolist() == [77, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "complex64"])
def test_a_result_holds_no_numbers(dtype: str) -> None:
    assert np.isnan(Unwritten((2, 3), np.dtype(dtype)).array.astype(np.complex128)).all()


def test_an_integer_result_holds_no_small_numbers() -> None:
    assert (Unwritten((2, 3), np.dtype(np.int32)).array < -(2**30)).all()
