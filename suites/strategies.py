"""Hypothesis strategies for convolutions and cases, steered to where implementations break.

They draw the structure only (around a dozen integers); the data follow from a
drawn seed. A size is built up from the number of windows, so that every draw is
legal and the windows that do not tile the input are as frequent as those that do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from ..oracle.data import Case
from ..oracle.dtypes import DTYPES, EVERYDAY
from ..oracle.errors import InvalidArgument
from ..oracle.fills import FILLS
from ..oracle.geometry import ConvGeometry
from ..oracle.layouts import CONTIGUOUS, LAYOUTS
from ..oracle.padding import PADDING_MODES

BEST_RESOLVED_FILL = "uniform"
_FEW = (1, 2, 3, 4)
RANKS = tuple(range(1, 7))
"""Numbers of spatial axes that may be drawn; those above three for who asks for them."""
_MOST_WINDOWS = (9, 6, 3, 2, 2, 2)
"""On an axis, by their number less one."""
_VECTOR_WIDTHS = (8, 16, 32)
_VECTOR_TAILS = (7, 9, 15, 17, 24, 31, 33, 63, 64, 65)


SETTINGS = frozenset(
    (
        "stride",
        "padding",
        "unequal padding",
        "padding mode",
        "dilation",
        "groups",
        "bias",
        "transposed",
        "output padding",
        "degenerate",
        "layout",
    )
)
"""What a case may use beyond a kernel.

