"""Making a real convolution small without changing its kind, so that it can be checked often or be read by people.

Only batch, channels, groups and input size are reduced. Kernel, stride, padding,
dilation and output padding stay, and so does what the groups are (one, some, or one
for each input channel, with as many outputs for each) and, on every axis, the
remainder of the padded input that no window reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, combinations

from ....oracle.errors import InvalidArgument
from ....oracle.problem.geometry import ConvGeometry

_FIRST_LIMITS = tuple(10**power for power in range(2, 9))
"""Limits of products at which a fault is first looked for, so that few calls are of full size."""
_SETTINGS = (
    ("batch",),
    ("in_channels", "out_channels", "groups"),
    ("size", "kernel", "padding", "padding_mode"),
    ("stride", "output_padding"),
    ("dilation",),
    ("transposed",),
)
"""Numbers and names that make sense together."""
_MOST_TOGETHER = 2
_SMALL = 10**5
"""Up to so many products a case is made smaller step by step."""


def shrunk(geometry: ConvGeometry, max_products: int) -> ConvGeometry:
    """The geometry with its largest numbers halved in turn, until a pass has at most `max_products` products.

    If even the smallest of its kind has more, that one.

    Examples
    --------
    >>> first = ConvGeometry.of(size=(224, 224), kernel=7, in_channels=3, out_channels=64, stride=2, padding=3)
    >>> print(shrunk(first, 20_000))
    n1c3k8i6x14f7x7s2x2p3x3
    """
    while geometry.products > max_products:
        _, smaller = max(smaller_ones(geometry), key=lambda step: step[0], default=(0, geometry))
        if smaller == geometry:
            break
        geometry = smaller
    return geometry


def smallest(geometry: ConvGeometry, shows: Callable[[ConvGeometry], bool]) -> ConvGeometry:
    """The smallest and plainest found of those that `shows` is true of, which it is of `geometry`.

    First of its kind, then with settings made plain that are not needed. None is gone on from twice, so that it ends
    although data that take the place of a setting make a size larger.
    """
    for limit in _FIRST_LIMITS:
        small = shrunk(geometry, limit)
        if small.products < geometry.products and shows(small):
            geometry = small
            break
    known = {geometry}
    while True:
        simpler = (each for each in _simpler_ones(geometry) if each not in known)
        smaller = next(filter(shows, simpler), None)
        if smaller is None:
            return geometry
        known.add(smaller)
        geometry = smaller


def with_few_settings(geometry: ConvGeometry) -> Iterator[ConvGeometry]:
    """Small ones that have one or two of the settings of this one, and are plain in all others."""
    plainest = ConvGeometry.of(size=(1,) * geometry.rank, kernel=1)
    plain = {name: getattr(plainest, name) for name in chain(*_SETTINGS)}
    kept = (names for count in range(1, _MOST_TOGETHER + 1) for names in combinations(_SETTINGS, count))
    changes = ({name: value for name, value in plain.items() if name not in chain(*names)} for names in kept)
    yield from dict.fromkeys(shrunk(each, _FIRST_LIMITS[0]) for each in _legal(geometry, changes))


def _simpler_ones(geometry: ConvGeometry) -> Iterator[ConvGeometry]:
    """The plainer ones, the smaller ones, largest number first, and of what is small those smaller by one."""
    yield from plainer_ones(geometry)
    for less in (_half, _one_less) if geometry.products <= _SMALL else (_half,):
        for _, smaller in sorted(smaller_ones(geometry, less), key=lambda step: -step[0]):
            yield smaller
        yield from _legal(geometry, _equal_ones(geometry, less))


def plainer_ones(geometry: ConvGeometry) -> Iterator[ConvGeometry]:
    """The geometry with one setting made plain, an axis less, one setting less, or direct if it is transposed.

    Only where that leaves some output. Unequal padding is also tried at its plainest, with a kernel of
    two: a fault of SAME's odd element needs the kernel and the padding to fit each other. Where a setting
    only makes room, data take its place: elements for padding, one long axis for two, a larger input for
    the strides of a transposed convolution.
    """
    ones, zeros, unpadded = (1,) * geometry.rank, (0,) * geometry.rank, ((0, 0),) * geometry.rank
    inputs, outputs = geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups
    changes: list[Mapping[str, object]] = [
        {"groups": 1, "in_channels": inputs, "out_channels": outputs},
        {"groups": 1},
        {"padding_mode": "zeros"},
        {"padding": unpadded},
        {"padding": unpadded, "size": _for_one_window(geometry)},
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
    changes += _less_of_each(geometry)
    if geometry.transposed:
        changes.append(
            {**dict.fromkeys(("kernel", "stride", "dilation"), ones), "padding": unpadded}
            | {"size": geometry.output_size, "output_padding": zeros, "transposed": False}
        )
    changes.append({"padding": unpadded, "size": _padded(geometry)})
    yield from _legal(geometry, changes)
    if geometry.transposed and not geometry.is_padded_by_strides:
        yield geometry.direct


def _legal(geometry: ConvGeometry, changes: Iterable[Mapping[str, object]]) -> Iterator[ConvGeometry]:
    """The geometry with each of the changes that is one, is legal and leaves some output, if there is any."""
    for change in changes:
        try:
            changed = replace(geometry, **change)  # type: ignore[arg-type]
        except InvalidArgument:
            continue
        if changed != geometry and changed.is_degenerate <= geometry.is_degenerate:
            yield changed


def _equal_ones(geometry: ConvGeometry, less: Callable[[int], int]) -> Iterator[dict[str, object]]:
    """Sizes and channels that are equal, made less together: a fault may need them to be."""
    channels = {name: getattr(geometry, name) for name in ("batch", "in_channels", "out_channels")}
    numbers = (*channels.values(), *geometry.size)
    for number in sorted({each for each in numbers if each > 1 and numbers.count(each) > 1}):
        fewer = {name: less(number) for name, count in channels.items() if count == number}
        yield fewer | {"size": tuple(less(number) if size == number else size for size in geometry.size)}


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


def _less(number: int) -> Iterator[int]:
    """1, the half and one less, of a number above 1."""
    yield from dict.fromkeys((1, _half(number), number - 1)) if number > 1 else ()


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


def _for_one_window(geometry: ConvGeometry) -> tuple[int, ...]:
    """The sizes, where they are less than a kernel's as much, which takes padding; without any, the sizes."""
    if not any(map(any, geometry.padding)):
        return geometry.size
    return tuple(max(size, span + 1) for size, span in zip(geometry.size, geometry.span, strict=True))


