"""An implementation without a fault, in the case's dtype, for faults to be planted in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..answers import reference
from ..numbers.arrays import widened
from ..numbers.dtypes import numpy_dtype, result_dtype
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass


def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """A pass in float64 or complex128, rounded once to the dtype that its result should have."""
    arrays: dict[str, Any] = {name: widened(array) for name, array in operands.arrays().items()}
    with np.errstate(over="ignore", invalid="ignore"):
        result = reference.evaluate(pass_, replace(operands, **arrays), geometry)
        return result.astype(numpy_dtype(result_dtype(operands.input.dtype.name)))
