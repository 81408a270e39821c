"""TensorFlow's convolutions, by `tf.nn`, with channels last and taps first; of convoracle they import nothing."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


def convolution(
    input: tf.Tensor, filters: tf.Tensor, bias: tf.Tensor | None = None, *, function: str, **settings: Any
) -> tf.Tensor:
    output = getattr(tf.nn, function)(input, filters, **settings)
    return output if bias is None else tf.nn.bias_add(output, bias)


def depthwise_convolution(
    input: tf.Tensor, filters: tf.Tensor, bias: tf.Tensor | None = None, *, filter_shape: Sequence[int], **settings: Any
) -> tf.Tensor:
    output = tf.nn.depthwise_conv2d(input, tf.reshape(filters, filter_shape), **settings)
    return output if bias is None else tf.nn.bias_add(output, bias)


def transposed_convolution(
    input: tf.Tensor,
    filters: tf.Tensor,
    bias: tf.Tensor | None = None,
    *,
    function: str,
    cut: Sequence[tuple[int, int]],
    **settings: Any,
) -> tf.Tensor:
    """Of whose result on each axis what lies between (start, stop) is kept, or all."""
    output = getattr(tf.nn, function)(input, filters, **settings)
    if cut:
        output = output[(slice(None), *(slice(*ends) for ends in cut))]
    return output if bias is None else tf.nn.bias_add(output, bias)


def transposed_depthwise_convolution(
    input: tf.Tensor,
    filters: tf.Tensor,
    bias: tf.Tensor | None = None,
    *,
    filter_shape: Sequence[int],
    cut: Sequence[tuple[int, int]],
    **settings: Any,
) -> tf.Tensor:
    """By the kernel of the depthwise input gradient; cut as by `transposed_convolution`."""
    filters = tf.reshape(filters, filter_shape)
    output = tf.nn.depthwise_conv2d_backprop_input(filter=filters, out_backprop=input, **settings)
    if cut:
        output = output[(slice(None), *(slice(*ends) for ends in cut))]
    return output if bias is None else tf.nn.bias_add(output, bias)


def padded_convolution(
    input: tf.Tensor,
    filters: tf.Tensor,
    bias: tf.Tensor | None = None,
    *,
    then: Callable[..., tf.Tensor],
    paddings: Sequence[Sequence[int]],
    mode: str,
    **settings: Any,
) -> tf.Tensor:
    return then(tf.pad(input, paddings, mode=mode), filters, bias, **settings)


def widened_convolution(
    input: tf.Tensor,
    filters: tf.Tensor,
    bias: tf.Tensor | None = None,
    *,
    of: Callable[..., tf.Tensor],
    **settings: Any,
) -> tf.Tensor:
    """Of integers, as int32."""
    offset = None if bias is None else tf.cast(bias, tf.int32)
    return of(tf.cast(input, tf.int32), tf.cast(filters, tf.int32), offset, **settings)
