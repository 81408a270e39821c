"""Convolutions with few filters, tap by tap: channels are summed first, then what each tap comes to is added.

Windows that are laid out have each element as often as there are taps; here an element is read once for all. With o the
place of a window and i = s o + d r - low what its tap r reads,

    O[t, o] = Σ_r Y[t, r, i]  with  Y[t, r, i] = Σ_c F[t, c, r] X[c, i],

the input gradient likewise with i and o exchanged, and ∂F[m, r] is the sum of products of X[m, i] with ∂O[m, o].
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..numbers.arrays import Float64
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array

_SLAB_ELEMENTS = 1 << 17
"""Of what is worked on at a time: 1 MiB of float64, which stays in a cache."""

Places = tuple[slice, ...]


def forward(image: Array, filters: Float64, geometry: ConvGeometry) -> Float64:
    """(T, *O) what filters, (T, C, *R), make of an image, (C, *I); of a direct geometry that is padded with zeros."""
    return _spread(image, filters, geometry.output_size, lambda tap: _places(geometry, tap))


def input_gradient(image: Array, filters: Float64, geometry: ConvGeometry) -> Float64:
    """(T, *I) the gradients of T channels, each with its filter, (T, K, *R), of an output gradient, (K, *O)."""
    return _spread(image, filters, geometry.size, lambda tap: _places(geometry, tap)[::-1])


def weight_gradient(cotangents: Array, images: Array, geometry: ConvGeometry) -> Array:
    """(M, *R) of each of M channels the gradient of its filter, from (N, M, *O) and (N, M, *I).

    It is summed in the dtype of the arrays, in which all partial sums should be exact.
    """
    channels, axes = images.shape[1], [*range(1 + geometry.rank)]
    total = np.zeros((channels, *geometry.kernel), images.dtype)
    pairs = {tap: _places(geometry, tap) for tap in np.ndindex(geometry.kernel)}
    step = max(1, _SLAB_ELEMENTS // max(math.prod(geometry.size), math.prod(geometry.output_size), 1))
    for image, cotangent in zip(images, cotangents, strict=True):
        for start in range(0, channels, step):
            block = slice(start, start + step)
            for tap, (reads, places) in pairs.items():
                both = (cotangent[block][:, *places], axes, image[block][:, *reads], axes)
                total[block, *tap] += np.einsum(*both, [0])
    return total


def _spread(
    source: Array, filters: Float64, size: tuple[int, ...], places: Callable[[tuple[int, ...]], tuple[Places, Places]]
) -> Float64:
    """The products of channels and filters, each tap's added where it belongs; a slab of the first axis at a time."""
    count, channels, *kernel = filters.shape
    taps = math.prod(kernel)
    matrix = filters.reshape(count, channels, taps).swapaxes(1, 2).reshape(count * taps, channels)
    total = np.zeros((count, *size))
    across = math.prod(source.shape[2:])
    step = max(1, _SLAB_ELEMENTS // max(across * max(channels, count * taps), 1))
    pairs = [places(tap) for tap in np.ndindex(*kernel)]
    for start in range(0, source.shape[1], step):
        slab = source[:, start : start + step]
        rows = slab.shape[1]
        product = (matrix @ slab.reshape(channels, -1).astype(np.float64)).reshape(count, taps, rows, *source.shape[2:])
        for number, (reads, written) in enumerate(pairs):
            if there := _within(reads[0], written[0], start, rows):
                read, write = there
                target: tuple[slice, ...] = (slice(None), write, *written[1:])
                total[target] += product[:, number][:, read, *reads[1:]]
    return total


def _places(geometry: ConvGeometry, tap: tuple[int, ...]) -> tuple[Places, Places]:
    """What a tap reads of an input, and in which windows: as many of both."""
    reads, windows = [], []
    for axis, (low, _) in enumerate(geometry.padding):
        stride, shift = geometry.stride[axis], geometry.dilation[axis] * tap[axis] - low
        first = max(0, -(shift // stride))
        last = min(geometry.output_size[axis] - 1, (geometry.size[axis] - 1 - shift) // stride)
        count = max(0, last - first + 1)
        at = first * stride + shift
        reads.append(slice(at, at + (count - 1) * stride + 1, stride) if count else slice(0, 0, 1))
        windows.append(slice(first, first + count, 1) if count else slice(0, 0, 1))
    return tuple(reads), tuple(windows)


def _within(reads: slice, written: slice, start: int, rows: int) -> tuple[slice, slice] | None:
    """What of a tap's places is read in so many rows from a first one on, counted from there; None if nothing is."""
    first = max(0, -((reads.start - start) // reads.step))
    last = min((reads.stop - 1 - reads.start) // reads.step, (start + rows - 1 - reads.start) // reads.step)
    if reads.stop <= reads.start or last < first:
        return None
    return tuple(  # type: ignore[return-value]
        slice(each.start + first * each.step - shift, each.start + last * each.step - shift + 1, each.step)
        for each, shift in ((reads, start), (written, 0))
    )
