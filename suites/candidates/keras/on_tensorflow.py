"""The built-in candidate ``keras-tensorflow``: Keras on TensorFlow, called eagerly."""

from __future__ import annotations

from .backend import choose

choose("tensorflow")

import keras  # noqa: E402

from ....oracle.problem.geometry import ConvGeometry  # noqa: E402
from ....oracle.problem.passes import Pass  # noqa: E402
from ..calls.source_text import Call, operand_names  # noqa: E402
from ..tensorflow import derivatives  # noqa: E402
from ..tensorflow.builtin import TensorFlow  # noqa: E402
from . import plan as own  # noqa: E402
from .backend import choosing  # noqa: E402
from .eager import eager_update  # noqa: E402


class KerasOnTensorFlow(TensorFlow):
    """Keras's convolutions, with derivatives by TensorFlow and the update by `keras.optimizers.SGD`."""

    version = f"{keras.__version__} on TensorFlow {TensorFlow.version}"
    dtypes = own.DTYPES

    def __init__(self) -> None:
        super().__init__("keras-tensorflow", limitation)

    def call(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> Call:
        settings, before = own.plan(geometry), choosing("tensorflow")
        if pass_ is Pass.UPDATE:
            operands = (*operand_names(derivatives.weight_gradient), "learning_rate")
            return Call(eager_update, settings, operands, before)
        derivative = getattr(derivatives, pass_.value)
        settings |= {"derivative": derivative, "trace": derivatives.eager, "like": pass_.result_like}
        return Call(derivatives.derived, settings, operand_names(derivative), before)


def limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """What Keras has no way to say, and what it says that its TensorFlow backend cannot do."""
    if not geometry.transposed and max(geometry.stride) > 1 and max(geometry.dilation) > 1:
        return "Keras on TensorFlow takes no strides above 1 in conjunction with a dilation rate above 1"
    return own.limitation(pass_, geometry, dtype)


def candidate() -> KerasOnTensorFlow:
    """The built-in candidate ``keras-tensorflow``."""
    return KerasOnTensorFlow()