def _padded(geometry: ConvGeometry) -> tuple[int, ...]:
    """The sizes with the padding; of a transposed convolution, which cuts its padding off, the sizes."""
    return geometry.size if geometry.transposed else geometry.padded_size


def _reached(geometry: ConvGeometry, axis: int) -> int:
    """The size without the elements at its end that no window reaches."""
    return geometry.size[axis] if geometry.transposed else geometry.size[axis] - geometry.remainders[axis]


def smaller_ones(
    geometry: ConvGeometry, less: Callable[[int], int] | None = None
) -> Iterator[tuple[int, ConvGeometry]]:
    """Each number that can be made smaller, and the geometry with it about halved, or made `less`."""
    less = less or _half
    if geometry.batch > 1:
        yield geometry.batch, replace(geometry, batch=less(geometry.batch))
    groups = geometry.groups
    inputs, outputs = geometry.in_channels // groups, geometry.out_channels // groups
    if groups > 2:
        yield groups, _with_channels(geometry, less(groups), inputs, outputs)
    if inputs > (1 if groups == 1 else 2):
        yield inputs, _with_channels(geometry, groups, less(inputs), outputs)
    if outputs > 1 and not geometry.is_depthwise:
        yield outputs, _with_channels(geometry, groups, inputs, less(outputs))
    for axis, size in enumerate(geometry.size):
        smaller = _smaller_size(geometry, axis, less)
        if smaller < size:
            yield size, _with_size(geometry, axis, smaller)


def _half(number: int) -> int:
    return (number + 1) // 2


def _one_less(number: int) -> int:
    return number - 1


def _with_channels(geometry: ConvGeometry, groups: int, inputs: int, outputs: int) -> ConvGeometry:
    return replace(geometry, groups=groups, in_channels=groups * inputs, out_channels=groups * outputs)


def _with_size(geometry: ConvGeometry, axis: int, size: int) -> ConvGeometry:
    return replace(geometry, size=(*geometry.size[:axis], size, *geometry.size[axis + 1 :]))


def _smaller_size(geometry: ConvGeometry, axis: int, less: Callable[[int], int]) -> int:
    """The size made less: by whole strides, with at least one output and room for the padding mode."""
    size, stride = geometry.size[axis], 1 if geometry.transposed else geometry.stride[axis]
    low, high = geometry.padding[axis]
    least = 1 if geometry.padding_mode == "zeros" else max(low, high) + 1
    if geometry.transposed:
        spare = (geometry.output_size[axis] - 1) // geometry.stride[axis]
        least = max(least, size - spare)
    else:
        least = max(least, geometry.span[axis] + 1 - low - high)
    steps = min(-(-(size - less(size)) // stride), (size - least) // stride)
    return size - stride * max(steps, 0)
