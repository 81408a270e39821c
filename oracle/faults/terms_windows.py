"""Windows that do not tile the input, and elements that no window reaches."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from ..answers.exact import term_counts
from ..problem.geometry import ConvGeometry
from ..problem.passes import FORWARDS, INPUT_GRADIENTS, Array, Operands, Pass
from .model import Implementation
from .planting import BACKWARDS, along, altered, fitted, garbage, omitting, rearranging, resized, trailing, wrong_terms


def _rolled(sign: int) -> Callable[[Array, ConvGeometry], Array]:
    def roll(array: Array, geometry: ConvGeometry) -> Array:
        shifts = tuple(sign * remainder for remainder in geometry.direct.remainders)
        return np.roll(array, shifts, tuple(range(2, array.ndim)))

    return roll


def _last_windows(shape: tuple[int, ...], geometry: ConvGeometry) -> Array | None:
    """The last output position of every axis that the windows do not tile."""
    if geometry.transposed:
        return None
    remainders = geometry.direct.remainders
    masks = [
        along(2 + axis, trailing(shape[2 + axis], shape[2 + axis] - bool(remainders[axis])), len(shape))
        for axis in range(geometry.rank)
    ]
    return reduce(np.logical_or, masks)


def _one_window_more(geometry: ConvGeometry) -> ConvGeometry | None:
    """The high padding as large as it takes for the windows to tile."""
    remainders = geometry.direct.remainders
    if geometry.transposed or 0 in geometry.output_size:
        return geometry
    sides = tuple(
        (low, high + (step - remainder if remainder else 0))
        for (low, high), step, remainder in zip(geometry.padding, geometry.stride, remainders, strict=True)
    )
    return altered(geometry, padding=sides)


def _one_window_less(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    result = implementation(pass_, operands, geometry)
    if geometry.transposed:
        return result
    sizes = (max(o - bool(rest), 0) for o, rest in zip(geometry.output_size, geometry.direct.remainders, strict=True))
    return fitted(result, (*result.shape[:2], *sizes))


def _reach_of_whole_taps(
    implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry
) -> Array:
    """As many output positions as a kernel has that reaches over d R elements, not d (R - 1) + 1."""
    result = implementation(pass_, operands, geometry)
    if geometry.transposed:
        return result
    axes = zip(geometry.size, geometry.padding, geometry.dilation, geometry.kernel, geometry.stride, strict=True)
    sizes = (max((i + sum(sides) - d * r) // s + 1, 0) for i, sides, d, r, s in axes)
    return fitted(result, (*result.shape[:2], *sizes))


def _uninitialised(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """Garbage where no window reaches: in an input gradient, or the output of a transposed convolution."""
    result = implementation(pass_, operands, geometry)
    if (pass_ in FORWARDS) != geometry.transposed:
        return result
    unreached = np.broadcast_to(term_counts(pass_, geometry) == 0, result.shape)
    return np.where(unreached, result + garbage(result.shape, result.dtype), result)


MODELS = (
    wrong_terms(
        "last-window-dropped",
        "the last window of an axis that the windows do not tile did not exist",
        "The loop over the windows ends early where the stride leaves a remainder. Look at the limit of the loop over "
        "output positions.",
        omitting("output_gradient", _last_windows),
    ),
    wrong_terms(
        "remainder-at-the-wrong-end",
        "the elements that the windows leave over were at the beginning",
        "The gradient is computed for the part that the windows cover, then put at the end of the array instead of "
        "its beginning. Look at where the remainder of the division by the stride is added.",
        rearranging("input", _rolled(-1), _rolled(1)),
        BACKWARDS,
    ),
    wrong_terms(
        "output-size-rounded-up",
        "a window that does not fit were counted",
        "The output size is rounded up where the definition rounds down. Look at the division by the stride.",
        resized(_one_window_more),
        FORWARDS,
        misread=_one_window_more,
    ),
    wrong_terms(
        "output-size-too-small",
        "the last window did not count where the windows do not tile",
        "The output size comes from (I - reach) / s without the first window, or the input is cut to whole strides. "
        "Look at the formula of the output size.",
        _one_window_less,
        FORWARDS,
    ),
    wrong_terms(
        "dilated-kernel-too-long",
        "a dilated kernel were one gap longer when output positions are counted",
        "A kernel of R taps reaches over d (R - 1) + 1 elements, not d R. Look at the formula of the output size.",
        _reach_of_whole_taps,
        FORWARDS,
    ),
    wrong_terms(
        "unreached-elements-not-zeroed",
        "elements that no window reaches kept what was in memory",
        "Only elements that receive a share are written: with a stride above the kernel, or a remainder, others "
        "keep garbage. Look at where the result's memory is cleared.",
        _uninitialised,
        (*FORWARDS, *INPUT_GRADIENTS),
    ),
)
