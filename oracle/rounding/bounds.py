"""What rounding can explain: the largest error of each element of a result, by theorem.

The theorem of sums that round to nearest is that of Jeannerod and Rump (2013), "Improved error
bounds for inner products in floating-point arithmetic", SIAM J. Matrix Anal.
Appl. 34(2): with n terms, unit roundoff u and S the sum of the terms' absolute
values, the computed sum of products is off by at most n u S, in any order of
summation, with or without fused multiply-add, for any n. To it are added n
half-spacings of the subnormal numbers, which is what underflow of the products
can cost (Higham 2002, Accuracy and Stability of Numerical Algorithms, sec. 2.2),
and the rounding of the result to its storage format; of a sum that is stored
before its bias (or the second sum of a pass of second order) is added, those
roundings as well. Operands rounded to a narrower format before they are
multiplied are each off by a factor of 1 + u there, or by half of a spacing of
its subnormal numbers; cut off instead, twice as much.

It holds for arithmetic that does not overflow, and for sums of products. Accumulators
that truncate have bounds of their own, and so have those that promise an order or carry
their errors along: see `sums`. Complex numbers are two
real sums each. Where three real products stand for the four of a complex one
(Gauss), the imaginary part is c - a - b with c a sum of products of the factors'
sums of parts: every element's error is bounded by those of the three sums, whose
absolute terms sum to no more than S of both parts together.

A step of gradient descent has one term more, see `steps`; transforms have no such
bound for each element, see `transforms` and `winograd`.
"""

from __future__ import annotations

import math

import numpy as np

from ..answers.exact import ExactResult
from ..numbers.arrays import Float64
from ..numbers.declarable import winograd_tile
from ..numbers.dtypes import Arithmetic
from ..numbers.roundings import stored, underflow
from ..problem.geometry import ConvGeometry
from ..problem.passes import Operands, Pass, offset, products, real_parts
from .steps import step_bound, step_stores
from .sums import Summation, growth
from .transforms import most_repetitions, transform_bound
from .winograd import winograd_bound

_UPWARD = 1 + 2.0**-48
"""Covers the roundings made in evaluating a bound itself, so that it is never too small."""
_ROUNDINGS_OF_THREE = 8


def rounding_bound(
    pass_: Pass, exact: ExactResult, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry
) -> Float64:
    """Largest error that the arithmetic can cause, per element of a pass's result.

    Parameters
    ----------
    pass_ : Pass
    exact : ExactResult
        Of the same operands.
    operands : Operands
        Of the update, its weight and learning rate enter the bound.
    arithmetic : Arithmetic
        What the implementation computes in; it is held to nothing better.
    geometry : ConvGeometry

    Returns
    -------
    ndarray of float64
        In the units of the result. An error above it cannot come from rounding.
    """
    before = _rounded_operands(exact, operands, arithmetic)
    extra: Float64 | float = 0.0
    if arithmetic.does("algorithm", "transform"):
        extra = _of_transform(pass_, operands, arithmetic, geometry)
    if _has_three_products(operands, arithmetic):
        extra = extra + _of_three_products(exact, arithmetic)
    if pass_ is Pass.UPDATE:
        return _UPWARD * step_bound(before + extra, exact, operands, arithmetic)
    error = _inner_product(exact, before, arithmetic, summation(pass_, operands, geometry)) + extra
    for _ in range(late_additions(pass_, operands, geometry)):
        error = stored(exact.magnitude, error, arithmetic)
    return _UPWARD * stored(np.abs(exact.rounded), error, arithmetic)


def _of_transform(pass_: Pass, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry) -> Float64 | float:
    tile = winograd_tile(arithmetic.value("algorithm"))
    if tile is None:
        return transform_bound(pass_, operands, arithmetic, geometry)
    return winograd_bound(tile, pass_, operands, arithmetic, geometry, summation(pass_, operands, geometry).later)


