"""What a case may have beyond the plainest one: the settings that it uses, and what it lacks, each by one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from ..problem.geometry import ConvGeometry
from ..problem.layouts import CONTIGUOUS
from .data import Case

Predicate = Callable[[ConvGeometry], bool]


class Setting(StrEnum):
    """What a case may use beyond a kernel.

    Unequal padding differs between low and high, padding mode is one other than zeros, a degenerate
    convolution has no channels or nothing to read or write, and the layout is one other than contiguous memory.
    """

    STRIDE = "stride"
    PADDING = "padding"
    UNEQUAL_PADDING = "unequal padding"
    PADDING_MODE = "padding mode"
    DILATION = "dilation"
    GROUPS = "groups"
    BIAS = "bias"
    TRANSPOSED = "transposed"
    OUTPUT_PADDING = "output padding"
    DEGENERATE = "degenerate"
    LAYOUT = "layout"


SETTINGS = frozenset(Setting)
OF_GEOMETRY: Mapping[Setting, Predicate] = {
    Setting.STRIDE: lambda g: max(g.stride) > 1,
    Setting.PADDING: lambda g: any(map(any, g.padding)),
    Setting.UNEQUAL_PADDING: lambda g: any(low != high for low, high in g.padding),
    Setting.PADDING_MODE: lambda g: g.padding_mode != "zeros",
    Setting.DILATION: lambda g: max(g.dilation) > 1,
    Setting.GROUPS: lambda g: g.groups > 1,
    Setting.TRANSPOSED: lambda g: g.transposed,
    Setting.OUTPUT_PADDING: lambda g: any(g.output_padding),
    Setting.DEGENERATE: lambda g: g.is_degenerate,
}
"""Whether a convolution uses a setting; a bias and a layout are no part of it."""


def used_settings(case: Case) -> frozenset[Setting]:
    """The settings that a case uses."""
    used = {setting for setting, is_used in OF_GEOMETRY.items() if is_used(case.geometry)}
    if case.bias:
        used.add(Setting.BIAS)
    if case.layout != CONTIGUOUS:
        used.add(Setting.LAYOUT)
    return frozenset(used)


class Lack(StrEnum):
    """What a case may be without, so that there is less to compute than one number."""

    IMAGES = "an empty batch"
    INPUT_CHANNELS = "no input channels"
    OUTPUT_CHANNELS = "no output channels"
    INPUT = "an input of size 0"
    WINDOWS = "no window that fits"


LACKING: Mapping[Lack, Predicate] = {
    Lack.IMAGES: lambda g: g.batch == 0,
    Lack.INPUT_CHANNELS: lambda g: g.in_channels == 0,
    Lack.OUTPUT_CHANNELS: lambda g: g.out_channels == 0,
    Lack.INPUT: lambda g: 0 in g.size,
    Lack.WINDOWS: lambda g: 0 in g.output_size and 0 not in g.size,
}
DEGENERATE = tuple(lack for lack in Lack if lack is not Lack.IMAGES)
"""What a degenerate convolution lacks: an empty batch is refused by nobody."""
