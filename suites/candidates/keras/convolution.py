"""Keras's convolutions, by `keras.ops`, and its optimizer's step; of convoracle they import nothing.

Input and kernel are in Keras's layout: channels last, taps first.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np


def convolution(input: Any, kernel: Any, bias: Any = None, **settings: Any) -> Any:
    output = keras.ops.conv(input, kernel, data_format="channels_last", **settings)
    return output if bias is None else output + bias


def depthwise_convolution(input: Any, kernel: Any, bias: Any = None, **settings: Any) -> Any:
    *taps, _, filters = kernel.shape
    channels = input.shape[-1]
    kernel = keras.ops.reshape(kernel, (*taps, channels, filters // channels))
    output = keras.ops.depthwise_conv(input, kernel, data_format="channels_last", **settings)
    return output if bias is None else output + bias


def padded_convolution(
    input: Any,
    kernel: Any,
    bias: Any = None,
    *,
    then: Callable[..., Any],
    pad_width: Sequence[tuple[int, int]],
    mode: str,
    **settings: Any,
) -> Any:
    return then(keras.ops.pad(input, pad_width, mode=mode), kernel, bias, **settings)


def transposed_convolution(
    input: Any, kernel: Any, bias: Any = None, *, cut: Sequence[tuple[int, int]], **settings: Any
) -> Any:
    """Of whose result on each axis what lies between (start, stop) is kept, or all."""
    output = keras.ops.conv_transpose(input, kernel, data_format="channels_last", **settings)
    if cut:
        output = output[(slice(None), *(slice(*ends) for ends in cut))]
    return output if bias is None else output + bias


def stepped(gradient: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """What computes the weight after one step of `keras.optimizers.SGD`, from what computes its gradient."""

    def compute(input: np.ndarray, weight: np.ndarray, output_gradient: np.ndarray, learning_rate: float) -> np.ndarray:
        step = gradient(input=input, weight=weight, output_gradient=output_gradient)
        variable = keras.Variable(np.ascontiguousarray(weight), dtype=weight.dtype.name)
        step = keras.ops.convert_to_tensor(np.ascontiguousarray(step))
        keras.optimizers.SGD(learning_rate).apply([step], [variable])
        return np.asarray(keras.ops.convert_to_numpy(variable))

    return compute
