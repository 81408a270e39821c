"""Hypothesis strategies for convolutions and cases, steered to where implementations break.

They draw the structure only (around a dozen integers); the data follow from a
drawn seed. A size is built up from the number of windows, so that every draw is
legal and the windows that do not tile the input are as frequent as those that do.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption

from ...oracle.numbers.dtypes import EVERYDAY
from ...oracle.operands.data import SEEDS, Case
from ...oracle.operands.fills import FILLS
from ...oracle.operands.vocabulary import Setting
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS, LAYOUTS
from ...oracle.problem.padding import PaddingSides
from .room import AXES, Axis, Drawn, cut_down, cut_off, within_padded
from .sizes import BATCHES, CHANNELS, CODE_BYTES, DILATIONS, GROUPS, KERNELS, MULTIPLIERS, STRIDES, WINDOWS, Sizes
from .space import BEST_RESOLVED_FILL, Space, without
from .swarm import Swarm, drawn_swarm

_CODES = st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES)
_KEPT = st.sampled_from((*(AXES,) * 4, "groups", "batch", *("inputs", "outputs") * 2))


def _size(draw: st.DrawFn, sizes: Sizes) -> int:
    return sizes.of(draw(_CODES))


def _axes(draw: st.DrawFn, rank: int, swarm: Swarm) -> tuple[Axis, ...]:
    """The spatial axes, before they are cut down; they shrink towards one window of a kernel of one and stride 1."""
    windows = WINDOWS[rank]
    first = _axis(draw, swarm, windows)
    if not swarm.alike:
        return (first, *(_axis(draw, swarm, windows) for _ in range(1, rank)))
    return (first, *(first if swarm.square else replace(first, windows=_size(draw, windows)) for _ in range(1, rank)))


def _axis(draw: st.DrawFn, swarm: Swarm, windows: Sizes) -> Axis:
    kernel = _size(draw, KERNELS)
    stride = _size(draw, STRIDES) if swarm.stride else 1
    dilation = _size(draw, DILATIONS) if swarm.dilation and kernel > 1 else 1
    return Axis(kernel, stride, dilation, _size(draw, windows))


def _counts(draw: st.DrawFn, swarm: Swarm) -> tuple[int, int, int, int]:
    """Groups, batch, and the input and output channels of a group; where there are groups, half are depthwise."""
    batch = _size(draw, BATCHES)
    if not swarm.groups:
        return 1, batch, _size(draw, CHANNELS), _size(draw, CHANNELS)
    if not draw(st.booleans()):
        return _size(draw, GROUPS), batch, _size(draw, CHANNELS), _size(draw, CHANNELS)
    return _size(draw, CHANNELS), batch, 1, _size(draw, MULTIPLIERS)


def _edges(draw: st.DrawFn, axis: Axis, swarm: Swarm) -> tuple[PaddingSides, int]:
    """The padding of an axis, and how many elements no window reaches."""
    remainder = draw(st.integers(0, axis.stride - 1)) if axis.stride > 1 else 0
    match swarm.padding:
        case "half the kernel":
            half = axis.dilation * (axis.kernel // 2)
            return (half, half), remainder
        case "symmetric":
            side = draw(st.integers(0, axis.reach + 1))
            return (side, side), remainder
        case "any":
            return (draw(st.integers(0, axis.reach + 1)), draw(st.integers(0, axis.reach + 1))), remainder
        case "causal":
            return (axis.reach - 1, 0), remainder
        case "same" if axis.reach - axis.stride + remainder > 0:
            return _halves(draw, axis.reach - axis.stride + remainder), 0
    return (0, 0), remainder


def _placed(draw: st.DrawFn, axes: tuple[Axis, ...], extras: list[int], swarm: Swarm) -> list[tuple[int, PaddingSides]]:
    """Size and padding of each axis; `extras` are output paddings."""
    edges = [_edges(draw, axis, swarm) for axis in (axes[:1] if swarm.alike else axes)]
    edges *= len(axes) // len(edges)
    if swarm.transposed:
        pairs = zip(axes, extras, edges, strict=True)
        return [(axis.windows, cut_off(axis.padded + extra, sides)) for axis, extra, (sides, _) in pairs]
    return [
        within_padded(axis.padded + remainder, sides, swarm.padding_mode)
        for axis, (sides, remainder) in zip(axes, edges, strict=True)
    ]


def _extras(axis: Axis) -> st.SearchStrategy[int]:
    """The output padding of an axis, below its stride or its dilation."""
    return st.integers(0, max(axis.stride, axis.dilation) - 1)


def _halves(draw: st.DrawFn, padding: int) -> PaddingSides:
    """The sides of SAME's padding, the larger half after or before."""
    halves = (padding // 2, padding - padding // 2)
    return halves if draw(st.booleans()) else halves[::-1]


@st.composite
def conv_geometries(draw: st.DrawFn, *, space: Space = Space()) -> ConvGeometry:  # noqa: B008 - frozen
    """Legal convolutions within `space`.

    Examples shrink towards one image, one channel, one window of a kernel of
    one, in the fewest spatial axes. Where a drawn case would have more than
    `space.max_products` products, one of the sizes, drawn as well, is kept, and the rest cut down.
    """
    return drawn_geometry(draw, space)


def drawn_geometry(draw: st.DrawFn, space: Space) -> ConvGeometry:
    """One of `conv_geometries`.

    Raises
    ------
    UnsatisfiedAssumption
        If what was drawn has no room in the space.
    """
    rank = draw(st.sampled_from(sorted(space.ranks)))
    swarm = drawn_swarm(draw, space.settings, rank)
    wanted = Drawn(_axes(draw, rank, swarm), *_counts(draw, swarm))
    sizes = cut_down(wanted, draw(_KEPT), space.max_products)
    extras = [draw(_extras(axis)) if swarm.output_padding else 0 for axis in sizes.axes]
    placed = _placed(draw, sizes.axes, extras, swarm)
    geometry = ConvGeometry(
        sizes.batch,
        sizes.groups * sizes.inputs,
        sizes.groups * sizes.outputs,
        tuple(size for size, _ in placed),
        tuple(axis.kernel for axis in sizes.axes),
        tuple(axis.stride for axis in sizes.axes),
        tuple(sides for _, sides in placed),
        tuple(axis.dilation for axis in sizes.axes),
        sizes.groups,
        swarm.padding_mode,
        swarm.transposed,
        tuple(extras),
    )
    drawn = geometry if swarm.lack is None else without(geometry, swarm.lack)
    if not space.has_room_for(drawn):
        raise UnsatisfiedAssumption
    return drawn


_FILLS = st.sampled_from((*(BEST_RESOLVED_FILL,) * len(FILLS), *FILLS))
_LAYOUTS = st.sampled_from(sorted(LAYOUTS, key=CONTIGUOUS.__ne__) + [CONTIGUOUS] * (len(LAYOUTS) - 2))
_SEEDS = st.integers(0, SEEDS - 1)


@st.composite
def cases(draw: st.DrawFn, *, space: Space = Space()) -> Case:  # noqa: B008 - frozen
    """Cases within `space`: a convolution, a dtype, the kind of its real data and a data seed.

    Examples shrink towards the first of `space.dtypes`, no bias, uniform data and contiguous memory.
    """
    return drawn_case(draw, space, draw(conv_geometries(space=space)))


def drawn_case(draw: st.DrawFn, space: Space, geometry: ConvGeometry) -> Case:
    """One of `cases` of a geometry."""
    everyday = tuple(dtype for dtype in space.dtypes if dtype in EVERYDAY)
    dtype = draw(st.sampled_from((*space.dtypes, *everyday, *everyday)))
    bias = draw(st.booleans()) if Setting.BIAS in space.settings else False
    layout = draw(_LAYOUTS) if Setting.LAYOUT in space.settings else CONTIGUOUS
    return Case(geometry, bias, dtype, draw(_FILLS), draw(_SEEDS), layout)
