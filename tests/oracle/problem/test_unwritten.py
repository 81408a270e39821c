"""Memory that was never written holds no number: NaN, or an integer far below zero."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from convoracle.oracle.numbers.dtypes import DTYPES, numpy_dtype, result_dtype
from convoracle.oracle.problem import unwritten as module
from convoracle.oracle.problem.unwritten import unwritten


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_was_put_in_a_result_is_no_number(dtype: str) -> None:
    held = unwritten((2, 3), numpy_dtype(result_dtype(dtype)))
    assert (held.shape, held.dtype) == ((2, 3), numpy_dtype(result_dtype(dtype)))
    assert (held < -(10**9)).all() if held.dtype.kind == "i" else np.isnan(held).all()


@pytest.mark.parametrize(("dtype", "number"), [("int8", -127), ("uint8", 129), ("int32", -2122219135)])
def test_the_integers(dtype: str, number: int) -> None:
    assert unwritten((2,), np.dtype(dtype)).tolist() == [number] * 2


def test_both_parts_of_a_complex_number_are_nan() -> None:
    held = unwritten((1,), np.dtype("complex64"))
    assert np.isnan(held.real).all()
    assert np.isnan(held.imag).all()


@pytest.mark.parametrize("shape", [(), (0, 3), (1,)])
def test_any_shape_and_memory_of_its_own(shape: tuple[int, ...]) -> None:
    held = unwritten(shape, np.dtype("float32"))
    assert held.shape == shape
    assert held.flags.writeable


def test_the_example_in_its_docstring() -> None:
    assert doctest.testmod(module).failed == 0
