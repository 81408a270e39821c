"""The paste-able call of JAX's convolution: plain JAX source that computes ``actual``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ....oracle.numbers.dtypes import result_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NUMPY_MODES
from ....oracle.problem.passes import Pass
from .convolution import arguments, bias_shape, exchanged_shape, grouped_shape

_SUBJECTS = {Pass.INPUT_GRADIENT: "x", Pass.DOUBLE_BACKWARD_INPUT: "x", Pass.BIAS_GRADIENT: "b"}
_SUBJECTS[Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT] = "dy"


def write_jax_call(pass_: Pass, geometry: ConvGeometry, dtype: str, *, bias: bool) -> str:
    """Plain JAX source that computes ``actual`` from the arrays by name."""
    lines = ["import jax", "import jax.numpy as jnp", "import ml_dtypes", "import numpy as np", ""]
    lines += ['jax.config.update("jax_enable_x64", True)', "", ""]
    lines += ["def convolution(x, w, b=None):", *(f"    {line}" for line in _write_convolution(geometry, dtype))]
    return "\n".join([*lines, "", "", *write_pass(pass_, geometry, dtype, bias=bias), ""])


def write_pass(pass_: Pass, geometry: ConvGeometry, dtype: str, *, bias: bool) -> Iterator[str]:
    """Lines that compute ``actual`` by differentiating a function ``convolution(x, w, b=None)``."""
    yield "x, w = jnp.asarray(input), jnp.asarray(weight)"
    bias = bias and pass_ in (Pass.FORWARD, Pass.BIAS_GRADIENT, Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT)
    if bias:
        yield "b = jnp.asarray(bias)"
    elif pass_ is Pass.BIAS_GRADIENT:
        yield f"b = jnp.zeros({geometry.out_channels}, x.dtype)"
    variables = ["x", "w", *(["b"] if bias else [])]
    match pass_:
        case Pass.FORWARD:
            yield f"actual = np.asarray(jax.jit(convolution)({', '.join(variables)}))"
        case Pass.JVP:
            yield from _write_forward_mode(variables)
        case _ if pass_.is_second_order:
            yield from _write_double_backward(_SUBJECTS.get(pass_, "w"), variables)
        case _:
            yield from _write_gradient(pass_, conjugated=dtype.startswith("complex"))


def _write_convolution(geometry: ConvGeometry, dtype: str) -> Iterator[str]:
    given = arguments(geometry)
    if geometry.padding_mode != "zeros":
        yield f'x = jnp.pad(x, {((0, 0), (0, 0), *geometry.padding)}, mode="{NUMPY_MODES[geometry.padding_mode]}")'
    if geometry.transposed:
        yield f"w = jnp.flip(w, {tuple(range(2, geometry.rank + 2))}).reshape({grouped_shape(geometry)})"
        yield f"w = w.swapaxes(1, 2).reshape({exchanged_shape(geometry)})"
    result = result_dtype(dtype)
    yield "y = jax.lax.conv_general_dilated("
    yield f"    x, w, {given.window_strides}, {given.padding},"
    yield f"    lhs_dilation={given.lhs_dilation}, rhs_dilation={given.rhs_dilation},"
    yield f"    feature_group_count={given.feature_group_count},"
    if result != dtype:
        yield f"    preferred_element_type=jnp.{result},"
    yield ")"
    yield f"return y if b is None else y + b.astype(y.dtype).reshape({bias_shape(geometry)})"


def _write_gradient(pass_: Pass, *, conjugated: bool) -> Iterator[str]:
    subject = _SUBJECTS.get(pass_, "w")
    call = "convolution(x, w, b)" if subject == "b" else "convolution(x, w)"
    cotangent, gradient = ("dy.conj()", "gradient.conj()") if conjugated else ("dy", "gradient")
    if pass_ is Pass.UPDATE:
        gradient = f"w - learning_rate * {gradient}"
    yield from ("dy = jnp.asarray(output_gradient)", "", "", "@jax.jit", f"def compute({subject}):")
    yield f"    _, pull_back = jax.vjp(lambda {subject}: {call}, {subject})"
    yield f"    (gradient,) = pull_back({cotangent})"
    yield from (f"    return {gradient}", "", "", f"actual = np.asarray(compute({subject}))")


def _write_directions(variables: Iterable[str]) -> str:
    names = {"x": "input_direction", "w": "weight_direction", "b": "bias_direction"}
    return f"({', '.join(f'jnp.asarray({names[variable]})' for variable in variables)})"


def _write_forward_mode(variables: list[str]) -> Iterator[str]:
    yield f"directions = {_write_directions(variables)}"
    yield from ("", "", "@jax.jit", f"def compute({', '.join(variables)}):")
    yield f"    return jax.jvp(convolution, ({', '.join(variables)}), directions)[1]"
    yield from ("", "", f"actual = np.asarray(compute({', '.join(variables)}))")


def _write_double_backward(subject: str, variables: list[str]) -> Iterator[str]:
    yield "dy = jnp.asarray(output_gradient)"
    yield f"directions = {_write_directions(variables)}"
    yield from ("", "", "@jax.jit", f"def compute({subject}):", f"    def gradients({subject}):")
    yield f"        _, pull_back = jax.vjp(convolution, {', '.join(variables)})"
    yield from ("        return pull_back(dy)", "", f"    _, pull_back = jax.vjp(gradients, {subject})")
    yield from ("    return pull_back(directions)[0]", "", "", f"actual = np.asarray(compute({subject}))")
