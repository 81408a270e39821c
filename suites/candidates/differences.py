"""Finite differences of the reference's forward pass as a candidate: exact on integers, for the gradients only."""

from __future__ import annotations

from importlib.metadata import version

from ...oracle import differences
from ...oracle.geometry import ConvGeometry
from ...oracle.passes import Array, Pass


class Differences:
    """`convoracle.oracle.differences`, computing in float64."""

    name = "differences"
    version = version("convoracle")
    accumulators = dict.fromkeys(("float64", "float32", "float16", "bfloat16"), "float64")

    def input_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return differences.input_gradient(input, weight, output_gradient, geometry).astype(input.dtype)

    def weight_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return differences.weight_gradient(input, weight, output_gradient, geometry).astype(weight.dtype)

    def bias_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return differences.bias_gradient(input, weight, output_gradient, geometry).astype(weight.dtype)

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


def candidate() -> Differences:
    """The built-in candidate ``differences``."""
    return Differences()
