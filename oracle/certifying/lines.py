"""Sums over the first axis of positions, too: what they are of few images, where there is little to gain over these.

With o = (p, o') the place of a window, whose tap r = (q, r') reads the lines i = s p + d q - low, and a_p a factor of
each line of the result,

    Σ_p a_p O[p, o'] = Σ_q (Σ_p a_p X[s p + d q - low]) ⋆ F[q]

is a correlation along the other axes, in which each tap along the first one has channels of its own. An input gradient
likewise of the output gradient, with the lines that a tap spreads to.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array
from . import taps
from .combinations import Combinations
from .held import Held
from .sums import at_a_time, matrix_sums

_MOST_IMAGES = 16
"""Of more, sums over images alone leave little to be convolved."""
_LEAST_LINES = 8
_PER_AXIS = ("size", "kernel", "stride", "padding", "dilation", "unread")


def sums_lines(geometry: ConvGeometry) -> bool:
    """Whether results like the input or the output of a geometry should be summed over lines."""
    direct = geometry.direct
    return (
        direct.rank > 1
        and direct.batch <= _MOST_IMAGES
        and direct.padding_mode == "zeros"
        and min(direct.size[0], direct.output_size[0]) >= _LEAST_LINES
    )


def of_lines(
    images: Array | Held,
    filters: Float64,
    direct: ConvGeometry,
    combinations: Combinations,
    largest: float,
    *,
    is_forward: bool,
) -> Float64:
    """(t, *positions but of the first axis) the sum of what filters, (t, channels, *R), make of images.

    Each image and each line of the result has its factors.
    """
    assert combinations.lines is not None
    count, channels, across_lines, *kernel = filters.shape
    one = _without_lines(direct)
    correlated, size = (taps.forward, one.output_size) if is_forward else (taps.input_gradient, one.size)
    weights = taps.of_lines(combinations.lines, direct, is_forward=is_forward).reshape(count * across_lines, -1)
    places = images.shape[3:]
    lines = images.reshape(*images.shape[:3], math.prod(places))
    total = np.zeros((count, *size))
    for start in range(0, channels, step := at_a_time(len(weights) * math.prod(places))):
        block = slice(start, start + step)
        of_images = matrix_sums(weights, lines[:, block], largest).reshape(
            len(images), -1, count, across_lines, *places
        )
        for number, factors in enumerate(combinations.first):
            summed = np.einsum("n,nc...->c...", factors, of_images[:, :, number]).reshape(-1, *places)
            of_taps = filters[number, block].reshape(1, -1, *kernel)
            total[number] += correlated(summed, of_taps, one)[0]
    return total


def _without_lines(direct: ConvGeometry) -> ConvGeometry:
    """The other axes alone."""
    return replace(direct, **{name: getattr(direct, name)[1:] for name in _PER_AXIS}, output_padding=())
