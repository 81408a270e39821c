"""Exact numbers: read as what they are, added, subtracted and multiplied without a loss, in int64 or beyond it."""

from __future__ import annotations

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import DTYPES, FORMATS, numpy_dtype
from convoracle.oracle.numbers.scaled import Scaled, add, dot, scaled, subtract, unit_of, widest, with_room

_finite = st.floats(allow_nan=False, allow_infinity=False)


def integers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@given(st.lists(_finite, min_size=1, max_size=5))
def test_scaled_is_exact_and_reads_back(values: list[float]) -> None:
    numbers = scaled(np.array(values))
    assert [*numbers.to_fractions()] == [Fraction(value) for value in values]
    assert numbers.to_float64().tolist() == values


@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if dtype in FORMATS and dtype != "int8"])
def test_every_floating_point_format_is_read(dtype: str) -> None:
    numbers = scaled(np.array([[1.5, -3.0], [0.0, 0.25]]).astype(numpy_dtype(dtype)))
    assert (numbers.integers.tolist(), numbers.exponent) == ([[6, -12], [0, 1]], -2)
    assert numbers.integers.dtype == np.int64


@pytest.mark.parametrize(
    ("array", "exact"),
    [
        (np.array([-128, 127], np.int8), [-128, 127]),
        (np.array([-(2**63)], np.int64), [-(2**63)]),
        (np.array([2**64 - 1], np.uint64), [2**64 - 1]),
        (np.array([5e-324, -(2.0**-1073)]), [Fraction(1, 2**1074), Fraction(-1, 2**1073)]),
        (np.array([np.finfo(np.float64).max]), [(2**53 - 1) * 2**971]),
        (np.array([1.0, 2.0**60]), [1, 2**60]),
        (np.array([-(2.0**61), 1.0]), [-(2**61), 1]),
        (np.array([2.0**1000, 1 + 2.0**-52, 0.0]), [2**1000, 1 + Fraction(1, 2**52), 0]),
        (np.array([0.0, -0.0]), [0, 0]),
        (np.array(0.75), Fraction(3, 4)),
        (np.zeros((0, 3)), []),
    ],
    ids=lambda value: str(value)[:24],
)
def test_the_ends_of_the_ranges_are_read(array: np.ndarray, exact: object) -> None:
    numbers = scaled(array)
    assert numbers.to_fractions().tolist() == exact
    assert numbers.integers.shape == array.shape
    assert np.array_equal(numbers.to_float64(), array.astype(np.float64))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_has_no_exact_form(value: float) -> None:
    with pytest.raises(OverflowError, match="NaN or Inf"):
        scaled(np.array([1.0, value]))


@pytest.mark.parametrize("dtype", ["complex128", "longdouble", "object", "bool"])
def test_another_dtype_is_refused_rather_than_rounded(dtype: str) -> None:
    with pytest.raises(InvalidArgument, match="should be an integer type or one of float64"):
        scaled(np.ones(2, dtype))


def test_the_same_numbers_at_a_lower_exponent() -> None:
    numbers = Scaled.of(integers(3, -1), 2)
    assert numbers.at_exponent(2).integers.tolist() == [3, -1]
    assert (numbers.at_exponent(-1).integers.tolist(), numbers.at_exponent(-1).exponent) == ([24, -8], -1)
    wide = numbers.at_exponent(-60)
    assert wide.integers.tolist() == [3 << 62, -(1 << 62)]
    nothing = Scaled.of(integers(0), 5).at_exponent(-2000)
    assert (nothing.integers.dtype, nothing.integers.tolist(), nothing.exponent) == (np.int64, [0], -2000)


@pytest.mark.parametrize(
    ("integer", "exponent", "fits"),
    [
        (2**53, 0, True),
        (-(2**53), 0, True),
        (2**53 + 1, 0, False),
        (1, -1074, True),
        (1, -1075, False),
        (2**53, 970, True),
        (2**53, 971, False),
    ],
)
def test_what_is_sure_to_be_a_float64(integer: int, exponent: int, fits: bool) -> None:
    assert Scaled.of(integers(0, integer), exponent).fits_float64 is fits


