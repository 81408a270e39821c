"""How two results of the same call differ, in words."""

from __future__ import annotations

import numpy as np

from ...oracle.numbers.dtypes import COMPONENTS, FORMATS
from ...oracle.problem.passes import Array
from ..calling.company import Part


def difference(one: Part | None, other: Part) -> str:
    """In how many elements two results differ, and by how many units in the last place at most; None is not known."""
    if one is None:
        return other if isinstance(other, str) else "wrong, and right as the first call of a process"
    if isinstance(one, str) or isinstance(other, str):
        return other if isinstance(other, str) else f"an array, where it was {one}"
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return f"{other.dtype} of shape {other.shape}, where it was {one.dtype} of shape {one.shape}"
    differing = (_bytes_of_elements(one) != _bytes_of_elements(other)).any(axis=1)
    return f"{np.count_nonzero(differing)} of {one.size} elements differ, by up to {_largest(one, other)}"


def _bytes_of_elements(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(array.size, array.dtype.itemsize)


def _largest(one: Array, other: Array) -> str:
    """The largest difference, in units in the last place of a known dtype; inf where one is no number and one is."""
    if one.dtype.name in COMPONENTS:
        parts = COMPONENTS[one.dtype.name]
        one, other = (np.ascontiguousarray(each).view(parts) for each in (one, other))
    first, second = one.astype(np.float64), other.astype(np.float64)
    numbers = np.isfinite(first) & np.isfinite(second)
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.where(numbers, np.abs(first - second), np.inf)
    error[(first == second) | (np.isnan(first) & np.isnan(second))] = 0.0
    if one.dtype.name not in FORMATS:
        return f"{error.max(initial=0.0):.3g}"
    larger = np.where(numbers, np.maximum(np.abs(first), np.abs(second)), 1.0)
    return f"{(error / FORMATS[one.dtype.name].ulp(larger)).max(initial=0.0):.3g} ulp"
