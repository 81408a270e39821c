"""Integers of any width as arrays of limbs: digits to the base 2**32 in int64, so that NumPy reckons with all at once.

A number is the sum of limbs[k] 2**(32 k). All limbs but the last are in
[0, 2**32); the last has the sign, as in two's complement, and less than 62 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from ..problem.passes import Array
from .arrays import Float64
from .splitting import times_power

Limb = NDArray[np.int64]
Limbs = tuple[Limb, ...]

BITS = 32
ROOM = 62
"""Bits of the last limb, without its sign."""
NEVER_OVERFLOWS = 800
"""Powers of two by which numbers of up to three limbs stay in the range of float64."""
_MASK = (1 << BITS) - 1
_FACTOR_BITS = 26
_LOW = (1 << 11) - 1
"""A limb and the 21 highest bits of the next are the 53 of a float64; these are the others."""


def carried(digits: Sequence[Limb], width: int, bits: int, offset: int = 0) -> Limbs:
    """The limbs of 2**offset times the sum of digits[k] 2**(width k), which is in [-2**bits, 2**bits).

    Digits have either sign and less than 62 bits; `width` and, unless all fits one limb, `offset` are at
    most 32 and 31. From digit to digit, what does not fit `width` bits is carried on, and the bits that stay are laid
    side by side; of the last digits, all that fits the last limb.
    """
    if bits + offset <= ROOM:  # whatever overflows on the way does so modulo 2**64
        if len(digits) == 1 and not offset:
            return (digits[0],)
        weighed = (digit << (width * k + offset) for k, digit in enumerate(digits))
        return (reduce(np.add, weighed),)
    limbs: list[Limb] = []
    carry, word = digits[0], np.zeros((), np.int64)
    filled, number, last = offset, 0, len(digits) - 1
    while number < last or filled + bits - width * number > ROOM:
        kept = carry & ((1 << width) - 1)
        if filled:
            kept <<= filled
            kept += word
        word, carry = kept, carry >> width
        number, filled = number + 1, filled + width
        if number <= last:
            carry += digits[number]
        if filled >= BITS:
            limbs.append(word & _MASK)
            word >>= BITS
            filled -= BITS
    return (*limbs, (carry << filled) + word)


def of_integers(integers: Array) -> Limbs:
    """The limbs of an array of int64, or of Python's integers."""
    bits = widest(integers).bit_length()
    if bits <= ROOM:
        return (integers.astype(np.int64, copy=False),)
    whole, last = integers.astype(object), -(-bits // BITS) - 1
    lower = ((whole >> BITS * k) & _MASK for k in range(last))
    return tuple(limb.astype(np.int64) for limb in (*lower, whole >> BITS * last))


def joined(limbs: Limbs) -> Array:
    """The integers: int64 of one limb, otherwise Python's."""
    *lower, whole = limbs
    for limb in lower[::-1]:
        whole = np.asarray((whole.astype(object) << BITS) + limb.astype(object), dtype=object)
    return whole


def bits_of(limbs: Limbs) -> int:
    """The least number of bits, or a few more, such that all numbers are in [-2**bits, 2**bits)."""
    last = limbs[-1]
    if not last.size:
        return 0
    return BITS * (len(limbs) - 1) + max(int(last.max()), ~int(last.min())).bit_length()


def widest(integers: Array) -> int:
    """The largest absolute value; 0 where there is none."""
    return max((abs(int(integers.max())), abs(int(integers.min())))) if integers.size else 0


def shifted(limbs: Limbs, shift: int) -> Limbs:
    """The numbers times 2**shift; zeros stay one limb."""
    if len(limbs) == 1 and not limbs[0].any():
        return limbs
    bits = bits_of(limbs)
    if bits + shift <= ROOM:
        return carried(limbs, BITS, bits, shift)
    whole, offset = divmod(shift, BITS)
    return (*(np.zeros_like(limbs[0]),) * whole, *carried(limbs, BITS, bits, offset))


def added(left: Limbs, right: Limbs) -> Limbs:
    """The sums."""
    bits = max(bits_of(left), bits_of(right)) + 1
    zero = np.zeros((), np.int64)
    return carried([a + b for a, b in zip_longest(left, right, fillvalue=zero)], BITS, bits)


def summed(limbs: Limbs, axes: tuple[int, ...]) -> Limbs:
    """The sums along some axes, of fewer than 2**29 numbers."""
    count = math.prod(limbs[0].shape[axis] for axis in axes)
    sums = [np.asarray(limb.sum(axis=axes)) for limb in _spread(limbs)]
    return carried(sums, BITS, bits_of(limbs) + count.bit_length())


def multiplied(limbs: Limbs, factor: int) -> Limbs:
    """The numbers times an integer."""
    if factor < 0:
        return multiplied(negated(limbs), -factor)
    low = factor & ((1 << _FACTOR_BITS) - 1)
    bits = bits_of(limbs) + _FACTOR_BITS
    product = carried([limb * low for limb in _spread(limbs)], BITS, bits)
    if low == factor:
        return product
    return added(product, shifted(multiplied(limbs, factor >> _FACTOR_BITS), _FACTOR_BITS))


def negated(limbs: Limbs) -> Limbs:
    """The opposite numbers."""
    return carried([-limb for limb in limbs], BITS, bits_of(limbs) + 1)


def sizes(limbs: Limbs) -> Limbs:
    """The absolute values."""
    if len(limbs) == 1:
        return (np.abs(limbs[0]),)
    if not (limbs[-1] < 0).any():
        return limbs
    signs = np.where(limbs[-1] < 0, -1, 1)
    return carried([limb * signs for limb in limbs], BITS, bits_of(limbs) + 1)


def extended(limbs: Limbs, length: int) -> Limbs:
    """The same numbers in at least so many limbs."""
    while len(limbs) < length:
        *lower, last = limbs
        limbs = (*lower, last & _MASK, last >> BITS)
    return limbs


def _spread(limbs: Limbs) -> Limbs:
    """The same numbers, with a last limb that has no more bits than the others."""
    return limbs if widest(limbs[-1]) <= _MASK else extended(limbs, len(limbs) + 1)


def in_two(limbs: Limbs) -> tuple[Float64, Float64]:
    """Numbers of one limb or two, rounded to the nearest float64, and what that leaves out: another float64, exactly.

    The highest limb is rounded, and what it is off by has no more than 9 bits; with the limb below it, 41. So both
    parts are float64 numbers, and the first is none or the larger one. Their sum is rounded once, and
    its error is what the second lacks (Dekker 1971, Numer. Math. 18).
    """
    *lower, highest = limbs
    high = highest.astype(np.float64)
    rest = highest - high.astype(np.int64)
    for limb in lower:
        high *= 2.0**BITS
        rest <<= BITS
        rest += limb
    low = rest.astype(np.float64)
    rounded = high + low
    return rounded, low - (rounded - high)


def to_float64(limbs: Limbs, exponent: int) -> Float64:
    """The numbers times 2**exponent, rounded to nearest once, or twice where the result is subnormal.

    Of three limbs, the highest 53 bits of 96 are one float64 and the others another, and their
    sum is rounded as IEEE 754 has it. Of more, the three count that begin with the first
    that is not zero. They have at least 65 bits, and the lowest of these is set if anything that is not zero was
    cut off: rounding to odd, after which rounding to at least two bits less gives what rounding once would
    (Boldo and Melquiond 2008, IEEE Trans. Comput. 57(4)).
    """
    if len(limbs) == 1:
        return _times_power(limbs[0].astype(np.float64), exponent)
    if len(limbs) == 2:
        return _times_power(in_two(limbs)[0], exponent)
    *lower, low, middle, high = _spread(sizes(limbs))
    above: Limb | int = 0
    for limb in lower[::-1]:
        empty = high == 0
        above = above + np.where(empty, 0, BITS)
        high, middle = np.where(empty, middle, high), np.where(empty, low, middle)
        low = np.where(empty, limb, low | (limb != 0))
    first = high * 2.0**BITS + (middle & ~_LOW)
    second = (middle & _LOW) * 2.0**BITS + low
    return np.copysign(_times_power(first * 2.0**BITS + second, exponent + above), limbs[-1])


def _times_power(numbers: Float64, exponents: Limb | int) -> Float64:
    if isinstance(exponents, int) and abs(exponents) <= NEVER_OVERFLOWS:
        return times_power(numbers, exponents)
    with np.errstate(over="ignore"):
        return np.asarray(
            times_power(numbers, exponents) if isinstance(exponents, int) else np.ldexp(numbers, exponents)
        )
