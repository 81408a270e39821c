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
as well, and so may each partial result that is stored on the way, of which
`bounds.stores` says how many there are.

A step of gradient descent has one term more, its products may be scaled before they
are summed or after, and a scaled operand may be flushed as well: at most m times
what it is multiplied by. A transform may set any of its numbers to zero.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..answers.exact import ExactResult, exact_magnitude
from ..numbers.arrays import Float64
from ..numbers.declarable import winograd_tile
from ..numbers.dtypes import Arithmetic
from ..numbers.roundings import smallest_normal
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, real_parts
from ..rounding.bounds import stores
from ..rounding.steps import largest_factor
from ..rounding.sums import growth
from ..rounding.transforms import transform_underflow
from ..rounding.winograd import winograd_underflow

_FLUSHED_AT_ONCE = 3
"""Times a smallest normal number, what flushing its parts can change a complex product or sum of a transform by."""
_FLUSHED_BY_A_TERM = 2
_FLUSHED_BY_KAHAN = 5
"""Numbers made for a term that may be set to zero: its product and its sum; three more carry the error along."""
_DIFFERENCE = 2.0**-51
"""Covers the roundings of two sums of sizes and of their difference."""


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
    at_most = _FLUSHED_BY_KAHAN if arithmetic.does("sums", "compensated") else _FLUSHED_BY_A_TERM
    lost = _lost_terms(pass_, exact, operands, arithmetic, geometry)
    inner = lost + at_most * exact.terms * normal * (1 + growth(exact.terms, arithmetic))
    if arithmetic.does("algorithm", "transform"):
        inner = inner + _flushed_in_transform(pass_, operands, arithmetic, geometry)
    stored, scale = stores(pass_, operands, geometry), 1.0
    if pass_ is Pass.UPDATE:
        inner, scale = _of_step(inner, exact, operands, normal), max(1.0, abs(operands.learning_rate))
    elif arithmetic.result == arithmetic.accumulator:
        stored = 0
    by_storing = (1 + arithmetic.result.unit_roundoff) ** (stored + 1)
    return by_storing * (inner + scale * stored * smallest_normal(arithmetic.result))


def _flushed_in_transform(
    pass_: Pass, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry
) -> Float64 | float:
    each = _FLUSHED_AT_ONCE * smallest_normal(arithmetic.accumulator)
    tile = winograd_tile(arithmetic.value("algorithm"))
    if tile is None:
        return transform_underflow(pass_, operands, each, geometry)
    return winograd_underflow(tile, pass_, operands, each, geometry)


def _of_step(inner: Float64, exact: ExactResult, operands: Operands, normal: float) -> Float64:
    """What flushing costs a step, by what it costs the sum of its gradient."""
    scaled = normal * (exact.terms * (1 + largest_factor(operands)) + 2)
    weight = np.abs(real_parts(operands.weight))
    return max(1.0, abs(operands.learning_rate)) * inner + scaled + np.where(weight < normal, weight, 0.0)


def _lost_terms(
    pass_: Pass, exact: ExactResult, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry
) -> Float64:
    """The sum of the sizes of the terms that have a subnormal factor."""
    smallest = max(map(smallest_normal, (arithmetic.storage, arithmetic.multiplier, arithmetic.accumulator)))
    arrays = operands.arrays()
    flushed: dict[str, Any] = {name: _flushed(array, smallest) for name, array in arrays.items()}
    if all(np.array_equal(flushed[name], array) for name, array in arrays.items()):
        return np.zeros(exact.terms.shape)
    sizes, kept = (exact_magnitude(pass_, each, geometry) for each in (operands, replace(operands, **flushed)))
    return np.maximum(sizes - kept, 0) + _DIFFERENCE * sizes


def _flushed(array: Array, smallest: float) -> Array:
    """The array with zeros in place of numbers (parts of complex ones) smaller than `smallest`."""
    if array.dtype.kind == "c":
        parts = np.stack((array.real, array.imag), axis=-1)
        return np.ascontiguousarray(_flushed(parts, smallest)).view(array.dtype)[..., 0]
    return np.where(np.abs(array.astype(np.float64)) < smallest, np.zeros((), array.dtype), array)
