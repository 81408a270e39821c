"""JAX's convolution of a geometry: the arguments of `lax.conv_general_dilated`, and the padding before it.

A transposed convolution is the plain one of an input dilated by the stride, with
the kernel reversed and its channels exchanged within each group.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from ....oracle.numbers.dtypes import result_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NUMPY_MODES


@dataclass(frozen=True, slots=True)
class Arguments:
    """What `lax.conv_general_dilated` is given, by its own names."""

    window_strides: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    lhs_dilation: tuple[int, ...]
    rhs_dilation: tuple[int, ...]
    feature_group_count: int


def arguments(geometry: ConvGeometry) -> Arguments:
    """The arguments for an input that is padded already, unless with zeros, and a filter of :func:`filters`."""
    ones = (1,) * geometry.rank
    padding = geometry.padding
    if geometry.transposed:
        axes = zip(padding, geometry.dilation, geometry.kernel, geometry.output_padding, strict=True)
        around = tuple((d * (r - 1) - low, d * (r - 1) - high + extra) for (low, high), d, r, extra in axes)
        return Arguments(ones, around, geometry.stride, geometry.dilation, geometry.groups)
    if geometry.padding_mode != "zeros":
        padding = ((0, 0),) * geometry.rank
    return Arguments(geometry.stride, padding, ones, geometry.dilation, geometry.groups)


def convolution(input: jax.Array, weight: jax.Array, bias: jax.Array | None, geometry: ConvGeometry) -> jax.Array:
    """The output, in the dtype in which JAX is asked to sum: int32 for int8, float32 for 8-bit floats."""
    given = arguments(geometry)
    if geometry.padding_mode != "zeros":
        input = jnp.pad(input, ((0, 0), (0, 0), *geometry.padding), mode=NUMPY_MODES[geometry.padding_mode])
    result = result_dtype(input.dtype.name)
    output = jax.lax.conv_general_dilated(
        input,
        filters(weight, geometry),
        given.window_strides,
        given.padding,
        lhs_dilation=given.lhs_dilation,
        rhs_dilation=given.rhs_dilation,
        feature_group_count=given.feature_group_count,
        preferred_element_type=None if result == input.dtype.name else jnp.dtype(result),
    )
    return output if bias is None else output + jnp.reshape(bias.astype(output.dtype), bias_shape(geometry))


def filters(weight: jax.Array, geometry: ConvGeometry) -> jax.Array:
    """(K, C // groups, *R), reversed for a transposed convolution, from its weight (C, K // groups, *R)."""
    if not geometry.transposed:
        return weight
    apart = jnp.reshape(jnp.flip(weight, tuple(range(2, weight.ndim))), grouped_shape(geometry))
    return jnp.reshape(jnp.swapaxes(apart, 1, 2), exchanged_shape(geometry))


def grouped_shape(geometry: ConvGeometry) -> tuple[int, ...]:
    """Of a transposed convolution's weight with its groups on an axis of their own."""
    rows, columns = geometry.weight_shape[:2]
    return (geometry.groups, rows // geometry.groups, columns, *geometry.kernel)


def exchanged_shape(geometry: ConvGeometry) -> tuple[int, ...]:
    """Of a transposed convolution's weight with its channels exchanged."""
    return (geometry.out_channels, geometry.in_channels // geometry.groups, *geometry.kernel)


def bias_shape(geometry: ConvGeometry) -> tuple[int, ...]:
    """Of the bias, against the output."""
    return (geometry.out_channels, *(1,) * geometry.rank)
