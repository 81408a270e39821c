"""Results, or parts of them, that are never written and still hold what was put there before the call.

That is the content which a caller puts there to find them. What an allocator left in memory is any number at all:
there, models are told by which elements are not right, where the same call returns other numbers the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, Array, Pass
from ..problem.unwritten import unwritten
from .model import FaultModel
from .planting import EVERY, Change, along, trailing, with_result, wrong_terms
from .tiles import BLOCKS, Kept, in_blocks, whole

_SPATIAL = (*FORWARDS, *INPUT_GRADIENTS)
"""Passes whose result is an input or an output."""


def _leaving(unreached: Callable[[tuple[int, ...]], Array]) -> Change:
    """Elements of the result, by a mask for its shape, that are never written."""

    def left(result: Array, pass_: Pass, geometry: ConvGeometry) -> Array:
        return np.where(unreached(result.shape), unwritten(result.shape, result.dtype), result)

    return with_result(left)


def _all(shape: tuple[int, ...]) -> Array:
    return np.ones(shape, bool)


def _last_row(shape: tuple[int, ...]) -> Array:
    return along(2, trailing(shape[2], shape[2] - 1), len(shape))


def _remainder(block: int, kept: Kept) -> Callable[[tuple[int, ...]], Array]:
    def mask(shape: tuple[int, ...]) -> Array:
        return along(len(shape) - 1, trailing(shape[-1], kept(shape[-1], block)), len(shape))

    return mask


def _of_rows() -> Iterator[FaultModel]:
    for block in BLOCKS:
        yield wrong_terms(
            f"row-remainder-never-written-{block}",
            f"rows were never written after their last whole block of {block}",
            f"A vector loop over the last axis writes {block} elements at a time and has no loop for the rest, which "
            "still holds what was put there before the call. Look at the epilogue of the innermost loop.",
            _leaving(_remainder(block, whole)),
            _SPATIAL,
        )
        yield wrong_terms(
            f"row-blocks-only-written-{block}",
            f"only whole blocks of {block} elements of a row were ever written",
            f"A vector loop over the last axis writes {block} elements at a time and has no loop for the rest, nor for "
            "a row that is shorter; these still hold what was put there before the call. Look at the epilogue of the "
            "innermost loop.",
            _leaving(_remainder(block, in_blocks)),
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
)

IN_PART = frozenset(model.name for model in MODELS) - {"result-never-written"}
"""Names of those that leave a part: by a result of which nothing is right, none could be told."""
