"""Digits of float64 numbers: they add up to the numbers, each of its width, over the whole range."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.numbers.splitting import digits, digits_of_integers, extent

FLOATS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(1 << 40), 1 << 40).map(float),
    st.floats(-4, 4).map(lambda value: float(np.float32(value))),
)


@given(st.lists(FLOATS, max_size=5), st.integers(1, 53))
def test_digits_add_up_to_the_numbers(values: list[float], width: int) -> None:
    array = np.array(values, dtype=np.float64)
    bits = extent(np.abs(array), 53)
    parts = digits(array, bits, width, -(-bits.bits // width))
    assert (np.abs(parts) <= 2.0**width).all()
    assert (parts == np.rint(parts)).all()
    for value, column in zip(values, parts.T, strict=True):
        weighed = (Fraction(digit) * Fraction(2) ** (bits.lowest + width * k) for k, digit in enumerate(column))
        assert sum(weighed) == Fraction(value)


@given(st.lists(st.integers(-(1 << 40), 1 << 40), max_size=3), st.integers(0, 90), st.integers(1, 32))
def test_digits_of_integers_that_are_shifted(integers: list[int], shift: int, width: int) -> None:
    count = max(1, -(-(shift + 41 - 61) // width) + 1)
    parts = digits_of_integers(np.array(integers, dtype=np.int64), shift, width, count)
    assert parts.shape == (count, len(integers))
    for integer, column in zip(integers, parts.T.tolist(), strict=True):
        assert all(0 <= digit < 1 << width for digit in column[:-1])
        assert sum(digit << (width * k) for k, digit in enumerate(column)) == integer << shift


@given(st.lists(FLOATS, max_size=5))
def test_the_extent_has_all_bits(values: list[float]) -> None:
    bits = extent(np.abs(np.array(values, dtype=np.float64)), 53)
    unit = Fraction(2) ** bits.lowest
    integers = [Fraction(value) / unit for value in values]
    assert all(integer.denominator == 1 and abs(integer) < 1 << bits.bits for integer in integers)
    assert max(map(abs, integers), default=0) == bits.largest
    if bits.bits <= 62 and bits.largest:
        assert any(integer.numerator % 2 for integer in integers)
        assert bits.bits == bits.largest.bit_length()


def test_a_narrow_format_needs_few_bits_below_its_smallest_number() -> None:
    values = np.array([1.0, 2.0**-40 * (1 + 2.0**-23)])
    assert extent(np.abs(values), 24).bits == 64
    assert extent(np.abs(values), 53).bits == 93


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_has_no_extent(value: float) -> None:
    with pytest.raises(OverflowError, match="NaN or Inf"):
        extent(np.abs(np.array([1.0, value])), 53)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0**40 + 1, 3.0], (0, 41)),
        ([2.0, 2.0**40 + 2], (1, 40)),
        ([1.0, 2.0**61], (0, 62)),
        ([0.5, 2.0**40], (-53, 94)),
        ([1.0, 2.0**62], (-52, 115)),
    ],
)
def test_whole_numbers_of_at_most_62_bits_have_the_narrowest_extent(
    values: list[float], expected: tuple[int, int]
) -> None:
    found = extent(np.abs(np.array(values)), 53)
    assert (found.lowest, found.bits) == expected
