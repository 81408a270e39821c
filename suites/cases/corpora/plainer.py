"""Making a convolution plainer: one setting at a time that is not needed for what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from operator import sub

from ....oracle.errors import InvalidArgument
from ....oracle.problem.geometry import ConvGeometry


def plainer_ones(geometry: ConvGeometry) -> Iterator[ConvGeometry]:
    """The geometry with one setting made plain, an axis less, one setting less, or direct if it is transposed.

    Only where that leaves some output. Unequal padding is also tried at its plainest, with a kernel of
    two: a fault of SAME's odd element needs the kernel and the padding to fit each other. Where a setting
    only makes room, data take its place: elements for padding, one long axis for two, images for an axis,
    a larger input for the strides of a transposed convolution.
    """
    ones, zeros, unpadded = (1,) * geometry.rank, (0,) * geometry.rank, ((0, 0),) * geometry.rank
    inputs, outputs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    changes: list[Mapping[str, object]] = [
        {"groups": 1, "in_channels": inputs, "out_channels": outputs},
        {"groups": 1},
        {"padding_mode": "zeros"},
        {"padding": unpadded},
        {"padding": unpadded, "size": _for_one_window(geometry)},
        {"padding": unpadded, "size": _of_one_window(geometry)},
        {"padding": tuple((low, low) for low, _ in geometry.padding)},
        {"padding": tuple((max(sides),) * 2 for sides in geometry.padding)},
        {"output_padding": zeros},
        {"stride": ones, "output_padding": zeros},
        {"dilation": ones},
        {"size": tuple(_reached(geometry, axis) for axis in range(geometry.rank))},
    ]
    for sides in ((0, 1), (1, 0)) if max(geometry.kernel) > 2 else ():
        unequal = {"padding": (sides,) * geometry.rank, "kernel": (2,) * geometry.rank}
        changes.append({**unequal, "stride": ones, "dilation": ones, "output_padding": zeros})
    changes += [_without(geometry, axis) for axis in range(geometry.rank) if geometry.rank > 1]
    changes += [_merged(geometry, axis) for axis in range(1, geometry.rank) if 1 not in geometry.size]
    changes += [_as_images(geometry, axis) for axis in range(geometry.rank) if geometry.rank > 1 and geometry.batch]
    changes += _less_of_each(geometry)
    changes += _narrower(geometry)
    if geometry.transposed:
        changes.append(
            {**dict.fromkeys(("kernel", "stride", "dilation"), ones), "padding": unpadded}
            | {"size": geometry.output_size, "output_padding": zeros, "transposed": False}
        )
    changes.append({"padding": unpadded, "size": _padded(geometry)})
    yield from legal(geometry, changes)
    if geometry.transposed and not geometry.is_padded_by_strides:
        yield geometry.direct


def legal(geometry: ConvGeometry, changes: Iterable[Mapping[str, object]]) -> Iterator[ConvGeometry]:
    """The geometry with each of the changes that is one, is legal and leaves some output, if there is any."""
    for change in changes:
        try:
            changed = replace(geometry, **change)  # type: ignore[arg-type]
        except InvalidArgument:
            continue
        if changed != geometry and changed.is_degenerate <= geometry.is_degenerate:
            yield changed


def _less_of_each(geometry: ConvGeometry) -> Iterator[Mapping[str, object]]:
    """Each setting less: on all axes where they are alike, so that no axis begins to differ from another, or on one.

    Of a kernel that is alike on all axes both: the faults of a kernel are often those of one axis.
    """
    for multiplier in _less(geometry.out_channels // geometry.groups) if geometry.is_depthwise else ():
        yield {"out_channels": geometry.groups * multiplier}
    if geometry.rank > 1 and len(set(geometry.kernel)) == 1:
        yield from ({"kernel": (taps,) * geometry.rank} for taps in _less(geometry.kernel[0]))
    for axis, size in enumerate(geometry.kernel):
        for taps in _less(size):
            yield {"kernel": (*geometry.kernel[:axis], taps, *geometry.kernel[axis + 1 :])}
    for name, less_of in (("stride", _less), ("dilation", _less), ("padding", _less_padding)):
        values = getattr(geometry, name)
        alike = len(set(values)) == 1
        for axis, value in enumerate(values[:1] if alike else values):
            for less in less_of(value):
                yield {name: (less,) * len(values) if alike else (*values[:axis], less, *values[axis + 1 :])}


def _narrower(geometry: ConvGeometry) -> Iterator[Mapping[str, object]]:
    """A kernel less, with as much less padding or size, so that the output is as large.

    On all axes, or on one of those that differ already.
    """
    every = tuple(range(geometry.rank))
    single = ((axis,) for axis in every) if len(set(geometry.kernel)) > 1 else ()
    for axes in (every, *single):
        taps = min(geometry.kernel[axis] for axis in axes)
        for fewer in dict.fromkeys(taps - left for left in (1, 2, 3, taps - 1, taps - 2) if 0 < left < taps):
            by = [fewer * step * (axis in axes) for axis, step in enumerate(geometry.dilation)]
            kernel = tuple(size - fewer * (axis in axes) for axis, size in enumerate(geometry.kernel))
            if not any(each % 2 for each in by):
                sides = zip(geometry.padding, by, strict=True)
                less = tuple((low - each // 2, high - each // 2) for (low, high), each in sides)
                yield {"kernel": kernel, "padding": less}
            if not geometry.transposed:
                yield {"kernel": kernel, "size": tuple(map(sub, geometry.size, by))}


def _less(number: int) -> Iterator[int]:
    """1, the half and one less, of a number above 1."""
    yield from dict.fromkeys((1, half(number), number - 1)) if number > 1 else ()


def _less_padding(sides: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """None, the half and one less: of both sides where they are alike, else of one."""
    low, high = sides
    if low == high:
        yield from dict.fromkeys(((0, 0), (low // 2, low // 2), (low - 1, low - 1))) if low else ()
        return
    yield from dict.fromkeys(((0, 0), (low // 2, high // 2)))
    yield from ((low - 1, high),) if low else ()
    yield from ((low, high - 1),) if high else ()


def _without(geometry: ConvGeometry, axis: int) -> dict[str, object]:
    """The change that takes an axis away."""
    names = ("size", "kernel", "stride", "padding", "dilation", "output_padding", "unread")
    return {name: getattr(geometry, name)[:axis] + getattr(geometry, name)[axis + 1 :] for name in names}


def _merged(geometry: ConvGeometry, axis: int) -> dict[str, object]:
    """The change that takes an axis away and makes the one before it as much longer."""
    size = geometry.size
    merged = (*size[: axis - 1], size[axis - 1] * size[axis], *size[axis + 1 :])
    return _without(geometry, axis) | {"size": merged}


def _as_images(geometry: ConvGeometry, axis: int) -> dict[str, object]:
    """The change that takes an axis away and has an image for each of its elements."""
    return _without(geometry, axis) | {"batch": geometry.batch * geometry.size[axis]}


def _for_one_window(geometry: ConvGeometry) -> tuple[int, ...]:
    """The sizes, where they are less than a kernel's as much, which takes padding; without any, the sizes."""
    if not any(map(any, geometry.padding)):
        return geometry.size
    return tuple(max(size, span + 1) for size, span in zip(geometry.size, geometry.span, strict=True))


def _of_one_window(geometry: ConvGeometry) -> tuple[int, ...]:
    """The sizes of the one window that a kernel fills, or of less where there is less, with its padding."""
    return tuple(min(span + 1, size) for span, size in zip(geometry.span, _padded(geometry), strict=True))


def _padded(geometry: ConvGeometry) -> tuple[int, ...]:
    """The sizes with the padding; of a transposed convolution, which cuts its padding off, the sizes."""
    return geometry.size if geometry.transposed else geometry.padded_size


def _reached(geometry: ConvGeometry, axis: int) -> int:
    """The size without the elements at its end that no window reaches."""
    return geometry.size[axis] if geometry.transposed else geometry.size[axis] - geometry.remainders[axis]


def half(number: int) -> int:
    """The larger half."""
    return (number + 1) // 2
