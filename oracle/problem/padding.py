"""Padding: what lies beyond the edge of an input, and how much of it the padding's names stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PaddingSides = tuple[int, int]


@dataclass(frozen=True, slots=True)
class PaddingMode:
    """What lies beyond the edge of an input.

    Parameters
    ----------
    source : callable
        (padded coordinates, size) -> the input coordinates that they stand for; outside [0, size) there is zero.
    most : callable
        size -> the most padding on one side, None where there is no limit.
    """

    source: Callable[[NDArray[np.int64], int], NDArray[np.int64]]
    most: Callable[[int], int | None]


def _reflected(positions: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    within = np.abs(positions)
    return np.where(within < size, within, 2 * (size - 1) - within)


PADDING_MODES: dict[str, PaddingMode] = {
    "zeros": PaddingMode(lambda positions, size: positions, lambda size: None),
    "reflect": PaddingMode(_reflected, lambda size: max(size - 1, 0)),
    "replicate": PaddingMode(lambda positions, size: np.clip(positions, 0, size - 1), lambda size: None if size else 0),
    "circular": PaddingMode(lambda positions, size: positions % max(size, 1), lambda size: size),
}
"""Zeros; the data mirrored about its edge element; its edge element repeated; the data taken as periodic."""
REPEATING_MODES = tuple(mode for mode in PADDING_MODES if mode != "zeros")
NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""Padding mode -> what `np.pad` calls it, and those that follow it."""


def _same_total(size: int, kernel: int, stride: int, dilation: int) -> int:
    outputs = -(-size // stride)
    return max((outputs - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)


def _valid(size: int, kernel: int, stride: int, dilation: int) -> PaddingSides:
    return 0, 0


def _same_upper(size: int, kernel: int, stride: int, dilation: int) -> PaddingSides:
    total = _same_total(size, kernel, stride, dilation)
    return total // 2, total - total // 2


def _same_lower(size: int, kernel: int, stride: int, dilation: int) -> PaddingSides:
    total = _same_total(size, kernel, stride, dilation)
    return total - total // 2, total // 2


def _causal(size: int, kernel: int, stride: int, dilation: int) -> PaddingSides:
    return dilation * (kernel - 1), 0


NAMED_PADDINGS: dict[str, Callable[[int, int, int, int], PaddingSides]] = {
    "valid": _valid,
    "same_upper": _same_upper,
    "same_lower": _same_lower,
    "causal": _causal,
}
SAME_PADDINGS = ("same_upper", "same_lower")


def named_sides(
    name: str, size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[PaddingSides, ...]:
    """(low, high) on every axis for one of `NAMED_PADDINGS`."""
    return tuple(map(NAMED_PADDINGS[name], size, kernel, stride, dilation))


def lacking(kernel: int, stride: int, dilation: int) -> int:
    """Elements that the windows of a transposed convolution leave to its size times its stride, whatever the size."""
    return max(stride - dilation * (kernel - 1) - 1, 0)
