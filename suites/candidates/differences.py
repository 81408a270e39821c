"""Finite differences as a candidate: gradients of the reference's forward pass, exact on integers."""

from __future__ import annotations

import math
from importlib.metadata import version

import numpy as np

from ...oracle import differences
from ...oracle.geometry import ConvGeometry
from ...oracle.passes import Array, Pass

MOST_NUMBERS = 10_000_000
"""Products and perturbed elements that one gradient may need, which is well under a second's work."""


class Differences:
    """`convoracle.oracle.differences`, computing in float64."""

    name = "differences"
    version = version("convoracle")
    accumulators = dict.fromkeys(("float64", "float32", "float16", "bfloat16"), "float64")

    def input_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        _require_integers(input, weight, output_gradient)
        return differences.input_gradient(input, weight, output_gradient, geometry).astype(input.dtype)

    def weight_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        _require_integers(input, weight, output_gradient)
        return differences.weight_gradient(input, weight, output_gradient, geometry).astype(weight.dtype)

    def bias_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        _require_integers(input, weight, output_gradient)
        return differences.bias_gradient(input, weight, output_gradient, geometry).astype(weight.dtype)

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        perturbed = {
            Pass.INPUT_GRADIENT: 2 * math.prod(geometry.input_shape[1:]),
            Pass.WEIGHT_GRADIENT: 2 * math.prod(geometry.weight_shape),
            Pass.BIAS_GRADIENT: 2 * geometry.out_channels,
        }[pass_]
        if perturbed * max(geometry.products, perturbed) > MOST_NUMBERS:
            return f"too large: {perturbed} perturbed copies through a forward pass of {geometry.products} products"
        return None

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return "\n".join(
            (
                "import ml_dtypes",
                "import numpy as np",
                "",
                "from convoracle.oracle import differences",
                "from convoracle.oracle.geometry import parse_geometry",
                "",
                f'geometry = parse_geometry("{geometry}")',
                f"actual = differences.{pass_}(input, weight, output_gradient, geometry)",
                f'actual = actual.astype(np.dtype("{dtype}"))',
                "",
            )
        )


def _require_integers(*arrays: Array) -> None:
    """Decline reals: the rounding of two nearly equal losses, not the gradient, would be judged."""
    if any((array.astype(np.float64) % 1 != 0).any() for array in arrays):
        raise NotImplementedError("finite differences are exact on integers only")


def candidate() -> Differences:
    """The built-in candidate ``differences``."""
    return Differences()
