"""Exact sums of products by matrix products of slices: digits so narrow that float64 does not round their sums.

The theorem: a sum of n products of integers of at most A and B in size is exact in
float64, in any order, with or without fused multiply-add, if n A B <= 2**53. For all
products and partial sums are integers of at most 2**53 in size, which float64 has, and arithmetic
that rounds correctly gives a result that it has. It is assumed that the matrix product
sums products and nothing else (no Strassen), in float64 or better. Products with the zeros of a
padding change nothing. So is every element of a bilinear map exact if n is the most terms of any.

Where n A B is larger, the operands are split without error into p and q digits to one base
2**w: a = sum of a_i 2**(w i) and b = sum of b_j 2**(w j), all below 2**w in size
(Ozaki, Ogita, Oishi and Rump 2012, "Error-free transformations of matrix multiplication by using fast
routines of matrix multiplication and its applications", Numer. Algorithms 59). With
n <= 2**t and 2 w + t <= 53, each of the p q maps of digits is exact. Where one operand fits a
single digit of v bits, v + w + t <= 53 will do. The maps with the same i + j have the same weight, and are
summed, weighed and carried in int64 (see `limbs`). The slices of the operand whose windows are not
unrolled are further channels, so that the windows are unrolled once for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from ..numbers import limbs
from ..numbers.arrays import Float64
from ..numbers.limbs import Limb, Limbs
from ..numbers.scaled import Scaled
from ..numbers.splitting import Extent, digits, times_power
from ..problem.geometry import ConvGeometry
from ..problem.passes import Pass
from . import bilinear, magnitude, term_by_term
from .factor import Factor

_PRECISION = 53
_LEAST_NORMAL = -1022
"""Multiples of two to this power, and their sums, do not underflow."""
_MOST_SUMS = 1 << 22
"""Elements of all sums that are kept at a time, 32 MiB; where there are more, the definition takes less memory."""
_CHANNEL_AXES = {Pass.FORWARD: (0, 1), Pass.INPUT_GRADIENT: (1, 1), Pass.WEIGHT_GRADIENT: (1, 0)}
"""Kind -> the axis of channels that the operand whose windows are not unrolled shares with the result, in both."""


def sums_of_products(
    kind: Pass, left: Factor, right: Factor, direct: ConvGeometry, most_terms: int
) -> tuple[Scaled, Callable[[], Float64]]:
    """The exact results of a bilinear map, as by :func:`.term_by_term.sums_of_products`; and magnitudes.

    These are the sums of absolute values, exactly where one map gives them, or else maybe rounded up (see `magnitude`).
    """
    value, exactly, computed = _sums(kind, left, right, direct, most_terms)
    return value, exactly if computed is None else lambda: magnitude.told(computed(), most_terms, exactly)


def with_exact_sizes(
    kind: Pass, left: Factor, right: Factor, direct: ConvGeometry, most_terms: int
) -> tuple[Scaled, Callable[[], Float64]]:
    """The same, with magnitudes that are rounded to nearest."""
    value, exactly, _ = _sums(kind, left, right, direct, most_terms)
    return value, exactly


def _sums(
    kind: Pass, left: Factor, right: Factor, direct: ConvGeometry, most_terms: int
) -> tuple[Scaled, Callable[[], Float64], Callable[[], Float64] | None]:
    """The results, and what gives those of absolute values: exactly, and in less time if float64 rounds the sums."""
    elements = math.prod(kind.result_shape(direct))
    if most_terms * elements == 0 or not (left.is_of_floats and right.is_of_floats):
        return *term_by_term.sums_of_products(kind, left, right, direct, most_terms), None
    unrolled, other = (right, left) if kind is Pass.WEIGHT_GRADIENT else (left, right)
    (a, of_a), (b, of_b) = ((each.values, each.extent) for each in (unrolled, other))
    exponent = of_a.lowest + of_b.lowest
    if is_exact(of_a, of_b, most_terms):
        x, y = times_power(a, -of_a.lowest), times_power(b, -of_b.lowest)
        sums: Callable[[Float64, Float64], Limbs] = partial(_in_one_map, kind, direct)
        computed = None
    else:
        width, p, q = plan(of_a.bits, of_b.bits, most_terms)
        if (p + q) * elements > _MOST_SUMS:
            return *term_by_term.sums_of_products(kind, left, right, direct, most_terms), None
        x, y = digits(a, of_a.lowest, width, p), digits(b, of_b.lowest, width, q)
        sums = partial(_by_slices, kind, direct, width, of_a.bits + of_b.bits + most_terms.bit_length())
        computed = partial(_of_sizes, kind, direct, unrolled, other) if exponent >= _LEAST_NORMAL else None
    return Scaled(sums(x, y), exponent), lambda: Scaled(sums(np.abs(x), np.abs(y)), exponent).to_float64(), computed


def is_exact(left: Extent, right: Extent, most_terms: int) -> bool:
    """Whether float64 holds every sum of so many products, in units of the lowest bits: n A B <= 2**53."""
    return most_terms * max(left.largest, 1) * max(right.largest, 1) <= 1 << _PRECISION


def plan(unrolled: int, other: int, most_terms: int) -> tuple[int, int, int]:
    """The width of digits, and how many operands of so many bits have; the one that takes the least time.

    To unroll the windows of a slice takes about as long as to multiply them with another. An operand of one digit may
    have a wider one.
    """
    room = _PRECISION - (most_terms - 1).bit_length()
    choices = [(room // 2, _count(unrolled, room // 2), _count(other, room // 2))]
    if unrolled < room:
        width = min(room - unrolled, limbs.BITS)
        choices.append((width, 1, _count(other, width)))
    if other < room:
        width = min(room - other, limbs.BITS)
        choices.append((width, _count(unrolled, width), 1))
    return min(choices, key=lambda choice: choice[1] * (1 + choice[2]))


def _count(bits: int, width: int) -> int:
    return -(-bits // width)


def _of_sizes(kind: Pass, direct: ConvGeometry, unrolled: Factor, other: Factor) -> Float64:
    """The sums of absolute values as float64 rounds them."""
    with np.errstate(over="ignore"):
        return _bilinear(kind, unrolled.sizes, other.sizes, direct)


def _in_one_map(kind: Pass, direct: ConvGeometry, unrolled: Float64, other: Float64) -> Limbs:
    return (_bilinear(kind, unrolled, other, direct).astype(np.int64),)


def _by_slices(kind: Pass, direct: ConvGeometry, width: int, bits: int, unrolled: Float64, other: Float64) -> Limbs:
    return limbs.carried(_sums_by_weight(kind, unrolled, other, direct), width, bits)


def _sums_by_weight(kind: Pass, unrolled: Float64, other: Float64, direct: ConvGeometry) -> list[Limb]:
    """The sums of the maps of slices i and j with the same i + j."""
    sums: list[Limb] = []
    for i, images in enumerate(unrolled):
        maps = maps_of_slices(kind, images, other, direct)
        shared = [total + products for total, products in zip(sums[i:], maps, strict=False)]
        sums[i:] = [*shared, *maps[len(shared) :]]
    return sums


def maps_of_slices(kind: Pass, unrolled: Float64, other: Float64, direct: ConvGeometry) -> Limb:
    """(q, *result) the integers that one operand and each of q slices of the other give."""
    count, groups = len(other), direct.groups
    given, result = _CHANNEL_AXES[kind]
    shape = kind.result_shape(direct)
    channels = _beside_each_other(other, given, 1 if kind is Pass.INPUT_GRADIENT else groups)
    sums = _bilinear(kind, unrolled, channels, _with_slices(kind, direct, count))
    apart = sums.reshape(*shape[:result], groups, count, shape[result] // groups, *shape[result + 1 :])
    axes = (result + 1, *range(result + 1), *range(result + 2, apart.ndim))
    return apart.transpose(axes).astype(np.int64, order="C").reshape(count, *shape)


def _beside_each_other(slices: Float64, axis: int, groups: int) -> Float64:
    """The slices as channels of one array: those of a group together."""
    count, *shape = slices.shape
    apart = slices.reshape(count, *shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])
    axes = (*range(1, axis + 2), 0, *range(axis + 2, apart.ndim))
    return apart.transpose(axes).reshape(*shape[:axis], count * shape[axis], *shape[axis + 1 :])


@lru_cache(maxsize=256)
def _with_slices(kind: Pass, direct: ConvGeometry, count: int) -> ConvGeometry:
    """The convolution whose result has channels for so many slices."""
    if kind is Pass.INPUT_GRADIENT:
        return replace(direct, in_channels=count * direct.in_channels)
    return replace(direct, out_channels=count * direct.out_channels)


def _bilinear(kind: Pass, unrolled: Float64, other: Float64, direct: ConvGeometry) -> Float64:
    match kind:
        case Pass.FORWARD:
            return bilinear.forward(unrolled, other, direct)
        case Pass.INPUT_GRADIENT:
            return bilinear.input_gradient(unrolled, other, direct)
        case _:
            return bilinear.weight_gradient(unrolled, other, direct)
