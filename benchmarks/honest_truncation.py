"""Accumulators that do not round to nearest, for `implementations`: toward zero, to odd, aligned as tensor cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from honest import Summed, term_by_term

from convoracle.oracle.faults import Implementation
from convoracle.oracle.numbers.dtypes import format_of, numpy_dtype
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

Cut = Callable[[Array, str], Array]
"""From float64 and the name of a format to the numbers of the format, as float64."""
_SINGLE = format_of("float32")


def toward_zero(numbers: Array, dtype: str) -> Array:
    """The neighbour nearer to zero."""
    found = numbers.astype(numpy_dtype(dtype))
    bits = found.view(f"u{found.dtype.itemsize}")
    beyond = np.isfinite(numbers) & (np.abs(found.astype(np.float64)) > np.abs(numbers))
    return (bits - beyond).astype(bits.dtype).view(found.dtype).astype(np.float64)


def to_odd(numbers: Array, dtype: str) -> Array:
    """The neighbour whose last bit is 1, but where a number is exact."""
    near = toward_zero(numbers, dtype)
    found = near.astype(numpy_dtype(dtype))
    bits = found.view(f"u{found.dtype.itemsize}")
    return (bits | (near != numbers)).astype(bits.dtype).view(found.dtype).astype(np.float64)


def rounded(cut: Cut, block: int | None = None) -> Summed:
    """One after another, or in blocks, every product and every sum so rounded."""

    def in_sequence(numbers: Sequence[Array] | Array, dtype: str) -> Array:
        total = numbers[0]
        for number in numbers[1:]:
            total = cut(total + number, dtype)
        return total

    def summed(numbers: Array, there: Array, dtype: str) -> Array:
        products = cut(numbers, dtype)
        length = block or len(products)
        sums = [in_sequence(products[i : i + length], dtype) for i in range(0, len(products), length)]
        return in_sequence(sums, dtype)

    return summed


def tensor_core(length: int) -> Implementation:
    """Blocks of exact products and the sum so far, aligned to the largest and cut off; no update."""

    def summed(numbers: Array, there: Array, dtype: str) -> Array:
        total = np.zeros(numbers.shape[1:])
        for i in range(0, len(numbers), length):
            total = _cut_together(np.concatenate([total[None], numbers[i : i + length]]))
        return total.astype(np.float32)

    every = term_by_term(summed, exactly=True)

    def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if pass_ is Pass.UPDATE:
            raise NotImplementedError("an update is not offered")
        return every(pass_, operands, geometry)

    return evaluate


def _cut_together(numbers: Array) -> Array:
    """The sum of what is left of numbers at the last place of the largest, itself cut off to float32."""
    largest = np.abs(numbers).max(axis=0)
    place = np.maximum(np.frexp(largest)[1] - _SINGLE.precision, _SINGLE.min_exponent - _SINGLE.precision + 1)
    finite = np.isfinite(largest)
    cut = np.ldexp(np.trunc(np.ldexp(numbers, np.where(finite, -place, 0))), np.where(finite, place, 0))
    return toward_zero(np.where(finite, cut, numbers).sum(axis=0), "float32")
