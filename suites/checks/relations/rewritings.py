"""Relations that write one convolution as another: each operand by a linear map, each result back by its adjoint.

A transposed convolution is the adjoint of its direct one, so what is said here of
the `long` side, a convolution's input, holds for a transposed one's output, and the
other way round for the `short` side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Operands, Pass
from .linear_maps import (
    AxisMap,
    AxisMaps,
    BlockDiagonal,
    Indices,
    LinearMap,
    delayed,
    permuted,
    spread,
    surrounded,
    without_last,
)
from .relation import Derivation, RelatedCall, Relation, Wide

_SAME = AxisMaps()
_OF_GEOMETRY = frozenset(Pass) - {Pass.BIAS_GRADIENT}
"""All but the sum over positions, which knows nothing of kernels, strides and paddings."""


@dataclass(frozen=True, slots=True, eq=False)
class Rewriting:
    """Another convolution, and the map of each operand to its own."""

    geometry: ConvGeometry
    input: LinearMap = _SAME
    weight: LinearMap = _SAME
    bias: LinearMap = _SAME
    output: LinearMap = _SAME

    def call(self, pass_: Pass, operands: Operands) -> RelatedCall:
        """The pass of the other convolution on the mapped operands."""
        mapped: dict[str, Any] = {
            name: self._map(_space(name)).push(array) for name, array in operands.arrays().items()
        }
        return RelatedCall(pass_, replace(operands, **mapped), self.geometry)

    def result(self, pass_: Pass, value: Wide) -> Wide:
        """The other convolution's result, mapped back."""
        return self._map(pass_.result_like).pull(value)

    def _map(self, space: str) -> LinearMap:
        chosen: LinearMap = getattr(self, space)
        return chosen


def _space(name: str) -> str:
    return "output" if name == "output_gradient" else name.removesuffix("_direction")


