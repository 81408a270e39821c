"""Padding as frameworks' functions want it: in one row, or what a transposed convolution cuts off its output."""

from __future__ import annotations

from collections.abc import Sequence

from ....oracle.problem.geometry import ConvGeometry


def last_axis_first(geometry: ConvGeometry) -> tuple[int, ...]:
    """(low, high) of each axis in one row, the last axis first, as functions called ``pad`` want them."""
    return tuple(side for sides in reversed(geometry.padding) for side in sides)


def cut_evenly(geometry: ConvGeometry) -> tuple[int, ...]:
    """What a transposed convolution that takes one padding for an axis can itself cut off both of its ends."""
    return tuple(map(min, geometry.padding))


def kept(geometry: ConvGeometry, cut: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """(start, stop) on each axis of what is kept of a transposed convolution's output that lost `cut` at both ends."""
    starts = [low - lost for (low, _), lost in zip(geometry.padding, cut, strict=True)]
    return tuple((start, start + size) for start, size in zip(starts, geometry.output_size, strict=True))
