"""Forms: cases told by what belongs together, so that changing one setting keeps the others in step with it.

A kernel of 5 with "half" as its padding is padded by 2, and a group for each channel
stays one for each when there are more channels. Implementations are restricted
in such terms, so what one accepts is looked for among forms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from typing import Any

from ...oracle.errors import InvalidArgument
from ...oracle.operands.data import Case
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.padding import NAMED_PADDINGS, REPEATING_MODES, PaddingSides
from ..candidates.calls.domain import CHANNELWISE, HALF, SYMMETRIC, Domain, DomainEntry, half_sides, named_sides_of
from ..cases.space import BEST_RESOLVED_FILL

Pattern = tuple[int, ...]
"""Numbers of the axes, repeated in turn where there are more axes."""
Sides = tuple[PaddingSides, ...]
PATCHES = "kernel"
"""A stride as large as the kernel: windows side by side."""


@dataclass(frozen=True, slots=True)
class Form:
    """A case without its data, for any number of spatial axes.

    Parameters
    ----------
    rank : int
    dtype : str
    kernel, size, dilation, extra : tuple of int
        Patterns; `extra` is the output padding.
    stride : str or tuple of int
        `PATCHES`, where it is the kernel, or a pattern.
    padding : str or tuple of (int, int)
        A name, such as ``half`` or ``same_upper``, or a pattern of sides.
    groups, inputs, outputs : int
        Groups, and the channels of each.
    batch : int
    mode : str
        Of the padding.
    transposed, bias : bool
    layout : str
    """

    rank: int
    dtype: str
    kernel: Pattern = (1,)
    size: Pattern = (5,)
    stride: str | Pattern = (1,)
    dilation: Pattern = (1,)
    padding: str | Sides = "valid"
    groups: int = 1
    inputs: int = 1
    outputs: int = 1
    batch: int = 1
    mode: str = "zeros"
    transposed: bool = False
    extra: Pattern = (0,)
    bias: bool = False
    layout: str = CONTIGUOUS


@lru_cache(maxsize=4096)
def case_of(form: Form, *, seed: int = 0, fill: str = BEST_RESOLVED_FILL) -> Case | None:
    """The case of a form; None where there is no such convolution."""
    sides = form.padding if not isinstance(form.padding, str) else ((0, 0),)
    try:
        geometry = ConvGeometry(
            form.batch,
            form.groups * form.inputs,
            form.groups * form.outputs,
            _on_axes(form.size, form.rank),
            _on_axes(form.kernel, form.rank),
            _on_axes(form.kernel if isinstance(form.stride, str) else form.stride, form.rank),
            _on_axes(sides, form.rank),
            _on_axes(form.dilation, form.rank),
            form.groups,
            "zeros" if isinstance(form.padding, str) else form.mode,
            form.transposed,
            _on_axes(form.extra, form.rank),
        )
        if isinstance(form.padding, str) and (form.padding, form.mode) != ("valid", "zeros"):
            padding = _sides_called(form.padding, geometry)
            geometry = replace(geometry, padding=padding, padding_mode=form.mode)
    except InvalidArgument:
        return None
    return Case(geometry, form.bias, form.dtype, fill, seed, form.layout)


def form_of(case: Case) -> Form:
    """The form of a case, with a name for its padding and its stride where one gives it."""
    geometry = case.geometry
    names = (HALF, *NAMED_PADDINGS) if any(map(any, geometry.padding)) else ("valid",)
    padding = next((name for name in names if _sides_called(name, geometry) == geometry.padding), geometry.padding)
    return Form(
        geometry.rank,
        case.dtype,
        geometry.kernel,
        geometry.size,
        PATCHES if geometry.stride == geometry.kernel and max(geometry.kernel) > 1 else geometry.stride,
        geometry.dilation,
        padding,
        geometry.groups,
        geometry.in_channels // geometry.groups,
        geometry.out_channels // geometry.groups,
        geometry.batch,
        geometry.padding_mode,
        geometry.transposed,
        geometry.output_padding,
        case.bias,
        case.layout,
    )


def _on_axes(pattern: tuple[Any, ...], rank: int) -> tuple[Any, ...]:
    return tuple(pattern[axis % len(pattern)] for axis in range(rank))


def _sides_called(name: str, geometry: ConvGeometry) -> Sides:
    if name == HALF:
        return half_sides(geometry.kernel, geometry.dilation)
    return named_sides_of(geometry, name)


RICH: dict[str, Any] = {
    "kernel": (2, 3),
    "size": (7, 6),
    "stride": (2, 1),
    "dilation": (1, 2),
    "padding": ((0, 1), (2, 0)),
    "groups": 2,
    "inputs": 3,
    "outputs": 1,
    "batch": 2,
    "bias": True,
}
"""A convolution with every setting at once: who takes this one is not restricted."""

_WIDE: tuple[dict[str, Any], ...] = (
    RICH,
    {**RICH, "padding": ((0, 1), (1, 0)), "transposed": True, "extra": (1, 0)},
    *({"kernel": (3,), "padding": HALF, "mode": mode} for mode in REPEATING_MODES),
    {"inputs": 0},
    {"kernel": (2,), "layout": "strided"},
)
"""What is asked of everyone."""

_PLAIN: tuple[dict[str, Any], ...] = (
    {"kernel": (1,)},
    {"kernel": (3,), "padding": HALF},
    {"kernel": (3,)},
    {"kernel": (2,)},
    {"kernel": (5,), "padding": HALF},
    {"kernel": (3,), "padding": HALF, "stride": (2,)},
    {"kernel": (3,), "padding": "same_upper", "stride": (2,), "size": (6,)},
    {"kernel": (3,), "padding": HALF, "dilation": (2,)},
    {"kernel": (3,), "padding": ((1, 0),)},
    {"kernel": (3,), "padding": "causal"},
    {"kernel": (3,), "padding": "causal", "dilation": (2,)},
    {"kernel": (2,), "transposed": True, "stride": (2,)},
    {"kernel": (4,), "transposed": True, "stride": (2,), "padding": ((1, 1),)},
    {"kernel": (3,), "transposed": True, "stride": (2,), "padding": ((1, 1),), "extra": (1,)},
    {"kernel": (3,), "transposed": True},
    {"kernel": (2,), "stride": PATCHES, "size": (4,)},
)
_CHANNELS: tuple[dict[str, Any], ...] = (
    {},
    {"inputs": 4, "outputs": 4},
    {"groups": 4},
    {"groups": 2, "inputs": 2, "outputs": 2},
)
_COUNTS = ((3, 8), (8, 8), (16, 16), (32, 32), (64, 64))
"""Channels at which implementations are specialised, for the two plainest kernels and the smallest transposed one."""
_SMALL_TRANSPOSED: dict[str, Any] = {"kernel": (2,), "transposed": True, "stride": (2,), "size": (1,)}
_ALIGNED_CHANNELS: tuple[dict[str, Any], ...] = (
    {},
    {"groups": 8},
    *({"inputs": count, "outputs": count} for count in (4, 8, 16, 32)),
)
_ALIGNED_SIZES, _ALIGNED_BATCHES = (1, 2, 4, 8, 16, 32), (1, 4, 8)


def wide_forms(rank: int, dtype: str) -> Iterator[Form]:
    """Few forms that have every setting between them."""
    for changes in _WIDE:
        yield Form(rank, dtype, **changes)


def plain_forms(rank: int, dtype: str) -> Iterator[Form]:
    """Many that have few settings: the usual layers of every kind, one channel and four, dense and grouped."""
    for channels in _CHANNELS:
        for changes in _PLAIN:
            yield Form(rank, dtype, **{**changes, **channels})
    yield Form(rank, dtype, kernel=(3,), padding=HALF, groups=4, outputs=2)
    for inputs, outputs in _COUNTS:
        for changes in (*_PLAIN[:2], _SMALL_TRANSPOSED):
            yield Form(rank, dtype, **{**changes, "inputs": inputs, "outputs": outputs})
        yield Form(rank, dtype, kernel=(3,), padding=HALF, groups=outputs)
    for changes in _PLAIN[:2]:
        yield Form(rank, dtype, **{**changes, "bias": True})


def aligned_forms(rank: int, dtype: str) -> Iterator[Form]:
    """Plain forms in whole vectors, tiles and blocks: of channels, of images and along the axes, in any combination."""
    for changes, channels, size, batch in product(_PLAIN, _ALIGNED_CHANNELS, _ALIGNED_SIZES, _ALIGNED_BATCHES):
        yield Form(rank, dtype, **{**changes, **channels, "size": (size,), "batch": batch})


def declared_forms(domain: Domain, rank: int, dtype: str) -> Iterator[Form]:
    """Forms of each entry of a declared domain, the others as they come first; none of one that declares nothing."""
    entries: dict[str, list[Any]] = {
        "kernel": [_pattern(entry) for entry in domain.kernels],
        "stride": [_pattern(entry) for entry in domain.strides],
        "dilation": [_pattern(entry) for entry in domain.dilations],
        "padding": [_padding_of(entry) for entry in domain.paddings],
        "mode": list(domain.padding_modes),
        "transposed": [True] if domain.transposed == "only" else [],
        "bias": [True] if domain.bias == "only" else [],
    }
    channels = _channels_of(domain)
    first: dict[str, Any] = {name: values[0] for name, values in entries.items() if values} | channels[0]
    if not domain.declared:
        return
    for changes in ({}, *channels, *({name: value} for name, values in entries.items() for value in values)):
        yield Form(rank, dtype, **{**first, **changes})


def _pattern(entry: DomainEntry) -> Pattern:
    return (entry,) if isinstance(entry, int) else tuple(map(int, entry))


def _padding_of(entry: DomainEntry) -> str | Sides:
    if entry == SYMMETRIC:
        return ((1, 1),)
    if isinstance(entry, str):
        return entry
    low, high = (entry, entry) if isinstance(entry, int) else entry
    return ((low, high),)


def _channels_of(domain: Domain) -> list[dict[str, Any]]:
    """Groups and channels that a declared domain takes, if there are any such among its first ones."""
    inputs = domain.input_channels or (domain.input_channel_multiple, 2 * domain.input_channel_multiple)
    outputs = domain.output_channels or (domain.output_channel_multiple, 2 * domain.output_channel_multiple)
    choices: list[dict[str, Any]] = []
    for entry, total, other in product(domain.groups or (1,), inputs, outputs):
        groups = entry if isinstance(entry, int) else total
        least = groups if entry == CHANNELWISE else other * groups if other % groups else other
        if total % groups == 0:
            choices.append({"groups": groups, "inputs": total // groups, "outputs": least // groups})
    return choices or [{}]
