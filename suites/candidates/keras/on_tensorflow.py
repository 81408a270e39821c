"""The built-in candidate ``keras-tensorflow``: Keras on TensorFlow, called eagerly."""

from __future__ import annotations

from .backend import choose

choose("tensorflow")

import keras  # noqa: E402

from ....oracle.problem.geometry import ConvGeometry  # noqa: E402
from ....oracle.problem.passes import Array, Pass  # noqa: E402
from ..calls.framework import Given  # noqa: E402
from ..tensorflow.builtin import TensorFlow  # noqa: E402
from ..tensorflow.call_text import write_tensorflow_call  # noqa: E402
from . import convolution as own  # noqa: E402
from .update import with_sgd, write_sgd  # noqa: E402


class KerasOnTensorFlow(TensorFlow):
    """Keras's convolutions, with derivatives by TensorFlow and the update by `keras.optimizers.SGD`."""

    version = f"{keras.__version__} on TensorFlow {TensorFlow.version}"
    dtypes = own.DTYPES

    def __init__(self) -> None:
        super().__init__("keras-tensorflow", own.laid_out, limitation)

    def compute(self, pass_: Pass, given: Given, geometry: ConvGeometry) -> Array:
        return with_sgd(super().compute, pass_, given, geometry)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        step = pass_ is Pass.UPDATE
        text = write_tensorflow_call(
            Pass.WEIGHT_GRADIENT if step else pass_,
            geometry,
            own.write_convolution(geometry),
            bias=bias,
            imports=("import os", "", 'os.environ["KERAS_BACKEND"] = "tensorflow"', "", "import keras"),
        )
        return text + "\n".join([*write_sgd("actual"), ""]) if step else text


def limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """What Keras has no way to say, and what it says that its TensorFlow backend cannot do."""
    if not geometry.transposed and max(geometry.stride) > 1 and max(geometry.dilation) > 1:
        return "Keras on TensorFlow takes no strides above 1 in conjunction with a dilation rate above 1"
    return own.limitation(pass_, geometry, dtype)


def candidate() -> KerasOnTensorFlow:
    """The built-in candidate ``keras-tensorflow``."""
    return KerasOnTensorFlow()
