"""Where the wrong elements of a result lie: planes of squares, ready to be drawn."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...oracle.numbers.arrays import Float64, Mask
from ...oracle.problem.passes import Array, Pass, real_parts
from ..records.evidence import subject_pass
from ..records.record import Evidence
from ..views.wording import number, number_pair, plural, position, rounded

MAX_PLANES = 24
MAX_SIDE = 48
"""Most squares along one side of a plane; beyond it a square stands for a block of elements."""

MOST_LEVELS = 4
"""Of so many planes it is drawn what is expected and what was got, beside the errors."""

MAX_NUMBERS = 72
"""Most elements of an array that is printed number by number."""

_HOVER_SQUARES = 256
_TILES_WIDTH = 190
_LARGEST_SQUARE, _SMALLEST_SQUARE = 26, 4
_BROKEN = 2.0
"""Strength of NaN and infinity: above that of every number."""

_SYMBOLS = {"over": "+", "under": "−", "broken": "!", "right": ""}
_IMAGES, _WEIGHTS = ("batch", "channel"), ("output channel", "input channel")
_PARTS = ("real part", "imaginary part")


@dataclass(frozen=True, slots=True)
class Square:
    """One square: its column and row, ``right``, ``over``, ``under`` or ``broken``, and how strongly it is filled."""

    x: int
    y: int
    kind: str
    strength: float
    symbol: str
    title: str


@dataclass(frozen=True, slots=True)
class Plane:
    """A two-dimensional part of a result, `columns` by `rows` squares of `unit` pixels."""

    label: str
    columns: int
    rows: int
    unit: float
    wrong: int
    squares: tuple[Square, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The planes of errors, those of what is expected and was got, what was left out, and the strongest error."""

    planes: tuple[Plane, ...]
    levels: tuple[tuple[str, tuple[Plane, ...]], ...]
    notes: tuple[str, ...]
    largest: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GridCell:
    """A number; where it is wrong, also what it should be."""

    kind: str
    shown: str
    expected: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The numbers of one plane of an array."""

    label: str
    rows: tuple[tuple[GridCell, ...], ...]


@dataclass(frozen=True, slots=True)
class _Axes:
    """What the leading axes of an array are; one of complex numbers has its two parts as a first axis more."""

    names: tuple[str, ...]
    rank: int
    has_parts: bool

    def planes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Leading indices: all axes but the last two, or but the last where a row is all there is (N, K, L)."""
        spatial = 2 if self.rank > 3 else 1
        lead = shape[: max(len(shape) - spatial, int(self.has_parts))]
        return list(itertools.product(*(range(size) for size in lead)))

    def label(self, lead: tuple[int, ...]) -> str:
        """The plane at a leading index, in words."""
        part, lead = (_PARTS[lead[0]], lead[1:]) if self.has_parts else ("", lead)
        names = [*self.names, *(["depth"] if self.rank == 5 else [f"axis {axis}" for axis in range(2, len(lead))])]
        places = [f"{name} {place}" for name, place in zip(names, lead, strict=False)]
        return ", ".join([*places, part] if part else places)

    def index(self, lead: tuple[int, ...], place: tuple[int, ...]) -> tuple[int, ...]:
        """The index of an element as verdicts have it: the part, where there is one, last."""
        return (*lead[1:], *place, lead[0]) if self.has_parts else (*lead, *place)


@dataclass(frozen=True, slots=True, eq=False)
class _Result:
    actual: Float64
    expected: Float64
    wrong: Mask
    strength: Float64
    kind: NDArray[np.str_]

    def part(self, lead: tuple[int, ...]) -> _Result:
        """The plane at the leading index `lead`."""
        return _Result(self.actual[lead], self.expected[lead], self.wrong[lead], self.strength[lead], self.kind[lead])


