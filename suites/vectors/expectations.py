"""What a vector expects, as arrays: a result, and where it need not be equal, how far off it may be or what else."""

from __future__ import annotations

import numpy as np

from ...oracle.answers.exact import ExactResult
from ...oracle.judging.nonfinite import Expectation
from ...oracle.numbers.arrays import Float64
from ...oracle.numbers.dtypes import Arithmetic, numpy_dtype, result_dtype
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Array, Operands, Pass
from ..checks.value import standard

FINITE, PLUS, MINUS, NAN = 1, 2, 4, 8
"""Bits of `allowed`: what an element may be."""
_BITS_OF_BOUND = 20
_HALF_AN_ULP = 2.0**-53
_LEAST = 2.0**-1074


def expected_arrays(
    numbers: Numbers, case: Case, pass_: Pass, operands: Operands, exact: ExactResult
) -> dict[str, Array]:
    """``expected``, and for reals ``bound``, where NaN or Inf may be ``allowed``.

    The result is in its own dtype where it is to be equal; else it is in float64, and
    the bound holds for the distance to that, with what rounding it to float64 did to it.
    """
    held_to = standard(numbers, pass_, operands, exact, Arithmetic.of(case.dtype), case)
    expected = held_to.expected()
    if numbers is Numbers.INTEGERS:
        return {"expected": in_dtype(expected, case.dtype)}
    bound = np.broadcast_to(held_to.bound, expected.shape)
    if not exact.value.fits_float64:
        bound = bound + np.where(np.isfinite(expected), np.abs(expected) * _HALF_AN_ULP + _LEAST, 0.0)
    arrays: dict[str, Array] = {"expected": expected, "bound": _rounded_up(bound)}
    if held_to.expectation is not None:
        arrays["allowed"] = _allowed(held_to.expectation)
    return arrays


def in_dtype(expected: Array, dtype: str) -> Array:
    """Exact values, of complex numbers in parts, as an array of the result's dtype for operands of a dtype."""
    form = numpy_dtype(result_dtype(dtype))
    if form.kind != "c":
        return expected.astype(form)
    return (expected[..., 0] + 1j * expected[..., 1]).astype(form)


def _rounded_up(bound: Float64) -> Float64:
    """To a few bits, so that a bound does not depend on the order in which this machine sums sizes."""
    fractions, exponents = np.frexp(bound)
    rounded: Float64 = np.ldexp(np.ceil(np.ldexp(fractions, _BITS_OF_BOUND)), exponents - _BITS_OF_BOUND)
    return np.maximum(rounded, bound)


def _allowed(expectation: Expectation) -> Array:
    bits: Array = (
        FINITE * expectation.finite + PLUS * expectation.plus + MINUS * expectation.minus + NAN * expectation.nan
    )
    return bits.astype(np.uint8)
