"""JAX's convolutions, by `lax.conv_general_dilated`; of convoracle they import nothing."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def convolution(
    input: jax.Array,
    weight: jax.Array,
    bias: jax.Array | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
    mode: str,
    dtype: str | None,
) -> jax.Array:
    """The output, summed in `dtype`, where that is not the input's."""
    if mode != "constant":
        input = jnp.pad(input, ((0, 0), (0, 0), *padding), mode=mode)
        padding = [(0, 0)] * len(padding)
    output = jax.lax.conv_general_dilated(
        input,
        weight,
        stride,
        padding,
        rhs_dilation=dilation,
        feature_group_count=groups,
        preferred_element_type=dtype,
    )
    return output if bias is None else add(output, bias)


def transposed_convolution(
    input: jax.Array,
    weight: jax.Array,
    bias: jax.Array | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    groups: int,
    output_padding: Sequence[int],
    dtype: str | None,
) -> jax.Array:
    """The plain convolution of an input dilated by the stride, with the kernel reversed and its channels exchanged."""
    rows, columns, *kernel = weight.shape
    apart = jnp.flip(weight, range(2, weight.ndim)).reshape(groups, rows // groups, columns, *kernel)
    axes = zip(padding, dilation, kernel, output_padding, strict=True)
    output = jax.lax.conv_general_dilated(
        input,
        apart.swapaxes(1, 2).reshape(groups * columns, rows // groups, *kernel),
        [1] * len(kernel),
        [(d * (r - 1) - low, d * (r - 1) - high + extra) for (low, high), d, r, extra in axes],
        lhs_dilation=stride,
        rhs_dilation=dilation,
        feature_group_count=groups,
        preferred_element_type=dtype,
    )
    return output if bias is None else add(output, bias)


def add(output: jax.Array, bias: jax.Array) -> jax.Array:
    return output + bias.astype(output.dtype).reshape(-1, *[1] * (output.ndim - 2))
