"""Right implementations that compute in unusual but legal ways, for `false_alarms`: what each sums, and declares.

Another one is an entry of `implementations.HONEST`. Those that sum term by term are given the t-th
terms of all elements as arrays, so that any order and any place of a rounding is a few lines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import Implementation
from convoracle.oracle.numbers.dtypes import EVERYDAY, format_of, numpy_dtype, result_dtype
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import (
    Array,
    Operands,
    Pass,
    factors_of,
    offset,
    present_products,
    shape_of,
)

NARROW = ("float16", "bfloat16")
_MOST_PRODUCTS = 180_000
Summed = Callable[..., Array]
"""From the t-th terms of all elements along a first axis, and which of them there are, to the sums.

Of exact products, from the name of the format to sum in as well."""


@dataclass(frozen=True)
class Honest:
    """An implementation, and what it declares."""

    implementation: Implementation
    accumulators: Mapping[str, str] = field(default_factory=dict)
    multipliers: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    dtypes: tuple[str, ...] = EVERYDAY


def native(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Every product and sum in the storage dtype itself, in NumPy's order."""
    return reference.evaluate(pass_, operands, geometry)


def wide(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Sums in float32, or float64 of the wide dtypes, rounded once; an update rounds its gradient, too."""
    dtype = operands.input.dtype
    accumulator = np.float32 if dtype.name in NARROW else np.float64
    widened = operands.map(lambda array: array.astype(accumulator))
    if pass_ is Pass.UPDATE:
        gradient = reference.evaluate(Pass.WEIGHT_GRADIENT, widened, geometry).astype(dtype)
        return operands.weight - dtype.type(operands.learning_rate) * gradient
    return reference.evaluate(pass_, widened, geometry).astype(dtype)


def backwards(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The storage dtype's arithmetic, with the sums in the opposite order: a mirrored problem, mirrored back."""
    if geometry.transposed or any(geometry.remainders) or pass_ is Pass.BIAS_GRADIENT:
        raise NotImplementedError("a mirrored problem has other windows")
    mirrored = replace(geometry, padding=tuple((high, low) for low, high in geometry.padding))
    return _mirror(reference.evaluate(pass_, operands.map(_mirror), mirrored))


def _mirror(array: Array) -> Array:
    """The array with its spatial axes reversed; a bias has none."""
    return np.ascontiguousarray(np.flip(array, tuple(range(2, array.ndim))))


def by_images(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Sums over the batch one image after another; an update takes each image's step by itself."""
    if pass_ not in (Pass.WEIGHT_GRADIENT, Pass.UPDATE, Pass.BIAS_GRADIENT) or not geometry.batch:
        return reference.evaluate(pass_, operands, geometry)
    alone, total = replace(geometry, batch=1), None
    for n in range(geometry.batch):
        there = slice(n, n + 1)
        image = replace(operands, input=operands.input[there], output_gradient=operands.output_gradient[there])
        if pass_ is Pass.UPDATE and total is not None:
            image, total = replace(image, weight=total), None
        share = reference.evaluate(pass_, image, alone)
        total = share if total is None else total + share
    assert total is not None
    return total


def flushing(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Subnormal operands and results taken for zero."""
    with np.errstate(all="ignore"):
        return _flushed(reference.evaluate(pass_, operands.map(_flushed), geometry))


def _flushed(array: Array) -> Array:
    small = np.abs(array.astype(np.float64)) < 2.0 ** format_of(array.dtype.name).min_exponent
    return np.where(small, np.zeros((), array.dtype), array)


def truncating(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Factors of products cut off to TF32, in float32."""
    cut: dict[str, Any] = {name: _to_tfloat32(getattr(operands, name)) for name in factors_of(pass_, geometry)}
    return reference.evaluate(pass_, replace(operands, **cut), geometry)


def _to_tfloat32(array: Array) -> Array:
    cut = (np.ascontiguousarray(array).view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)
    return np.where(np.isfinite(array), cut.reshape(array.shape), array)


def narrow_results(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """float32 sums stored as float16."""
    with np.errstate(all="ignore"):
        return reference.evaluate(pass_, operands, geometry).astype(np.float16)


def narrow_sums(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Everything in float16, for float32 operands."""
    with np.errstate(all="ignore"):
        narrowed = operands.map(lambda array: array.astype(np.float16))
        return reference.evaluate(pass_, narrowed, geometry).astype(np.float32)


def term_by_term(summed: Summed, *, skips_zeros: bool = False, exactly: bool = False) -> Implementation:
    """Every pass as sums of its own terms in the storage dtype, an update's from its weight on (beta = 1).

    Or of its exact products in float64, of dtypes whose products fit it, to be rounded by `summed`.
    """

    def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if geometry.products > _MOST_PRODUCTS:
            raise NotImplementedError(f"more than {_MOST_PRODUCTS} products are not listed")
        dtype, shape = numpy_dtype(result_dtype(operands.input.dtype.name)), pass_.result_shape(geometry)
        with np.errstate(all="ignore"):
            left, right, there = _factors(pass_, operands, geometry)
            if skips_zeros:
                there = there & (left != 0) & (right != 0)
            if exactly:
                left, right = left.astype(np.float64), right.astype(np.float64)
            numbers = np.where(there, left * right, np.zeros((), left.dtype if exactly else dtype))
            if pass_ is Pass.UPDATE:
                numbers = np.concatenate([operands.weight.reshape(1, -1), numbers])
                there = np.concatenate([np.ones((1, there.shape[1]), bool), there])
            given = (numbers, there, dtype.name) if exactly else (numbers, there)
            total = summed(*given) if len(numbers) else np.zeros(shape, dtype)
        return np.asarray(total).astype(dtype).reshape(shape)

    return evaluate


def _factors(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> tuple[Array, Array, Array]:
    """The factors of the t-th term of every element; of the bias, itself and 1. One of an update's is scaled."""
    arrays = operands.arrays()
    one = np.ones(1, operands.input.dtype)
    values = np.concatenate([*(array.ravel() for array in arrays.values()), one])
    table, there = _table(pass_, geometry, tuple(arrays))
    left, right = values[table[..., 0]], values[table[..., 1]]
    if pass_ is Pass.UPDATE:
        left = left * values.dtype.type(-operands.learning_rate)
    return left, right, there


_ROLES = {
    Pass.FORWARD: ("output", "input", "weight"),
    Pass.INPUT_GRADIENT: ("input", "output", "weight"),
    Pass.WEIGHT_GRADIENT: ("weight", "output", "input"),
}
"""Of each bilinear map of the direct convolution: what it is added to, and its left and right factor."""


@lru_cache(maxsize=500)
def _table(pass_: Pass, geometry: ConvGeometry, names: tuple[str, ...]) -> tuple[Array, Array]:
    """Where the factors of every term are in the operands, one after another; and which terms there are."""
    sizes = [math.prod(shape_of(name, geometry)) for name in names]
    starts = dict(zip(names, np.cumsum([0, *sizes]).tolist(), strict=False))
    shape, one = pass_.result_shape(geometry), sum(sizes)
    added: list[tuple[Array, Array, Array]] = []
    for product in present_products(pass_, geometry, names):
        to, left, right = (_products_of(geometry.direct)[role] for role in _ROLES[product.kind])
        added.append((to, starts[product.left] + left, starts[product.right] + right))
    elements = np.arange(math.prod(geometry.output_shape))
    channels, ones = np.unravel_index(elements, geometry.output_shape)[1], np.full(len(elements), one)
    if pass_ is Pass.BIAS_GRADIENT:
        added.append((channels, starts["output_gradient"] + elements, ones))
    if (bias := offset(pass_)) in starts:
        added.append((elements, starts[bias] + channels, ones))
    to, left, right = map(np.concatenate, zip(*added, strict=True))
    counts = np.bincount(to, minlength=math.prod(shape))
    order = np.argsort(to, kind="stable")
    nth = np.arange(len(to)) - np.repeat(np.cumsum(counts) - counts, counts)
    table = np.full((counts.max(initial=0), len(counts), 2), one)
    table[nth, to[order]] = np.stack([left[order], right[order]], axis=-1)
    return table, np.arange(len(table))[:, None] < counts


@lru_cache(maxsize=1000)
def _products_of(direct: ConvGeometry) -> dict[str, Array]:
    """The places of output, input and weight of every product of a convolution: all its passes sum these."""
    per_group = direct.in_channels // direct.groups
    sizes = direct.batch, direct.out_channels, *direct.output_size, per_group, *direct.kernel
    image, out, *rest = np.indices(sizes).reshape(len(sizes), -1)
    positions, channel, taps = rest[: direct.rank], rest[direct.rank], rest[direct.rank + 1 :]
    group = out // max(direct.out_channels // direct.groups, 1)
    windows = tuple(enumerate(zip(positions, taps, strict=True)))
    source = [direct.source_positions(axis)[window] for axis, window in windows]
    there = np.all([direct.inside(axis)[window] for axis, window in windows], axis=0)
    indices = {
        "output": ((image, out, *positions), direct.output_shape),
        "input": ((image, group * per_group + channel, *source), direct.input_shape),
        "weight": ((out, channel, *taps), direct.weight_shape),
    }
    return {
        name: np.ravel_multi_index([each[there] for each in index], shape) for name, (index, shape) in indices.items()
    }


def in_order(numbers: Array, there: Array) -> Array:
    """One after another."""
    total = numbers[0]
    for number in numbers[1:]:
        total = total + number
    return total


def by_size(numbers: Array, there: Array) -> Array:
    """The largest first, by element."""
    order = np.argsort(-np.abs(numbers.astype(np.float64)), axis=0, kind="stable")
    return in_order(np.take_along_axis(numbers, order, 0), there)


def blocked(numbers: Array, there: Array) -> Array:
    """In blocks of five, whose sums are summed from the last one on."""
    sums = [in_order(numbers[i : i + 5], there) for i in range(0, len(numbers), 5)]
    return in_order(np.array(sums[::-1]), there)


def pairwise(numbers: Array, there: Array) -> Array:
    """In halves of halves."""
    if len(numbers) == 1:
        return numbers[0]
    half = len(numbers) // 2
    return pairwise(numbers[:half], there) + pairwise(numbers[half:], there)


def compensated(numbers: Array, there: Array) -> Array:
    """After Kahan: what was lost of one sum is taken from the next term."""
    total = lost = np.zeros(numbers.shape[1:], numbers.dtype)
    for number, here in zip(numbers, there, strict=True):
        corrected = number - lost
        new = total + corrected
        lost = np.where(here, (new - total) - corrected, lost)
        total = np.where(here, new, total)
    return total
