"""What single roundings cost, by formats whose numbers one can write down."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.numbers.roundings import half_spacing, half_spacings, rounding, smallest_normal, stored

TINY = 5e-324
"""The spacing of subnormal float64 numbers, half of which is none."""


@pytest.mark.parametrize(
    ("name", "size", "most"),
    [
        ("float16", 1.0, 2.0**-11 + 2.0**-25),
        ("float16", 0.0, 2.0**-25),
        ("float32", 3.0, 3 * 2.0**-24 + 2.0**-150),
        ("bfloat16", 2.0, 2.0**-7),
        ("float64", 0.0, 5 * TINY),
        ("int32", 5.0, 0.0),
    ],
)
def test_rounding_changes_u_times_the_size_and_half_a_spacing(name: str, size: float, most: float) -> None:
    assert rounding(np.array([size]), format_of(name)) == most


def test_no_single_rounding_changes_more() -> None:
    values = np.geomspace(2.0**-30, 6e4, 4001)
    off = np.abs(values.astype(np.float16).astype(np.float64) - values)
    assert (off <= rounding(values, format_of("float16"))).all()
    assert (off > 0.99 * rounding(values, format_of("float16"))).any()


def test_a_result_is_rounded_again_only_to_another_format() -> None:
    size, error = np.array([1.0]), np.array([0.5])
    assert stored(size, error, Arithmetic.of("float16")) == 0.5
    assert stored(size, error, Arithmetic.of("float16", "float32")) == 0.5 + 1.5 * 2.0**-11 + 2.0**-25


@pytest.mark.parametrize(("name", "half"), [("float32", 2.0**-150), ("float16", 2.0**-25), ("float64", TINY)])
def test_half_a_spacing_is_never_lost(name: str, half: float) -> None:
    assert half_spacing(format_of(name)) == half


@pytest.mark.parametrize(
    ("name", "count", "sum_"),
    [
        ("float32", 3, 3 * 2.0**-150),
        ("float32", 0, 0.0),
        ("float64", 0, 4 * TINY),
        ("float64", 3, 6 * TINY),
        ("float64", 4, 6 * TINY),
        ("int32", 7, 0.0),
    ],
)
def test_halves_too_small_for_float64_are_counted_up_to_whole_ones(name: str, count: int, sum_: float) -> None:
    found = half_spacings(np.array([count]), format_of(name))
    assert (found.tolist(), found.dtype) == ([sum_], np.float64)


def test_the_smallest_normal_number() -> None:
    assert smallest_normal(format_of("float16")) == 2.0**-14
    assert smallest_normal(format_of("float64")) == np.finfo(np.float64).tiny
    assert smallest_normal(format_of("int8")) == 0.0
