"""Loops in blocks of 4, 8, 16 or 32 that lose some of them, and indices in too narrow a type.

What is shorter than a block is done in another way, and right; or it is lost, too, where all is done in whole blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array, Operands, Pass
from .model import FaultModel, Implementation
from .planting import along, omitting, trailing, wrong_terms

BLOCKS = (4, 8, 16, 32)
_NARROW = 128
"""How many elements an index of eight bits can tell apart without going below zero."""

Marks = Callable[[tuple[int, ...], ConvGeometry], Array | None]


def whole(length: int, block: int) -> int:
    """How many elements are in whole blocks; all where there is not even one."""
    return length - length % block if length > block else length


def in_blocks(length: int, block: int) -> int:
    """How many elements are in whole blocks; none where there is not even one."""
    return length - length % block


Kept = Callable[[int, int], int]
"""How many of so many elements are done, in blocks of so many."""


def remainder(block: int, axis: int, kept: Kept = whole) -> Marks:
    """The positions of an axis after its last whole block."""

    def mask(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
        return along(axis % len(shape), trailing(shape[axis], kept(shape[axis], block)), len(shape))

    return mask


def _remainder_of_group(block: int, kept: Kept = whole) -> Marks:
    """The input channels after the last whole block of a group."""

    def mask(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
        per_group = shape[1] // geometry.groups
        return along(1, np.tile(trailing(per_group, kept(per_group, block)), geometry.groups), len(shape))

    return mask


def _beyond_first(block: int) -> Marks:
    return lambda shape, geometry: along(len(shape) - 1, trailing(shape[-1], block), len(shape))


def _before_last(block: int) -> Marks:
    def mask(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
        length = shape[-1]
        return along(len(shape) - 1, ~trailing(length, (length - 1) // block * block), len(shape))

    return mask


def _narrow_index(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """The input read at its flat index in eight bits; a negative one leads to the end of the array."""
    size = operands.input.size
    if size <= _NARROW:
        return implementation(pass_, operands, geometry)
    index = (np.arange(size) + _NARROW) % (2 * _NARROW) - _NARROW
    arrays: dict[str, Any] = {
        name: np.take(array.ravel(), index).reshape(array.shape)
        for name, array in operands.arrays().items()
        if name in ("input", "input_direction")
    }
    return implementation(pass_, replace(operands, **arrays), geometry)


def _blocked(block: int) -> Iterator[FaultModel]:
    yield wrong_terms(
        f"row-remainder-dropped-{block}",
        f"output rows ended after their last whole block of {block}",
        f"A vector loop over the last axis takes {block} positions at a time and has no loop for the rest. Look at the "
        "epilogue of the innermost loop over output positions.",
        omitting("output_gradient", remainder(block, -1)),
    )
    yield wrong_terms(
        f"input-channel-remainder-dropped-{block}",
        f"the input channels of a group ended after their last whole block of {block}",
        f"Input channels are packed in vectors of {block}, and the rest is forgotten. Look at the last vector of the "
        "input channels.",
        omitting("input", _remainder_of_group(block)),
    )
    yield wrong_terms(
        f"output-channel-remainder-dropped-{block}",
        f"the output channels ended after their last whole block of {block}",
        f"Output channels are written in vectors of {block}, and the rest is forgotten. Look at the last vector of the "
        "output channels.",
        omitting("output_gradient", remainder(block, 1)),
    )
    yield wrong_terms(
        f"first-block-only-{block}",
        f"only the first {block} positions of an output row were there",
        f"Only the first block of {block} is computed: the loop over blocks runs once. Look at the offset of the later "
        "blocks.",
        omitting("output_gradient", _beyond_first(block)),
    )
    yield wrong_terms(
        f"last-block-only-{block}",
        f"only the last block of {block} positions of an output row were there",
        f"Each block of {block} overwrites or clears those before it. Look at what is cleared at the start of a block.",
        omitting("output_gradient", _before_last(block)),
    )


def _in_whole_blocks(block: int) -> Iterator[FaultModel]:
    yield wrong_terms(
        f"row-blocks-only-{block}",
        f"only whole blocks of {block} positions of an output row were there",
        f"A vector loop over the last axis takes {block} positions at a time, and there is none for the rest, nor for "
        "a row that is shorter. Look at the epilogue of the innermost loop over output positions.",
        omitting("output_gradient", remainder(block, -1, in_blocks)),
    )
    yield wrong_terms(
        f"input-channel-blocks-only-{block}",
        f"only whole blocks of {block} input channels of a group were there",
        f"Input channels are taken in vectors of {block}, and what does not fill one is forgotten. Look at the last "
        "vector of the input channels.",
        omitting("input", _remainder_of_group(block, in_blocks)),
    )
    yield wrong_terms(
        f"output-channel-blocks-only-{block}",
        f"only whole blocks of {block} output channels were there",
        f"Output channels are written in vectors of {block}, and what does not fill one is forgotten. Look at the last "
        "vector of the output channels.",
        omitting("output_gradient", remainder(block, 1, in_blocks)),
    )


def _beyond_blocks(block: int, counted: Callable[[int], tuple[int, ...]]) -> Marks:
    """The elements after the last whole block, where the axes that are counted, by the rank, are one."""

    def mask(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
        lengths = [shape[axis] if axis in counted(len(shape)) else 1 for axis in range(len(shape))]
        many = math.prod(lengths)
        return trailing(many, in_blocks(many, block)).reshape(lengths)

    return mask


COUNTED: tuple[tuple[str, str, tuple[int, ...], Callable[[int], tuple[int, ...]]], ...] = (
    ("column", "output positions along the first axis", BLOCKS, lambda rank: (2,)),
    ("position", "output positions of an image", (16, 32, 64), lambda rank: tuple(range(2, rank))),
    ("matrix-row", "output positions, counted through all images,", (16, 32, 64), lambda rank: (0, *range(2, rank))),
    ("element", "elements of the result", (64, 128, 256), lambda rank: tuple(range(rank))),
)
"""What a grid of blocks counts through: a name, what that is, the sizes of blocks, and which axes."""


def grids() -> Iterator[tuple[str, str, int, Marks]]:
    """Each grid that is rounded down: its name, what it counts, the size of its blocks, and what it does not reach."""
    for name, what, blocks, counted in COUNTED:
        for block in blocks:
            yield name, what, block, _beyond_blocks(block, counted)


def _in_a_grid() -> Iterator[FaultModel]:
    for name, what, block, unreached in grids():
        yield wrong_terms(
            f"{name}-blocks-only-{block}",
            f"only whole blocks of {block} {what} were there",
            f"The number of blocks that are launched is rounded down: what does not fill a block of {block} is "
            "not computed. Look at the size of the grid; it is to be rounded up, with a test for the end.",
            omitting("output_gradient", unreached),
        )


def _beyond_blocks_of_terms(block: int, *, channels_last: bool) -> Marks:
    """The elements of each filter after the last whole block, counted through as a row of a matrix."""

    def mask(shape: tuple[int, ...], geometry: ConvGeometry) -> Array | None:
        if geometry.transposed:
            return None
        channels, *taps = shape[1:]
        order = (*taps, channels) if channels_last else (channels, *taps)
        many = math.prod(order)
        marked = trailing(many, in_blocks(many, block)).reshape(order)
        return (np.moveaxis(marked, -1, 0) if channels_last else marked)[None]

    return mask


def _in_a_matrix_product() -> Iterator[FaultModel]:
    for channels_last, order in ((False, "channels before taps"), (True, "taps before channels")):
        for block in BLOCKS:
            yield wrong_terms(
                f"term-blocks-only-{'channels-last-' if channels_last else ''}{block}",
                f"only whole blocks of {block} terms of a sum were there, {order}",
                f"The sum of a matrix product is cut into blocks of {block} terms, and what does not fill one is "
                "forgotten. Look at how often the loop over the inner dimension runs, and at its last block.",
                omitting("weight", _beyond_blocks_of_terms(block, channels_last=channels_last)),
                (*FORWARDS, *INPUT_GRADIENTS),
            )


MODELS = (
    *(model for block in BLOCKS for model in _blocked(block)),
    *(model for block in BLOCKS for model in _in_whole_blocks(block)),
    *_in_a_grid(),
    *_in_a_matrix_product(),
    wrong_terms(
        "index-overflow",
        "the input were indexed in eight bits",
        "An index is kept in a type too narrow for the array. Real ones overflow after 2^31 elements; this is the same "
        "in the small, so that it can be seen on small arrays. Look at the type of every product of sizes.",
        _narrow_index,
        (*FORWARDS, *WEIGHT_GRADIENTS),
    ),
)
