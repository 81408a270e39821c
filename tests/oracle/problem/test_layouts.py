"""Memory layouts: the same values and shape, in memory as each layout's name says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from convoracle.oracle.numbers.dtypes import DTYPES, numpy_dtype
from convoracle.oracle.problem.layouts import BROADCAST, CONTIGUOUS, LAYOUTS, arrange, constant_axes
from convoracle.oracle.problem.passes import ARRAYS, Array

IMAGES = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)


def _bits(array: Array) -> bytes:
    return np.ascontiguousarray(array).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@given(shape=arrays.array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=4), seed=st.integers(0, 99))
def test_values_dtype_and_shape_stay_to_the_bit(layout: str, dtype: str, shape: tuple[int, ...], seed: int) -> None:
    own = numpy_dtype(dtype)
    array = np.random.default_rng(seed).integers(0, 256, (*shape, own.itemsize), np.uint8).view(own)[..., 0]
    array = np.ascontiguousarray(array)
    laid = arrange(array, layout)
    assert (laid.shape, laid.dtype) == (array.shape, own)
    assert _bits(laid) == _bits(array)
    assert not np.shares_memory(laid, array)


@pytest.mark.parametrize(
    ("layout", "strides"),
    [
        (CONTIGUOUS, (240, 80, 20, 4)),
        ("channels_last", (240, 4, 60, 12)),
        ("fortran", (4, 8, 24, 96)),
        ("strided", (480, 160, 40, 8)),
        ("reversed", (-240, -80, -20, -4)),
        ("offset", (240, 80, 20, 4)),
        ("readonly", (240, 80, 20, 4)),
    ],
)
def test_strides_of_every_layout(layout: str, strides: tuple[int, ...]) -> None:
    assert arrange(IMAGES, layout).strides == strides


def test_only_the_read_only_layouts_cannot_be_written_to() -> None:
    cannot = {layout for layout in LAYOUTS if not arrange(IMAGES, layout).flags.writeable}
    assert cannot == {"readonly", BROADCAST}


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_offset_array_starts_one_element_past_a_boundary(dtype: str) -> None:
    laid = arrange(np.ones((3, 2), numpy_dtype(dtype)), "offset")
    assert laid.ctypes.data % 64 == laid.dtype.itemsize


def test_between_the_elements_of_a_strided_array_lies_what_shows_when_it_is_read() -> None:
    between: Any = arrange(IMAGES, "strided").base
    assert np.isnan(between[..., 1::2]).all()
    counts: Any = arrange(IMAGES.astype(np.int8), "strided").base
    assert (counts[..., 1::2] == 77).all()


def test_stride_zero_only_where_all_bits_are_the_same() -> None:
    row = np.array([[1.0, 2.0], [1.0, 2.0]])
    assert arrange(row, BROADCAST).strides == (0, 8)
    assert arrange(np.zeros((2, 3)), BROADCAST).strides == (0, 0)
    signed = arrange(np.array([0.0, -0.0]), BROADCAST)
    assert signed.strides == (8,)
    assert np.signbit(signed).tolist() == [False, True]


@pytest.mark.parametrize("name", ARRAYS)
def test_the_constant_axes_of_an_operand(name: str) -> None:
    assert constant_axes(name, 4) == ((0, 1, 2, 3) if name == "output_gradient" else (3,))