@pytest.mark.parametrize(
    ("integer", "exponent", "nearest"),
    [
        (2**53 + 1, 0, 2.0**53),
        (2**53 + 3, -1, 2.0**52 + 2),
        (-(2**70) - 1, 0, -(2.0**70)),
        (2**70 + 2**17 + 1, -10, 2.0**60 + 2.0**8),
        (3, -1076, 5e-324),
        (1, -1075, 0.0),
        (2**60 + 1, -1135, 5e-324),
        (2**53 - 1, 971, np.finfo(np.float64).max),
        (1, 1024, np.inf),
        (-(2**70), 1000, -np.inf),
        (2**70, -1200, 0.0),
    ],
)
def test_the_nearest_float64_ties_to_even_and_beyond_the_largest_infinite(
    integer: int, exponent: int, nearest: float
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Scaled.of(np.array([integer]), exponent).to_float64().tolist() == [nearest]


@given(_finite, _finite)
def test_sum_and_difference_are_exact(left: float, right: float) -> None:
    one, other = scaled(np.array([left])), scaled(np.array([right]))
    assert add(one, other).to_fractions()[0] == Fraction(left) + Fraction(right)
    assert subtract(one, other).to_fractions()[0] == Fraction(left) - Fraction(right)


def test_a_sum_that_int64_does_not_hold() -> None:
    half = Scaled.of(integers(2**62, -(2**62)), 0)
    assert add(half, half).to_fractions().tolist() == [2**63, -(2**63)]
    assert subtract(half, Scaled.of(integers(1, 1), 1)).to_fractions().tolist() == [2**62 - 2, -(2**62) - 2]
    assert add(Scaled.of(integers(1), 0), Scaled.of(integers(2**63 - 1), 0)).to_fractions().tolist() == [2**63]


@pytest.mark.parametrize(
    ("left", "right", "product"),
    [
        ((1, 2, 3), (4, -5, 6), 12),
        ((), (), 0),
        ((2**40, 2**40), (2**40, -(2**40)), 0),
        ((2**31, 2**31), (2**31, 2**31), 2**63),
        ((-(2**63),), (-1,), 2**63),
        ((2**31,) * 8, (2**30,) * 8, 2**64),
    ],
)
def test_a_product_of_vectors_is_exact(left: tuple[int, ...], right: tuple[int, ...], product: int) -> None:
    assert dot(integers(*left), integers(*right)) == product


def test_the_largest_absolute_value() -> None:
    assert widest(integers(-128, 127)) == 128
    assert widest(integers(-(2**63))) == 2**63
    assert widest(integers()) == 0


def test_room_is_made_where_it_may_be_needed() -> None:
    array = integers(1, 2)
    assert with_room(2**62 - 1, array, array) == (array, array)
    assert [each.dtype for each in with_room(2**62, array, array)] == [object, object]


@pytest.mark.parametrize(
    ("rate", "unit"),
    [(0.5, 0.5), (-0.75, 0.25), (3.0, 1.0), (-8.0, 1.0), (0.1, 2.0**-55), (5e-324, 5e-324), (0.0, 1.0)],
)
def test_the_unit_of_a_learning_rate(rate: float, unit: float) -> None:
    assert unit_of(rate) == unit


@pytest.mark.parametrize(
    ("integer", "exponent", "is_known"),
    [
        ((1 << 90) + 1, -1074, True),
        ((1 << 90) + 1, -1075, False),
        ((1 << 90) + 1, 800, True),
        ((1 << 90) + 1, 801, False),
        ((1 << 94) + 1, 0, False),
    ],
)
def test_what_rounding_leaves_out_is_known_where_it_is_a_float64(integer: int, exponent: int, is_known: bool) -> None:
    low, high = np.array([integer & 0xFFFFFFFF]), np.array([integer >> 32])
    number = Scaled((low, high) if high < 1 << 62 else (low, high & 0xFFFFFFFF, high >> 32), exponent)
    rounded, left_out = number.in_two()
    assert rounded.tolist() == number.to_float64().tolist()
    assert (left_out is not None) is is_known
    if left_out is not None:
        assert Fraction(rounded.item()) + Fraction(left_out.item()) == integer * Fraction(2) ** exponent


def test_numbers_in_another_shape() -> None:
    wide = Scaled.of(np.array([1 << 70, 3, -(1 << 80), 5], dtype=object), -3).reshaped((2, 1, 2))
    assert (wide.shape, wide.exponent) == ((2, 1, 2), -3)
    assert wide.integers.ravel().tolist() == [1 << 70, 3, -(1 << 80), 5]
