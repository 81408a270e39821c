"""A small case in place of a whole layer that is wrong: crops of it are asked, and the smallest that is wrong is kept.

Kernel, stride, dilation, padding and the kind of groups stay. Each number that a kernel cuts into tiles (images,
groups, channels of a group, sizes) has its remainder by a power of two kept, and one whole block of that power in
front of it: so a tail stays a tail. What needs more than that, such as an index that wraps, shows on no crop.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Case, parse_case
from ...oracle.problem.geometry import ConvGeometry
from ..calling.executor import Executor
from ..cases.corpora.selection import CorpusCase, Provenance
from .certified_layers import CertifiedLayer, certified_layers

_LARGEST_SHARE = 0.5
"""Of a layer's products that a crop may have: larger ones are no smaller case."""
_POWERS = 31


@dataclass(frozen=True, slots=True)
class SmallCase:
    """What came of looking for one.

    Parameters
    ----------
    case : Case or None
        The smallest that is wrong; None where no crop is.
    asked : int
        How many crops were.
    """

    case: Case | None
    asked: int


def small_case(executor: Executor, found: CertifiedLayer, memory: int | None = None) -> SmallCase:
    """A small case of which the result is wrong as well, of a pass of a layer that has a wrong element.

    What takes more memory is asked in parts, as the layer was.
    """
    layer, asked = parse_case(found.case), 0

    def shows(crop: ConvGeometry | None) -> bool:
        nonlocal asked
        if crop is None or crop.products > layer.geometry.products * _LARGEST_SHARE:
            return False
        asked += 1
        question = CorpusCase(replace(layer, geometry=crop), Provenance(found.layer, is_shrunk=True))
        (answer,) = certified_layers(executor, [question], [found.pass_], memory=memory)
        return answer.verdict.outcome is Outcome.VIOLATES

    numbers = _numbers(layer.geometry)
    start = next((power for power in range(_POWERS) if shows(_crop(layer.geometry, (power,) * len(numbers)))), None)
    if start is None:
        return SmallCase(None, asked)
    powers = (start,) * len(numbers)
    for place in range(len(numbers)):
        lower = ((*powers[:place], power, *powers[place + 1 :]) for power in range(powers[place]))
        powers = next((each for each in lower if shows(_crop(layer.geometry, each))), powers)
    crop = _crop(layer.geometry, powers)
    assert crop is not None
    return SmallCase(replace(layer, geometry=crop), asked)


def _numbers(geometry: ConvGeometry) -> tuple[int, ...]:
    groups = geometry.groups
    return (geometry.batch, groups, geometry.in_channels // groups, geometry.out_channels // groups, *geometry.size)


def _crop(geometry: ConvGeometry, powers: tuple[int, ...]) -> ConvGeometry | None:
    """With each number reduced to its remainder by a power of two and one block; None where that is no convolution."""
    batch, groups, inputs, outputs, *size = map(_reduced, _numbers(geometry), powers)
    try:
        crop = replace(
            geometry,
            batch=batch,
            in_channels=groups * inputs,
            out_channels=groups * outputs,
            groups=groups,
            size=tuple(_at_least_a_window(geometry, size)),
        )
    except InvalidArgument:
        return None
    return None if 0 in crop.output_size else crop


def _reduced(number: int, power: int) -> int:
    block = 1 << power
    return min(number, block + number % block)


def _at_least_a_window(geometry: ConvGeometry, size: list[int]) -> Iterator[int]:
    """Sizes of which a window of a direct convolution fits into the padded input."""
    axes = zip(size, geometry.size, geometry.kernel, geometry.dilation, geometry.padding, strict=True)
    for reduced, full, kernel, dilation, (low, high) in axes:
        least = 1 if geometry.transposed else dilation * (kernel - 1) + 1 - low - high
        yield min(full, max(reduced, least))
