"""Limbs against Python's integers: of any width and either sign, at the edges of a limb and of a rounding."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from convoracle.oracle.numbers import limbs
from convoracle.oracle.numbers.limbs import Limbs, carried, joined, of_integers
from convoracle.oracle.numbers.scaled import Scaled

EDGES = sorted({sign * ((1 << bits) + off) for bits in (31, 32, 53, 61, 62, 63, 64, 96, 128) for off in (-1, 0, 1)
                for sign in (-1, 1)})  # fmt: skip
INTEGERS = st.one_of(
    st.sampled_from(EDGES),
    st.integers(-(1 << 200), 1 << 200),
    st.builds(lambda integer, shift: integer << shift, st.integers(-9, 9), st.integers(0, 700)),
)
LISTS = st.lists(INTEGERS, min_size=1, max_size=5)


def _limbs(integers: list[int]) -> Limbs:
    made = of_integers(np.array([*integers, None], dtype=object)[:-1])
    assert all(limb.dtype == np.int64 for limb in made)
    for limb in made[:-1]:
        assert ((limb >= 0) & (limb < 1 << limbs.BITS)).all()
    return made


def _read(numbers: Limbs) -> list[int]:
    for limb in numbers[:-1]:
        assert ((limb >= 0) & (limb < 1 << limbs.BITS)).all()
    assert (np.abs(numbers[-1]) <= 1 << limbs.ROOM).all()
    return [int(integer) for integer in joined(numbers)]


@given(LISTS)
def test_integers_go_in_and_come_out(integers: list[int]) -> None:
    made = _limbs(integers)
    assert _read(made) == integers
    bits = limbs.bits_of(made)
    assert all(-(1 << bits) <= integer < 1 << bits for integer in integers)


@given(LISTS)
def test_numbers_of_one_limb_are_int64(integers: list[int]) -> None:
    narrow = all(abs(integer) < 1 << limbs.ROOM for integer in integers)
    assert (len(_limbs(integers)) == 1) == narrow


@given(LISTS, INTEGERS, st.integers(0, 130))
def test_operations_are_those_of_integers(integers: list[int], other: int, shift: int) -> None:
    made, others = _limbs(integers), _limbs([other] * len(integers))
    assert _read(limbs.added(made, others)) == [integer + other for integer in integers]
    assert _read(limbs.shifted(made, shift)) == [integer << shift for integer in integers]
    assert _read(limbs.multiplied(made, other)) == [integer * other for integer in integers]
    assert _read(limbs.negated(made)) == [-integer for integer in integers]
    assert _read(limbs.sizes(made)) == [abs(integer) for integer in integers]
    assert int(joined(limbs.summed(made, (0,)))) == sum(integers)
    assert _read(limbs.extended(made, len(made) + 2)) == integers


@given(st.lists(st.integers(1 - (1 << 62), (1 << 62) - 1), min_size=1, max_size=6), st.integers(1, 32), st.data())
def test_digits_of_any_width_and_sign_are_carried(digits: list[int], width: int, data: st.DataObject) -> None:
    number = sum(digit << (width * k) for k, digit in enumerate(digits))
    bits, offset = number.bit_length() + data.draw(st.integers(0, 40)), data.draw(st.integers(0, 31))
    assert _read(carried([np.array([digit]) for digit in digits], width, bits, offset)) == [number << offset]


@given(st.lists(st.integers(-(1 << 40), 1 << 40), max_size=4), st.sampled_from([1 << 63, 1 << 100, -(1 << 130)]))
def test_what_a_cancellation_leaves_is_a_number_like_any_other(integers: list[int], large: int) -> None:
    others = _limbs([large] * len(integers))
    left = limbs.added(limbs.added(_limbs(integers), others), limbs.negated(others))
    assert _read(left) == integers
    assert _read(limbs.sizes(left)) == list(map(abs, integers))
    assert limbs.to_float64(left, 0).tolist() == integers


def test_sums_of_many_numbers_do_not_widen_without_end() -> None:
    number = total = _limbs([(1 << 150) - 1, -(1 << 150)])
    for _ in range(100):
        total = limbs.added(limbs.added(total, number), limbs.negated(number))
    assert len(total) == len(number)


@given(LISTS, st.sampled_from([0, -5, 40, 700, 900, 970, -1000, -1074, -1100, -1200, -1700]))
def test_a_number_is_rounded_to_float64_once(integers: list[int], exponent: int) -> None:
    rounded = Scaled(_limbs(integers), exponent).to_float64()
    assert rounded.dtype == np.float64
    assert rounded.tolist() == [_rounded(integer, exponent) for integer in integers]


def _rounded(integer: int, exponent: int) -> float:
    """By Python, whose quotients and conversions of integers are rounded correctly."""
    try:
        return float(integer << exponent) if exponent >= 0 else integer / (1 << -exponent)
    except OverflowError:
        return math.copysign(math.inf, integer)


@pytest.mark.parametrize("bits", [54, 55, 64, 86, 97, 130, 161, 200])
def test_ties_go_to_even_and_what_is_above_or_below_them_does_not(bits: int) -> None:
    """Halfway between two float64 numbers, and one unit of the last of many bits off."""
    half = 1 << (bits - 54)
    for significand in ((1 << 52) + 1, (1 << 53) - 1, 1 << 52):
        tie = significand * 2 * half + half
        numbers = [sign * (tie + off) for off in (-1, 0, 1) for sign in (1, -1)]
        assert Scaled(_limbs(numbers), 0).to_float64().tolist() == [float(number) for number in numbers]


def test_a_subnormal_is_rounded_once() -> None:
    """2**54 + 11 is nearest to 2**54 + 12 in float64, a tie in units of 8; but it is below the tie."""
    number = Scaled.of(np.array([(1 << 54) + 11]), -1077)
    assert number.to_float64().item() == float(Fraction((1 << 54) + 11, 1 << 1077))
    twice = np.ldexp(np.float64((1 << 54) + 11), -1077)
    assert number.to_float64().item() != twice


@given(st.lists(st.integers(-(1 << 94) + 1, (1 << 94) - 1), min_size=1, max_size=5))
@example([1, (1 << 53) + 1, -(1 << 62), (1 << 93) - 1])
@example([-1, (1 << 93) + (1 << 39), (1 << 93) + (1 << 40), -(1 << 93) - 3 * (1 << 40)])
def test_two_limbs_are_two_float64_numbers(integers: list[int]) -> None:
    lower, higher = ([part(integer) for integer in integers] for part in (lambda i: i & limbs._MASK, lambda i: i >> 32))
    rounded, left_out = limbs.in_two((np.array(lower), np.array(higher)))
    assert rounded.tolist() == [float(integer) for integer in integers]
    assert [int(high) + int(low) for high, low in zip(rounded, left_out, strict=True)] == integers
