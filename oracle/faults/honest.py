"""An implementation without a fault, in the case's dtype, for faults to be planted in."""

from __future__ import annotations

import numpy as np

from ..answers import reference
from ..numbers.arrays import widened
from ..numbers.dtypes import numpy_dtype, result_dtype
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass


def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """A pass in float64 or complex128, rounded once to the dtype that its result should have."""
    with np.errstate(over="ignore", invalid="ignore"):
        result = reference.evaluate(pass_, operands.map(widened), geometry)
        return result.astype(numpy_dtype(result_dtype(operands.input.dtype.name)))
