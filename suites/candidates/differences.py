"""Finite differences as a candidate: gradients of the reference's forward pass, exact on integers."""

from __future__ import annotations

import math
from importlib.metadata import version

import numpy as np

from ...oracle.answers import differences
from ...oracle.numbers.dtypes import COMPONENTS, SUMS_IN_FLOAT64, numpy_dtype, result_dtype
from ...oracle.operands.lattice import LARGEST_VALUE
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass
from .calls.call_text import write_evaluation
from .protocol import Candidate

MOST_NUMBERS = 10_000_000
"""Steps times products of the forward pass that one gradient may come to, which is well under a second's work."""
_LARGEST = 4 * LARGEST_VALUE
"""Sums and differences of lattice values, as relations ask for, are within it, and every loss is exact."""


_GRADIENTS = {
    Pass.INPUT_GRADIENT: differences.input_gradient,
    Pass.WEIGHT_GRADIENT: differences.weight_gradient,
    Pass.BIAS_GRADIENT: differences.bias_gradient,
}


class Differences(Candidate):
    """`convoracle.oracle.answers.differences`, computing in float64."""

    name = "differences"
    passes = frozenset((*_GRADIENTS, Pass.JVP))
    version = version("convoracle")
    accumulators = SUMS_IN_FLOAT64

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        _require_integers(operands)
        if pass_ is Pass.JVP:
            wide = differences.jvp(operands, geometry)
        else:
            wide = _GRADIENTS[pass_](operands.input, operands.weight, operands.output_gradient, geometry)
        return wide.astype(numpy_dtype(result_dtype(operands.input.dtype.name)))

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        if dtype in COMPONENTS:
            return "finite differences of a complex function depend on the direction of the step"
        if geometry.is_degenerate:
            return "there is nothing to perturb"
        steps = {
            Pass.JVP: 2,
            Pass.INPUT_GRADIENT: 2 * math.prod(geometry.input_shape[1:]),
            Pass.WEIGHT_GRADIENT: 2 * math.prod(geometry.weight_shape),
            Pass.BIAS_GRADIENT: 2 * geometry.out_channels,
        }[pass_]
        if steps * max(geometry.products, steps) > MOST_NUMBERS:
            return f"too large: {steps} steps of a forward pass of {geometry.products} products"
        return None

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        imports = ["from convoracle.suites.candidates.differences import candidate"]
        return write_evaluation(imports, "candidate()", pass_, geometry, bias=bias)


def _require_integers(operands: Operands) -> None:
    """Decline reals, and integers beyond the lattice: the rounding of two nearly equal losses would be judged."""
    arrays = (array for name, array in operands.arrays().items() if name != "bias")
    numbers = np.concatenate([array.astype(np.float64).ravel() for array in arrays])
    if not (np.abs(numbers) <= _LARGEST).all() or (np.rint(numbers) != numbers).any():
        raise NotImplementedError("finite differences are exact on small integers only")


def candidate() -> Differences:
    """The built-in candidate ``differences``."""
    return Differences()
