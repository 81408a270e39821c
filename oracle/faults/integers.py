"""Right for small integers of eight bits only: sums or signs that do not fit where they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..operands.fills import FILLS, HUGE
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, products
from .model import Implementation, Needs
from .parts import has_terms, without_bias
from .planting import with_result
from .values import wrong_values

_OFFSET = 128
"""Added to make a signed byte an unsigned one."""
_LOWEST, _HIGHEST = -(2**15), 2**15 - 1
_PRODUCTS = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)
_WHOLE_RANGE = Needs(dtypes=("int8",), data=tuple(name for name in FILLS if name != HUGE))
"""The lattice keeps integers small; of reals, integers of the whole range take the place."""


def _saturated(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
    return np.clip(result, -128, 127) if result.dtype == np.int32 else result


def _pairs_saturating(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Products of two neighbouring input channels at one tap added in 16 bits, the input as an unsigned number."""
    result = implementation(pass_, operands, geometry)
    if operands.input.dtype != np.int8 or not _has_pairs(pass_, geometry):
        return result
    excess = np.zeros(result.shape)
    pairs = replace(geometry, in_channels=2 * geometry.groups)
    for input, weight in _each_pair(operands, geometry):
        for tap in np.ndindex(geometry.kernel):
            one = np.zeros_like(weight)
            one[:, :, *tap] = weight[:, :, *tap]
            most = 2 * input.max(initial=0)
            if most * one.min() >= _LOWEST and most * one.max() <= _HIGHEST:
                continue
            sums = implementation(Pass.FORWARD, Operands(input, one, None, operands.output_gradient), pairs)
            excess += np.clip(sums, _LOWEST, _HIGHEST) - sums
    total: Array = result + excess
    return total.astype(result.dtype)


def _each_pair(operands: Operands, geometry: ConvGeometry) -> Iterator[tuple[Array, Array]]:
    """For each pair of neighbouring channels in a group: all groups' inputs, unsigned, and weights of these two."""
    length = geometry.in_channels // geometry.groups
    unsigned = operands.input.astype(np.float64) + _OFFSET
    weight = operands.weight.astype(np.float64)
    for first in range(0, length - 1, 2):
        rows = np.add.outer(np.arange(geometry.groups) * length, (first, first + 1)).ravel()
        yield unsigned[:, rows], weight[rows] if geometry.transposed else weight[:, first : first + 2]


def _has_pairs(pass_: Pass, geometry: ConvGeometry) -> bool:
    return geometry.in_channels >= 2 * geometry.groups and has_terms(pass_, geometry)


def _lowest_not_negated(
    implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry
) -> Array:
    """The sign of one factor moved to the other, where it is lost if that is -128."""
    result = implementation(pass_, operands, geometry)
    if operands.input.dtype != np.int8:
        return result
    (product,) = products(pass_, geometry)
    arrays = operands.arrays()
    left, right = arrays[product.left], arrays[product.right]
    affected: dict[str, Any] = {product.left: left * (left < 0), product.right: right * (right == -_OFFSET)}
    lost = implementation(pass_, replace(without_bias(operands), **affected), geometry)
    total: Array = result - 2 * lost
    return total.astype(result.dtype)


MODELS = (
    wrong_values(
        "integers-saturate",
        "results of int8 were clipped to int8",
        "The sum is right in int32 and then stored in eight bits. Look at the type of the result of an integer "
        "convolution.",
        with_result(_saturated),
        _PRODUCTS,
        Needs(dtypes=("int8",)),
    ),
    wrong_values(
        "pairs-saturate-in-int16",
        "the products of two neighbouring input channels were added in int16, with saturation",
        "The instruction that multiplies unsigned with signed bytes adds two products in 16 bits, which 255 times 127 "
        "twice does not fit. Look at the range that weights are kept in for it (vpmaddubsw on x86).",
        _pairs_saturating,
        (Pass.FORWARD,),
        _WHOLE_RANGE,
        _has_pairs,
    ),
    wrong_values(
        "lowest-integer-not-negated",
        "the product of a negative number and -128 were negative",
        "The sign of one factor is moved to the other, and -128 has no opposite in eight bits: it stays -128. Look at "
        "absolute values and negations of bytes (vpsignb on x86).",
        _lowest_not_negated,
        _PRODUCTS,
        _WHOLE_RANGE,
    ),
)
