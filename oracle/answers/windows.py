"""Where the windows of a convolution lie in an array, and what they read, unrolled into the columns of a matrix."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from operator import mul

import numpy as np

from ..problem.geometry import ConvGeometry
from ..problem.passes import Array

BLOCK_ELEMENTS = 1 << 17
"""Elements of a block of columns: 1 MiB of float64, about a core's second-level cache."""

LEAST_WINDOWS = 256
"""Windows of a block, however many elements each has: with fewer, a matrix product no longer runs at full speed."""


@dataclass(frozen=True)
class WindowLayout:
    """Windows in a buffer of zeros, and where a (B, channels, *size) source is laid in it; per-axis tuples.

    Parameters
    ----------
    channels : int
    size, buffer : tuple of int
        Spatial sizes of the source and of the buffer.
    first, step : tuple of int
        The source's position p is laid at first + step p, unless that is outside the buffer.
    kernel, dilation, stride, positions : tuple of int
        The window at q, one of the positions, reads stride q + dilation r for each tap r of the kernel.
    """

    channels: int
    size: tuple[int, ...]
    buffer: tuple[int, ...]
    first: tuple[int, ...]
    step: tuple[int, ...]
    kernel: tuple[int, ...]
    dilation: tuple[int, ...]
    stride: tuple[int, ...]
    positions: tuple[int, ...]

    @cached_property
    def kept(self) -> tuple[slice, ...]:
        """The positions of the source that lie in the buffer."""
        kept = []
        for size, buffer, first, step in zip(self.size, self.buffer, self.first, self.step, strict=True):
            start = max(0, -(first // step))
            kept.append(slice(start, max(start, min(size, (buffer - 1 - first) // step + 1))))
        return tuple(kept)

    @cached_property
    def laid(self) -> tuple[slice, ...]:
        """Where in the buffer they lie."""
        return tuple(
            slice(first + step * kept.start, first + step * kept.stop, step)
            for first, step, kept in zip(self.first, self.step, self.kept, strict=True)
        )

    @cached_property
    def is_source(self) -> bool:
        """Whether the buffer would only be a copy of the source."""
        return self.size == self.buffer and self.kept == tuple(slice(0, size) for size in self.size)

    @cached_property
    def block(self) -> tuple[int, int]:
        """Images, and rows (positions on the first axis), of a block: several whole images, or some rows of one."""
        windows = max(LEAST_WINDOWS, BLOCK_ELEMENTS // (self.channels * math.prod(self.kernel)))
        first, *rest = self.positions
        rows = -(-windows // math.prod(rest))
        return (1, rows) if rows < first else (max(1, windows // math.prod(self.positions)), first)


@lru_cache
def input_windows(geometry: ConvGeometry) -> WindowLayout:
    """The windows of the padded input, one for each output position."""
    return WindowLayout(
        channels=geometry.in_channels,
        size=geometry.size,
        buffer=geometry.padded_size,
        first=tuple(low for low, _ in geometry.padding),
        step=(1,) * geometry.rank,
        kernel=geometry.kernel,
        dilation=geometry.dilation,
        stride=geometry.stride,
        positions=geometry.output_size,
    )


@lru_cache
def output_gradient_windows(geometry: ConvGeometry) -> WindowLayout:
    """The windows of the output gradient spread by the stride, one for each input position.

    Output p reads input i through tap r where s p + d r - low = i. Laid at
    s p + d (R - 1) - low = i + d (R - 1 - r), it is what tap R - 1 - r of the
    window at i reads: the taps in reverse.
    """
    return WindowLayout(
        channels=geometry.out_channels,
        size=geometry.output_size,
        buffer=tuple(size + most for size, most in zip(geometry.size, geometry.span, strict=True)),
        first=tuple(most - low for most, (low, _) in zip(geometry.span, geometry.padding, strict=True)),
        step=geometry.stride,
        kernel=geometry.kernel,
        dilation=geometry.dilation,
        stride=(1,) * geometry.rank,
        positions=geometry.size,
    )


def unrolled(source: Array, layout: WindowLayout, groups: int) -> Iterator[tuple[slice, slice, Array]]:
    """Every window of a source, block by block.

    Yields
    ------
    slice, slice
        The images of a block, and its positions on the first axis.
    (groups, channels // groups * R, windows) ndarray
        What each of its windows reads; not to be written to, for it may be a view of the source.
    """
    source = np.ascontiguousarray(source)
    images_step, rows_step = layout.block
    elements = layout.channels // groups * math.prod(layout.kernel)
    if len(source) <= images_step and layout.positions[0] <= rows_step:
        everything = slice(None)
        yield everything, everything, windows_view(_laid(source, layout), layout).reshape(groups, elements, -1)
        return
    for images in slices(len(source), images_step):
        windows = windows_view(_laid(source[images], layout), layout)
        for rows in slices(layout.positions[0], rows_step):
            block = rows_of(windows, rows)
            yield images, rows, block.reshape(groups, elements, -1)


def windows_view(buffer: Array, layout: WindowLayout) -> Array:
    """What each window reads through each tap: (channels, *R, B, *positions) view of a (B, channels, *buffer) array."""
    per_image, per_channel, *steps = buffer.strides
    return np.ndarray(
        (layout.channels, *layout.kernel, len(buffer), *layout.positions),
        buffer.dtype,
        buffer,
        strides=(per_channel, *map(mul, steps, layout.dilation), per_image, *map(mul, steps, layout.stride)),
    )


def rows_of(windows: Array, rows: slice) -> Array:
    """The windows at some positions of the first axis."""
    axis = windows.ndim // 2 + 1
    return windows[*(slice(None),) * axis, rows]


def slices(length: int, step: int) -> list[slice]:
    """Consecutive slices of `step` elements that cover `length`; the last may be shorter."""
    return [slice(start, start + step) for start in range(0, length, step)]


def _laid(images: Array, layout: WindowLayout) -> Array:
    if layout.is_source:
        return images
    buffer = np.zeros((*images.shape[:2], *layout.buffer), images.dtype)
    buffer[:, :, *layout.laid] = images[:, :, *layout.kept]
    return buffer
