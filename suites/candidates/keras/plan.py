"""Keras's convolution of a geometry: which function of `keras.ops`, with which arguments, and what surrounds it.

Keras pads as "same" or "valid"; other padding is laid by `keras.ops.pad` before or, of
a transposed convolution, cut off by slicing. Its transposed "same" has ``stride``
times the input's size, and the odd element is cut off the end.
"""

from __future__ import annotations

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from ..calls.padding import kept
from . import convolution as own

_PAD_MODES = {"zeros": "constant", "reflect": "reflect"}
"""Padding mode -> the mode of `keras.ops.pad`."""
DTYPES = ("float64", "float32", "float16", "bfloat16")


def plan(geometry: ConvGeometry) -> dict[str, object]:
    """The convolution of a geometry, as the setting ``convolution``, and its own settings."""
    settings = {"strides": geometry.stride, "dilation_rate": geometry.dilation}
    if geometry.transposed:
        return settings | _plan_transposed(geometry)
    is_depthwise = geometry.is_depthwise and geometry.rank < 3 and _takes_depthwise(geometry)
    function = own.depthwise_convolution if is_depthwise else own.convolution
    if geometry.padding_mode == "zeros" and geometry.padding == geometry.sides_named("same_upper"):
        return settings | {"convolution": function, "padding": "same"}
    if not any(map(any, geometry.padding)):
        return settings | {"convolution": function, "padding": "valid"}
    pad_width = ((0, 0), *geometry.padding, (0, 0))
    padded = {"then": function, "pad_width": pad_width, "mode": _PAD_MODES[geometry.padding_mode]}
    return settings | {"convolution": own.padded_convolution, "padding": "valid"} | padded


def limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """What Keras's interface has no way to say."""
    if dtype not in DTYPES:
        return f"Keras is asked for convolutions of {', '.join(DTYPES)}, not of {dtype}"
    if geometry.rank > 3:
        return f"keras.ops.conv is for 1 to 3 spatial axes, not {geometry.rank}"
    if geometry.padding_mode not in _PAD_MODES:
        return f"keras.ops.pad has no mode for {geometry.padding_mode} padding"
    if geometry.transposed and geometry.groups > 1:
        return "keras.ops.conv_transpose has no groups"
    if geometry.is_padded_by_strides:
        return "keras.ops.conv_transpose has output padding below the stride only"
    return None


def _plan_transposed(geometry: ConvGeometry) -> dict[str, object]:
    upsampled = tuple(size * stride for size, stride in zip(geometry.size, geometry.stride, strict=True))
    if geometry.output_size == upsampled and geometry.padding == geometry.direct.sides_named("same_upper"):
        return {"convolution": own.transposed_convolution, "padding": "same", "cut": ()}
    cut = kept(geometry, (0,) * geometry.rank) if any(map(any, geometry.padding)) else ()
    arguments = {"padding": "valid", "output_padding": geometry.output_padding, "cut": cut}
    return {"convolution": own.transposed_convolution, **arguments}


def _takes_depthwise(geometry: ConvGeometry) -> bool:
    """Whether every backend takes it: equal strides, and none above 1 with dilation."""
    return len(set(geometry.stride)) == 1 and (max(geometry.stride) == 1 or max(geometry.dilation) == 1)
