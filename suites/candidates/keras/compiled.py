"""Every pass of Keras's convolutions on JAX, compiled; of convoracle they import only what imports nothing of it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from ..jax.derivatives import compiled, weight_gradient
from .convolution import stepped


def compiled_channels_last(
    derivative: Callable[..., Any], convolution: Callable[..., Any], **settings: Any
) -> Callable[..., np.ndarray]:
    """What computes a pass of a convolution in Keras's layout."""

    def channels_first(input: Any, weight: Any, bias: Any = None) -> Any:
        kernel = keras.ops.moveaxis(weight, (0, 1), (-1, -2))
        output = convolution(keras.ops.moveaxis(input, 1, -1), kernel, bias, **settings)
        return keras.ops.moveaxis(output, -1, 1)

    return compiled(derivative, channels_first)


def compiled_update(convolution: Callable[..., Any], **settings: Any) -> Callable[..., np.ndarray]:
    return stepped(compiled_channels_last(weight_gradient, convolution, **settings))