def _relation(
    name: str,
    explanation: str,
    applies: Callable[[ConvGeometry], bool],
    rewrite: Callable[[ConvGeometry], Rewriting],
    *,
    passes: frozenset[Pass] = _OF_GEOMETRY,
    base: Callable[[ConvGeometry], Rewriting] = Rewriting,
) -> Relation:
    """The relation between a convolution, itself rewritten by `base`, and another way to write it."""

    def derive(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Derivation:
        own, other = base(geometry), rewrite(geometry)
        calls = (own.call(pass_, operands), other.call(pass_, operands))
        return Derivation(calls, lambda values: (own.result(pass_, values[0]), other.result(pass_, values[1])))

    return Relation(name, explanation, passes, applies, derive)


def _sided(
    geometry: ConvGeometry, *, long: AxisMaps = _SAME, short: AxisMaps = _SAME, weight: AxisMaps = _SAME
) -> Rewriting:
    if geometry.transposed:
        return Rewriting(geometry, input=short, weight=weight, output=long)
    return Rewriting(geometry, input=long, weight=weight, output=short)


def _each_axis(geometry: ConvGeometry, map_of: Callable[[int], AxisMap]) -> AxisMaps:
    """One map for each spatial axis, which are the array's from 2 on."""
    return AxisMaps(tuple(map_of(axis) for axis in range(geometry.rank)))


def _short_size(geometry: ConvGeometry) -> tuple[int, ...]:
    return geometry.size if geometry.transposed else geometry.output_size


def _permute_batch(geometry: ConvGeometry) -> Rewriting:
    images = AxisMaps((permuted(0, np.arange(geometry.batch)[::-1]),))
    return Rewriting(geometry, input=images, output=images)


def _permute_channels(geometry: ConvGeometry) -> Rewriting:
    """The groups in reverse order, and the channels of each moved on by one: no order that a fault has by itself."""
    groups = geometry.groups
    inputs, outputs = (_channel_order(count, groups) for count in (geometry.in_channels, geometry.out_channels))
    rows, inner = (inputs, geometry.out_channels) if geometry.transposed else (outputs, geometry.in_channels)
    columns = np.roll(np.arange(inner // groups), 1)
    return Rewriting(
        geometry,
        input=AxisMaps((permuted(1, inputs),)),
        weight=AxisMaps((permuted(0, rows), permuted(1, columns))),
        bias=AxisMaps((permuted(0, outputs),)),
        output=AxisMaps((permuted(1, outputs),)),
    )


def _channel_order(channels: int, groups: int) -> Indices:
    return np.roll(np.arange(channels).reshape(groups, -1)[::-1], 1, axis=1).ravel()


def _ungroup(geometry: ConvGeometry) -> Rewriting:
    return Rewriting(replace(geometry, groups=1), weight=BlockDiagonal(geometry.groups))


def _fill_kernel(geometry: ConvGeometry) -> Rewriting:
    reach = tuple(span + 1 for span in geometry.span)
    weight = _each_axis(geometry, lambda a: spread(2 + a, geometry.kernel[a], geometry.dilation[a], reach[a]))
    return _sided(replace(geometry, kernel=reach, dilation=(1,) * geometry.rank), weight=weight)


def _unit_stride(geometry: ConvGeometry) -> Rewriting:
    ones, sizes = (1,) * geometry.rank, _short_size(geometry)
    if geometry.transposed:
        axes = zip(sizes, geometry.stride, geometry.output_padding, strict=True)
        length = tuple((i - 1) * s + 1 + extra for i, s, extra in axes)
        dense = replace(geometry, stride=ones, size=length, output_padding=())
    else:
        dense = replace(geometry, stride=ones)
        length = dense.output_size
    return _sided(dense, short=_each_axis(geometry, lambda a: spread(2 + a, sizes[a], geometry.stride[a], length[a])))


def _widen_padding(geometry: ConvGeometry) -> Rewriting:
    """More whole strides of padding: on the lesser side, until the sides are equal if they can be, else on both."""
    sizes = _short_size(geometry)
    more = [_more_windows(low, high, s) for (low, high), s in zip(geometry.padding, geometry.stride, strict=True)]
    padding = tuple(
        (low + a * s, high + b * s)
        for (low, high), (a, b), s in zip(geometry.padding, more, geometry.stride, strict=True)
    )
    size = geometry.size
    if geometry.transposed:
        size = tuple(i + a + b for i, (a, b) in zip(size, more, strict=True))
    wider = replace(geometry, padding=padding, size=size)
    return _sided(wider, short=_each_axis(geometry, lambda axis: surrounded(2 + axis, sizes[axis], *more[axis])))


def _more_windows(low: int, high: int, stride: int) -> tuple[int, int]:
    lacking = -(-abs(high - low) // stride)
    if lacking == 0:
        return 1, 1
    return (lacking, 0) if low < high else (0, lacking)


def _pad_explicitly(geometry: ConvGeometry) -> Rewriting:
    long = geometry.output_size if geometry.transposed else geometry.size
    padded = tuple(size + sum(sides) for size, sides in zip(long, geometry.padding, strict=True))
    unpadded = replace(geometry, padding=((0, 0),) * geometry.rank, padding_mode="zeros")
    if not geometry.transposed:
        unpadded = replace(unpadded, size=padded)
    mode = geometry.padding_mode
    return _sided(unpadded, long=_each_axis(geometry, lambda a: surrounded(2 + a, long[a], *geometry.padding[a], mode)))


def _movable(geometry: ConvGeometry) -> tuple[int, ...]:
    """The axes along which there is something left when all is moved on by one window."""
    direct = geometry.direct
    axes = zip(direct.size, direct.output_size, direct.stride, strict=True)
    return tuple(axis for axis, (size, windows, stride) in enumerate(axes) if windows > 1 and size > stride)


def _moved(geometry: ConvGeometry, map_of: Callable[[int, int, int], AxisMap]) -> Rewriting:
    direct, axes = geometry.direct, _movable(geometry)
    long = tuple(map_of(2 + axis, direct.size[axis], direct.stride[axis]) for axis in axes)
    short = tuple(map_of(2 + axis, direct.output_size[axis], 1) for axis in axes)
    return _sided(geometry, long=AxisMaps(long), short=AxisMaps(short))


REWRITINGS = (
    _relation(
        "batch-permutation",
        "images in another order have their results in that order, and the same sums over the batch",
        lambda geometry: geometry.batch > 1,
        _permute_batch,
        passes=frozenset(Pass),
    ),
    _relation(
        "channel-permutation",
        "groups, and channels within their groups, in another order have their results in that order",
        lambda geometry: geometry.in_channels > 1 or geometry.out_channels > 1,
        _permute_channels,
        passes=frozenset(Pass),
    ),
    _relation(
        "groups",
        "a grouped convolution is a dense one whose weight is block diagonal",
        lambda geometry: geometry.groups > 1,
        _ungroup,
    ),
    _relation(
        "dilation",
        "a dilated kernel is a dense one with zeros between its taps",
        lambda geometry: (
            any(d > 1 and r > 1 for d, r in zip(geometry.dilation, geometry.kernel, strict=True))
            and not geometry.is_padded_by_strides
        ),
        _fill_kernel,
    ),
    _relation(
        "stride",
        "a strided convolution's output is that of stride 1 at every stride-th position",
        lambda geometry: max(geometry.stride) > 1,
        _unit_stride,
    ),
    _relation(
        "wider-padding",
        "more zeros around the input give more output around the output",
        lambda geometry: geometry.padding_mode == "zeros",
        _widen_padding,
    ),
    _relation(
        "explicit-padding",
        "padding is a larger input without padding",
        lambda geometry: any(map(any, geometry.padding)),
        _pad_explicitly,
    ),
    _relation(
        "translation",
        "an input moved on by one stride has its output moved on by one position",
        lambda geometry: geometry.padding_mode == "zeros" and bool(_movable(geometry)),
        lambda geometry: _moved(geometry, delayed),
        passes=frozenset(Pass),
        base=lambda geometry: _moved(geometry, without_last),
    ),
)
"""Every relation of this kind."""
