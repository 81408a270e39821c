"""Rows and channels at other places in memory than the array has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, WEIGHT_GRADIENTS, Array, Operands, Pass
from .model import Implementation
from .planting import Change, rearranging, wrong_terms
from .terms_channels import channels_last, channels_last_back

_ALIGNMENT = 4


def _indices(shape: tuple[int, ...], pitch: int) -> Array:
    """Where each element lies in memory if a row begins every `pitch` elements."""
    rows = np.arange(int(np.prod(shape[:-1]))).reshape(*shape[:-1], 1)
    places: Array = rows * pitch + np.arange(shape[-1])
    return places


def _aligned(geometry: ConvGeometry) -> int:
    return -(-geometry.size[-1] // _ALIGNMENT) * _ALIGNMENT


def _of_the_output(geometry: ConvGeometry) -> int:
    return geometry.output_size[-1]


def _reading_rows(pitch: Callable[[ConvGeometry], int]) -> Change:
    """The input read with rows that begin elsewhere; what would lie past its end is read from its beginning."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if 0 in geometry.input_shape:
            return implementation(pass_, operands, geometry)
        arrays: dict[str, Any] = {
            name: np.take(array.ravel(), _indices(array.shape, pitch(geometry)) % array.size)
            for name, array in operands.arrays().items()
            if name in ("input", "input_direction")
        }
        return implementation(pass_, replace(operands, **arrays), geometry)

    return change


def _writing_rows(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The output written with the rows of the input: those that overlap are overwritten, and gaps between them zero."""
    result = implementation(pass_, operands, geometry)
    places = _indices(result.shape, geometry.size[-1])
    written = np.zeros(result.size, result.dtype)
    fit = places < result.size
    written[places[fit]] = result[fit]
    return written.reshape(result.shape)


def _is_cube(geometry: ConvGeometry) -> bool:
    """Whether the channels are as many as the elements on every spatial axis."""
    return len({geometry.in_channels, *geometry.size}) == 1


def _last_if_equal(array: Array, geometry: ConvGeometry) -> Array:
    return channels_last(array, geometry) if _is_cube(geometry) else array


def _first_if_equal(array: Array, geometry: ConvGeometry) -> Array:
    return channels_last_back(array, geometry) if _is_cube(geometry) else array


MODELS = (
    wrong_terms(
        "input-rows-aligned",
        f"the rows of the input began at multiples of {_ALIGNMENT} elements in memory",
        "Rows are taken to be padded to an aligned length, which they are not. Look at the distance from one row to "
        "the next, and at who lays out the memory.",
        _reading_rows(_aligned),
        (*FORWARDS, *WEIGHT_GRADIENTS),
    ),
    wrong_terms(
        "input-rows-of-output-length",
        "the rows of the input were as long in memory as those of the output",
        "The distance from one row to the next is that of the output. Look at which width the index of an input "
        "element is computed with.",
        _reading_rows(_of_the_output),
        (*FORWARDS, *WEIGHT_GRADIENTS),
    ),
    wrong_terms(
        "output-rows-of-input-length",
        "the rows of the output were as long in memory as those of the input",
        "The distance from one row to the next is that of the input. Look at which width the index of an output "
        "element is computed with.",
        _writing_rows,
        FORWARDS,
    ),
    wrong_terms(
        "output-written-as-channels-last",
        "the output's memory held its channels last",
        "NHWC memory is handed back as NCHW. Look at the layout in which the output is written, and for a "
        "rearrangement after it.",
        rearranging("output_gradient", channels_last, channels_last_back),
        FORWARDS,
    ),
    wrong_terms(
        "equal-sizes-taken-for-channels-last",
        "the input's memory held its channels last where there are as many as elements on every axis",
        "The layout is guessed from the distances between elements, which are the same in both layouts if all lengths "
        "are equal. Look at where a layout is told from strides or shapes.",
        rearranging("input", _last_if_equal, _first_if_equal),
    ),
)
