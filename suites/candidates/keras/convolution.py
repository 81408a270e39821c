"""Keras's convolution of a geometry: which function of `keras.ops`, with which arguments, and what surrounds it.

Keras pads as "same" or "valid"; other padding is laid by `keras.ops.pad` before or, of
a transposed convolution, cut off by slicing. Its transposed "same" has ``stride``
times the input's size, and the odd element is cut off the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import keras

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from ..calls.framework import Tensor
from ..calls.padding import kept

PAD_MODES = {"zeros": "constant", "reflect": "reflect"}
"""Padding mode -> the mode of `keras.ops.pad`."""
DTYPES = ("float64", "float32", "float16", "bfloat16")


@dataclass(frozen=True, slots=True)
class Plan:
    """How a geometry is computed, in Keras's layout: channels last, taps first.

    Parameters
    ----------
    function : str
        Of `keras.ops`.
    arguments : Mapping
        Beside the input and the kernel.
    kernel_shape : tuple of int, or None
        The shape that it wants the kernel in, if it is another.
    pad_first : bool
        Whether `keras.ops.pad` comes before.
    cut : tuple of (int, int)
        (start, stop) of each axis of what is kept of its result; empty for all.
    """

    function: str
    arguments: Mapping[str, object]
    kernel_shape: tuple[int, ...] | None = None
    pad_first: bool = False
    cut: tuple[tuple[int, int], ...] = ()


def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry) -> Tensor:
    """The output in canonical shape, of an input and a weight in theirs."""
    kernel = keras.ops.moveaxis(weight, (0, 1), (-1, -2))
    return keras.ops.moveaxis(laid_out(keras.ops.moveaxis(input, 1, -1), kernel, bias, geometry), -1, 1)


def laid_out(input: Tensor, kernel: Tensor, bias: Tensor | None, geometry: ConvGeometry) -> Tensor:
    """The output in Keras's layout, of an input and a kernel in it."""
    chosen = plan(geometry)
    if chosen.pad_first:
        input = keras.ops.pad(input, pad_width(geometry), mode=PAD_MODES[geometry.padding_mode])
    if chosen.kernel_shape is not None:
        kernel = keras.ops.reshape(kernel, chosen.kernel_shape)
    output = getattr(keras.ops, chosen.function)(input, kernel, data_format="channels_last", **chosen.arguments)
    if chosen.cut:
        output = output[(slice(None), *(slice(*ends) for ends in chosen.cut))]
    return output if bias is None else output + bias


def plan(geometry: ConvGeometry) -> Plan:
    """The function of `keras.ops` for a geometry."""
    settings = {"strides": geometry.stride, "dilation_rate": geometry.dilation}
    if geometry.transposed:
        return _plan_transposed(geometry, settings)
    function, shape = "conv", None
    if geometry.is_depthwise and geometry.rank < 3 and _takes_depthwise(geometry):
        function = "depthwise_conv"
        shape = (*geometry.kernel, geometry.in_channels, geometry.out_channels // geometry.in_channels)
    if geometry.padding_mode == "zeros" and geometry.padding == geometry.sides_named("same_upper"):
        return Plan(function, {**settings, "padding": "same"}, shape)
    padded = any(map(any, geometry.padding))
    return Plan(function, {**settings, "padding": "valid"}, shape, pad_first=padded)


def pad_width(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    """The padding as `keras.ops.pad` wants it."""
    return ((0, 0), *geometry.padding, (0, 0))


def limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """What Keras's interface has no way to say."""
    if dtype not in DTYPES:
        return f"Keras is asked for convolutions of {', '.join(DTYPES)}, not of {dtype}"
    if geometry.rank > 3:
        return f"keras.ops.conv is for 1 to 3 spatial axes, not {geometry.rank}"
    if geometry.padding_mode not in PAD_MODES:
        return f"keras.ops.pad has no mode for {geometry.padding_mode} padding"
    if geometry.transposed and geometry.groups > 1:
        return "keras.ops.conv_transpose has no groups"
    if geometry.is_padded_by_strides:
        return "keras.ops.conv_transpose has output padding below the stride only"
    return None


def _plan_transposed(geometry: ConvGeometry, settings: Mapping[str, object]) -> Plan:
    upsampled = tuple(size * stride for size, stride in zip(geometry.size, geometry.stride, strict=True))
    if geometry.output_size == upsampled and geometry.padding == geometry.direct.sides_named("same_upper"):
        return Plan("conv_transpose", {**settings, "padding": "same"})
    arguments = {**settings, "padding": "valid", "output_padding": geometry.output_padding}
    cut = kept(geometry, (0,) * geometry.rank) if any(map(any, geometry.padding)) else ()
    return Plan("conv_transpose", arguments, cut=cut)


def _takes_depthwise(geometry: ConvGeometry) -> bool:
    """Whether every backend takes it: equal strides, and none above 1 with dilation."""
    return len(set(geometry.stride)) == 1 and (max(geometry.stride) == 1 or max(geometry.dilation) == 1)


def write_convolution(geometry: ConvGeometry) -> Iterator[str]:
    """The body of a function of `laid_out`'s first three arguments, called x, w and b, in source."""
    chosen = plan(geometry)
    if chosen.pad_first:
        yield f'x = keras.ops.pad(x, {pad_width(geometry)}, mode="{PAD_MODES[geometry.padding_mode]}")'
    if chosen.kernel_shape is not None:
        yield f"w = keras.ops.reshape(w, {chosen.kernel_shape})"
    given = ", ".join(f"{name}={value!r}" for name, value in chosen.arguments.items())
    yield f'y = keras.ops.{chosen.function}(x, w, data_format="channels_last", {given})'
    if chosen.cut:
        yield f"y = y[:, {', '.join(f'{start}:{stop}' for start, stop in chosen.cut)}]"
    yield "return y if b is None else y + b"
