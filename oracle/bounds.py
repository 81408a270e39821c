"""What rounding can explain: the largest error of each element of a result, by theorem.

The theorem throughout is that of Jeannerod and Rump (2013), "Improved error
bounds for inner products in floating-point arithmetic", SIAM J. Matrix Anal.
Appl. 34(2): with n terms, unit roundoff u and S the sum of the terms' absolute
values, the computed sum of products is off by at most n u S, in any order of
summation, with or without fused multiply-add, for any n. To it are added n
half-spacings of the subnormal numbers, which is what underflow of the products
can cost (Higham 2002, Accuracy and Stability of Numerical Algorithms, sec. 2.2),
and the rounding of the result to its storage format; of a sum that is stored
before its bias is added, both roundings.

It holds for arithmetic that rounds to nearest, underflows gradually and does not
overflow, and for sums of products: not for transforms such as Winograd's and
the FFT, not for accumulators that truncate, and not where subnormals are flushed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .dtypes import Arithmetic, Format
from .exact import ExactResult
from .passes import Operands, Pass

Float64 = NDArray[np.float64]
_UPWARD = 1 + 2.0**-48
"""Covers the roundings made in evaluating a bound itself, so that it is never too small."""


def rounding_bound(pass_: Pass, exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
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

    Returns
    -------
    ndarray of float64
        In the units of the result. An error above it cannot come from rounding.
    """
    if pass_ is Pass.UPDATE:
        return _UPWARD * _update_bound(exact, operands, arithmetic)
    error = _inner_product(exact, arithmetic.accumulator)
    if pass_ is Pass.FORWARD and operands.bias is not None:
        error = _stored(exact.magnitude, error, arithmetic)
    return _UPWARD * _stored(np.abs(exact.value.to_float64()), error, arithmetic)


def _inner_product(exact: ExactResult, accumulator: Format) -> Float64:
    """n u S, and n half-spacings for products that underflow."""
    underflow = exact.terms * (accumulator.smallest_subnormal / 2)
    return exact.terms * accumulator.unit_roundoff * exact.magnitude + underflow


def _stored(size: Float64, error: Float64, arithmetic: Arithmetic) -> Float64:
    """Error after rounding to the storage format a value of at most `size` that is off by `error`."""
    if arithmetic.storage == arithmetic.accumulator:
        return error
    return error + _rounding(size + error, arithmetic.storage)


def _rounding(size: Float64, form: Format) -> Float64:
    return form.unit_roundoff * size + form.smallest_subnormal / 2


def _update_bound(exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
    """F - alpha dL/dF: the gradient's error, its rounding, the scaling's and the subtraction's."""
    rate = abs(operands.learning_rate)
    gradient = _inner_product(exact, arithmetic.accumulator)
    gradient = gradient + _rounding(exact.magnitude + gradient, arithmetic.storage)
    scaled = rate * (exact.magnitude + gradient)
    step = rate * gradient + _rounding(scaled, arithmetic.storage)
    weight = np.abs(operands.weight.astype(np.float64))
    return step + _rounding(weight + scaled + step, arithmetic.storage)
