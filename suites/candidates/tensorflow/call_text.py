"""The paste-able call of TensorFlow's convolution: plain TensorFlow source that computes ``actual``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from .convolution import PAD_MODES, explicit, plan

_SUBJECTS = {Pass.INPUT_GRADIENT: "x", Pass.BIAS_GRADIENT: "b", Pass.DOUBLE_BACKWARD_INPUT: "x"}
_SUBJECTS[Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT] = "dy"
_WITH_BIAS = (Pass.FORWARD, Pass.BIAS_GRADIENT, Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT)
_SOURCES = {"x": "last(input)", "w": "taps_first(weight)", "b": "tf.constant(bias)", "dy": "last(output_gradient)"}
_DIRECTIONS = {"x": "last(input_direction)", "w": "taps_first(weight_direction)", "b": "tf.constant(bias_direction)"}


def write_tensorflow_call(
    pass_: Pass,
    geometry: ConvGeometry,
    convolution: Iterable[str],
    *,
    bias: bool,
    decorator: str = "",
    imports: Iterable[str] = (),
) -> str:
    """Plain TensorFlow source that computes ``actual`` from the arrays by name.

    Parameters
    ----------
    pass_ : Pass
    geometry : ConvGeometry
    convolution : iterable of str
        The body of a function of the input x, with channels last, the filters w,
        with taps first, and the bias b, which may be None.
    bias : bool
    decorator : str
        The line before the function that computes the pass; empty for none.
    imports : iterable of str
        Lines before all others.
    """
    has_bias = pass_ is Pass.BIAS_GRADIENT or (bias and pass_ in _WITH_BIAS)
    given = ["x", "w", *(["b"] if has_bias else [])]
    lines = [*imports, "import ml_dtypes", "import numpy as np", "import tensorflow as tf", "", ""]
    lines += ["def last(array):", "    return tf.constant(np.moveaxis(array, 1, -1))", "", ""]
    lines += ["def taps_first(array):", "    return tf.constant(np.moveaxis(array, (0, 1), (-1, -2)))", "", ""]
    lines += ["def convolution(x, w, b=None):", *(f"    {line}" for line in convolution), "", ""]
    lines += [f"{name} = {_SOURCES[name]}" for name in given if name != "b" or bias]
    if has_bias and not bias:
        lines.append(f"b = tf.zeros({geometry.out_channels}, x.dtype)")
    if pass_ not in (Pass.FORWARD, Pass.JVP):
        lines.append(f"dy = {_SOURCES['dy']}")
    if pass_.is_second_order:
        lines.append(f"directions = [{', '.join(_DIRECTIONS[name] for name in given)}]")
    lines += ["", "", *([decorator] if decorator else []), "def compute():"]
    lines += [f"    {line}" for line in _write_pass(pass_, given)]
    return "\n".join([*lines, "", "", *_write_result(pass_), ""])


def write_convolution(geometry: ConvGeometry, dtype: str) -> Iterator[str]:
    """The body of such a function that calls TensorFlow's own convolution."""
    chosen = plan(geometry)
    if dtype == "int8":
        yield "x, w, b = (None if each is None else tf.cast(each, tf.int32) for each in (x, w, b))"
    if chosen.pad_first:
        yield f'x = tf.pad(x, {explicit(geometry)}, mode="{PAD_MODES[geometry.padding_mode]}")'
    if chosen.filter_shape is not None:
        yield f"w = tf.reshape(w, {chosen.filter_shape})"
    given = ", ".join(f"{name}={value!r}" for name, value in chosen.arguments.items())
    operands = ", ".join(f"{name}={value}" for name, value in zip(chosen.operands, "xw", strict=True))
    yield f"y = tf.nn.{chosen.function}({operands}, {given})"
    if chosen.cut:
        yield f"y = y[:, {', '.join(f'{start}:{stop}' for start, stop in chosen.cut)}]"
    yield "return y if b is None else tf.nn.bias_add(y, b)"


def _write_pass(pass_: Pass, given: list[str]) -> Iterator[str]:
    """The body of a function that returns the tensor of the pass; of the update, of the weight gradient."""
    variables = ", ".join(given)
    match pass_:
        case Pass.FORWARD:
            yield f"return convolution({variables})"
        case Pass.JVP:
            yield f"with tf.autodiff.ForwardAccumulator([{variables}], directions) as accumulator:"
            yield f"    y = convolution({variables})"
            yield "return accumulator.jvp(y)"
        case _ if pass_.is_second_order:
            subject = _SUBJECTS.get(pass_, "w")
            yield "with tf.GradientTape() as outer:"
            yield f"    outer.watch({subject})"
            yield "    with tf.GradientTape() as inner:"
            yield f"        inner.watch([{variables}])"
            yield f"        y = convolution({variables})"
            yield f"    gradients = inner.gradient(y, [{variables}], dy)"
            yield f"return outer.gradient(gradients, {subject}, directions)"
        case _:
            subject = _SUBJECTS.get(pass_, "w")
            yield "with tf.GradientTape() as tape:"
            yield f"    tape.watch({subject})"
            yield f"    y = convolution({variables})"
            yield f"return tape.gradient(y, {subject}, dy)"


def _write_result(pass_: Pass) -> Iterator[str]:
    if pass_ is Pass.UPDATE:
        yield "variable = tf.Variable(w)"
        yield "alpha = tf.constant(learning_rate, w.dtype)"
        yield "tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=alpha, delta=compute())"
        yield "actual = np.moveaxis(variable.numpy(), (-1, -2), (0, 1))"
    elif pass_ in (Pass.WEIGHT_GRADIENT, Pass.DOUBLE_BACKWARD_WEIGHT):
        yield "actual = np.moveaxis(compute().numpy(), (-1, -2), (0, 1))"
    elif pass_ is Pass.BIAS_GRADIENT:
        yield "actual = compute().numpy()"
    else:
        yield "actual = np.moveaxis(compute().numpy(), -1, 1)"
