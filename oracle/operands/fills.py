"""The values that a case's operands are filled with: ordinary numbers, and those that arithmetic finds hard.

A fill takes a generator, a shape and the format of the operands, and returns
float64 values for the caller to round to the format. All but the bias are factors of
products, and the bias is a term beside them: where the size of the products
matters, it has a fill of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..numbers.arrays import Float64
from ..numbers.dtypes import Format

_SHARE_OF_ENDS = 0.25
"""Of integers of the whole range, how many are its lowest or highest number."""
Shape = tuple[int, ...]
Fill = Callable[[np.random.Generator, Shape, Format], Float64]


HUGE = "huge"
"""The fill whose sums may overflow."""
LARGE, TALL = "large", "tall"
"""Fills far above 1, which of integers have the extreme numbers."""


def uniform(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Magnitudes in [1, 2): all terms are of much the same size, so the resolution is at its best."""
    return rng.uniform(1.0, 2.0, shape) * signs(rng, shape)


def normal(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Of the standard normal distribution."""
    return rng.standard_normal(shape)


def wide(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Exponents spread over a quarter of the format's range, so that no product leaves it."""
    return _spread(rng, shape, form, -(-form.min_exponent // 4), 1)


def cancellation(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Magnitudes that differ from 1 by a few units in the last place.

    A sum with as many positive terms as negative ones nearly cancels: its
    condition number, sum of sizes over size of the sum, is up to about 2**precision.
    """
    ulps = rng.integers(0, 8, shape, endpoint=True)
    return (1 + ulps * 2.0 ** (1 - form.precision)) * signs(rng, shape)


def huge(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Around the root of the largest number, so that sums of products straddle the threshold of overflow.

    How long the sums are is not known here: the whole array is scaled down by a
    power of two drawn from a few. Most signs are positive, for where sums can
    overflow in both directions nothing is certain.
    """
    highest = form.max_exponent // 2 - int(rng.integers(0, 3))
    return np.abs(_spread(rng, shape, form, highest - 1, highest)) * _mostly_positive(rng, shape)


def huge_term(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Within a factor of four of the largest number: a bias beside the products of :func:`huge`."""
    return np.abs(_spread(rng, shape, form, form.max_exponent - 2, form.max_exponent - 1)) * _mostly_positive(
        rng, shape
    )


def large(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Far above 1, all of an array within a factor of eight: products as well, and no sum of thousands overflows."""
    highest = form.max_exponent // 2 - max(6, form.max_exponent // 8)
    height = int(rng.integers(min(form.precision // 2, highest), highest, endpoint=True))
    return _spread(rng, shape, form, height - 2, height)


def tall(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """From where the format no longer has all integers to near its largest number; an input, beside `low` others."""
    highest = form.max_exponent - max(2, form.max_exponent // 8)
    height = int(rng.integers(min(form.precision, highest), highest, endpoint=True))
    return _spread(rng, shape, form, height - 2, height)


def low(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """So small that no sum of thousands of products with a :func:`tall` number overflows."""
    highest = -(form.max_exponent // 2) - 2
    return _spread(rng, shape, form, max(highest - 2, form.min_exponent), max(highest, form.min_exponent))


def subnormal(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Below the root of the smallest normal number, so that every product is subnormal."""
    highest = form.min_exponent // 2 - 1
    return _spread(rng, shape, form, highest - 1, highest)


def subnormal_numbers(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Themselves subnormal: the largest three quarters of them, none of them zero."""
    lowest = form.min_exponent + 1 - form.precision
    exponents = range(lowest, form.min_exponent)
    return _spread(rng, shape, form, exponents[len(exponents) // 4], exponents[-1])


def zeros(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
    """Zeros of both signs among ordinary numbers; the sign of a zero result is never judged."""
    return np.where(rng.random(shape) < 0.5, np.copysign(0.0, signs(rng, shape)), uniform(rng, shape, form))


FILLS: dict[str, Fill] = {
    "uniform": uniform,
    "normal": normal,
    "wide": wide,
    "cancellation": cancellation,
    HUGE: huge,
    "subnormal": subnormal,
    "subnormal_operands": subnormal_numbers,
    "zeros": zeros,
    LARGE: large,
    TALL: low,
}
"""By the names that cases have for them; each of the operands that have no other one in `OTHER_FILLS`."""

OTHER_FILLS: dict[tuple[str, str], Fill] = {
    (HUGE, "bias"): huge_term,
    (HUGE, "bias_direction"): huge_term,
    ("subnormal", "bias"): subnormal_numbers,
    ("subnormal", "bias_direction"): subnormal_numbers,
    (TALL, "input"): tall,
    ("subnormal_operands", "weight"): uniform,
    ("subnormal_operands", "weight_direction"): uniform,
}
"""(fill, operand) -> what that operand is filled with instead."""


def fill_of(name: str, operand: str) -> Fill:
    """How the fill called `name` fills the operand called `operand`."""
    return OTHER_FILLS.get((name, operand), FILLS[name])


def integers_of(name: str, largest: float) -> Fill:
    """How the fill called `name` fills operands of integers of up to `largest`: at random, or at its ends.

    The lowest number of a format is one further from zero than its largest, and is used where `largest` is above both.
    """

    def fill(rng: np.random.Generator, shape: Shape, form: Format) -> Float64:
        highest = int(min(form.largest, largest))
        lowest = -highest - (largest > form.largest)
        if name not in (LARGE, TALL):
            return _with_ends(rng, shape, lowest, highest)
        ends = (lowest, highest) if rng.integers(2) else (highest, lowest)
        if name == TALL:
            return np.where(rng.random(shape) < 0.9, *map(float, ends))
        return np.full(shape, float(ends[0]))

    return fill


def _with_ends(rng: np.random.Generator, shape: Shape, lowest: int, highest: int) -> Float64:
    """A quarter at either end of the range, where sums are largest and a number may have no opposite."""
    ends = rng.choice((lowest, highest), shape)
    at_an_end = rng.random(shape) < _SHARE_OF_ENDS
    return np.where(at_an_end, ends, rng.integers(lowest, highest, shape, endpoint=True)).astype(np.float64)


def signs(rng: np.random.Generator, shape: Shape) -> Float64:
    """As many 1 as -1, on average."""
    return np.where(rng.integers(0, 2, shape) == 0, 1.0, -1.0)


def _mostly_positive(rng: np.random.Generator, shape: Shape) -> Float64:
    return np.where(rng.random(shape) < 0.9, 1.0, -1.0)


def _spread(rng: np.random.Generator, shape: Shape, form: Format, lowest: int, highest: int) -> Float64:
    """Significands in [1, 2) of either sign, and exponents from `lowest` to `highest`."""
    values: Float64 = np.ldexp(uniform(rng, shape, form), rng.integers(lowest, highest, shape, endpoint=True))
    return values
