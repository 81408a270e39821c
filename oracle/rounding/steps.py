"""The bound of a step of gradient descent, F - alpha dL/dF, in whatever order its terms are summed.

It is a sum of n + 1 terms: the weight F and n products, each times alpha. The
accumulator may start at F (a matrix product with beta = 1) or end with it; alpha
may scale an operand, a product, the gradient of each image or the whole gradient.
So products are summed in parts, which are scaled and then summed with F. A part of
n_i products is off by n_i u S_i and the sum of F and p parts by p u times the sum
of their sizes, in any order (Jeannerod and Rump 2013, as in `bounds`; Rump 2012,
BIT 52, for sums). With one more u for the scaling, of the terms' size S

    (1 + n_i u) (1 + p u) (1 + u) - 1  <=  (1 + (n + 1) u / 2)^2 (1 + u) - 1

times alpha S, since n_i + p <= n + 1 where no part is empty; and of F, n u |F|,
since p <= n. Of all orders this is the largest: about (n + 2) u alpha S + n u |F|.
Into an accumulator of less precision than the weight's, alpha and F come rounded. Where
products and sums are rounded to any neighbour, a term passes through n + 2 roundings and F
through n (see `sums`). What is promised of an order is not made use of.

Underflow: half a spacing h for each product, times alpha or after it, for each
scaling, and for each scaled operand, times the operand that it is multiplied by.

Where the result has another format than the accumulator, each image's gradient
may be stored in it, scaled, and taken from the stored weight, one image after another.
"""

from __future__ import annotations

import numpy as np

from ..answers.exact import ExactResult
from ..numbers.arrays import Float64
from ..numbers.dtypes import Arithmetic
from ..numbers.roundings import half_spacing, stored
from ..problem.passes import Operands, real_parts
from .sums import after, growth

_STORES_OF_AN_IMAGE = 3
"""Its gradient, the scaled one, and the weight after it."""


def step_stores(operands: Operands) -> int:
    """How many results of a step may be stored: those of every image; of no image, the weight itself."""
    return _STORES_OF_AN_IMAGE * images(operands)


def images(operands: Operands) -> int:
    """How many parts of a gradient may be taken from the weight one after another."""
    return max(int(operands.input.shape[0]), 1)


def step_bound(terms_error: Float64 | float, exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
    """The largest error of F - alpha dL/dF.

    Parameters
    ----------
    terms_error : ndarray of float64, or float
        What the gradient's terms may be off by altogether before they are summed: by operands
        that are rounded, by transforms.
    exact : ExactResult
        Of the update: its magnitude and number of terms are the gradient's.
    operands : Operands
    arithmetic : Arithmetic
    """
    rate, weight = abs(operands.learning_rate), np.abs(real_parts(operands.weight))
    summed = _summed(terms_error, exact, operands, arithmetic)
    if arithmetic.result == arithmetic.accumulator:
        return summed
    return _stored_by_images(summed, rate * exact.magnitude, weight, operands, arithmetic)


def _summed(terms_error: Float64 | float, exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
    """The error in the accumulator's arithmetic."""
    rate, weight = abs(operands.learning_rate), np.abs(real_parts(operands.weight))
    u, n = arithmetic.rounding_unit, exact.terms
    entering = u if arithmetic.accumulator.precision < arithmetic.storage.precision else 0.0
    if arithmetic.does("accumulation", "nearest"):
        grown = np.expm1(2 * np.log1p((n + 1) * (u / 2)) + np.log1p(u) + np.log1p(entering))
        kept = n * u + entering
    else:
        grown = after(growth(n + 2, arithmetic), entering)
        kept = after(growth(n, arithmetic), entering)
    scaled = rate * (terms_error + grown * (exact.magnitude + terms_error))
    error: Float64 = scaled + kept * weight + _underflow(exact, operands, arithmetic)
    return error


def _underflow(exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> Float64:
    u, n = arithmetic.rounding_unit, exact.terms
    h = max(half_spacing(form) for form in (arithmetic.accumulator, arithmetic.multiplier))
    h *= 1 if arithmetic.does("accumulation", "nearest") else 2
    scaling = abs(operands.learning_rate) + 1 + largest_factor(operands)
    underflow: Float64 = h * (n * scaling + 1) * (1 + (n + 2) * u)
    return underflow


def largest_factor(operands: Operands) -> float:
    """The size of the largest number that a step's products have as a factor, and that alpha may scale."""
    return max(float(np.abs(real_parts(array)).max(initial=0)) for array in (operands.input, operands.output_gradient))


def _stored_by_images(
    error: Float64, step: Float64, weight: Float64, operands: Operands, arithmetic: Arithmetic
) -> Float64:
    """The error where each image's gradient is stored, scaled and subtracted in the result's format."""
    u, h, count = arithmetic.result.unit_roundoff, half_spacing(arithmetic.result), images(operands)
    error = error * (1 + u) ** (count + 2) + count * h * abs(operands.learning_rate)
    error = error + u * (step + error)
    error = error + u * (step + error) + count * h
    for _ in range(count):
        error = stored(weight + step, error, arithmetic)
    return error
