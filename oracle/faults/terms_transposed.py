"""Transposed convolutions with their output padding or padding taken for something else."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, Array, Operands, Pass
from .model import Implementation
from .planting import along, altered, fitted, omitting, resized, trailing, wrong_terms


def _extra_positions(shape: tuple[int, ...], geometry: ConvGeometry) -> Array | None:
    if not any(geometry.output_padding):
        return None
    masks = [
        along(2 + axis, trailing(shape[2 + axis], shape[2 + axis] - geometry.output_padding[axis]), len(shape))
        for axis in range(geometry.rank)
    ]
    return reduce(np.logical_or, masks)


def _without_output_padding(geometry: ConvGeometry) -> ConvGeometry | None:
    return altered(geometry, output_padding=(0,) * geometry.rank)


def _input_padded(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """A transposed convolution whose input is padded, where its output should be cut."""
    if not geometry.transposed:
        return implementation(pass_, operands, geometry)
    other = replace(geometry, size=geometry.padded_size, padding=((0, 0),) * geometry.rank)
    arrays: dict[str, Any] = {
        name: np.pad(array, ((0, 0), (0, 0), *geometry.padding))
        for name, array in operands.arrays().items()
        if name in ("input", "input_direction")
    }
    arrays["output_gradient"] = fitted(operands.output_gradient, other.output_shape)
    result = implementation(pass_, replace(operands, **arrays), other)
    if pass_ in INPUT_GRADIENTS:
        inner = tuple(slice(low, low + i) for i, (low, _) in zip(geometry.size, geometry.padding, strict=True))
        return result[:, :, *inner]
    return fitted(result, pass_.result_shape(geometry))


MODELS = (
    wrong_terms(
        "output-padding-zero-filled",
        "the positions that output padding adds were zero",
        "The output is computed without its output padding and then extended by zeros, but windows and the bias reach "
        "there. Look at what is done with output padding after the sums.",
        omitting("output_gradient", _extra_positions),
    ),
    wrong_terms(
        "output-padding-ignored",
        "there were no output padding",
        "The output has the size that it has without output padding. Look at the formula of the output size.",
        resized(_without_output_padding),
        FORWARDS,
        misread=_without_output_padding,
    ),
    wrong_terms(
        "transposed-padding-on-the-input",
        "the padding of a transposed convolution were added to its input",
        "Padding of a transposed convolution is what is cut off its output. Look at what happens to the padding when "
        "the convolution is transposed.",
        _input_padded,
    ),
)
