"""Which mistake a vector is after: each flag with what the bug is, what it does, and which cases can show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...oracle.faults.tiles import BLOCKS
from ...oracle.numbers.dtypes import COMPONENTS
from ...oracle.operands.data import Case
from ...oracle.operands.vocabulary import LACKING, OF_GEOMETRY, Lack, Setting
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import FORWARDS, INPUT_GRADIENTS, WEIGHT_GRADIENTS, Pass

ACCEPTED_INVALID = "AcceptedInvalid"
"""The flag of illegal calls."""

CanShow = Callable[[Case, Pass], bool]


def _never(case: Case, pass_: Pass) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Note:
    """A mistake.

    Parameters
    ----------
    bug : str
    effect : str
    shows : callable
        Whether a case of integers can show it in a pass; never, of what only certain values show.
    """

    bug: str
    effect: str
    shows: CanShow = _never


def _of_products(shows: Callable[[ConvGeometry, Pass], bool]) -> CanShow:
    """Of passes that sum products, where there is anything to sum: of all but the bias gradient."""

    def shown(case: Case, pass_: Pass) -> bool:
        geometry = case.geometry
        something = geometry.batch > 0 and not geometry.is_degenerate and geometry.products > 0
        return something and pass_ is not Pass.BIAS_GRADIENT and shows(geometry, pass_)

    return shown


def _using(setting: Setting) -> Callable[[ConvGeometry, Pass], bool]:
    return lambda geometry, pass_: OF_GEOMETRY[setting](geometry)


def _differs(values: tuple[object, ...]) -> bool:
    return len(set(values)) > 1


def _reads_several_taps(geometry: ConvGeometry, pass_: Pass) -> bool:
    direct = geometry.direct
    return any(int(direct.inside(axis).any(axis=0).sum()) > 1 for axis in range(direct.rank))


def _axes_differ(geometry: ConvGeometry, pass_: Pass) -> bool:
    several = max(geometry.direct.output_size) > 1
    return (
        (min(geometry.kernel) > 1 and _differs_in_reverse(geometry.kernel))
        or (several and _differs_in_reverse(geometry.stride))
        or (max(geometry.kernel) > 1 and _differs_in_reverse(geometry.dilation))
        or _differs_in_reverse(geometry.padding)
    )


def _differs_in_reverse(values: tuple[object, ...]) -> bool:
    return values != values[::-1]


def _is_centred_on_an_even_kernel(geometry: ConvGeometry, pass_: Pass) -> bool:
    axes = zip(geometry.kernel, geometry.dilation, geometry.padding, strict=True)
    return not geometry.transposed and any(r % 2 == 0 and low + high == d * (r - 1) for r, d, (low, high) in axes)


def _leaves_remainder(geometry: ConvGeometry, pass_: Pass) -> bool:
    axes = zip(geometry.size, geometry.kernel, geometry.stride, geometry.padding, geometry.dilation, strict=True)
    left = any((size + low + high - d * (r - 1) - 1) % s > high for size, r, s, (low, high), d in axes)
    return not geometry.transposed and pass_ in INPUT_GRADIENTS and left


def _skips_elements(geometry: ConvGeometry, pass_: Pass) -> bool:
    """Whether there are elements between those that windows read; those are written by the adjoint."""
    direct = geometry.direct
    read = (np.unique(direct.source_positions(axis)[direct.inside(axis)]) for axis in range(direct.rank))
    writing = FORWARDS if geometry.transposed else INPUT_GRADIENTS
    return pass_ in writing and any((np.diff(at) > 1).any() for at in read)


def _has_tail(geometry: ConvGeometry, pass_: Pass) -> bool:
    per_group = (geometry.in_channels // geometry.groups, geometry.out_channels // geometry.groups)
    counts = (*per_group, geometry.output_size[-1])
    return any(count > block and count % block for count in counts for block in BLOCKS)


FLAGS: dict[str, Note] = {
    "KernelRotation": Note(
        "the kernel is rotated by 180° where it should not be, or is not where it should be",
        "taps meet the wrong elements wherever the kernel is not symmetric",
        _of_products(_reads_several_taps),
    ),
    "KernelNotSquare": Note(
        "rotating or indexing the kernel takes its height for its width",
        "right for square kernels only",
        _of_products(lambda g, p: min(g.kernel) > 1 and _differs(g.kernel)),
    ),
    "EvenKernel": Note(
        "the centre of an even kernel is taken to be on the other side",
        "the output is shifted, or wrong at a border",
        _of_products(_is_centred_on_an_even_kernel),
    ),
    "AxesExchanged": Note(
        "kernel, stride, padding or dilation of one axis is used for another",
        "right where they are the same on all axes only",
        _of_products(_axes_differ),
    ),
    "PaddingSides": Note(
        "low and high padding are exchanged, or one of them is used for both",
        "the output is shifted, or of another size",
        _of_products(_using(Setting.UNEQUAL_PADDING)),
    ),
    "PaddingMode": Note(
        "padding repeats the wrong elements, or is zeros",
        "wrong at the borders only",
        _of_products(_using(Setting.PADDING_MODE)),
    ),
    "Stride": Note(
        "the stride is ignored, or missing from a gradient, or that of the first axis is used for all",
        "windows lie in the wrong places, perhaps in a gradient only",
        _of_products(lambda g, p: any(s > 1 < o for s, o in zip(g.stride, g.direct.output_size, strict=True))),
    ),
    "StrideDilation": Note(
        "stride and dilation are exchanged in a gradient, where each plays the other's part",
        "wrong gradients of a right forward pass",
        _of_products(lambda g, p: p not in FORWARDS and g.stride != g.dilation),
    ),
    "Dilation": Note(
        "the dilation is ignored, in the forward pass, in a gradient or in all of them",
        "taps lie too close together",
        _of_products(_using(Setting.DILATION)),
    ),
    "FloorRemainder": Note(
        "elements after the last window are mishandled",
        "a gradient of another size, or one that is not zero there",
        _of_products(_leaves_remainder),
    ),
    "LastWindow": Note(
        "the last window or tap of an axis is left out, or the output size is rounded up",
        "the last row or column is missing or wrong",
        _of_products(lambda g, p: max(g.direct.output_size) > 1),
    ),
    "UnreachedElements": Note(
        "elements between windows are never written where a stride is above the kernel",
        "garbage in place of zeros",
        _of_products(_skips_elements),
    ),
    "ChannelIndex": Note(
        "the loop over input channels reads the kernel of another",
        "right for one channel only",
        _of_products(lambda g, p: g.in_channels // g.groups > 1),
    ),
    "Groups": Note(
        "channels of another group are read, or those of groups are in the wrong order",
        "each output reads another's channels",
        _of_products(_using(Setting.GROUPS)),
    ),
    "DepthMultiplier": Note(
        "the outputs of a depthwise channel are in the wrong order, or one only is computed",
        "permuted outputs",
        _of_products(lambda g, p: g.is_depthwise and g.out_channels > g.in_channels),
    ),
    "VectorTail": Note(
        "what is beyond a multiple of a vector's or a tile's width is dropped",
        "right at 8 or 16 channels only",
        _of_products(_has_tail),
    ),
    "Bias": Note(
        "the bias is left out, added twice, or indexed by another axis than the channel",
        "an offset, perhaps one that varies over the output",
        lambda case, p: case.bias and p in FORWARDS and case.geometry.batch > 0 and not case.geometry.is_degenerate,
    ),
    "BiasReduction": Note(
        "the bias gradient is not summed over the batch or an axis, or over the wrong one",
        "too small, or of another shape",
        lambda case, p: p is Pass.BIAS_GRADIENT and case.geometry.batch > 1 and not case.geometry.is_degenerate,
    ),
    "BatchReduction": Note(
        "the weight gradient is that of one image, or a mean",
        "too small by a factor",
        _of_products(lambda g, p: p in WEIGHT_GRADIENTS and g.batch > 1),
    ),
    "EmptyBatch": Note(
        "an empty batch leaves a gradient unwritten",
        "garbage, or an error",
        lambda case, p: LACKING[Lack.IMAGES](case.geometry),
    ),
    "NoChannels": Note(
        "a convolution without channels or windows is computed as if it had some",
        "garbage, or a crash; the sum over nothing is 0, and an error is fine as well",
        lambda case, p: case.geometry.batch > 0 and case.geometry.is_degenerate,
    ),
    "PaddingOnly": Note(
        "a window that lies in the padding is left out, or reads data",
        "values other than the bias there, or a crash",
        lambda case, p: any(
            not case.geometry.direct.inside(axis).any(axis=1).all() for axis in range(case.geometry.rank)
        ),
    ),
    "OutputPadding": Note(
        "the output padding is ignored, or filled with zeros",
        "the last rows are missing or zero",
        _of_products(lambda g, p: p in FORWARDS and OF_GEOMETRY[Setting.OUTPUT_PADDING](g)),
    ),
    "TransposedPadding": Note(
        "the padding of a transposed convolution is added to its input, not cut off its output",
        "shifted, and of another size",
        _of_products(lambda g, p: g.transposed and any(low for low, _ in g.padding)),
    ),
    "UpdateStep": Note(
        "the step of the update has the wrong sign or size",
        "the loss grows",
        _of_products(lambda g, p: p is Pass.UPDATE),
    ),
    "SecondOrder": Note(
        "one of the sums of a second derivative is missing",
        "wrong gradients of gradients",
        _of_products(lambda g, p: p in (Pass.JVP, Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT)),
    ),
    "Conjugation": Note(
        "the gradient of complex numbers is not conjugated",
        "wrong imaginary parts",
        lambda case, p: case.dtype in COMPONENTS and p in (*INPUT_GRADIENTS, *WEIGHT_GRADIENTS),
    ),
    "IntegerSaturation": Note(
        "int8 sums wrap or are clipped in int8 or int16",
        "wrong for large sums",
        lambda case, p: case.dtype == "int8",
    ),
    "NarrowAccumulator": Note(
        "sums are taken in fewer bits than the operands have, or their terms are rounded",
        "an error beyond what rounding explains",
    ),
    "Overflow": Note(
        "a sum overflows that should not, or is clipped where it should be Inf", "Inf, or the largest number"
    ),
    "FlushedSubnormals": Note("numbers below the smallest normal one are taken for zero", "zeros"),
    "NanLeak": Note(
        "NaN or Inf reaches elements that do not read it, or does not reach those that do",
        "NaN in neighbours, or a number where NaN should be",
    ),
    ACCEPTED_INVALID: Note(
        "an illegal argument is accepted",
        "nonsense, or a crash",
    ),
    "Constant": Note("zeros, a constant or an earlier result is returned", "right only where no one looks"),
}


def flags_of(case: Case, pass_: Pass) -> tuple[str, ...]:
    """The mistakes that integers can show in a pass of a case; at least ``Constant``."""
    return tuple(name for name, note in FLAGS.items() if note.shows(case, pass_)) or ("Constant",)
