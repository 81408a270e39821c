"""Orders of summation that a kernel may promise, for `implementations`."""

from __future__ import annotations

import numpy as np
from honest import Summed, in_order

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import Implementation
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass


def blocks_of(length: int) -> Summed:
    """In blocks, each in sequence, whose sums are added to a running one."""

    def summed(numbers: Array, there: Array) -> Array:
        return in_order(np.array([in_order(numbers[i : i + length], there) for i in _starts(numbers, length)]), there)

    return summed


def _starts(numbers: Array, length: int) -> range:
    return range(0, len(numbers), length)


def lanes(count: int) -> Summed:
    """Every so many terms in one lane, as vector units do."""

    def summed(numbers: Array, there: Array) -> Array:
        return in_order(np.array([in_order(numbers[i::count], there) for i in range(min(count, len(numbers)))]), there)

    return summed


def splits(count: int) -> Summed:
    """Split-K: so many ranges of terms, each in sequence."""

    def summed(numbers: Array, there: Array) -> Array:
        return blocks_of(max(-(-len(numbers) // count), 1))(numbers, there)

    return summed


def columns(summed: Summed) -> Implementation:
    """The forward pass of padded windows, zeros of the padding among their terms; other passes are not offered."""

    def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if pass_ is not Pass.FORWARD or geometry.transposed or geometry.padding_mode != "zeros" or geometry.groups > 1:
            raise NotImplementedError("forward, in one group and padded by zeros, is all")
        if geometry.is_degenerate or not geometry.batch or operands.input.dtype.kind == "c":
            return reference.evaluate(pass_, operands, geometry)
        padded = np.pad(operands.input, ((0, 0), (0, 0), *geometry.padding))
        axes = tuple(range(2, 2 + geometry.rank))
        reach = tuple(d * (r - 1) + 1 for d, r in zip(geometry.dilation, geometry.kernel, strict=True))
        windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=axes)
        steps = tuple(slice(None, None, s) for s in geometry.stride)
        taps = tuple(slice(None, None, d) for d in geometry.dilation)
        windows = windows[(slice(None), slice(None), *steps, *taps)]
        batch, channels, rank = geometry.batch, geometry.in_channels, geometry.rank
        order = (1, *range(2 + rank, 2 + 2 * rank), 0, *range(2, 2 + rank))
        terms = windows.transpose(order).reshape(channels * int(np.prod(geometry.kernel)), 1, batch, -1)
        weight = operands.weight.reshape(geometry.out_channels, -1).T[:, :, None, None]
        with np.errstate(all="ignore"):
            total = summed(terms * weight, np.ones(1, bool))
            out = np.moveaxis(total, 0, 1).reshape(geometry.output_shape)
            bias = operands.bias
            return out if bias is None else out + bias.reshape(-1, *(1,) * rank)

    return evaluate
