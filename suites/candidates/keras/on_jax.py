"""The built-in candidate ``keras``: Keras on JAX, which compiles each pass."""

from __future__ import annotations

from .backend import choose

choose("jax")

import keras  # noqa: E402

from ....oracle.problem.geometry import ConvGeometry  # noqa: E402
from ....oracle.problem.passes import Array, Pass  # noqa: E402
from .. import jax as _enabling_64_bits  # noqa: E402
from ..calls.framework import Given  # noqa: E402
from ..jax.builtin import Jax  # noqa: E402
from ..jax.call_text import write_pass  # noqa: E402
from . import convolution as own  # noqa: E402
from .update import with_sgd, write_sgd  # noqa: E402

assert _enabling_64_bits


class KerasOnJax(Jax):
    """Keras's convolutions, with derivatives by JAX and the update by `keras.optimizers.SGD`."""

    name = "keras"
    version = f"{keras.__version__} on JAX {Jax.version}"
    dtypes = own.DTYPES

    def __init__(self) -> None:
        super().__init__(own.convolution)

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return own.limitation(pass_, geometry, dtype)

    def compute(self, pass_: Pass, given: Given, geometry: ConvGeometry) -> Array:
        return with_sgd(super().compute, pass_, given, geometry)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        lines = ["import os", "", 'os.environ["KERAS_BACKEND"] = "jax"', "", "import jax", "import jax.numpy as jnp"]
        lines += ["import keras", "import ml_dtypes", "import numpy as np", ""]
        lines += ['jax.config.update("jax_enable_x64", True)', "", "", "def laid_out(x, w, b):"]
        lines += [*(f"    {line}" for line in own.write_convolution(geometry)), "", ""]
        lines += ["def convolution(x, w, b=None):"]
        lines += ["    x, w = jnp.moveaxis(x, 1, -1), jnp.moveaxis(w, (0, 1), (-1, -2))"]
        lines += ["    return jnp.moveaxis(laid_out(x, w, b), -1, 1)", "", ""]
        step = pass_ is Pass.UPDATE
        lines += write_pass(Pass.WEIGHT_GRADIENT if step else pass_, geometry, dtype, bias=bias)
        return "\n".join([*lines, *(write_sgd("actual") if step else []), ""])


def candidate() -> KerasOnJax:
    """The built-in candidate ``keras``."""
    return KerasOnJax()
