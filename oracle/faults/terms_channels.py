"""Channels and groups in the wrong order, of the wrong block, or left over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array, Operands, Pass
from .model import Implementation
from .planting import BACKWARDS, Change, Rearrangement, rearranging, with_operands, wrong_terms


def _channels(permutation: Callable[[int, ConvGeometry], Array], axis: int) -> tuple[Rearrangement, Rearrangement]:
    """A permutation of the channels of an axis, and its inverse."""

    def there(array: Array, geometry: ConvGeometry) -> Array:
        return np.take(array, permutation(array.shape[axis], geometry), axis)

    def back(array: Array, geometry: ConvGeometry) -> Array:
        return np.take(array, np.argsort(permutation(array.shape[axis], geometry)), axis)

    return there, back


def _next_group(channels: int, geometry: ConvGeometry) -> Array:
    return np.roll(np.arange(channels), -(channels // geometry.groups))


def _groups_reversed(channels: int, geometry: ConvGeometry) -> Array:
    return np.flip(np.arange(channels).reshape(geometry.groups, -1), 0).ravel() if channels else np.arange(0)


def _interleaved(channels: int, geometry: ConvGeometry) -> Array:
    """Channel j of group q at j G + q, where it should be at q (channels / G) + j."""
    return np.arange(channels).reshape(-1, geometry.groups).T.ravel() if channels else np.arange(0)


def _multipliers_first(channels: int, geometry: ConvGeometry) -> Array:
    return _interleaved(channels, geometry) if geometry.is_depthwise else np.arange(channels)


def _transposed_interleaved(channels: int, geometry: ConvGeometry) -> Array:
    return _interleaved(channels, geometry) if geometry.transposed else np.arange(channels)


def _next_channel(channels: int, geometry: ConvGeometry) -> Array:
    return np.roll(np.arange(channels), -1)


def channels_last(array: Array, geometry: ConvGeometry) -> Array:
    """The array as it is if its memory holds the channels last."""
    batch, channels, *size = array.shape
    return np.moveaxis(array.reshape(batch, *size, channels), -1, 1)


def channels_last_back(array: Array, geometry: ConvGeometry) -> Array:
    return np.moveaxis(array, 1, -1).reshape(array.shape)


def _rows_and_columns(weight: Array, geometry: ConvGeometry) -> Array:
    rows, columns, *kernel = weight.shape
    return weight.reshape(columns, rows, *kernel).swapaxes(0, 1)


def _rows_and_columns_back(weight: Array, geometry: ConvGeometry) -> Array:
    return weight.swapaxes(0, 1).reshape(weight.shape)


def _first_multiplier_everywhere(operand: str, array: Array, geometry: ConvGeometry) -> Array:
    """The kernel of each group's first output channel in place of those of the others."""
    if operand != "weight" or geometry.transposed or not geometry.is_depthwise:
        return array
    return np.repeat(array[:: max(geometry.out_channels // geometry.groups, 1)], len(array) // geometry.groups, axis=0)


def _first_group_of(name: str, axis: int) -> Change:
    """The first group's input channels, or kernels, in place of those of every group."""

    def first(operand: str, array: Array, geometry: ConvGeometry) -> Array:
        if operand != name:
            return array
        block = np.arange(array.shape[axis] // geometry.groups)
        return np.take(array, np.tile(block, geometry.groups), axis)

    return with_operands(first)


def _groups_ignored(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """One group, in which the kernels' few channels are repeated for all of the input's."""
    groups = geometry.groups
    tiled: dict[str, Any] = {
        name: np.concatenate([array] * groups, axis=1)
        for name, array in operands.arrays().items()
        if name.startswith("weight")
    }
    if pass_ is Pass.UPDATE:
        tiled["weight"] = np.zeros_like(tiled["weight"])
    result = implementation(pass_, replace(operands, **tiled), replace(geometry, groups=1))
    if pass_ not in WEIGHT_GRADIENTS:
        return result
    rows, channels, *kernel = result.shape
    folded: Array = result.reshape(rows, groups, channels // groups, *kernel).sum(axis=1).astype(result.dtype)
    return (operands.weight + folded).astype(result.dtype) if pass_ is Pass.UPDATE else folded


MODELS = (
    wrong_terms(
        "groups-ignored",
        "there were one group, and each kernel were repeated for the input channels of all groups",
        "The number of groups does not reach the sums, and the kernel's channels are broadcast. Look at which input "
        "channels an output channel reads.",
        _groups_ignored,
    ),
    wrong_terms(
        "first-group-read-by-all",
        "every group read the input channels of the first",
        "The offset of a group's input channels is missing. Look at the first input channel of a group.",
        _first_group_of("input", 1),
        (*FORWARDS, *WEIGHT_GRADIENTS),
    ),
    wrong_terms(
        "kernels-of-the-first-group",
        "every group had the kernels of the first",
        "The offset of a group's kernels is missing. Look at the first kernel of a group.",
        _first_group_of("weight", 0),
        (*FORWARDS, *INPUT_GRADIENTS),
    ),
    wrong_terms(
        "input-channels-of-the-next-group",
        "each group read, or was sent back to, the input channels of the next group",
        "The offset of a group's input channels is one block too large. Look at the first input channel of a group.",
        rearranging("input", *_channels(_next_group, 1)),
    ),
    wrong_terms(
        "next-group-in-input-gradient",
        "the input gradient of each group used the kernels of the next group",
        "The offset of a group's kernels is one block too large in this pass. Look at the first kernel of a group.",
        rearranging("weight", *_channels(_next_group, 0)),
        INPUT_GRADIENTS,
    ),
    wrong_terms(
        "next-group-in-weight-gradient",
        "the weight gradient of each group were written to the kernels of the next group",
        "The offset of a group's kernels is one block too large in this pass. Look at the first kernel of a group.",
        rearranging("weight", *_channels(_next_group, 0)),
        WEIGHT_GRADIENTS,
    ),
    wrong_terms(
        "groups-reversed",
        "the groups of the output were in the opposite order",
        "The blocks of output channels are concatenated from the last group to the first. Look at the order in which "
        "the groups' results are joined.",
        rearranging("output_gradient", *_channels(_groups_reversed, 1)),
    ),
    wrong_terms(
        "output-channels-interleaved",
        "output channel k belonged to group k mod G",
        "The output channels of a group are every G-th one, where they should be one block. Look at how a group and a "
        "channel in it make an index of the output.",
        rearranging("output_gradient", *_channels(_interleaved, 1)),
    ),
    wrong_terms(
        "input-channels-interleaved",
        "input channel c belonged to group c mod G",
        "The input channels of a group are every G-th one, where they should be one block. Look at how a group and a "
        "channel in it make an index of the input.",
        rearranging("input", *_channels(_interleaved, 1)),
    ),
    wrong_terms(
        "depth-multipliers-first",
        "the outputs of a depthwise convolution were in the order of the multiplier first",
        "Output channel c M + m of input channel c is written at m C + c. Look at the order of channel and multiplier "
        "in the layout of the kernels, which frameworks do not share.",
        rearranging("weight", *_channels(_multipliers_first, 0)),
    ),
    wrong_terms(
        "depth-multiplier-dropped",
        "each input channel of a depthwise convolution had one kernel only",
        "The kernels beyond the first of an input channel are not read. Look at the stride from one input channel's "
        "kernels to the next one's.",
        with_operands(_first_multiplier_everywhere),
        (*FORWARDS, *INPUT_GRADIENTS),
    ),
    wrong_terms(
        "transposed-groups-interleaved",
        "the rows of a transposed convolution's weight were ordered by channel first, then by group",
        "The weight of a grouped transposed convolution is regrouped in the wrong order of axes. Look at the "
        "reshape that separates the groups from the channels.",
        rearranging("weight", *_channels(_transposed_interleaved, 0)),
    ),
    wrong_terms(
        "kernel-of-the-next-input-channel",
        "each input channel were multiplied with the kernel of the next",
        "The channel's index is off by one, or is that of another loop. Look at the channel index of the kernel in the "
        "innermost loop.",
        rearranging("weight", *_channels(_next_channel, 1)),
    ),
    wrong_terms(
        "input-read-as-channels-last",
        "the input's memory held its channels last",
        "NCHW memory is read as NHWC. Look at the layout that is declared for the input.",
        rearranging("input", channels_last, channels_last_back),
    ),
    wrong_terms(
        "output-gradient-read-as-channels-last",
        "the output gradient's memory held its channels last",
        "NCHW memory is read as NHWC in the gradients. Look at the layout that is declared for the output gradient.",
        rearranging("output_gradient", channels_last, channels_last_back),
        BACKWARDS,
    ),
    wrong_terms(
        "weight-rows-and-columns-exchanged",
        "the weight's memory were ordered by input channel first",
        "The (K, C) matrix of kernels is read as a (C, K) one. Look at the layout that is declared for the weight.",
        rearranging("weight", _rows_and_columns, _rows_and_columns_back),
    ),
)
