"""What a case has beyond the plainest convolution: the words in which a fault's needs are told."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from ..oracle.data import Case
from ..oracle.geometry import ConvGeometry


def features(case: Case) -> frozenset[str]:
    """The features that a case has.

    A fault needs those that its shrunk counterexample still has. A later failing
    case that has them all can be the same fault; one that lacks any cannot.
    """
    geometry = case.geometry
    found = {name for name, has in _OF_GEOMETRY.items() if has(geometry)} | {f"dtype {case.dtype}"}
    if case.bias:
        found.add("a bias")
    return frozenset(found)


def _differs(values: tuple[object, ...]) -> bool:
    return any(a != b for a, b in pairwise(values))


def _remainders(geometry: ConvGeometry) -> tuple[int, ...]:
    """Cells of the padded input, per axis, that no window reaches."""
    return tuple(
        (size + low + high - dilation * (kernel - 1) - 1) % stride
        for size, kernel, stride, (low, high), dilation in zip(
            geometry.size, geometry.kernel, geometry.stride, geometry.padding, geometry.dilation, strict=True
        )
    )


def _padding_only_windows(geometry: ConvGeometry) -> bool:
    return any(not geometry.inside(axis).any(axis=1).all() for axis in range(geometry.rank))


def _reads_nothing(geometry: ConvGeometry) -> bool:
    return geometry.batch > 0 and geometry.products == 0


_OF_GEOMETRY: dict[str, Callable[[ConvGeometry], bool]] = {
    "an empty batch": lambda g: g.batch == 0,
    "a batch above 1": lambda g: g.batch > 1,
    "several input channels in a group": lambda g: g.in_channels > g.groups,
    "several output channels in a group": lambda g: g.out_channels > g.groups,
    "groups above 1": lambda g: g.groups > 1,
    "2 spatial axes or more": lambda g: g.rank > 1,
    "3 spatial axes": lambda g: g.rank > 2,
    "a kernel above 1": lambda g: max(g.kernel) > 1,
    "a kernel that is not square": lambda g: _differs(g.kernel),
    "several windows": lambda g: max(g.output_size) > 1,
    "stride above 1": lambda g: max(g.stride) > 1,
    "a stride that differs between axes": lambda g: _differs(g.stride),
    "windows that do not tile the input": lambda g: any(_remainders(g)),
    "dilation above 1": lambda g: max(g.dilation) > 1,
    "a dilation that differs between axes": lambda g: _differs(g.dilation),
    "padding": lambda g: any(map(any, g.padding)),
    "padding that differs between the sides": lambda g: any(low != high for low, high in g.padding),
    "padding that differs between axes": lambda g: _differs(g.padding),
    "windows that lie in the padding": _padding_only_windows,
    "no window that reaches data": _reads_nothing,
}
