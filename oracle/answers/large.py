"""The expected result of a pass too large for exact arithmetic: the reference in float64, and its own error.

Integers whose absolute terms sum to less than 2**53 are summed without error in
float64, in any order: on the integer lattice the result is exact. Otherwise,
with n terms whose absolute values sum to S, it is off by at most n 2**-53 S (see
`bounds`), and by a spacing of the subnormal numbers for each term that
underflows (half of one is no float64), which is told with it.
"""

from __future__ import annotations

import math

import numpy as np

from ..errors import InvalidArgument
from ..numbers.arrays import Float64, widened
from ..numbers.dtypes import FORMATS
from ..numbers.scaled import Scaled, unit_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import Operands, Pass, check_operands, offset, products
from . import exact, reference
from .exact import ExactResult, term_counts

MOST_PRODUCTS_EXACTLY = 1 << 20
"""Passes of more products are evaluated here: by then exact arithmetic takes a tenth of a second."""
_FORM = FORMATS["float64"]
_SAFE = 2.0**50
"""Sums of absolute integers, and of a step in units of its rate, below this are exact with every partial sum."""
_DIGITS = 53


def expected(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    """The result of a pass, exactly where that is quick and for complex numbers, otherwise by :func:`evaluate`.

    Raises
    ------
    InvalidArgument, OverflowError
        As :func:`exact.evaluate` does.
    """
    if geometry.products <= MOST_PRODUCTS_EXACTLY or operands.input.dtype.kind == "c":
        return exact.evaluate(pass_, operands, geometry)
    return evaluate(pass_, operands, geometry)


def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    """The result of a pass on real operands as the reference gives it in float64, with what it may be off by.

    Its `magnitude` is exact for integers and otherwise an upper bound, above by
    a relative 2 n 2**-53 at most; its `smallest` is a lower bound: the product of
    the operands' smallest absolute values.

    Raises
    ------
    InvalidArgument
        If an operand does not have the shape that `geometry` gives, or is not real.
    OverflowError
        If an operand has NaN or Inf, or a sum is beyond float64.
    """
    check_operands(operands, geometry, where="large.evaluate")
    if operands.input.dtype.kind == "c":
        raise InvalidArgument("dtype", operands.input.dtype.name, "should be real", where="large.evaluate")
    wide = operands.map(widened)
    sizes = wide.map(np.abs)
    summed = Pass.WEIGHT_GRADIENT if pass_ is Pass.UPDATE else pass_
    magnitude = reference.evaluate(summed, sizes, geometry)
    if not np.isfinite(magnitude).all():
        raise OverflowError("an operand has NaN or Inf, or the absolute terms sum to more than float64 holds")
    value = reference.evaluate(summed, wide, geometry)
    terms = np.broadcast_to(term_counts(summed, geometry) + _is_offset(pass_, operands), value.shape)
    smallest = np.where(terms == 0, np.inf, _smallest(summed, sizes, geometry))
    integral = _sums_are_exact(pass_, wide, magnitude)
    error: Float64 = np.zeros(())
    if not integral:
        underflow = terms * _FORM.smallest_subnormal
        error = terms * (_FORM.unit_roundoff * magnitude) + underflow
        magnitude = magnitude * (1 + 2 * _FORM.unit_roundoff * terms) + underflow
    if pass_ is Pass.UPDATE:
        rate = operands.learning_rate
        smallest = np.minimum(smallest * abs(rate), sizes.weight)
        step = rate * value
        value = wide.weight - step
        rounded = _FORM.unit_roundoff * (np.abs(step) + np.abs(value)) * (1 + 4 * _FORM.unit_roundoff)
        error = error if integral else abs(rate) * error + rounded
    number, grid_error = _on_grid(value, exactly=integral)
    return ExactResult(number, magnitude, smallest, terms=terms, error=(error + grid_error) * (1 + 2.0**-40))


def _is_offset(pass_: Pass, operands: Operands) -> bool:
    return offset(pass_) in operands.arrays()


def _smallest(pass_: Pass, sizes: Operands, geometry: ConvGeometry) -> float:
    """A lower bound of every term."""
    least = {name: float(array.min(initial=math.inf)) for name, array in sizes.arrays().items()}
    if pass_ is Pass.BIAS_GRADIENT:
        return least["output_gradient"]
    terms = [least[part.left] * least[part.right] for part in products(pass_, geometry)]
    added = offset(pass_)
    return min((*terms, least[added])) if added in least else min(terms)


def _sums_are_exact(pass_: Pass, wide: Operands, magnitude: Float64) -> bool:
    """Whether the operands are integers so small that nothing is rounded, an update's steps included."""
    if any((array != np.rint(array)).any() for array in wide.arrays().values()):
        return False
    largest = float(magnitude.max(initial=0))
    if pass_ is Pass.UPDATE:
        largest = abs(wide.learning_rate) * largest + float(np.abs(wide.weight).max(initial=0))
        largest = largest / unit_of(wide.learning_rate)
    return largest < _SAFE


def _on_grid(value: Float64, *, exactly: bool) -> tuple[Scaled, float]:
    """The values as integers of at most 53 bits at one exponent, and what rounding them to that is off by."""
    widest = float(np.abs(value).max(initial=0))
    exponent = math.frexp(widest)[1] - _DIGITS
    integers = np.rint(np.ldexp(value, -exponent)).astype(np.int64)
    return Scaled.of(integers, exponent), 0.0 if exactly or widest == 0 else math.ldexp(0.5, exponent)
