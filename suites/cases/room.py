"""Room: drawn sizes cut down to so many products, and drawn padding to what an axis has room for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...oracle.problem.padding import PADDING_MODES, PaddingSides

_FOR_OTHERS = 8
"""Of the room, a kernel leaves this to windows, images and channels: without, one window may read little but padding,
and frameworks take seconds for its thousands of taps."""
AXES, COUNTS = "axes", ("groups", "batch", "inputs", "outputs")
PARTS = (AXES, *COUNTS)
"""What shares the room, in the order in which it is usually given out."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One spatial axis, before it is known what of it is padding.

    Parameters
    ----------
    kernel, stride, dilation, windows : int
    """

    kernel: int
    stride: int
    dilation: int
    windows: int

    @property
    def reach(self) -> int:
        """Elements from the first one that a window reads to its last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padded(self) -> int:
        """Elements from the first one that any window reads to the last."""
        return (self.windows - 1) * self.stride + self.reach

    def within(self, elements: int) -> Axis:
        """With fewer windows and, where one of them is too wide, less dilation; the kernel stays."""
        dilation = min(self.dilation, max((elements - 1) // max(self.kernel - 1, 1), 1))
        narrow = replace(self, dilation=dilation)
        return replace(narrow, windows=min(self.windows, max((elements - narrow.reach) // self.stride, 0) + 1))


@dataclass(frozen=True, slots=True)
class Drawn:
    """The numbers of a convolution that make it large.

    Parameters
    ----------
    axes : tuple of Axis
    groups, batch : int
    inputs, outputs : int
        Channels of a group.
    """

    axes: tuple[Axis, ...]
    groups: int
    batch: int
    inputs: int
    outputs: int


def cut_down(drawn: Drawn, kept: str, products: int) -> Drawn:
    """The sizes cut down to at most so many products, and to about as many elements of the padded input.

    The room is given out in the order of `PARTS`, but for the one that is `kept`, which is served first.
    """
    elements = products
    for part in (kept, *(part for part in PARTS if part != kept)):
        if part == AXES:
            axes = _fitted_axes(drawn.axes, products, elements)
            drawn = replace(drawn, axes=axes)
            products //= math.prod(axis.kernel * axis.windows for axis in axes)
            elements = max(elements // math.prod(axis.padded for axis in axes), 1)
        else:
            is_read = part != "outputs"
            count = min(getattr(drawn, part), products, elements if is_read else products)
            drawn = replace(drawn, **{part: count})
            products //= max(count, 1)
            elements = max(elements // count, 1) if is_read and count else elements
    return drawn


def _fitted_axes(axes: tuple[Axis, ...], products: int, elements: int) -> tuple[Axis, ...]:
    kernels = shared([axis.kernel for axis in axes], -(-products // _FOR_OTHERS))
    windows = shared([axis.windows for axis in axes], products // math.prod(kernels))
    cut = [replace(axis, kernel=k, windows=w) for axis, k, w in zip(axes, kernels, windows, strict=True)]
    widths = shared([axis.padded for axis in cut], elements)
    return tuple(axis.within(width) for axis, width in zip(cut, widths, strict=True))


def shared(wanted: Sequence[int], room: int) -> list[int]:
    """The numbers wanted, the largest ones cut to the same one, so that their product is at most `room`.

    Examples
    --------
    >>> shared([9, 2, 9], 100)
    [7, 2, 7]
    """
    left, room_left = len(wanted), room
    for number in sorted(wanted):
        most = _root(room_left, left)
        if number > most:
            return [min(each, most) for each in wanted]
        left, room_left = left - 1, room_left // number
    return list(wanted)


def _root(number: int, degree: int) -> int:
    """The largest integer whose power is at most `number`, and at least 1."""
    root: int = max(round(number ** (1 / degree)), 1)
    return root - 1 if root > 1 and root**degree > number else root


def within_padded(padded: int, sides: PaddingSides, mode: str) -> tuple[int, PaddingSides]:
    """The size of an axis that has so many elements with its padding, which is cut to what its mode allows.

    A mode takes its padding from the data, at most all of them: a third of what
    has to be there on each side is always possible. Zeros may be any number.
    """
    size, most = padded - sum(sides), PADDING_MODES[mode].most
    if mode == "zeros":
        return max(size, 1), sides
    limit = most(size) if size > 0 else 0
    if limit is None or max(sides) <= limit:
        return size, sides
    low, high = (min(side, (padded - 1) // 3) for side in sides)
    return padded - low - high, (low, high)


def cut_off(padded: int, sides: PaddingSides) -> PaddingSides:
    """What a transposed convolution can cut off an axis of so many elements, and leave one."""
    low = min(sides[0], padded - 1)
    return low, min(sides[1], padded - 1 - low)
