"""TensorFlow's convolution of a geometry: which function of `tf.nn`, with which arguments, and what surrounds it.

Padding is "VALID" or "SAME" where that is what the geometry says and explicit
where the function takes it and has its gradients (two spatial axes). Otherwise
`tf.pad` lays it before or, of a transposed convolution, whose `output_shape` is
given in full, a slice cuts it off after.

TensorFlow has no convolution of int8; its operands are widened to int32, the
one integer type of which the kernels know some.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import tensorflow as tf

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from ..calls.framework import Tensor
from ..calls.padding import kept

PAD_MODES = {"zeros": "CONSTANT", "reflect": "REFLECT"}
"""Padding mode -> the mode of `tf.pad`."""
DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")
_DEPTHWISE_TRANSPOSED = "depthwise_conv2d_backprop_input"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a geometry is computed.

    Parameters
    ----------
    function : str
        Of `tf.nn`.
    operands : (str, str)
        What the function calls the input and the filters.
    arguments : Mapping
        Its other arguments, by name.
    filter_shape : list of int, or None
        The shape that it wants the filters in, if it is another.
    pad_first : bool
        Whether `tf.pad` comes before.
    cut : tuple of (int, int)
        (start, stop) of each axis of what is kept of its result; empty for all.
    """

    function: str
    operands: tuple[str, str]
    arguments: Mapping[str, object]
    filter_shape: list[int] | None
    pad_first: bool = False
    cut: tuple[tuple[int, int], ...] = ()


def convolution(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry) -> Tensor:
    """The output, channels last, of an input with channels last and filters with taps first."""
    if input.dtype == tf.int8:
        wide = (tf.cast(input, tf.int32), tf.cast(weight, tf.int32), None if bias is None else tf.cast(bias, tf.int32))
        return convolution(*wide, geometry)
    chosen = plan(geometry)
    if chosen.pad_first:
        input = tf.pad(input, explicit(geometry), mode=PAD_MODES[geometry.padding_mode])
    if chosen.filter_shape is not None:
        weight = tf.reshape(weight, chosen.filter_shape)
    named = dict(zip(chosen.operands, (input, weight), strict=True))
    output = getattr(tf.nn, chosen.function)(**named, **chosen.arguments)
    if chosen.cut:
        output = output[(slice(None), *(slice(*ends) for ends in chosen.cut))]
    return output if bias is None else tf.nn.bias_add(output, bias)


def plan(geometry: ConvGeometry) -> Plan:
    """The function of `tf.nn` for a geometry."""
    padding, apart = _padding(geometry)
    function, operands = _function(geometry)
    arguments = {"padding": padding, **_settings(function, geometry)}
    filter_shape = None
    if function.startswith("depthwise"):
        direct = geometry.direct
        filter_shape = [*direct.kernel, direct.in_channels, direct.out_channels // direct.in_channels]
    if not geometry.transposed:
        return Plan(function, operands, arguments, filter_shape, pad_first=apart)
    around = tuple(sum(sides) if apart else 0 for sides in geometry.padding)
    sizes = [size + more for size, more in zip(geometry.output_size, around, strict=True)]
    shape = "input_sizes" if function == _DEPTHWISE_TRANSPOSED else "output_shape"
    arguments[shape] = [geometry.batch, *sizes, geometry.out_channels]
    cut = kept(geometry, (0,) * geometry.rank) if apart else ()
    return Plan(function, operands, arguments, filter_shape, cut=cut)


def explicit(geometry: ConvGeometry) -> list[list[int]]:
    """The padding as `tf.pad` wants it."""
    return [[0, 0], *([low, high] for low, high in geometry.padding), [0, 0]]


def limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """What TensorFlow's interface has no way to say."""
    if dtype not in DTYPES:
        return f"TensorFlow's convolutions take no {dtype} tensors"
    if dtype == "int8" and pass_ is not Pass.FORWARD:
        return "TensorFlow differentiates with respect to floating-point tensors only"
    if geometry.rank > 3:
        return f"tf.nn has convolutions of 1 to 3 spatial axes, not {geometry.rank}"
    if geometry.padding_mode not in PAD_MODES:
        return f"tf.pad has no mode for {geometry.padding_mode} padding"
    if geometry.is_padded_by_strides:
        return "tf.nn's transposed convolutions have output padding below the stride only"
    function, _ = _function(geometry)
    if dtype == "int8" and (geometry.rank == 3 or function.startswith("depthwise")):
        return f"tf.nn.{function} takes no integers"
    return None


def kernel_limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """The same, and what TensorFlow's own kernels cannot be asked for."""
    said = limitation(pass_, geometry, dtype)
    if said is None and geometry.rank == 3 and geometry.groups > 1:
        return "tf.nn.conv3d has no groups: its filter must have as many channels as its input"
    return said


def _function(geometry: ConvGeometry) -> tuple[str, tuple[str, str]]:
    if _is_depthwise(geometry):
        if geometry.transposed:
            return _DEPTHWISE_TRANSPOSED, ("out_backprop", "filter")
        return "depthwise_conv2d", ("input", "filter")
    return f"conv{geometry.rank}d{'_transpose' if geometry.transposed else ''}", ("input", "filters")


def _settings(function: str, geometry: ConvGeometry) -> dict[str, object]:
    stride, dilation = list(geometry.stride), list(geometry.dilation)
    if function == "conv1d":
        return {"stride": stride, "dilations": dilation}
    if function == "depthwise_conv2d":
        return {"strides": [1, *stride, 1], "dilations": dilation}
    if function in ("conv3d", _DEPTHWISE_TRANSPOSED):
        return {"strides": [1, *stride, 1], "dilations": [1, *dilation, 1]}
    return {"strides": stride, "dilations": dilation}


def _padding(geometry: ConvGeometry) -> tuple[object, bool]:
    """The function's own argument, and whether the geometry's padding is laid or cut apart from it."""
    direct = geometry.direct
    if all(sides == (0, 0) for sides in direct.padding):
        return "VALID", False
    if geometry.padding_mode == "zeros":
        if direct.padding == direct.sides_named("same_upper"):
            return "SAME", False
        if direct.rank == 2 and (_is_depthwise(geometry) or _is_dense(direct)):
            return explicit(geometry), False
    return "VALID", True


def _is_depthwise(geometry: ConvGeometry) -> bool:
    """Whether it is for `tf.nn.depthwise_conv2d`: documented for equal strides, and none above 1 with dilation.

    The kernel of its input gradient has no dilation at all.
    """
    direct = geometry.direct
    if direct.rank != 2 or not direct.is_depthwise or len(set(direct.stride)) > 1:
        return False
    return max(direct.dilation) == 1 or (max(direct.stride) == 1 and not geometry.transposed)


def _is_dense(direct: ConvGeometry) -> bool:
    """Whether it has neither dilation nor groups, whose gradients the kernels lack under explicit padding."""
    return max(direct.dilation) == 1 and direct.groups == 1
