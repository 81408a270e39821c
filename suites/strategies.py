"""Hypothesis strategies for convolutions and cases, steered to where implementations break.

They draw the structure only (around a dozen integers); the data follow from a
drawn seed. A size is built up from the number of windows, so that every draw is
legal and the windows that do not tile the input are as frequent as those that do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from ..oracle.data import FILLS, Case
from ..oracle.dtypes import FORMATS
from ..oracle.errors import InvalidArgument
from ..oracle.geometry import ConvGeometry

BEST_RESOLVED_FILL = "uniform"
_FEW = (1, 2, 3, 4)
_VECTOR_WIDTHS = (8, 16, 32)
_VECTOR_TAILS = (7, 9, 15, 17, 24, 31, 33, 63, 64, 65)


SETTINGS = frozenset(("stride", "padding", "unequal padding", "dilation", "groups", "bias"))
"""What a case may use beyond a kernel; unequal padding is one that differs between low and high."""


@dataclass(frozen=True, slots=True)
class Space:
    """Which cases may be drawn.

    Parameters
    ----------
    ranks : tuple of int
        Numbers of spatial axes.
    dtypes : tuple of str
        Names in `FORMATS`; counterexamples shrink towards the first.
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
    dtypes: tuple[str, ...] = ("float32", "float64", "float16", "bfloat16")
    max_products: int = 20_000
    settings: frozenset[str] = SETTINGS

    def __post_init__(self) -> None:
        _check_choices("ranks", self.ranks, (1, 2, 3))
        _check_choices("dtypes", self.dtypes, tuple(FORMATS))
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
    dilation: bool
    groups: bool


@st.composite
def _swarms(draw: st.DrawFn, *, settings: frozenset[str]) -> _Swarm:
    def used(name: str) -> bool:
        return name in settings and draw(st.booleans())

    padded = used("padding")
    return _Swarm(used("stride"), padded, padded and used("unequal padding"), used("dilation"), used("groups"))


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
    size = max((windows - 1) * stride + reach + remainder - low - high, 1)
    return _Axis(size, kernel, stride, (low, high), dilation)


def _channel_counts() -> st.SearchStrategy[int]:
    """Few channels, whole vectors and their tails; one draw, so that any count shrinks to any smaller one."""
    return st.sampled_from((*_FEW, *sorted(_VECTOR_WIDTHS + _VECTOR_TAILS), *_FEW, *_VECTOR_WIDTHS))


@st.composite
def conv_geometries(draw: st.DrawFn, *, space: Space = Space()) -> ConvGeometry:
    """Legal convolutions within `space`.

    Examples shrink towards one image, one channel, one window of a kernel of
    one, in the fewest spatial axes. What is drawn first is kept, and the rest cut
    down, where a drawn case would have more than `space.max_products` products.
    """
    rank = draw(st.sampled_from(sorted(space.ranks)))
    swarm = draw(_swarms(settings=space.settings))
    drawn = [draw(_axes(swarm=swarm, most_windows=(9, 6, 3)[rank - 1])) for _ in range(rank)]
    groups = draw(_mostly(4, 5, 8, 16, 24, 32, 33)) if swarm.groups else 1
    inputs, outputs = draw(_channel_counts()), draw(_channel_counts())
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
    return ConvGeometry(
        batch,
        groups * inputs,
        groups * outputs,
        tuple(axis.size for axis in axes),
        tuple(axis.kernel for axis in axes),
        tuple(axis.stride for axis in axes),
        tuple(axis.padding for axis in axes),
        tuple(axis.dilation for axis in axes),
        groups,
    )


@st.composite
def cases(draw: st.DrawFn, *, space: Space = Space()) -> Case:
    """Cases within `space`: a convolution, a dtype, the kind of its real data and a data seed.

    Examples shrink towards the first of `space.dtypes`, no bias and uniform data.
    """
    geometry = draw(conv_geometries(space=space))
    dtype = draw(st.sampled_from(space.dtypes))
    bias = draw(st.booleans()) if "bias" in space.settings else False
    fill = draw(st.one_of(st.just(BEST_RESOLVED_FILL), st.sampled_from(tuple(FILLS))))
    return Case(geometry, bias, dtype, fill, draw(st.integers(0, 999)))
