"""TensorFlow as a candidate: `tf.nn` convolutions, gradients by GradientTape, the update by its own kernel.

TensorFlow's CPU kernels want channels last, so arrays are transposed here, at
the edge. Padding is "VALID" or "SAME" where that is what the geometry says,
explicit where `tf.nn` takes it and has its gradients (two spatial axes), and `tf.pad` otherwise. What
the kernels say they cannot do is raised as NotImplementedError: unsupported.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from ...oracle.geometry import NAMED_PADDINGS, ConvGeometry
from ...oracle.passes import Array, Pass

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # read when tensorflow is imported
import tensorflow as tf

_CANNOT = ("not supported on CPU", "not yet support dilation rates", "only supports dilated rates of 1")
"""How the CPU kernels' InvalidArgumentError says that a legal convolution is not implemented."""

Tensor = Any


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which function of `tf.nn` computes a geometry, and with which padding.

    Parameters
    ----------
    function : str
    pad_first : bool
        Whether `tf.pad` comes before, because the function takes no explicit padding.
    padding : str or list
        The function's own argument.
    """

    function: str
    pad_first: bool
    padding: str | list[list[int]]


class TensorFlow:
    """The convolutions of TensorFlow, on the CPU in channels-last layout."""

    name = "tensorflow"
    version = tf.__version__
    accumulators: Mapping[str, str] = MappingProxyType({})
    """Every dtype in itself: by experiment, float16 sums and the bfloat16 sums of bias gradients, and of strided
    input and weight gradients, are rounded to the dtype on the way."""

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        """What TensorFlow's interface has no way to say."""
        if geometry.rank == 3 and geometry.groups > 1:
            return "tf.nn.conv3d has no groups: its filter must have as many channels as its input"
        return None

    def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
        with _limits_told():
            return _first(_output(_last(input), _taps_first(weight), _optional(bias), geometry))

    def input_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        source, filters = _last(input), _taps_first(weight)
        with _limits_told():
            with tf.GradientTape() as tape:
                tape.watch(source)
                output = _output(source, filters, None, geometry)
            return _first(tape.gradient(output, source, _last(output_gradient)))

    def weight_gradient(self, input: Array, weight: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        return _taps_last(_weight_gradient(input, _taps_first(weight), output_gradient, geometry))

    def bias_gradient(
        self, input: Array, weight: Array, bias: Array | None, output_gradient: Array, geometry: ConvGeometry
    ) -> Array:
        offset = tf.constant(np.zeros(geometry.bias_shape, input.dtype) if bias is None else bias)
        with _limits_told():
            with tf.GradientTape() as tape:
                tape.watch(offset)
                output = _output(_last(input), _taps_first(weight), offset, geometry)
            return np.array(tape.gradient(output, offset, _last(output_gradient)))

    def update(
        self, input: Array, weight: Array, output_gradient: Array, learning_rate: float, geometry: ConvGeometry
    ) -> Array:
        filters = tf.Variable(_taps_first(weight))
        gradient = _weight_gradient(input, filters, output_gradient, geometry)
        alpha = tf.constant(learning_rate, filters.dtype)
        tf.raw_ops.ResourceApplyGradientDescent(var=filters.handle, alpha=alpha, delta=gradient)
        return _taps_last(filters)

    def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
        return write_call(pass_, geometry, bias=bias)


def candidate() -> TensorFlow:
    """The built-in candidate ``tensorflow``."""
    return TensorFlow()


def _output(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: ConvGeometry) -> Tensor:
    plan = _plan(geometry)
    if plan.pad_first:
        input = tf.pad(input, _explicit(geometry))
    match plan.function:
        case "conv1d":
            output = tf.nn.conv1d(input, weight, geometry.stride[0], plan.padding, dilations=geometry.dilation[0])
        case "depthwise_conv2d":
            filters = tf.reshape(weight, _depthwise_shape(geometry))
            strides = (1, *geometry.stride, 1)
            output = tf.nn.depthwise_conv2d(input, filters, strides, plan.padding, dilations=geometry.dilation)
        case "conv2d":
            output = tf.nn.conv2d(input, weight, geometry.stride, plan.padding, dilations=geometry.dilation)
        case _:
            strides, dilations = (1, *geometry.stride, 1), (1, *geometry.dilation, 1)
            output = tf.nn.conv3d(input, weight, strides, plan.padding, dilations=dilations)
    return output if bias is None else tf.nn.bias_add(output, bias)


def _plan(geometry: ConvGeometry) -> _Plan:
    depthwise = geometry.rank == 2 and geometry.is_depthwise and _takes_depthwise(geometry)
    function = "depthwise_conv2d" if depthwise else f"conv{geometry.rank}d"
    if all(sides == (0, 0) for sides in geometry.padding):
        return _Plan(function, False, "VALID")
    if geometry.padding == _same(geometry):
        return _Plan(function, False, "SAME")
    if geometry.rank == 2 and (depthwise or _is_dense(geometry)):
        return _Plan(function, False, _explicit(geometry))
    return _Plan(function, True, "VALID")


def _takes_depthwise(geometry: ConvGeometry) -> bool:
    """Whether `tf.nn.depthwise_conv2d` is documented for it: equal strides, and none above 1 with dilation."""
    dilated = max(geometry.dilation) > 1
    return len(set(geometry.stride)) == 1 and not (dilated and max(geometry.stride) > 1)


def _is_dense(geometry: ConvGeometry) -> bool:
    """Whether it has neither dilation nor groups, whose gradients the kernels lack under explicit padding."""
    return max(geometry.dilation) == 1 and geometry.groups == 1


def _same(geometry: ConvGeometry) -> tuple[tuple[int, int], ...]:
    axes = zip(geometry.size, geometry.kernel, geometry.stride, geometry.dilation, strict=True)
    return tuple(NAMED_PADDINGS["same_upper"](*axis) for axis in axes)


def _explicit(geometry: ConvGeometry) -> list[list[int]]:
    return [[0, 0], *([low, high] for low, high in geometry.padding), [0, 0]]


def _depthwise_shape(geometry: ConvGeometry) -> list[int]:
    return [*geometry.kernel, geometry.in_channels, geometry.out_channels // geometry.in_channels]


def _weight_gradient(input: Array, filters: Tensor, output_gradient: Array, geometry: ConvGeometry) -> Tensor:
    with _limits_told():
        with tf.GradientTape() as tape:
            tape.watch(filters)
            output = _output(_last(input), filters, None, geometry)
        return tape.gradient(output, filters, _last(output_gradient))


@contextlib.contextmanager
def _limits_told() -> Iterator[None]:
    """Raise what the kernels say they cannot do as NotImplementedError; every other error stays what it is."""
    try:
        yield
    except tf.errors.UnimplementedError as error:
        raise NotImplementedError(_sentence(error)) from error
    except tf.errors.InvalidArgumentError as error:
        if any(sign in error.message for sign in _CANNOT):
            raise NotImplementedError(_sentence(error)) from error
        raise


def _sentence(error: tf.errors.OpError) -> str:
    """The message without the names of internal functions around it."""
    return str(error.message).rpartition("}}")[2].partition(" [Op:")[0].strip()


def _optional(bias: Array | None) -> Tensor | None:
    return None if bias is None else tf.constant(bias)


def _last(array: Array) -> Tensor:
    """Channels last, from (N, C, *axes)."""
    return tf.constant(np.ascontiguousarray(np.moveaxis(array, 1, -1)))


def _first(tensor: Tensor) -> Array:
    """(N, C, *axes) from channels last."""
    return np.ascontiguousarray(np.moveaxis(tensor.numpy(), -1, 1))


def _taps_first(weight: Array) -> Tensor:
    """(*R, C // groups, K), from (K, C // groups, *R)."""
    return tf.constant(np.ascontiguousarray(np.moveaxis(weight, (0, 1), (-1, -2))))


def _taps_last(tensor: Tensor) -> Array:
    """(K, C // groups, *R) from (*R, C // groups, K)."""
    return np.ascontiguousarray(np.moveaxis(tensor.numpy(), (-1, -2), (0, 1)))


def write_call(pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> str:
    """Plain TensorFlow source that computes ``actual``."""
    needs_offset = pass_ is Pass.BIAS_GRADIENT or (bias and pass_ is Pass.FORWARD)
    offset = "bias" if bias else f"np.zeros({geometry.out_channels}, input.dtype)"
    lines = ["import ml_dtypes", "import numpy as np", "import tensorflow as tf", ""]
    lines += ["x = tf.constant(np.moveaxis(input, 1, -1))", "w = tf.Variable(np.moveaxis(weight, (0, 1), (-1, -2)))"]
    lines += [f"b = tf.constant({offset})"] if needs_offset else []
    subject = {Pass.INPUT_GRADIENT: "x", Pass.BIAS_GRADIENT: "b"}.get(pass_, "w")
    lines += ["with tf.GradientTape() as tape:", f"    tape.watch({subject})"]
    lines += [f"    y = {_write_convolution(geometry)}"]
    lines += ["    y = tf.nn.bias_add(y, b)"] if needs_offset else []
    if pass_ is not Pass.FORWARD:
        lines.append(f"gradient = tape.gradient(y, {subject}, tf.constant(np.moveaxis(output_gradient, 1, -1)))")
    if pass_ is Pass.UPDATE:
        lines.append("alpha = tf.constant(learning_rate, w.dtype)")
        lines.append("tf.raw_ops.ResourceApplyGradientDescent(var=w.handle, alpha=alpha, delta=gradient)")
    results = {
        Pass.FORWARD: "np.moveaxis(y.numpy(), -1, 1)",
        Pass.INPUT_GRADIENT: "np.moveaxis(gradient.numpy(), -1, 1)",
        Pass.WEIGHT_GRADIENT: "np.moveaxis(gradient.numpy(), (-1, -2), (0, 1))",
        Pass.BIAS_GRADIENT: "gradient.numpy()",
        Pass.UPDATE: "np.moveaxis(w.numpy(), (-1, -2), (0, 1))",
    }
    return "\n".join([*lines, f"actual = {results[pass_]}", ""])


def _write_convolution(geometry: ConvGeometry) -> str:
    plan = _plan(geometry)
    source = f"tf.pad(x, {_explicit(geometry)})" if plan.pad_first else "x"
    filters = f"tf.reshape(w, {_depthwise_shape(geometry)})" if plan.function == "depthwise_conv2d" else "w"
    strides: object = geometry.stride
    dilations: object = geometry.dilation
    if plan.function == "conv1d":
        strides, dilations = geometry.stride[0], geometry.dilation[0]
    elif plan.function != "conv2d":
        strides = (1, *geometry.stride, 1)
        dilations = (1, *geometry.dilation, 1) if geometry.rank == 3 else geometry.dilation
    return f"tf.nn.{plan.function}({source}, {filters}, {strides}, {plan.padding!r}, dilations={dilations})"
