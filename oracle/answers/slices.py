"""Exact sums of products by matrix products of slices: digits so narrow that float64 does not round their sums.

The theorem: a sum of n products of integers of at most A and B in size is exact in
float64, in any order, with or without fused multiply-add, if n A B <= 2**53. For all
products and partial sums are integers of at most 2**53 in size, which float64 has, and arithmetic
that rounds correctly gives a result that it has. It is assumed that the matrix product
sums products and nothing else (no Strassen), in float64 or better. Products with the zeros of a
padding change nothing. So is every element of a bilinear map exact if n is the most terms of any.

Where n A B is larger, the operands are split without error into p and q digits to one base
2**w: a = sum of a_i 2**(w i) and b = sum of b_j 2**(w j), all of at most 2**w in size
(Ozaki, Ogita, Oishi and Rump 2012, "Error-free transformations of matrix multiplication by using fast
routines of matrix multiplication and its applications", Numer. Algorithms 59). With
n <= 2**t and 2 w + t <= 53, each of the p q maps of digits is exact. Where one operand fits a
single digit of v bits, v + w + t <= 53 will do. The maps with the same i + j have the same weight, and are
summed, weighed and carried in int64 (see `limbs`). The slices of both operands are further channels or images
of one map, so that windows are unrolled once for all slices of the other operand and, where these are small, in
one call for several slices.

A bias has digits as well, to the same base and at the same powers of two: they are added to the sums of their weight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from ..numbers import limbs
from ..numbers.arrays import Float64
from ..numbers.limbs import Limb
from ..numbers.scaled import Scaled, add
from ..numbers.splitting import INT64_BITS, Extent, digits, digits_of_integers, integers_of, times_power
from ..problem.geometry import ConvGeometry
from ..problem.passes import Pass
from . import bilinear, magnitude, term_by_term
from .factor import Factor

_PRECISION = 53
_LEAST_NORMAL = -1022
"""Multiples of two to this power, and their sums, do not underflow."""
_MOST_SUMS = 1 << 22
"""Elements of all sums that are kept at a time, 32 MiB; where there are more, the definition takes less memory."""
_FEW_SUMS = 1 << 15
"""Elements so few that several slices are unrolled in one call: the call, not its elements, takes the time."""
_CHANNEL_AXIS = {Pass.FORWARD: 0, Pass.INPUT_GRADIENT: 1, Pass.WEIGHT_GRADIENT: 1}
"""Kind -> the axis of channels that the operand whose windows are not unrolled shares with the result."""


def sums_of_products(
    kind: Pass, left: Factor, right: Factor, direct: ConvGeometry, most_terms: int, bias: Factor | None = None
) -> tuple[Scaled, Callable[[], Float64]]:
    """The exact results of a bilinear map, as by :func:`.term_by_term.sums_of_products`; and magnitudes.

    These are the sums of the products' absolute values, exactly where one map gives them, or else maybe rounded up
    (see `magnitude`).
    """
    value, exactly, computed = _sums(kind, left, right, direct, most_terms, bias)
    return value, exactly if computed is None else lambda: magnitude.told(computed(), most_terms, exactly)


def with_exact_sizes(
    kind: Pass, left: Factor, right: Factor, direct: ConvGeometry, most_terms: int, bias: Factor | None = None
) -> tuple[Scaled, Callable[[], Float64]]:
    """The same, with magnitudes that are rounded to nearest."""
    value, exactly, _ = _sums(kind, left, right, direct, most_terms, bias)
    return value, exactly


def _sums(
    kind: Pass, left: Factor, right: Factor, direct: ConvGeometry, most_terms: int, bias: Factor | None
) -> tuple[Scaled, Callable[[], Float64], Callable[[], Float64] | None]:
    """The results, and what gives those of absolute values: exactly, and in less time if float64 rounds the sums."""
    elements = math.prod(kind.result_shape(direct))
    if most_terms * elements == 0 or not (left.is_of_floats and right.is_of_floats):
        return *term_by_term.sums_of_products(kind, left, right, direct, most_terms, bias), None
    unrolled, other = (right, left) if kind is Pass.WEIGHT_GRADIENT else (left, right)
    of_a, of_b = unrolled.extent, other.extent
    exponent = of_a.lowest + of_b.lowest
    if is_exact(of_a, of_b, most_terms):
        scale, computed = _Scale(exponent, limbs.ROOM - 1, _PRECISION + 1), None

        def sums(a: Float64, b: Float64) -> Limb:
            return _of_one_map(kind, times_power(a, -of_a.lowest), times_power(b, -of_b.lowest), direct)
    else:
        width, p, q = plan(of_a.bits, of_b.bits, most_terms)
        if (p + q) * elements > _MOST_SUMS:
            return *term_by_term.sums_of_products(kind, left, right, direct, most_terms, bias), None
        scale = _Scale(exponent, width, of_a.bits + of_b.bits + most_terms.bit_length())
        computed = partial(_of_sizes, kind, unrolled, other, direct) if exponent >= _LEAST_NORMAL else None

        def sums(a: Float64, b: Float64) -> Limb:
            return _by_weight(kind, digits(a, of_a, width, p), digits(b, of_b, width, q), direct)

    found = sums(unrolled.values, other.values)
    value = scale.joined(found) if bias is None else scale.with_bias(found, bias, direct.rank)
    return value, lambda: scale.joined(sums(unrolled.sizes, other.sizes)).to_float64(), computed


@dataclass(frozen=True, slots=True)
class _Scale:
    """What sums stand for: number k is in units of 2**(exponent + width k), and all are below 2**(exponent + bits)."""

    exponent: int
    width: int
    bits: int

    def joined(self, sums: Limb) -> Scaled:
        """The numbers that they are together."""
        return Scaled(limbs.carried(tuple(sums), self.width, self.bits), self.exponent)

    def with_bias(self, sums: Limb, bias: Factor, rank: int) -> Scaled:
        """Those and the bias of each channel: by its digits, unless some are below the unit or too far above it."""
        count, column = len(sums), (-1, *(1,) * rank)
        shift = bias.extent.lowest - self.exponent
        bits = shift + bias.extent.bits
        if shift < 0 or bias.extent.bits > INT64_BITS or bits - self.width * (count - 1) >= limbs.ROOM:
            return add(self.joined(sums), bias.exactly().reshaped(column))
        parts = digits_of_integers(integers_of(bias.values, bias.extent), shift, self.width, count)
        added = tuple(sums + parts.reshape(count, 1, *column))
        return Scaled(limbs.carried(added, self.width, max(self.bits, bits) + 1), self.exponent)


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


def _of_sizes(kind: Pass, unrolled: Factor, other: Factor, direct: ConvGeometry) -> Float64:
    """The sums of absolute values as float64 rounds them."""
    with np.errstate(over="ignore"):
        return _bilinear(kind, unrolled.sizes, other.sizes, direct)


def _of_one_map(kind: Pass, unrolled: Float64, other: Float64, direct: ConvGeometry) -> Limb:
    return _bilinear(kind, unrolled, other, direct).astype(np.int64)[None]


def _by_weight(kind: Pass, unrolled: Float64, other: Float64, direct: ConvGeometry) -> Limb:
    """The sums of the maps of slices i and j with the same i + j."""
    p, q, shape = len(unrolled), len(other), kind.result_shape(direct)
    sums: Limb = np.zeros((p + q - 1, *shape), np.int64)
    step = max(1, _FEW_SUMS // (q * math.prod(shape)))
    for first in range(0, p, step):
        for i, maps in enumerate(maps_of_slices(kind, unrolled[first : first + step], other, direct), first):
            sums[i : i + q] += maps
    return sums


def maps_of_slices(kind: Pass, unrolled: Float64, other: Float64, direct: ConvGeometry) -> Limb:
    """(p, q, *result) the integers that each of p slices of one operand and each of q of the other give."""
    p, q, groups = len(unrolled), len(other), direct.groups
    shape = kind.result_shape(direct)
    channels = _beside_each_other(other, _CHANNEL_AXIS[kind], 1 if kind is Pass.INPUT_GRADIENT else groups)
    if kind is Pass.WEIGHT_GRADIENT:
        further = _beside_each_other(unrolled, 1, groups)
        split = (groups, q, shape[0] // groups, p, *shape[1:])
        axes = (3, 1, 0, 2, *range(4, len(split)))
    else:
        further = unrolled.reshape(-1, *unrolled.shape[2:])
        split = (p, shape[0], groups, q, shape[1] // groups, *shape[2:])
        axes = (0, 3, 1, 2, *range(4, len(split)))
    sums = _bilinear(kind, further, channels, _with_slices(kind, direct, p, q))
    return sums.astype(np.int64).reshape(split).transpose(axes).reshape(p, q, *shape)


def _beside_each_other(slices: Float64, axis: int, groups: int) -> Float64:
    """The slices as channels of one array: those of a group together."""
    count, *shape = slices.shape
    apart = slices.reshape(count, *shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])
    axes = (*range(1, axis + 2), 0, *range(axis + 2, apart.ndim))
    return apart.transpose(axes).reshape(*shape[:axis], count * shape[axis], *shape[axis + 1 :])


@lru_cache(maxsize=256)
def _with_slices(kind: Pass, direct: ConvGeometry, p: int, q: int) -> ConvGeometry:
    """The convolution that has channels, or images, for so many slices of the operand unrolled, and of the other."""
    batch, inputs, outputs = direct.batch, direct.in_channels, direct.out_channels
    match kind:
        case Pass.FORWARD:
            return replace(direct, batch=p * batch, out_channels=q * outputs)
        case Pass.INPUT_GRADIENT:
            return replace(direct, batch=p * batch, in_channels=q * inputs)
        case _:
            return replace(direct, in_channels=p * inputs, out_channels=q * outputs)


def _bilinear(kind: Pass, unrolled: Float64, other: Float64, direct: ConvGeometry) -> Float64:
    match kind:
        case Pass.FORWARD:
            return bilinear.forward(unrolled, other, direct)
        case Pass.INPUT_GRADIENT:
            return bilinear.input_gradient(unrolled, other, direct)
        case _:
            return bilinear.weight_gradient(unrolled, other, direct)
