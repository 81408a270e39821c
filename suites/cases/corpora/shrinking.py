"""Making a real convolution small without changing its kind, so that it can be checked often or be read by people.

Only batch, channels, groups and input size are reduced. Kernel, stride, padding,
dilation and output padding stay, and so does what the groups are (one, some, or one
for each input channel, with as many outputs for each) and, on every axis, the
remainder of the padded input that no window reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, combinations

from ....oracle.problem.geometry import ConvGeometry
from .plainer import half, legal, plainer_ones

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
_FEW = 2
"""Products of a case with hardly anything to compute."""
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
    yield from dict.fromkeys(shrunk(each, _FIRST_LIMITS[0]) for each in legal(geometry, changes))


def _simpler_ones(geometry: ConvGeometry) -> Iterator[ConvGeometry]:
    """One image of one channel, the plainer ones, the smaller ones, largest number first, and those smaller by one.

    By one only what is small.
    """
    for one in legal(geometry, [_with_at_most_one(geometry)]):
        yield from (shrunk(one, _FEW), one)
    yield from plainer_ones(geometry)
    for less in (half, _one_less) if geometry.products <= _SMALL else (half,):
        for _, smaller in sorted(smaller_ones(geometry, less), key=lambda step: -step[0]):
            yield smaller
        yield from legal(geometry, _equal_ones(geometry, less))


def _equal_ones(geometry: ConvGeometry, less: Callable[[int], int]) -> Iterator[dict[str, object]]:
    """Sizes and channels that are equal, made less together: a fault may need them to be."""
    channels = {name: getattr(geometry, name) for name in ("batch", "in_channels", "out_channels")}
    numbers = (*channels.values(), *geometry.size)
    for number in sorted({each for each in numbers if each > 1 and numbers.count(each) > 1}):
        fewer = {name: less(number) for name, count in channels.items() if count == number}
        yield fewer | {"size": tuple(less(number) if size == number else size for size in geometry.size)}


def _with_at_most_one(geometry: ConvGeometry) -> dict[str, object]:
    """The change to one image and one channel of each."""
    numbers = {name: min(getattr(geometry, name), 1) for name in ("batch", "in_channels", "out_channels")}
    return numbers | {"groups": 1}


def smaller_ones(geometry: ConvGeometry, less: Callable[[int], int] = half) -> Iterator[tuple[int, ConvGeometry]]:
    """Each number that can be made smaller, and the geometry with it about halved, or made `less`."""
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
