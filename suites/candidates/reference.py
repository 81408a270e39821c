"""The NumPy reference as a candidate: float64 arithmetic for every dtype, rounded once at the end."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from ...oracle.answers import reference
from ...oracle.numbers.arrays import widened
from ...oracle.numbers.dtypes import COMPONENTS, SUMS_IN_FLOAT64, numpy_dtype, result_dtype
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import ARRAYS, Array, Operands, Pass, offset, products


class Reference:
    """`convoracle.oracle.answers.reference`, computing in float64."""

    name = "reference"
    version = version("convoracle")
    accumulators = SUMS_IN_FLOAT64

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        return _evaluate(Pass.FORWARD, geometry, input=input, weight=weight, bias=bias)

    def input_gradient(self, output_gradient: Array, weight: Array, geometry: ConvGeometry) -> Array:
        return _evaluate(Pass.INPUT_GRADIENT, geometry, output_gradient=output_gradient, weight=weight)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return _evaluate(Pass.WEIGHT_GRADIENT, geometry, input=input, output_gradient=output_gradient)

    def bias_gradient(self, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return _rounded(reference.bias_gradient(widened(output_gradient), geometry), output_gradient.dtype.name)

    def update(
        self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry, learning_rate: float
    ) -> Array:
        updated = reference.update(widened(input), widened(weight), widened(output_gradient), geometry, learning_rate)
        return _rounded(updated, weight.dtype.name)

    def jvp(
        self,
        input: Array,
        weight: Array,
        geometry: ConvGeometry,
        *,
        input_direction: Array | None = None,
        weight_direction: Array | None = None,
        bias_direction: Array | None = None,
    ) -> Array:
        return _evaluate(
            Pass.JVP,
            geometry,
            input=input,
            weight=weight,
            input_direction=input_direction,
            weight_direction=weight_direction,
            bias_direction=bias_direction,
        )

    def double_backward_output_gradient(
        self,
        input: Array,
        weight: Array,
        geometry: ConvGeometry,
        *,
        input_direction: Array | None = None,
        weight_direction: Array | None = None,
        bias_direction: Array | None = None,
    ) -> Array:
        return self.jvp(
            input,
            weight,
            geometry,
            input_direction=input_direction,
            weight_direction=weight_direction,
            bias_direction=bias_direction,
        )

    def double_backward_input(self, output_gradient: Array, weight_direction: Array, geometry: ConvGeometry) -> Array:
        return self.input_gradient(output_gradient, weight_direction, geometry)

    def double_backward_weight(self, input_direction: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return self.weight_gradient(input_direction, output_gradient, geometry)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        added = offset(pass_)
        names = [name for part in products(pass_, geometry) for name in (part.left, part.right)]
        if pass_ is Pass.BIAS_GRADIENT:
            names.append("output_gradient")
        if pass_ is Pass.UPDATE:
            names.append("weight")
        if bias and added:
            names.append(added)
        wide = "complex128" if dtype in COMPONENTS else "float64"
        given = ", ".join(f"{name}={name}.astype(np.{wide})" for name in dict.fromkeys(names))
        return "\n".join(
            (
                "import ml_dtypes",
                "import numpy as np",
                "",
                "from convoracle.oracle import Operands, Pass, parse_geometry",
                "from convoracle.oracle.answers import reference",
                "from convoracle.oracle.problem.passes import ARRAYS",
                "",
                f'geometry = parse_geometry("{geometry}")',
                f"given = dict.fromkeys(ARRAYS) | dict({given}, learning_rate=learning_rate)",
                f"actual = reference.evaluate(Pass.{pass_.name}, Operands(**given), geometry)",
                f'actual = actual.astype(np.dtype("{result_dtype(dtype)}"))',
                "",
            )
        )


def candidate() -> Reference:
    """The built-in candidate ``reference``."""
    return Reference()


def _evaluate(pass_: Pass, geometry: ConvGeometry, **arrays: Array | None) -> Array:
    given = {name: None if array is None else widened(array) for name, array in arrays.items()}
    operands = Operands(**(dict.fromkeys(ARRAYS) | given))  # type: ignore[arg-type]
    dtype = next(array.dtype.name for array in arrays.values() if array is not None)
    return _rounded(reference.evaluate(pass_, operands, geometry), dtype)


def _rounded(wide: Array, dtype: str) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return wide.astype(numpy_dtype(result_dtype(dtype)))
