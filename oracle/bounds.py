"""What rounding can explain: the largest error of each element of a result, by theorem.

The theorem throughout is that of Jeannerod and Rump (2013), "Improved error
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
its subnormal numbers.

It holds for arithmetic that rounds to nearest and does not overflow, and for
sums of products: not for accumulators that truncate. Complex numbers are two
real sums each. Where three real products stand for the four of a complex one
(Gauss), the imaginary part is c - a - b with c a sum of products of the factors'
sums of parts: every element's error is bounded by those of the three sums, whose
absolute terms sum to no more than S of both parts together.

Transforms have no such bound for each element. That of the FFT holds for the
result as a whole (Higham 2002, sec. 24.1): a relative error of about log2(m) u in
the Euclidean norm for each transform of m points, hence an absolute one in every
element of a constant times log2(m) u times the norms of what is correlated; for a
sum of transforms, u times their number in addition.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .dtypes import Arithmetic, Format
from .exact import ExactResult
from .geometry import ConvGeometry
from .passes import Array, Operands, Pass, offset, products, real_parts

Float64 = NDArray[np.float64]
_UPWARD = 1 + 2.0**-48
"""Covers the roundings made in evaluating a bound itself, so that it is never too small."""
_LOST_IN_A_BOUND = 4
_ROUNDINGS_OF_THREE = 8
_TRANSFORM_CONSTANT = 16.0
"""Three transforms of about 5 log2(m) u each (radix 2, Higham 2002, theorem 24.2), and the products between."""


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
    error = _inner_product(exact, operands, arithmetic)
    if arithmetic.does("algorithm", "transform"):
        error = error + _transform(pass_, operands, arithmetic, geometry)
    if _has_three_products(operands, arithmetic):
        error = error + _of_three_products(exact, arithmetic)
    if pass_ is Pass.UPDATE:
        return _UPWARD * _update_bound(error, exact, operands, arithmetic)
    for _ in range(late_additions(pass_, operands, geometry)):
        error = _stored(exact.magnitude, error, arithmetic)
    return _UPWARD * _stored(np.abs(exact.value.to_float64()), error, arithmetic)


def _has_three_products(operands: Operands, arithmetic: Arithmetic) -> bool:
    return operands.input.dtype.kind == "c" and arithmetic.does("complex", "three products")


def _of_three_products(exact: ExactResult, arithmetic: Arithmetic) -> Float64:
    """(2 n + 7) u S of both parts: three sums of n products, two sums of factors and two subtractions.

    Here n is half the terms of a part, since a part has two products for each complex one. Sums of factors
    may be rounded to a narrower multiplier as the factors were; the third sum's products underflow as well.
    """
    both = exact.magnitude.sum(axis=-1, keepdims=True)
    roundings = (exact.terms + _ROUNDINGS_OF_THREE) * arithmetic.accumulator.unit_roundoff
    if arithmetic.multiplier.precision < arithmetic.storage.precision:
        roundings = roundings + _ROUNDINGS_OF_THREE * arithmetic.multiplier.unit_roundoff
    error: Float64 = roundings * both + _half_spacings(exact.terms, arithmetic.accumulator)
    return error


def late_additions(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> int:
    """How many sums may have been stored before another was added to them.

    What padding that repeats data sends back to one element may be stored for each repetition.
    """
    added = offset(pass_)
    summands = len(products(pass_, geometry)) + (added is not None and getattr(operands, added) is not None)
    if pass_ in (Pass.INPUT_GRADIENT, Pass.DOUBLE_BACKWARD_INPUT):
        summands = max(summands, _most_repetitions(geometry))
    return max(2 * (summands - 1), 0) if summands > 2 else max(summands - 1, 0)


def _most_repetitions(geometry: ConvGeometry) -> int:
    """How often the padding mode has the most repeated input element in the padded input."""
    most = 1
    if geometry.padding_mode != "zeros" and not geometry.is_degenerate:
        for axis in range(geometry.rank):
            most *= int(np.bincount(geometry.repeated_positions(axis)).max())
    return most


def _inner_product(exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
    """n u S, and n half-spacings for products that underflow; before it, the rounding of the operands."""
    accumulator = arithmetic.accumulator
    underflow = _half_spacings(exact.terms, accumulator)
    before = _rounded_operands(exact, operands, arithmetic)
    return before + exact.terms * accumulator.unit_roundoff * (exact.magnitude + before) + underflow


def _rounded_operands(exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
    """What rounding the operands to `multiplier` can change: each by u of its size, or by half a spacing h."""
    multiplier, storage = arithmetic.multiplier, arithmetic.storage
    u = multiplier.unit_roundoff if multiplier.precision < storage.precision else 0.0
    h = multiplier.smallest_subnormal / 2 if multiplier.smallest_subnormal > storage.smallest_subnormal else 0.0
    error = exact.magnitude * (2 * u + u * u) if u else np.zeros(exact.magnitude.shape)
    if h == 0:
        return error
    largest = max(float(np.abs(real_parts(array)).max(initial=1.0)) for array in operands.arrays().values())
    return error + exact.terms * (h * (1 + u) * (2 * largest + h))


def _transform(pass_: Pass, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry) -> float:
    """A bound for every element of what transforms of the whole operands compute; padding repeats some of them."""
    direct = geometry.direct
    points = math.prod(
        size + low + high + d * (r - 1)
        for size, (low, high), d, r in zip(direct.size, direct.padding, direct.dilation, direct.kernel, strict=True)
    )
    u = max(arithmetic.accumulator.unit_roundoff, arithmetic.multiplier.unit_roundoff)
    summed = {
        Pass.FORWARD: direct.in_channels // direct.groups,
        Pass.INPUT_GRADIENT: direct.out_channels // direct.groups,
        Pass.WEIGHT_GRADIENT: direct.batch,
    }
    transforms = _TRANSFORM_CONSTANT * (math.log2(max(points, 2)) + 1)
    sizes = (
        (transforms + summed[part.kind]) * _norm(getattr(operands, part.left)) * _norm(getattr(operands, part.right))
        for part in products(pass_, geometry)
    )
    return _most_repetitions(geometry) * u * sum(sizes)


def _norm(array: Array) -> float:
    values = np.abs(array.astype(np.complex128 if array.dtype.kind == "c" else np.float64))
    return float(np.linalg.norm(values.ravel()))


def _stored(size: Float64, error: Float64, arithmetic: Arithmetic) -> Float64:
    """Error after rounding to the result's format a value of at most `size` that is off by `error`."""
    if arithmetic.result == arithmetic.accumulator:
        return error
    return error + _rounding(size + error, arithmetic.result)


def _rounding(size: Float64, form: Format) -> Float64:
    return form.unit_roundoff * size + _half_spacings(np.ones((), dtype=np.int64), form)


def _half_spacings(count: NDArray[np.int64], form: Format) -> Float64:
    """That many halves of a subnormal's spacing.

    Where half a spacing is itself too small for float64, so are other parts of a
    bound, each by less than a spacing: some whole ones stand for them.
    """
    half = form.smallest_subnormal / 2
    if half > 0 or form.is_integer:
        return np.asarray(count * half, dtype=np.float64)
    return np.asarray(((count + 1) // 2 + _LOST_IN_A_BOUND) * form.smallest_subnormal, dtype=np.float64)


def _update_bound(error: Float64, exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
    """F - alpha dL/dF: the gradient's error, its rounding, the scaling's and the subtraction's."""
    rate = abs(operands.learning_rate)
    gradient = error + _rounding(exact.magnitude + error, arithmetic.result)
    scaled = rate * (exact.magnitude + gradient)
    step = rate * gradient + _rounding(scaled, arithmetic.result)
    weight = np.abs(real_parts(operands.weight))
    return step + _rounding(weight + scaled + step, arithmetic.result)