Unequal padding differs between low and high, padding mode is one other than
zeros, a degenerate convolution has no channels or nothing to read or write, and
the layout is one other than contiguous memory.
"""


def used_settings(case: Case) -> frozenset[str]:
    """Which of `SETTINGS` a case uses."""
    geometry = case.geometry
    used = {
        "stride": max(geometry.stride) > 1,
        "padding": any(map(any, geometry.padding)),
        "unequal padding": any(low != high for low, high in geometry.padding),
        "padding mode": geometry.padding_mode != "zeros",
        "dilation": max(geometry.dilation) > 1,
        "groups": geometry.groups > 1,
        "bias": case.bias,
        "transposed": geometry.transposed,
        "output padding": any(geometry.output_padding),
        "degenerate": geometry.is_degenerate,
        "layout": case.layout != CONTIGUOUS,
    }
    return frozenset(name for name, is_used in used.items() if is_used)


@dataclass(frozen=True, slots=True)
class Space:
    """Which cases may be drawn.

    Parameters
    ----------
    ranks : tuple of int
        Numbers of spatial axes.
    dtypes : tuple of str
        Some of `DTYPES`; counterexamples shrink towards the first.
    max_products : int
        Upper limit of products X_i F_j in a pass, so that a case is answered in milliseconds.
    settings : frozenset of str
        Which of `SETTINGS` may differ from the plainest convolution's.

    Raises
    ------
    InvalidArgument
        If a tuple is empty or has a value that is not one of those possible.
    """

    ranks: tuple[int, ...] = (1, 2, 3)
    dtypes: tuple[str, ...] = EVERYDAY
    max_products: int = 20_000
    settings: frozenset[str] = SETTINGS

    def __post_init__(self) -> None:
        _check_choices("ranks", self.ranks, RANKS)
        _check_choices("dtypes", self.dtypes, DTYPES)
        if not self.settings <= SETTINGS:
            raise InvalidArgument("settings", set(self.settings), f"should be some of {set(SETTINGS)}", where="Space")
        if self.max_products < 1:
            raise InvalidArgument("max_products", self.max_products, "should be at least 1", where="Space")

    def __contains__(self, case: Case) -> bool:
        """Whether a case has one of the ranks and dtypes, and is not too large."""
        geometry = case.geometry
        return geometry.rank in self.ranks and case.dtype in self.dtypes and geometry.products <= self.max_products


def _check_choices(name: str, chosen: Sequence[object], possible: tuple[object, ...]) -> None:
    if not chosen or any(choice not in possible for choice in chosen):
        raise InvalidArgument(name, chosen, f"should be some of {', '.join(map(str, possible))}", where="Space")


@dataclass(frozen=True, slots=True)
class _Axis:
    size: int
    kernel: int
    stride: int
    padding: tuple[int, int]
    dilation: int

    @property
    def windows(self) -> int:
        return (self.size + sum(self.padding) - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def within(self, products: int, elements: int) -> _Axis:
        """This axis with as many windows as have at most so many products and padded elements, and at least one."""
        if self.kernel > products:
            return replace(self, kernel=products).within(products, elements)
        padded = self.size + sum(self.padding)
        excess = max(self.windows - max(products // self.kernel, 1), -(-(padded - elements) // self.stride))
        excess = min(excess, self.windows - 1)
        return replace(self, size=max(self.size - excess * self.stride, 1)) if excess > 0 else self


@dataclass(frozen=True, slots=True)
class _Swarm:
    """Which settings a case uses at all.

    Cases that leave some out meet faults that others would mask, and tell one
    fault from another (Groce et al. 2012, "Swarm testing").
    """

    stride: bool
    padding: bool
    unequal_padding: bool
    same_padding: bool
    dilation: bool
    groups: bool
    padding_mode: str
    transposed: bool
    output_padding: bool
    degenerate: str


@st.composite
def _swarms(draw: st.DrawFn, *, settings: frozenset[str]) -> _Swarm:
    def used(name: str) -> bool:
        return name in settings and draw(st.booleans())

    def seldom(name: str, *values: str) -> str:
        """Mostly the first value, now and then one of the others."""
        usual, *others = values
        return draw(st.sampled_from((usual,) * 15 * len(others) + tuple(others))) if name in settings else usual

    stride, padded = used("stride"), used("padding")
    unequal, dilation, groups = padded and used("unequal padding"), used("dilation"), used("groups")
    same = unequal and draw(st.booleans())
    mode = draw(st.sampled_from(_MODES)) if padded and "padding mode" in settings else "zeros"
    degenerate = seldom("degenerate", "", *_DEGENERATE)
    transposed = "transposed" in settings and draw(st.sampled_from((False, False, True)))
    room = transposed and (stride or dilation) and "output padding" in settings
    extra = room and draw(st.sampled_from((False, True, True, True)))
    if transposed:
        mode, degenerate = "zeros", ""
    return _Swarm(
        stride,
        padded,
        unequal,
        same,
        dilation,
        groups,
        mode,
        transposed,
        extra,
        degenerate if mode == "zeros" else "",
    )


_MODES = ("zeros", "zeros", "zeros", "reflect", "replicate", "circular")
_DEGENERATE = ("no input channels", "no output channels", "no input", "no window")


def _mostly(small: int, *rare: int) -> st.SearchStrategy[int]:
    """1 to `small`, and now and then one of some larger sizes at which implementations change their ways.

    One draw, so that any value shrinks to any smaller one.
    """
    common = tuple(range(1, small + 1))
    return st.sampled_from((*common, *rare, *common * max(1, 3 * len(rare) // small)))


@st.composite
def _axes(draw: st.DrawFn, *, swarm: _Swarm, most_windows: int) -> _Axis:
    """One spatial axis; shrinks towards one window of a kernel of one, stride 1, unpadded."""
    kernel = draw(_mostly(5, 6, 7, 8, 9, 11))
    stride = draw(_mostly(4, 5, 7, 8, 14, 16)) if swarm.stride else 1
    dilation = draw(_mostly(3, 4, 5, 8, 12)) if swarm.dilation and kernel > 1 else 1
    reach = dilation * (kernel - 1) + 1
    low = draw(st.integers(0, reach + 1)) if swarm.padding else 0
    high = draw(st.integers(0, reach + 1)) if swarm.unequal_padding else low
    windows = draw(_mostly(most_windows, 15, 16, 17, 31, 32, 33))
    remainder = draw(st.integers(0, stride - 1)) if stride > 1 else 0
    if swarm.same_padding and reach - stride + remainder > 0:
        low, high, remainder = *_halves(draw, reach - stride + remainder), 0
    size = max((windows - 1) * stride + reach + remainder - low - high, 1)
    return _Axis(size, kernel, stride, (low, high), dilation)


def _halves(draw: st.DrawFn, padding: int) -> tuple[int, int]:
    """The sides of SAME's padding, the larger half after or before."""
    halves = (padding // 2, padding - padding // 2)
    return halves if draw(st.booleans()) else halves[::-1]


def _channel_counts() -> st.SearchStrategy[int]:
    """Few channels, whole vectors and their tails; one draw, so that any count shrinks to any smaller one."""
    return st.sampled_from((*_FEW, *sorted(_VECTOR_WIDTHS + _VECTOR_TAILS), *_FEW, *_VECTOR_WIDTHS))


@st.composite
def _transposed_sides(draw: st.DrawFn, *, axis: _Axis, swarm: _Swarm) -> tuple[int, int, tuple[int, int]]:
    """Input size, output padding and the sides cut off, of an axis drawn as that of the direct convolution."""
    extra = draw(st.integers(0, max(axis.stride, axis.dilation) - 1)) if swarm.output_padding else 0
    whole = (axis.windows - 1) * axis.stride + axis.dilation * (axis.kernel - 1) + 1 + extra
    low = min(axis.padding[0], whole - 1)
    return axis.windows, extra, (low, min(axis.padding[1], whole - 1 - low))


@st.composite
def conv_geometries(draw: st.DrawFn, *, space: Space = Space()) -> ConvGeometry:
    """Legal convolutions within `space`.

    Examples shrink towards one image, one channel, one window of a kernel of
    one, in the fewest spatial axes. What is drawn first is kept, and the rest cut
    down, where a drawn case would have more than `space.max_products` products.
    """
    rank = draw(st.sampled_from(sorted(space.ranks)))
    swarm = draw(_swarms(settings=space.settings))
    drawn = [draw(_axes(swarm=swarm, most_windows=_MOST_WINDOWS[rank - 1])) for _ in range(rank)]
    groups = draw(_mostly(4, 5, 8, 16, 24, 32, 33)) if swarm.groups else 1
    inputs = 1 if groups > 1 and draw(st.booleans()) else draw(_channel_counts())
    outputs = draw(_channel_counts())
    batch = draw(st.sampled_from((1, 2, 3, 0, 4, 5, 8, 1, 2, 3)))
    room, elements = space.max_products, max(space.max_products // 4, 64)
    axes = []
    for axis in drawn:
        axes.append(axis.within(room, elements))
        room = max(room // (axes[-1].windows * axes[-1].kernel), 1)
        elements = max(elements // (axes[-1].size + sum(axes[-1].padding)), 1)
    room = min(room, 4 * elements)
    groups = min(groups, room)
    batch = min(batch, max(room // groups, 1))
    room = max(room // (groups * max(batch, 1)), 1)
    inputs = min(inputs, room)
    outputs = min(outputs, max(room // inputs, 1))
    sizes, sides = [axis.size for axis in axes], [axis.padding for axis in axes]
    extras = [0] * rank
    if swarm.transposed:
        sizes, extras, sides = map(
            list, zip(*(draw(_transposed_sides(axis=axis, swarm=swarm)) for axis in axes), strict=True)
        )
    geometry = ConvGeometry(
        batch,
        groups * inputs,
        groups * outputs,
        tuple(sizes),
        tuple(axis.kernel for axis in axes),
        tuple(axis.stride for axis in axes),
        tuple(sides),
        tuple(axis.dilation for axis in axes),
        groups,
        transposed=swarm.transposed,
        output_padding=tuple(extras),
    )
    return _degenerate(_in_mode(geometry, swarm.padding_mode, space), swarm.degenerate)


def _in_mode(geometry: ConvGeometry, mode: str, space: Space) -> ConvGeometry:
    """The same convolution with padding of a mode, its input enlarged where that wants it; as it is if too much so."""
    most, sizes = PADDING_MODES[mode].most, list(geometry.size)
    for index, (size, (low, high)) in enumerate(zip(geometry.size, geometry.padding, strict=True)):
        limit = most(size)
        if limit is not None and max(low, high) > limit:
            sizes[index] = max(size, low + 1, high + 1)
    padded = replace(geometry, size=tuple(sizes), padding_mode=mode)
    return padded if padded.products <= max(geometry.products, space.max_products) else geometry


def _degenerate(geometry: ConvGeometry, kind: str) -> ConvGeometry:
    """The same convolution without what `kind` says it lacks."""
    match kind:
        case "no input channels":
            return replace(geometry, in_channels=0)
        case "no output channels":
            return replace(geometry, out_channels=0)
        case "no input":
            return replace(geometry, size=(0, *geometry.size[1:]))
        case "no window":
            sides = ((0, 0), *geometry.padding[1:])
            return replace(geometry, size=(1, *geometry.size[1:]), kernel=(3, *geometry.kernel[1:]), padding=sides)
    return geometry


@st.composite
def cases(draw: st.DrawFn, *, space: Space = Space()) -> Case:
    """Cases within `space`: a convolution, a dtype, the kind of its real data and a data seed.

    Examples shrink towards the first of `space.dtypes`, no bias, uniform data and contiguous memory.
    """
    geometry = draw(conv_geometries(space=space))
    everyday = tuple(dtype for dtype in space.dtypes if dtype in EVERYDAY)
    dtype = draw(st.sampled_from((*space.dtypes, *everyday, *everyday)))
    bias = draw(st.booleans()) if "bias" in space.settings else False
    fill = draw(st.one_of(st.just(BEST_RESOLVED_FILL), st.sampled_from(tuple(FILLS))))
    others = tuple(layout for layout in LAYOUTS if layout != CONTIGUOUS)
    layouts = (*(CONTIGUOUS,) * len(others), *others) if "layout" in space.settings else (CONTIGUOUS,)
    return Case(geometry, bias, dtype, fill, draw(st.integers(0, 999)), draw(st.sampled_from(layouts)))