def _has_three_products(operands: Operands, arithmetic: Arithmetic) -> bool:
    return operands.input.dtype.kind == "c" and arithmetic.does("complex", "three products")


def _of_three_products(exact: ExactResult, arithmetic: Arithmetic) -> Float64:
    """(2 n + 7) u S of both parts: three sums of n products, two sums of factors and two subtractions.

    Here n is half the terms of a part, since a part has two products for each complex one. Sums of factors
    may be rounded to a narrower multiplier as the factors were; the third sum's products underflow as well.
    """
    both = exact.magnitude.sum(axis=-1, keepdims=True)
    roundings = growth(exact.terms + _ROUNDINGS_OF_THREE, arithmetic)
    if arithmetic.multiplier.precision < arithmetic.storage.precision:
        roundings = roundings + _ROUNDINGS_OF_THREE * arithmetic.multiplier.unit_roundoff
    error: Float64 = roundings * both + underflow(exact.terms, arithmetic)
    return error


def late_additions(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> int:
    """How many sums may have been stored before another was added to them.

    What padding that repeats data sends back to one element may be stored for each repetition.
    """
    added = offset(pass_)
    summands = len(products(pass_, geometry)) + (added is not None and getattr(operands, added) is not None)
    if pass_ in (Pass.INPUT_GRADIENT, Pass.DOUBLE_BACKWARD_INPUT):
        summands = max(summands, most_repetitions(geometry))
    return 2 * (summands - 1) if summands > 2 else max(summands - 1, 0)


def stores(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> int:
    """How many numbers may be rounded to the result's format on the way to one element, that element included."""
    return step_stores(operands) if pass_ is Pass.UPDATE else late_additions(pass_, operands, geometry) + 1


def summation(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Summation:
    """How many terms the loops of a pass sum for one element, those on padding included, and what may be added later.

    Zeros between taps and between strides are no terms.
    """
    direct, terms = geometry.direct, 0
    taps, positions = math.prod(direct.kernel), math.prod(direct.output_size)
    for part in products(pass_, geometry):
        terms += {
            Pass.FORWARD: direct.in_channels // direct.groups * taps,
            Pass.INPUT_GRADIENT: direct.out_channels // direct.groups * taps * most_repetitions(geometry),
            Pass.WEIGHT_GRADIENT: direct.batch * positions,
        }[part.kind]
    if pass_ is Pass.BIAS_GRADIENT:
        terms = geometry.batch * math.prod(geometry.output_size)
    is_complex = operands.input.dtype.kind == "c"
    return Summation(terms * (1 + is_complex), late_additions(pass_, operands, geometry) + is_complex)


def _inner_product(exact: ExactResult, before: Float64 | float, arithmetic: Arithmetic, loops: Summation) -> Float64:
    """The growth of the terms' sizes, and products that underflow; `before` it, the rounding of the operands."""
    return (
        before
        + growth(exact.terms, arithmetic, loops) * (exact.magnitude + before)
        + underflow(exact.terms, arithmetic)
    )


def _rounded_operands(exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64 | float:
    """What rounding the operands to `multiplier` can change: each by u of its size, or by half a spacing h."""
    multiplier, storage = arithmetic.multiplier, arithmetic.storage
    steps = 2 if arithmetic.does("operands", "truncated") else 1
    u = steps * multiplier.unit_roundoff if multiplier.precision < storage.precision else 0.0
    fits = multiplier.smallest_subnormal <= storage.smallest_subnormal
    h = 0.0 if fits else steps * multiplier.smallest_subnormal / 2
    error: Float64 | float = exact.magnitude * (2 * u + u * u) if u else 0.0
    if not h:
        return error
    largest = max(float(np.abs(real_parts(array)).max(initial=1.0)) for array in operands.arrays().values())
    return np.asarray(error + exact.terms * (h * (1 + u) * (2 * largest + h)), dtype=np.float64)
