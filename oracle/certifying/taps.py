"""Convolutions with few filters, tap by tap: channels are summed first, then what each tap comes to is added.

Windows that are laid out have each element as often as there are taps; here an element is read once for all. With o the
place of a window and i = s o + d r - low what its tap r reads,

    O[t, o] = Σ_r Y[t, r, i]  with  Y[t, r, i] = Σ_c F[t, c, r] X[c, i],

the input gradient likewise with i and o exchanged, and ∂F[m, r] is the sum of products of X[m, i] with ∂O[m, o].
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product

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

    Tap r reads s o + d r - low = s (o + q) + p - low, with d r = s q + p: of every s-th position from p on, laid out
    with zeros where the padding is, those q further on. With output gradients laid out alike, zeros where no window
    is, each tap is an inner product of two rows. It is summed in the dtype of the arrays, in which all partial sums
    should be exact.
    """
    total = np.zeros((images.shape[1], *geometry.kernel), images.dtype)
    reach = [span // stride for span, stride in zip(geometry.span, geometry.stride, strict=True)]
    across = [size + further for size, further in zip(geometry.output_size[1:], reach[1:], strict=True)]
    steps = [math.prod(across[axis:]) for axis in range(geometry.rank)]
    for some, channels, lines in _blocks(images.shape[0], images.shape[1], geometry.output_size[0], steps[0]):
        cotangent = cotangents[some, channels, lines]
        laid_out = np.zeros((*cotangent.shape[:3], *across), images.dtype)
        laid_out[:, :, :, *(slice(size) for size in geometry.output_size[1:])] = cotangent
        row, planes = laid_out.reshape(*cotangent.shape[:2], -1), dict[tuple[int, ...], Array]()
        for tap in np.ndindex(*geometry.kernel):
            far, phase = zip(*map(divmod, np.multiply(tap, geometry.dilation), geometry.stride), strict=True)
            if phase not in planes:
                shape = (cotangent.shape[2] + reach[0] + 1, *across)
                planes[phase] = _plane(images[some, channels], geometry, phase, lines.start, shape)
            start = int(np.dot(far, steps))
            read = planes[phase][..., start : start + row.shape[-1]]
            total[channels, *tap] += np.vecdot(row, read).sum(axis=0)
    return total


def _blocks(images: int, channels: int, lines: int, elements: int) -> Iterator[Places]:
    """Some images, channels, and lines of so many elements each, at a time: as many as a slab holds."""
    of_lines = max(1, min(lines, _SLAB_ELEMENTS // max(elements, 1)))
    of_channels = max(1, min(channels, _SLAB_ELEMENTS // max(elements * of_lines, 1)))
    of_images = max(1, _SLAB_ELEMENTS // max(elements * of_lines * of_channels, 1))
    steps = ((images, of_images), (channels, of_channels), (lines, of_lines))
    return product(*([slice(at, min(at + step, count)) for at in range(0, count, step)] for count, step in steps))


def _plane(images: Array, geometry: ConvGeometry, phase: tuple[int, ...], first: int, shape: tuple[int, ...]) -> Array:
    """(N, M, elements) what every s-th position from a phase on, and from a first line on, has of padded images."""
    plane = np.zeros((*images.shape[:2], *shape), images.dtype)
    reads, written = [], []
    for axis, (stride, at) in enumerate(zip(geometry.stride, phase, strict=True)):
        shift = at - geometry.padding[axis][0] + (stride * first if axis == 0 else 0)
        low = max(0, -(shift // stride))
        high = max(low, min(shape[axis], (geometry.size[axis] - 1 - shift) // stride + 1))
        reads.append(slice(low * stride + shift, max(high * stride + shift, 0), stride))
        written.append(slice(low, high))
    plane[:, :, *written] = images[:, :, *reads]
    return plane.reshape(*images.shape[:2], -1)


def of_lines(lines: Float64, geometry: ConvGeometry, *, is_forward: bool) -> Float64:
    """(t, R, L) the factors of the lines of a source, of what each tap along the first axis brings to a result's lines.

    Parameters
    ----------
    lines : (t, L) ndarray of float64
        The factors of the result's: of output positions, or, of an input gradient, of input positions.
    """
    sources = geometry.size[0] if is_forward else geometry.output_size[0]
    weights = np.zeros((len(lines), geometry.kernel[0], sources))
    for tap in range(geometry.kernel[0]):
        reads, windows = _along(geometry, 0, tap)
        source, result = (reads, windows) if is_forward else (windows, reads)
        weights[:, tap, source] = lines[:, result]
    return weights


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
    reads, windows = zip(*(_along(geometry, axis, place) for axis, place in enumerate(tap)), strict=True)
    return reads, windows


def _along(geometry: ConvGeometry, axis: int, tap: int) -> tuple[slice, slice]:
    """The same along one axis."""
    stride, shift = geometry.stride[axis], geometry.dilation[axis] * tap - geometry.padding[axis][0]
    first = max(0, -(shift // stride))
    last = min(geometry.output_size[axis] - 1, (geometry.size[axis] - 1 - shift) // stride)
    count = max(0, last - first + 1)
    at = first * stride + shift
    return (
        slice(at, at + (count - 1) * stride + 1, stride) if count else slice(0, 0, 1),
        slice(first, first + count, 1) if count else slice(0, 0, 1),
    )


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