def picture(evidence: Evidence, subject: str, *, transposed: bool = False) -> Picture | None:
    """The picture of a result's wrong elements, of a `transposed` convolution or not; None where none is told wrong."""
    result = _result(evidence)
    if result is None or not result.wrong.any():
        return None
    axes = _result_axes(evidence, subject, transposed=transposed)
    planes = axes.planes(result.wrong.shape)
    hits = {lead: int(result.wrong[lead].sum()) for lead in planes}
    chosen = planes if len(planes) <= MAX_PLANES else sorted(planes, key=lambda lead: hits[lead] == 0)[:MAX_PLANES]
    block = max(1, *(-(-side // MAX_SIDE) for side in result.wrong.shape[len(planes[0]) :]))
    notes = []
    if len(chosen) < len(planes):
        hidden = sum(1 for lead in planes if hits[lead]) - sum(1 for lead in chosen if hits[lead])
        notes.append(f"{len(chosen)} of {len(planes):,} planes shown, those with wrong elements first.")
        if hidden:
            notes.append(f"{plural(hidden, 'more plane')} {'has' if hidden == 1 else 'have'} wrong elements.")
    if block > 1:
        notes.append(f"Each square stands for a block of {block} × {block} elements, coloured by its worst.")
    with np.errstate(invalid="ignore"):
        error = np.abs(result.actual - result.expected)[result.wrong]
    largest = float(np.max(error[np.isfinite(error)], initial=0.0))
    kinds = tuple(kind for kind in ("over", "under", "broken") if (result.kind == kind).any())
    drawn = tuple(_plane(result.part(lead), lead, hits[lead], axes, block) for lead in chosen)
    shown = [(result.part(lead), lead) for lead in chosen[:MOST_LEVELS]]
    levels = tuple((name, _levels(shown, name, axes, block)) for name in ("expected", "got"))
    return Picture(drawn, levels, tuple(notes), rounded(largest) if largest else "", kinds)


def result_grids(evidence: Evidence, subject: str, *, transposed: bool = False) -> tuple[Grid, ...]:
    """The numbers of a small result that has wrong elements, beside what they should be; else none."""
    result = _result(evidence)
    if result is None or not result.wrong.any() or result.wrong.size > MAX_NUMBERS:
        return ()
    axes = _result_axes(evidence, subject, transposed=transposed)
    return tuple(Grid(axes.label(lead), _rows(result.part(lead))) for lead in axes.planes(result.wrong.shape))


def operand_grids(array: Array, name: str, *, transposed: bool = False) -> tuple[Grid, ...]:
    """The numbers of a small operand, of a `transposed` convolution or not; none if it is large."""
    if not 0 < array.size <= MAX_NUMBERS:
        return ()
    axes = _Axes(_operand_names(name, transposed=transposed), array.ndim, array.dtype.kind == "c")
    values = _parts_first(real_parts(array), array)
    return tuple(
        Grid(
            axes.label(lead),
            tuple(tuple(GridCell("right", number(value), "") for value in row) for row in _table(values[lead])),
        )
        for lead in axes.planes(values.shape)
    )


def _result_axes(evidence: Evidence, subject: str, *, transposed: bool) -> _Axes:
    match subject_pass(subject):
        case Pass.BIAS_GRADIENT:
            names: tuple[str, ...] = ("channel",)
        case Pass.WEIGHT_GRADIENT | Pass.UPDATE | Pass.DOUBLE_BACKWARD_WEIGHT:
            names = _operand_names("weight", transposed=transposed)
        case _:
            names = _IMAGES
    has_parts = evidence.actual is not None and evidence.actual.dtype.kind == "c"
    return _Axes(names, max(evidence.expected.ndim - has_parts, 1), has_parts)


def _operand_names(name: str, *, transposed: bool) -> tuple[str, ...]:
    """What the leading axes of an operand are."""
    if name.startswith("bias"):
        return ("channel",)
    if name.startswith("weight"):
        return _WEIGHTS[::-1] if transposed else _WEIGHTS
    return _IMAGES


def _parts_first(parts: Array, array: Array) -> Array:
    """What has the parts of complex numbers as its last axis, with that axis first; anything of real ones as it is."""
    return np.moveaxis(parts, -1, 0) if array.dtype.kind == "c" else np.atleast_1d(parts)


def _result(evidence: Evidence) -> _Result | None:
    if evidence.actual is None:
        return None
    with np.errstate(all="ignore"):
        actual = real_parts(evidence.actual) if evidence.actual.dtype.kind not in "SUO" else evidence.actual
        if actual.shape != evidence.expected.shape:
            return None
        actual, expected, wrong = (
            _parts_first(each, evidence.actual) for each in (actual, evidence.expected, evidence.wrong)
        )
        difference = actual - expected
        error = np.where(np.isfinite(difference), np.abs(difference), 0.0)
        largest = float(error[wrong].max(initial=0.0))
        strength = np.sqrt(error / largest) if largest else np.ones_like(error)
    kind = np.where(difference > 0, "over", "under")
    kind = np.where(np.isfinite(difference), kind, "broken")
    strength = np.where(np.isfinite(difference), strength, _BROKEN)
    return _Result(actual, expected, wrong, strength, np.where(wrong, kind, "right"))


def _table(values: Array) -> Array:
    return np.atleast_2d(values)


def _plane(part: _Result, lead: tuple[int, ...], wrong: int, axes: _Axes, block: int) -> Plane:
    actual, expected, kind = _table(part.actual), _table(part.expected), _table(part.kind)
    strength = _table(np.where(part.wrong, part.strength, -1.0))
    rows, columns = (-(-side // block) for side in actual.shape)
    unit = _unit(rows, columns)
    squares = []
    for y, x in itertools.product(range(rows), range(columns)):
        window = strength[y * block : (y + 1) * block, x * block : (x + 1) * block]
        dy, dx = np.unravel_index(int(window.argmax()), window.shape)
        place = y * block + int(dy), x * block + int(dx)
        if kind[place] == "right" and rows * columns > _HOVER_SQUARES:
            continue
        got, should = number_pair(float(actual[place]), float(expected[place]))
        index = axes.index(lead, place if part.wrong.ndim == 2 else place[1:])
        title = f"{position(index)}: got {got}" + (f", expected {should}" if kind[place] != "right" else "")
        shade = round(0.4 + 0.6 * min(max(float(strength[place]), 0.0), 1.0), 2)
        symbol = _SYMBOLS[str(kind[place])] if unit >= 12 else ""
        squares.append(Square(x, y, str(kind[place]), shade, symbol, title))
    return Plane(axes.label(lead), columns, rows, unit, wrong, tuple(squares))


def _levels(shown: list[tuple[_Result, tuple[int, ...]]], name: str, axes: _Axes, block: int) -> tuple[Plane, ...]:
    """Planes of numbers, darker where they are larger; both kinds to one scale, of blocks their first element."""
    every = np.concatenate([np.ravel(each) for part, _ in shown for each in (part.actual, part.expected)])
    largest = float(np.abs(every[np.isfinite(every)]).max(initial=0.0)) or 1.0
    planes = []
    for part, lead in shown:
        values, wrong = (
            _table(each)[::block, ::block] for each in (part.actual if name == "got" else part.expected, part.wrong)
        )
        rows, columns = values.shape
        squares = tuple(
            _level(x, y, float(values[y, x]), largest, is_wrong=bool(wrong[y, x]))
            for y, x in itertools.product(range(rows), range(columns))
            if rows * columns <= _HOVER_SQUARES or wrong[y, x] or values[y, x]
        )
        planes.append(Plane(axes.label(lead), columns, rows, _unit(rows, columns), int(part.wrong.sum()), squares))
    return tuple(planes)


def _level(x: int, y: int, value: float, largest: float, *, is_wrong: bool) -> Square:
    finite = math.isfinite(value)
    kind = "broken" if not finite else "plus" if value >= 0 else "minus"
    strength = round(abs(value) / largest, 2) if finite else 1.0
    return Square(x, y, f"{kind} wrong" if is_wrong else kind, strength, "" if finite else "!", number(value))


def _unit(rows: int, columns: int) -> float:
    return round(max(_SMALLEST_SQUARE, min(_LARGEST_SQUARE, _TILES_WIDTH / max(rows, columns, 1))), 2)


def _rows(part: _Result) -> tuple[tuple[GridCell, ...], ...]:
    rows = zip(_table(part.actual), _table(part.expected), _table(part.kind), strict=True)
    return tuple(
        tuple(
            GridCell(str(kind), *number_pair(float(got), float(expected)))
            for got, expected, kind in zip(*row, strict=True)
        )
        for row in rows
    )
