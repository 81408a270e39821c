"""Stride and dilation ignored, exchanged or confused, with each other or with other settings."""

from __future__ import annotations

from collections.abc import Callable

from ..problem.geometry import ConvGeometry
from ..problem.passes import INPUT_GRADIENTS, WEIGHT_GRADIENTS
from .model import Misreading
from .planting import BACKWARDS, altered, wrong_geometry

Axes = tuple[int, ...]


def _strides(change: Callable[[ConvGeometry], Axes]) -> Misreading:
    def wrong(geometry: ConvGeometry) -> ConvGeometry | None:
        stride = change(geometry)
        return altered(geometry, stride=stride, output_padding=_legal_extra(geometry, stride, geometry.dilation))

    return wrong


def _legal_extra(geometry: ConvGeometry, stride: Axes, dilation: Axes) -> Axes:
    axes = zip(geometry.output_padding, stride, dilation, strict=True)
    return tuple(min(extra, max(step, gap) - 1) for extra, step, gap in axes)


def _dilations(change: Callable[[ConvGeometry], Axes]) -> Misreading:
    return lambda geometry: altered(geometry, dilation=change(geometry))


def _ones(geometry: ConvGeometry) -> Axes:
    return (1,) * geometry.rank


def _exchanged(geometry: ConvGeometry) -> ConvGeometry | None:
    return altered(geometry, stride=geometry.dilation, dilation=geometry.stride)


def _groups_and_dilation_exchanged(geometry: ConvGeometry) -> ConvGeometry | None:
    if len(set(geometry.dilation)) > 1:
        return None
    return altered(geometry, groups=geometry.dilation[0], dilation=(geometry.groups,) * geometry.rank)


def _axes_exchanged(geometry: ConvGeometry) -> ConvGeometry | None:
    names = ("stride", "padding", "dilation", "output_padding")
    return altered(geometry, **{name: getattr(geometry, name)[::-1] for name in names})


MODELS = (
    wrong_geometry(
        "settings-axes-exchanged",
        "the strides, paddings and dilations of the spatial axes were exchanged",
        "Numbers in the order (width, height) are taken for (height, width). Look at the order that the called "
        "function expects.",
        _axes_exchanged,
    ),
    wrong_geometry(
        "stride-axes-exchanged",
        "the strides of the spatial axes were exchanged",
        "Height and width are confused. Look at the order in which the stride's numbers are taken.",
        _strides(lambda geometry: geometry.stride[::-1]),
    ),
    wrong_geometry(
        "first-stride-on-all-axes",
        "the first axis's stride held for all axes",
        "Only one number of the stride is used. Look at where the stride of the other axes is read.",
        _strides(lambda geometry: geometry.stride[:1] * geometry.rank),
    ),
    wrong_geometry(
        "stride-ignored",
        "the stride were 1 in every pass",
        "Output position p reads from p, where it should from s p. Look at the factor of the output position.",
        _strides(_ones),
    ),
    wrong_geometry(
        "stride-ignored-in-input-gradient",
        "the stride were 1 in the input gradient",
        "The output gradient is not spread by the stride before it is correlated with the kernel. Look at where an "
        "element of the output gradient is sent.",
        _strides(_ones),
        INPUT_GRADIENTS,
    ),
    wrong_geometry(
        "stride-ignored-in-weight-gradient",
        "the stride were 1 in the weight gradient",
        "The stride of the forward pass is the dilation of the weight gradient's correlation, and it is missing. Look "
        "at the input position that belongs to an output position.",
        _strides(_ones),
        WEIGHT_GRADIENTS,
    ),
    wrong_geometry(
        "dilation-axes-exchanged",
        "the dilations of the spatial axes were exchanged",
        "Height and width are confused. Look at the order in which the dilation's numbers are taken.",
        _dilations(lambda geometry: geometry.dilation[::-1]),
    ),
    wrong_geometry(
        "first-dilation-on-all-axes",
        "the first axis's dilation held for all axes",
        "Only one number of the dilation is used. Look at where the dilation of the other axes is read.",
        _dilations(lambda geometry: geometry.dilation[:1] * geometry.rank),
    ),
    wrong_geometry(
        "dilation-ignored",
        "the dilation were 1 in every pass",
        "Tap r reads at r, where it should at d r. As the gradients agree with the forward pass, finite differences "
        "do not see it. Look at the factor of the kernel's tap.",
        _dilations(_ones),
    ),
    wrong_geometry(
        "dilation-ignored-in-input-gradient",
        "the dilation were 1 in the input gradient",
        "The kernel is not spread by the dilation in this pass. Look at where tap r sends its share.",
        _dilations(_ones),
        INPUT_GRADIENTS,
    ),
    wrong_geometry(
        "dilation-ignored-in-weight-gradient",
        "the dilation were 1 in the weight gradient",
        "The dilation of the forward pass is the stride of the weight gradient's correlation, and it is missing. Look "
        "at the input position that belongs to tap r.",
        _dilations(_ones),
        WEIGHT_GRADIENTS,
    ),
    wrong_geometry(
        "dilation-counted-from-zero",
        "the dilation were one larger",
        "Dilation counts the gaps between taps in some libraries and their distance in others. Look at the convention "
        "of what the dilation is handed to.",
        _dilations(lambda geometry: tuple(d + 1 for d in geometry.dilation)),
    ),
    wrong_geometry(
        "stride-and-dilation-exchanged-in-backward",
        "stride and dilation were exchanged in the gradients",
        "The gradients are convolutions in which stride and dilation change places, and they do so once too often or "
        "not at all. Look at the arguments of the convolutions that compute the gradients.",
        _exchanged,
        BACKWARDS,
    ),
    wrong_geometry(
        "groups-and-dilation-exchanged",
        "groups and dilation were exchanged",
        "Both are plain numbers, and functions do not agree on which comes first. Look at the order of the arguments "
        "of the call, and name them.",
        _groups_and_dilation_exchanged,
    ),
)
