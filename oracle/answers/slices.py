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
summed, weighed and carried in int64 (see `limbs`). Slices of images are further images, slices of a
weight further channels: one map has all products.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np

from ..numbers import limbs
from ..numbers.arrays import Float64
from ..numbers.dtypes import FORMATS
from ..numbers.limbs import Limb
from ..numbers.scaled import Scaled, floats
from ..numbers.splitting import Extent, digits, extent, times_power
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Pass
from . import bilinear, term_by_term

_PRECISION = 53
_MOST_SUMS = 1 << 22
"""Elements of all maps of digits together, 32 MiB; where there are more, the definition takes less memory."""


def sums_of_products(kind: Pass, left: Array, right: Array, direct: ConvGeometry, most_terms: int) -> Scaled:
    """The exact results of a bilinear map, as by :func:`.term_by_term.sums_of_products`."""
    elements = math.prod(kind.result_shape(direct))
    if most_terms * elements == 0 or not (_are_floats(left) and _are_floats(right)):
        return term_by_term.sums_of_products(kind, left, right, direct, most_terms)
    a, b = _numbers(left), _numbers(right)
    of_a, of_b = extent(a, _precision(left)), extent(b, _precision(right))
    exponent = of_a.lowest + of_b.lowest
    if is_exact(of_a, of_b, most_terms):
        sums = _bilinear(kind, times_power(a, -of_a.lowest), times_power(b, -of_b.lowest), direct)
        return Scaled((sums.astype(np.int64),), exponent)
    width, p, q = plan(of_a.bits, of_b.bits, most_terms)
    if p * q * elements > _MOST_SUMS:
        return term_by_term.sums_of_products(kind, left, right, direct, most_terms)
    of_digits = products_of_slices(kind, _slices(a, of_a, width, p), _slices(b, of_b, width, q), direct)
    bits = of_a.bits + of_b.bits + most_terms.bit_length()
    return Scaled(limbs.carried(_diagonal_sums(of_digits.astype(np.int64)), width, bits), exponent)


def is_exact(left: Extent, right: Extent, most_terms: int) -> bool:
    """Whether float64 holds every sum of so many products, in units of the lowest bits: n A B <= 2**53."""
    return most_terms * max(left.largest, 1) * max(right.largest, 1) <= 1 << _PRECISION


def plan(left: int, right: int, most_terms: int) -> tuple[int, int, int]:
    """The width of digits, and how many the numbers of so many bits have, such that the fewest products are summed.

    An operand of one digit may have a wider one.
    """
    room = _PRECISION - (most_terms - 1).bit_length()
    choices = [(room // 2, _count(left, room // 2), _count(right, room // 2))]
    if left < room:
        width = min(room - left, limbs.BITS)
        choices.append((width, 1, _count(right, width)))
    if right < room:
        width = min(room - right, limbs.BITS)
        choices.append((width, _count(left, width), 1))
    return min(choices, key=lambda choice: choice[1] * choice[2])


def _count(bits: int, width: int) -> int:
    return -(-bits // width)


def _slices(values: Float64, bits: Extent, width: int, count: int) -> Float64:
    return digits(values, bits.lowest, width, count)


def _are_floats(array: Array) -> bool:
    """Whether its numbers are float64 ones: not of integers of 64 bits, which may have more."""
    return not (array.dtype.kind in "iu" and array.dtype.itemsize > 4)


def _numbers(array: Array) -> Float64:
    return array.astype(np.float64) if array.dtype.kind in "iu" else floats(array)


def _precision(array: Array) -> int:
    return _PRECISION if array.dtype.kind in "iu" else FORMATS[array.dtype.name].precision


def _diagonal_sums(products: Limb) -> list[Limb]:
    """The sums of products[i, j] with the same i + j."""
    p, q = products.shape[:2]
    sums: list[Limb] = [products[0, j] for j in range(q)] + [np.zeros_like(products[0, 0])] * (p - 1)
    for i in range(1, p):
        for j in range(q):
            sums[i + j] = sums[i + j] + products[i, j]
    return sums


def _bilinear(kind: Pass, left: Float64, right: Float64, direct: ConvGeometry) -> Float64:
    match kind:
        case Pass.FORWARD:
            return bilinear.forward(left, right, direct)
        case Pass.INPUT_GRADIENT:
            return bilinear.input_gradient(left, right, direct)
        case _:
            return bilinear.weight_gradient(right, left, direct)


def products_of_slices(kind: Pass, left: Float64, right: Float64, direct: ConvGeometry) -> Float64:
    """(p, q, *result) the bilinear map of each of p slices of the one and each of q slices of the other operand."""
    p, q, groups = len(left), len(right), direct.groups
    shape = kind.result_shape(direct)
    if kind is Pass.WEIGHT_GRADIENT:
        cotangents = _beside_channels(left.swapaxes(0, 1), groups)
        images = _beside_channels(right.swapaxes(0, 1), groups)
        sums = _bilinear(kind, cotangents, images, _with_slices(direct, 1, q, p))
        return np.moveaxis(sums.reshape(groups, p, shape[0] // groups, q, *shape[1:]), (1, 3), (0, 1)).reshape(
            p, q, *shape
        )
    images = left.reshape(p * left.shape[1], *left.shape[2:])
    if kind is Pass.FORWARD:
        outputs = direct.out_channels // groups
        weight = right.reshape(q, groups, outputs, *right.shape[2:]).swapaxes(0, 1).reshape(-1, *right.shape[2:])
        stacked = _with_slices(direct, p, 1, q)
    else:
        weight = right.swapaxes(0, 1).reshape(right.shape[1], -1, *right.shape[3:])
        stacked = _with_slices(direct, p, q, 1)
    sums = _bilinear(kind, images, weight, stacked)
    apart = sums.reshape(p, shape[0], groups, q, shape[1] // groups, *shape[2:])
    return np.moveaxis(apart, 3, 1).reshape(p, q, *shape)


def _beside_channels(images: Float64, groups: int) -> Float64:
    """(N, slices, C, *I) as (N, slices * C, *I), the slices of a group together."""
    batch, slices, channels, *size = images.shape
    apart = images.reshape(batch, slices, groups, channels // groups, *size)
    return apart.swapaxes(1, 2).reshape(batch, slices * channels, *size)


@lru_cache(maxsize=256)
def _with_slices(direct: ConvGeometry, batch: int, inputs: int, outputs: int) -> ConvGeometry:
    """The convolution of so many times the images, input channels and output channels."""
    return replace(
        direct,
        batch=batch * direct.batch,
        in_channels=inputs * direct.in_channels,
        out_channels=outputs * direct.out_channels,
    )
