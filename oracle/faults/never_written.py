"""Results, or parts of them, that are never written and still hold what was put there before the call.

That is the content which a caller puts there to find them. What an allocator left in memory is any number at all:
there, models are told by which elements are not right, where the same call returns other numbers the next time.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, Array, Pass
from ..problem.unwritten import unwritten
from .model import FaultModel
from .planting import EVERY, Change, along, trailing, with_result, wrong_terms
from .tiles import BLOCKS, Marks, grids, in_blocks, remainder

_SPATIAL = (*FORWARDS, *INPUT_GRADIENTS)
"""Passes whose result is an input or an output."""


def _leaving(unreached: Marks) -> Change:
    """Elements of the result that are never written, by a mask that broadcasts to its shape."""

    def left(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
        mask = unreached(result.shape, geometry)
        return result if mask is None else np.where(mask, unwritten(result.shape, result.dtype), result)

    return with_result(left)


def _all(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
    return np.ones(shape, bool)


def _last_row(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
    return along(2, trailing(shape[2], shape[2] - 1), len(shape))


def _of_rows() -> Iterator[FaultModel]:
    for block in BLOCKS:
        yield wrong_terms(
            f"row-remainder-never-written-{block}",
            f"rows were never written after their last whole block of {block}",
            f"A vector loop over the last axis writes {block} elements at a time and has no loop for the rest, which "
            "still holds what was put there before the call. Look at the epilogue of the innermost loop.",
            _leaving(remainder(block, -1)),
            _SPATIAL,
        )
        yield wrong_terms(
            f"row-blocks-only-written-{block}",
            f"only whole blocks of {block} elements of a row were ever written",
            f"A vector loop over the last axis writes {block} elements at a time and has no loop for the rest, nor for "
            "a row that is shorter; these still hold what was put there before the call. Look at the epilogue of the "
            "innermost loop.",
            _leaving(remainder(block, -1, in_blocks)),
            _SPATIAL,
        )


def _of_a_grid() -> Iterator[FaultModel]:
    for name, what, block, unreached in grids():
        yield wrong_terms(
            f"{name}-blocks-only-written-{block}",
            f"only whole blocks of {block} {what} were ever written",
            f"The number of blocks that are launched is rounded down: what does not fill a block of {block} still "
            "holds what was put there before the call. Look at the size of the grid; it is to be rounded up, with "
            "a test for the end.",
            _leaving(unreached),
            _SPATIAL,
        )


MODELS = (
    wrong_terms(
        "result-never-written",
        "the result were never written",
        "It still holds what was put there before the call. Look at whether the kernel runs at all, for errors of its "
        "launch that nobody reads, and at which memory it writes to.",
        _leaving(_all),
        EVERY,
    ),
    wrong_terms(
        "last-row-never-written",
        "the last row were never written",
        "It still holds what was put there before the call. Look at the limit of the loop over rows, or at the number "
        "of blocks that are launched for them.",
        _leaving(_last_row),
        _SPATIAL,
    ),
    *_of_rows(),
    *_of_a_grid(),
)

IN_PART = frozenset(model.name for model in MODELS) - {"result-never-written"}
"""Names of those that leave a part: by a result of which nothing is right, none could be told."""
