"""A convolution drawn: input with its padding, kernel and output, the windows of one result, and what it is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ...oracle.answers.equations import Element, Index, terms
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Pass
from ..views.wording import plural

MOST_CELLS = 28
"""Along one side of a plane; a larger convolution is not drawn."""
MOST_WINDOWS = 4
_MOST_PRODUCTS = 200_000
_NAMES = {"input": "input X", "weight": "kernel F", "output": "output O"}
_READS = {
    "input": "input", "input_direction": "input", "weight": "weight", "weight_direction": "weight",
    "output_gradient": "output",
}  # fmt: skip
"""On which plane the elements of an operand lie."""

Spot = tuple[int, int]
"""Row and column."""


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """One element: its column and row, and ``data``, ``padding``, ``read`` or ``fault``."""

    x: int
    y: int
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class DrawnWindow:
    """The outline of a window, in cells."""

    x: int
    y: int
    width: int
    height: int
    is_first: bool


@dataclass(frozen=True, slots=True)
class DrawnPlane:
    """The last two axes of a tensor; `columns` by `rows` cells."""

    name: str
    columns: int
    rows: int
    cells: tuple[DrawnCell, ...]
    windows: tuple[DrawnWindow, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The planes from left to right, and what is said below them."""

    planes: tuple[DrawnPlane, ...]
    notes: tuple[str, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """Of the cells that there are, and ``window``."""
        cells = {cell.kind for plane in self.planes for cell in plane.cells}
        return frozenset(cells | ({"window"} if any(plane.windows for plane in self.planes) else set()))


def drawing(geometry: ConvGeometry, pass_: Pass | None, index: Index | None) -> Drawing | None:
    """The convolution with the result at `index` of a pass; None where there is nothing to draw, or too much."""
    sizes = (*geometry.size, *geometry.output_size, *geometry.kernel, *geometry.direct.padded_size)
    if geometry.is_degenerate or max(sizes) > MOST_CELLS:
        return None
    marks = _Marks(geometry, pass_, index)
    names = ("input", "weight", "output")
    planes = tuple(_plane(name, geometry, marks) for name in names)
    return Drawing(planes, tuple(_notes(geometry, marks)))


class _Marks:
    """Which elements a result is made of, by plane, and whose windows these are."""

    def __init__(self, geometry: ConvGeometry, pass_: Pass | None, index: Index | None) -> None:
        self.read: dict[str, set[Spot]] = {"input": set(), "weight": set(), "output": set()}
        self.fault: dict[str, Spot] = {}
        self.terms = 0
        if pass_ is None or index is None or geometry.products > _MOST_PRODUCTS or pass_ is Pass.BIAS_GRADIENT:
            return
        index = index[: len(pass_.result_shape(geometry))]  # of complex numbers the part stands last
        found = terms(pass_, geometry, index)
        self.terms = len(found)
        for element in (factor for term in found for factor in term.factors):
            if element.tensor in _READS:
                self.read[_READS[element.tensor]].add(_spot(element))
        if pass_.result_like in _NAMES:
            self.fault[pass_.result_like] = _last_two(index)

    def windows(self, geometry: ConvGeometry) -> list[Spot]:
        """The positions, among the direct convolution's outputs, of the windows that the result has to do with.

        A result that has one window of its own comes first, with a neighbour, which shows the stride.
        """
        small = "input" if geometry.transposed else "output"
        own = self.fault.get(small)
        if own is None:
            return sorted(self.read[small])
        rows, columns = _sides(geometry.direct.output_size)
        beside = ((own[0], own[1] + 1), (own[0] + 1, own[1]), (own[0], own[1] - 1), (own[0] - 1, own[1]))
        neighbour = next(((y, x) for y, x in beside if 0 <= y < rows and 0 <= x < columns), None)
        return [own] if neighbour is None else [own, neighbour]


def _spot(element: Element) -> Spot:
    return _last_two(element.index)


def _last_two(index: Index) -> Spot:
    spatial = index[2:]
    return (spatial[-2] if len(spatial) > 1 else 0, spatial[-1])


def _sides(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns."""
    return (sizes[-2] if len(sizes) > 1 else 1, sizes[-1])


def _plane(name: str, geometry: ConvGeometry, marks: _Marks) -> DrawnPlane:
    sizes = {"input": geometry.size, "weight": geometry.kernel, "output": geometry.output_size}[name]
    rows, columns = _sides(sizes)
    is_padded = name == ("output" if geometry.transposed else "input")
    padding = geometry.padding if is_padded else ((0, 0),) * len(sizes)
    (top, bottom), (left, right) = padding[-2] if len(sizes) > 1 else (0, 0), padding[-1]
    cells = tuple(
        DrawnCell(x + left, y + top, *_kind(name, (y, x), inside=0 <= y < rows and 0 <= x < columns, marks=marks))
        for y in range(-top, rows + bottom)
        for x in range(-left, columns + right)
    )
    windows = tuple(_windows(geometry.direct, marks.windows(geometry))) if is_padded else ()
    caption = " × ".join(map(str, sizes))
    if any(map(sum, padding)):
        caption += ", padded"
    return DrawnPlane(_NAMES[name], columns + left + right, rows + top + bottom, cells, windows, caption)


def _kind(name: str, spot: Spot, *, inside: bool, marks: _Marks) -> tuple[str, str]:
    place = f"[{spot[0]}, {spot[1]}]"
    if not inside:
        return "padding", f"{place}: padding"
    if marks.fault.get(name) == spot:
        return "fault", f"{place}: the wrong element"
    if spot in marks.read[name]:
        return "read", f"{place}: a factor of the wrong element's terms"
    return "data", place


def _windows(direct: ConvGeometry, positions: Iterable[Spot]) -> Iterable[DrawnWindow]:
    """Outlines on the padded plane; the first one of several stands out."""
    strides, spans = (_sides(sizes) for sizes in (direct.stride, direct.span))
    if direct.rank == 1:
        strides, spans = (1, strides[1]), (0, spans[1])
    for number, (row, column) in enumerate(list(positions)[:MOST_WINDOWS]):
        y, x = row * strides[0], column * strides[1]
        yield DrawnWindow(x, y, spans[1] + 1, spans[0] + 1, number == 0)


def _notes(geometry: ConvGeometry, marks: _Marks) -> Iterable[str]:
    positions = marks.windows(geometry)
    if marks.fault.get("input" if geometry.transposed else "output") is not None:
        yield "Outlined is the window of the wrong element" + (", dashed the next one." if len(positions) > 1 else ".")
    elif positions:
        told = plural(len(positions), "window")
        most = f", {MOST_WINDOWS} of them outlined" if len(positions) > MOST_WINDOWS else ", outlined"
        yield f"The wrong element has to do with {told}{most}."
    if any(map(sum, geometry.padding)) and geometry.padding_mode != "zeros":
        yield f"The padding is {geometry.padding_mode}: it repeats data."
    if geometry.rank > 2:
        yield "Of more than two axes the last two are drawn, with the marks of all others on them."
    if math.prod((geometry.batch, geometry.in_channels, geometry.out_channels)) > 1:
        yield "Images and channels lie on top of each other."
