"""The built-in candidate ``keras``: Keras on JAX, which compiles each pass."""

from __future__ import annotations

from .backend import choose

choose("jax")

import keras  # noqa: E402

from ....oracle.problem.geometry import ConvGeometry  # noqa: E402
from ....oracle.problem.passes import Pass  # noqa: E402
from ..calls.source_text import Call, operand_names  # noqa: E402
from ..jax import derivatives  # noqa: E402
from ..jax.builtin import Jax  # noqa: E402
from .backend import choosing  # noqa: E402
from .compiled import compiled_channels_last, compiled_update  # noqa: E402
from .plan import DTYPES, limitation, plan  # noqa: E402


class KerasOnJax(Jax):
    """Keras's convolutions, with derivatives by JAX and the update by `keras.optimizers.SGD`."""

    name = "keras"
    version = f"{keras.__version__} on JAX {Jax.version}"
    dtypes = DTYPES

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return limitation(pass_, geometry, dtype)

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        derivative = getattr(derivatives, pass_.value)
        if pass_ is Pass.UPDATE:
            return Call(compiled_update, plan(geometry), operand_names(derivative), choosing("jax"))
        settings = {"derivative": derivative} | plan(geometry)
        return Call(compiled_channels_last, settings, operand_names(derivative), choosing("jax"))


def candidate() -> KerasOnJax:
    """The built-in candidate ``keras``."""
    return KerasOnJax()
