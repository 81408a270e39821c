"""The NumPy reference as a candidate: float64 arithmetic for every dtype, rounded once at the end."""

from __future__ import annotations

from importlib.metadata import version

from ...oracle.faults import honest
from ...oracle.numbers.dtypes import COMPONENTS, SUMS_IN_FLOAT64, result_dtype
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass, offset, products
from .protocol import Candidate


class Reference(Candidate):
    """`convoracle.oracle.answers.reference`, computing in float64."""

    name = "reference"
    passes = frozenset(Pass)
    version = version("convoracle")
    accumulators = SUMS_IN_FLOAT64
    zero_directions = True

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return honest.evaluate(pass_, operands, geometry)

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
