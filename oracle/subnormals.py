"""What taking subnormal numbers for zero can cost: the allowance of an implementation that declares it.

Arithmetic that keeps subnormals is held to the rounding bound alone, which counts
half a subnormal's spacing for each product. Two more things happen where they
are flushed. Call m the smallest normal number.

An operand below m counts as zero: an element loses all terms that have such a
factor, whose sizes are summed exactly.

A product or a partial sum below m becomes zero when it is made, or when it is
read, but only once. Setting a value v to zero is adding a term -v, exactly,
of size below m, and the rest is ordinary arithmetic: so the computed result is the
ordinary one of a sum with up to 2 n terms more (n products, n sums). Its exact
value is off by less than 2 n m, and S, the sum of absolute terms, is larger by
as much. The proof of the n u S bound (Jeannerod and Rump 2013) goes through
with n the number of additions that round, which the added ones do not; hence
2 n m (1 + n u) in all. A result stored in another format may be set to zero there
as well, and so may each partial result that is stored on the way: the two sums and
the offset of a pass of second order twice each, and what an update computes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .dtypes import Arithmetic, Format
from .exact import ExactResult, evaluate
from .geometry import ConvGeometry
from .nonfinite import Float64
from .passes import Array, Operands, Pass

_MOST_STORED = 6
_DIFFERENCE = 2.0**-51
"""Covers the roundings of two sums of sizes and of their difference."""


def smallest_normal(form: Format) -> float:
    """The smallest positive normal number of a format; of integers 0, for they have no subnormal ones."""
    return 0.0 if form.is_integer else float(np.ldexp(1.0, form.min_exponent))


def flush_allowance(
    pass_: Pass, exact: ExactResult, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry
) -> Float64:
    """What flushing subnormals can add to the error of each element, beyond the rounding bound.

    Parameters
    ----------
    pass_ : Pass
    exact : ExactResult
        Of the same operands.
    operands : Operands
    arithmetic : Arithmetic
    geometry : ConvGeometry

    Returns
    -------
    ndarray of float64
        To be added to :func:`.bounds.rounding_bound` where the convention
        "subnormals" is "flushed".
    """
    normal = smallest_normal(arithmetic.accumulator)
    roundings = exact.terms * arithmetic.accumulator.unit_roundoff
    lost = _lost_terms(pass_, exact, operands, arithmetic, geometry)
    inner = lost + 2 * exact.terms * normal * (1 + roundings)
    if pass_ is Pass.UPDATE:
        inner = abs(operands.learning_rate) * inner
    stored = pass_ is Pass.UPDATE or arithmetic.result != arithmetic.accumulator
    outer = _MOST_STORED * smallest_normal(arithmetic.result) * (1 + 4 * arithmetic.result.unit_roundoff)
    return inner * (1 + 4 * arithmetic.result.unit_roundoff) + (outer if stored else 0.0)


def _lost_terms(
    pass_: Pass, exact: ExactResult, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry
) -> Float64:
    """The sum of the sizes of the terms that have a subnormal factor."""
    smallest = max(map(smallest_normal, (arithmetic.storage, arithmetic.multiplier, arithmetic.accumulator)))
    arrays = operands.arrays()
    flushed: dict[str, Any] = {name: _flushed(array, smallest) for name, array in arrays.items()}
    if all(np.array_equal(flushed[name], array) for name, array in arrays.items()):
        return np.zeros(exact.magnitude.shape)
    kept = evaluate(pass_, replace(operands, **flushed), geometry).magnitude
    return np.maximum(exact.magnitude - kept, 0) + _DIFFERENCE * exact.magnitude


def _flushed(array: Array, smallest: float) -> Array:
    """The array with zeros in place of numbers (parts of complex ones) smaller than `smallest`."""
    if array.dtype.kind == "c":
        parts = np.stack((array.real, array.imag), axis=-1)
        return np.ascontiguousarray(_flushed(parts, smallest)).view(array.dtype)[..., 0]
    return np.where(np.abs(array.astype(np.float64)) < smallest, np.zeros((), array.dtype), array)
