"""The kernel read the wrong way round, or not all of it."""

from __future__ import annotations

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import INPUT_GRADIENTS, WEIGHT_GRADIENTS, Array
from .planting import BACKWARDS, along, omitting, rearranging, wrong_terms


def _rotated(weight: Array, geometry: ConvGeometry) -> Array:
    return np.flip(weight, tuple(range(2, weight.ndim)))


def _last_axis_reversed(weight: Array, geometry: ConvGeometry) -> Array:
    return np.flip(weight, -1)


def _excesses(geometry: ConvGeometry) -> tuple[int, ...]:
    """By how much each axis of the kernel is longer than the next."""
    kernel = geometry.kernel
    return tuple(own - following for own, following in zip(kernel, kernel[1:] + kernel[:1], strict=True))


def _rolled(weight: Array, geometry: ConvGeometry) -> Array:
    return np.roll(weight, _excesses(geometry), tuple(range(2, weight.ndim)))


def _other_major(weight: Array, geometry: ConvGeometry) -> Array:
    """Memory in the order of one axis first, read with the other first."""
    spatial = tuple(range(weight.ndim - 1, 1, -1))
    return weight.reshape(*weight.shape[:2], *geometry.kernel[::-1]).transpose(0, 1, *spatial)


def _other_major_back(weight: Array, geometry: ConvGeometry) -> Array:
    spatial = tuple(range(weight.ndim - 1, 1, -1))
    return weight.transpose(0, 1, *spatial).reshape(weight.shape)


def _last_tap(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
    return along(len(shape) - 1, np.arange(shape[-1]) == shape[-1] - 1, len(shape))


def _first_tap(shape: tuple[int, ...], geometry: ConvGeometry) -> Array:
    return along(2, np.arange(shape[2]) == 0, len(shape))


MODELS = (
    wrong_terms(
        "kernel-rotated",
        "the kernel were rotated by 180° in every pass",
        "A convolution as mathematics defines it, with the kernel reversed, where frameworks compute a "
        "cross-correlation. Look at the direction in which the forward pass steps through the kernel.",
        rearranging("weight", _rotated),
    ),
    wrong_terms(
        "kernel-not-rotated",
        "the kernel were not rotated by 180° in the input gradient",
        "The input gradient correlates the output gradient with the kernel as it is, but every tap must send its "
        "share back to where it read. Look at the kernel index of the input gradient.",
        rearranging("weight", _rotated),
        INPUT_GRADIENTS,
    ),
    wrong_terms(
        "weight-gradient-rotated",
        "the weight gradient were rotated by 180°",
        "The rotation that belongs to the input gradient is done to the weight gradient as well. Look at the order in "
        "which the taps of the weight gradient are written.",
        rearranging("weight", _rotated),
        WEIGHT_GRADIENTS,
    ),
    wrong_terms(
        "rotation-for-square-kernels",
        "the kernel were rotated by 180° with the lengths of its axes exchanged",
        "The rotated tap of an axis is counted from the end of the next axis, which is the same for square kernels "
        "only. Look at the lengths in the rotation of the kernel.",
        rearranging("weight", _rolled),
        INPUT_GRADIENTS,
    ),
    wrong_terms(
        "kernel-rotated-in-one-axis",
        "the kernel were rotated along all axes but the last in the input gradient",
        "The kernel is reversed along some of its axes only. Look at the axes given to the reversal of the kernel.",
        rearranging("weight", _last_axis_reversed),
        INPUT_GRADIENTS,
    ),
    wrong_terms(
        "kernel-axes-exchanged",
        "the kernel's spatial axes were stored in the opposite order",
        "Row-major and column-major storage of the kernel are confused. Look at the strides with which the kernel is "
        "read and its gradient is written.",
        rearranging("weight", _other_major, _other_major_back),
    ),
    wrong_terms(
        "last-tap-dropped",
        "the last tap of the kernel's last axis did not exist",
        "A loop over the kernel ends one tap too early. Look at the upper limit of the innermost kernel loop.",
        omitting("weight", _last_tap),
    ),
    wrong_terms(
        "first-tap-dropped-in-backward",
        "the gradients skipped the first tap of the kernel's first axis",
        "A loop over the kernel starts at one. Look at the lower limit of the outermost kernel loop in the gradients.",
        omitting("weight", _first_tap),
        BACKWARDS,
    ),
)
