"""TensorFlow's convolution of a geometry: which function of `tf.nn`, with which arguments, and what surrounds it.

Padding is "VALID" or "SAME" where that is what the geometry says and explicit
where the function takes it and has its gradients (two spatial axes). Otherwise
`tf.pad` lays it before or, of a transposed convolution, whose `output_shape` is
given in full, a slice cuts it off after.

TensorFlow has no convolution of int8; its operands are widened to int32, the
one integer type of which the kernels know some.
"""

from __future__ import annotations

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from ..calls.padding import kept
from . import convolution as own

_PAD_MODES = {"zeros": "CONSTANT", "reflect": "REFLECT"}
"""Padding mode -> the mode of `tf.pad`."""
DTYPES = ("float64", "float32", "float16", "bfloat16", "int8")


def plan(geometry: ConvGeometry, dtype: str) -> dict[str, object]:
    """The convolution of a geometry, as the setting ``convolution``, and its own settings."""
    settings = _plan_transposed(geometry) if geometry.transposed else _plan_direct(geometry)
    if dtype == "int8":
        return settings | {"convolution": own.widened_convolution, "of": settings["convolution"]}
    return settings


def _plan_direct(geometry: ConvGeometry) -> dict[str, object]:
    padding, apart = _padding(geometry)
    settings = {**_settings(geometry), "padding": padding}
    if not apart:
        return settings
    padded = {"then": settings["convolution"], "paddings": _explicit(geometry)}
    return settings | {"convolution": own.padded_convolution, "mode": _PAD_MODES[geometry.padding_mode]} | padded


def _plan_transposed(geometry: ConvGeometry) -> dict[str, object]:
    padding, apart = _padding(geometry)
    around = tuple(sum(sides) if apart else 0 for sides in geometry.padding)
    sizes = [size + more for size, more in zip(geometry.output_size, around, strict=True)]
    shape = "input_sizes" if _is_depthwise(geometry) else "output_shape"
    whole = {shape: [geometry.batch, *sizes, geometry.out_channels]}
    cut = kept(geometry, (0,) * geometry.rank) if apart else ()
    return {**_settings(geometry), "padding": padding, **whole, "cut": cut}


def _explicit(geometry: ConvGeometry) -> list[list[int]]:
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
    if geometry.padding_mode not in _PAD_MODES:
        return f"tf.pad has no mode for {geometry.padding_mode} padding"
    if geometry.is_padded_by_strides:
        return "tf.nn's transposed convolutions have output padding below the stride only"
    function = _function(geometry)
    if dtype == "int8" and (geometry.rank == 3 or function.startswith("depthwise")):
        return f"tf.nn.{function} takes no integers"
    return None


def kernel_limitation(pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
    """The same, and what TensorFlow's own kernels cannot be asked for."""
    said = limitation(pass_, geometry, dtype)
    if said is None and geometry.rank == 3 and geometry.groups > 1:
        return "tf.nn.conv3d has no groups: its filter must have as many channels as its input"
    return said


def _function(geometry: ConvGeometry) -> str:
    """Of `tf.nn`."""
    if _is_depthwise(geometry):
        return "depthwise_conv2d_backprop_input" if geometry.transposed else "depthwise_conv2d"
    return f"conv{geometry.rank}d{'_transpose' if geometry.transposed else ''}"


def _settings(geometry: ConvGeometry) -> dict[str, object]:
    """Those but for the padding."""
    function, direct = _function(geometry), geometry.direct
    chosen: dict[str, object]
    if _is_depthwise(geometry):
        shape = [*direct.kernel, direct.in_channels, direct.out_channels // direct.in_channels]
        transposed = own.transposed_depthwise_convolution
        chosen = {"convolution": transposed if geometry.transposed else own.depthwise_convolution}
        chosen["filter_shape"] = shape
    else:
        chosen = {"convolution": own.transposed_convolution if geometry.transposed else own.convolution}
        chosen["function"] = function
    stride, dilation = list(geometry.stride), list(geometry.dilation)
    if function == "conv1d":
        return chosen | {"stride": stride, "dilations": dilation}
    if function == "depthwise_conv2d":
        return chosen | {"strides": [1, *stride, 1], "dilations": dilation}
    if function in ("conv3d", "depthwise_conv2d_backprop_input"):
        return chosen | {"strides": [1, *stride, 1], "dilations": [1, *dilation, 1]}
    return chosen | {"strides": stride, "dilations": dilation}


def _padding(geometry: ConvGeometry) -> tuple[object, bool]:
    """The function's own argument, and whether the geometry's padding is laid or cut apart from it."""
    direct = geometry.direct
    if all(sides == (0, 0) for sides in direct.padding):
        return "VALID", False
    if geometry.padding_mode == "zeros":
        if direct.padding == direct.sides_named("same_upper"):
            return "SAME", False
        if direct.rank == 2 and (_is_depthwise(geometry) or _is_dense(direct)):
            return _explicit(geometry), False
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
