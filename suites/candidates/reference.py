"""The NumPy reference as a candidate: float64 arithmetic for every dtype, rounded once at the end."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from ...oracle import reference
from ...oracle.geometry import ConvGeometry
from ...oracle.passes import Array, Pass

_ARGUMENTS = {
    Pass.FORWARD: "{input}, {weight}, geometry, {bias}",
    Pass.INPUT_GRADIENT: "{output_gradient}, {weight}, geometry",
    Pass.WEIGHT_GRADIENT: "{input}, {output_gradient}, geometry",
    Pass.BIAS_GRADIENT: "{output_gradient}, geometry",
    Pass.UPDATE: "{input}, {weight}, {output_gradient}, geometry, learning_rate",
}


class Reference:
    """`convoracle.oracle.reference`, computing in float64."""

    name = "reference"
    version = version("convoracle")
    accumulators = dict.fromkeys(("float64", "float32", "float16", "bfloat16"), "float64")

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        wide_bias = None if bias is None else _wide(bias)
        return _rounded(reference.forward(_wide(input), _wide(weight), geometry, wide_bias), input)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return _rounded(reference.input_gradient(_wide(output_gradient), _wide(weight), geometry), output_gradient)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return _rounded(reference.weight_gradient(_wide(input), _wide(output_gradient), geometry), input)

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return _rounded(reference.bias_gradient(_wide(output_gradient), geometry), output_gradient)

    def update(
        self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry, learning_rate: float
    ) -> Array:
        updated = reference.update(_wide(input), _wide(weight), _wide(output_gradient), geometry, learning_rate)
        return _rounded(updated, weight)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        names = ("input", "weight", "output_gradient")
        wide = {name: f"{name}.astype(np.float64)" for name in names}
        wide["bias"] = "bias.astype(np.float64)" if bias else "None"
        return "\n".join(
            (
                "import ml_dtypes",
                "import numpy as np",
                "",
                "from convoracle.oracle import reference",
                "from convoracle.oracle.geometry import parse_geometry",
                "",
                f'geometry = parse_geometry("{geometry}")',
                f"actual = reference.{pass_}({_ARGUMENTS[pass_].format(**wide)})",
                f'actual = actual.astype(np.dtype("{dtype}"))',
                "",
            )
        )


def candidate() -> Reference:
    """The built-in candidate ``reference``."""
    return Reference()


def _wide(array: Array) -> Array:
    return array.astype(np.float64)


def _rounded(wide: Array, like: Array) -> Array:
    return wide.astype(like.dtype)
