"""Numbers converted to a format of fewer bits: to the nearest one, or cut off."""

from __future__ import annotations

import numpy as np

from .arrays import Float64
from .dtypes import Format


def convert(values: Float64, form: Format, *, cut: bool = False) -> Float64:
    """The values in a floating-point format, its subnormal numbers and overflow included.

    Ties go to the even neighbour. Numbers that are cut off are never larger than they were: what
    would overflow is the largest number.

    Examples
    --------
    >>> from .dtypes import format_of
    >>> convert(np.array([1.0, 3.0, 257.0]), format_of("bfloat16")).tolist()
    [1.0, 3.0, 256.0]
    """
    _, exponents = np.frexp(values)
    spacing = np.maximum(exponents - form.precision, form.min_exponent - form.precision + 1)
    finite = np.isfinite(values)
    units = np.ldexp(np.where(finite, values, 0.0), -spacing)
    whole = np.ldexp(np.trunc(units) if cut else np.rint(units), spacing)
    beyond = np.abs(whole) > form.largest
    limit = form.largest if cut else np.inf
    return np.where(finite, np.where(beyond, np.copysign(limit, whole), whole), values)


def are_in(values: Float64, form: Format) -> bool:
    """Whether all finite values are numbers of the format."""
    finite = values[np.isfinite(values)]
    return bool((convert(finite, form) == finite).all())
