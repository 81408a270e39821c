"""Where the wrong elements of a result lie: planes of cells, ready to be drawn."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...oracle.passes import Pass
from ..evidence import subject_pass
from ..record import Evidence
from ..wording import number, number_pair, plural, position, rounded

MAX_PLANES = 24
MAX_SIDE = 48
"""Most cells along one side of a plane; beyond it a cell stands for a block of elements."""

MAX_NUMBERS = 72
"""Most elements of an array that is printed number by number."""

_HOVER_CELLS = 256
_TILES_WIDTH = 190
_LARGEST_CELL, _SMALLEST_CELL = 26, 4
_BROKEN = 2.0
"""Strength of NaN and infinity: above that of every number."""

_SYMBOLS = {"over": "+", "under": "−", "broken": "!", "right": ""}
_LEADING = {
    Pass.FORWARD: ("batch", "channel"),
    Pass.INPUT_GRADIENT: ("batch", "channel"),
    Pass.WEIGHT_GRADIENT: ("output channel", "input channel"),
    Pass.UPDATE: ("output channel", "input channel"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One square: its column and row, ``right``, ``over``, ``under`` or ``broken``, and how strongly it is filled."""

    x: int
    y: int
    kind: str
    strength: float
    symbol: str
    title: str


@dataclass(frozen=True, slots=True)
class Plane:
    """A two-dimensional part of a result, `columns` by `rows` cells of `unit` pixels."""

    label: str
    columns: int
    rows: int
    unit: float
    wrong: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """The planes shown, what was left out, and the error that the strongest colour stands for."""

    planes: tuple[Plane, ...]
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


@dataclass(frozen=True, slots=True, eq=False)
class _Result:
    actual: NDArray[np.float64]
    expected: NDArray[np.float64]
    wrong: NDArray[np.bool_]
    strength: NDArray[np.float64]
    kind: NDArray[np.str_]

    def part(self, lead: tuple[int, ...]) -> _Result:
        """The plane at the leading index `lead`."""
        return _Result(self.actual[lead], self.expected[lead], self.wrong[lead], self.strength[lead], self.kind[lead])


def picture(evidence: Evidence, subject: str) -> Picture | None:
    """The picture of a result's wrong elements; None where no element can be told wrong."""
    result = _result(evidence)
    if result is None or not result.wrong.any():
        return None
    planes = _planes(result.wrong.shape)
    hits = {lead: int(result.wrong[lead].sum()) for lead in planes}
    chosen = planes if len(planes) <= MAX_PLANES else sorted(planes, key=lambda lead: hits[lead] == 0)[:MAX_PLANES]
    block = max(1, *(-(-side // MAX_SIDE) for side in result.wrong.shape[-2:]))
    notes = []
    if len(chosen) < len(planes):
        hidden = sum(1 for lead in planes if hits[lead]) - sum(1 for lead in chosen if hits[lead])
        notes.append(f"{len(chosen)} of {len(planes):,} planes shown, those with wrong elements first.")
        if hidden:
            notes.append(f"{plural(hidden, 'more plane')} {'has' if hidden == 1 else 'have'} wrong elements.")
    if block > 1:
        notes.append(f"Each square stands for a block of {block} × {block} elements, coloured by its worst.")
    error = np.abs(result.actual - result.expected)[result.wrong]
    largest = float(np.max(error[np.isfinite(error)], initial=0.0))
    kinds = tuple(kind for kind in ("over", "under", "broken") if (result.kind == kind).any())
    drawn = tuple(_plane(result.part(lead), lead, hits[lead], subject, block) for lead in chosen)
    return Picture(drawn, tuple(notes), rounded(largest) if largest else "", kinds)


def result_grids(evidence: Evidence, subject: str) -> tuple[Grid, ...]:
    """The numbers of a small result that has wrong elements, beside what they should be; else none."""
    result = _result(evidence)
    if result is None or not result.wrong.any() or result.wrong.size > MAX_NUMBERS:
        return ()
    return tuple(
        Grid(_label(lead, subject, len(result.wrong.shape)), _rows(result.part(lead)))
        for lead in _planes(result.wrong.shape)
    )


def operand_grids(array: NDArray[Any], name: str) -> tuple[Grid, ...]:
    """The numbers of a small operand; none if it is large."""
    if not 0 < array.size <= MAX_NUMBERS:
        return ()
    subject = str(Pass.WEIGHT_GRADIENT if name == "weight" else Pass.FORWARD)
    values = np.atleast_2d(array.astype(np.float64)) if array.ndim < 2 else array.astype(np.float64)
    return tuple(
        Grid(
            _label(lead, subject, array.ndim),
            tuple(tuple(GridCell("right", number(value), "") for value in row) for row in _table(values[lead])),
        )
        for lead in _planes(values.shape)
    )


def _result(evidence: Evidence) -> _Result | None:
    if evidence.actual is None or evidence.actual.shape != evidence.expected.shape:
        return None
    with np.errstate(all="ignore"):
        actual = np.atleast_1d(evidence.actual.astype(np.float64))
        expected, wrong = np.atleast_1d(evidence.expected), np.atleast_1d(evidence.wrong)
        difference = actual - expected
        error = np.where(np.isfinite(difference), np.abs(difference), 0.0)
        largest = float(error[wrong].max(initial=0.0))
        strength = np.sqrt(error / largest) if largest else np.ones_like(error)
    kind = np.where(difference > 0, "over", "under")
    kind = np.where(np.isfinite(difference), kind, "broken")
    strength = np.where(np.isfinite(difference), strength, _BROKEN)
    return _Result(actual, expected, wrong, strength, np.where(wrong, kind, "right"))


def _planes(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Leading indices: all axes but the last two, or but the last where a row is all there is (N, K, L)."""
    spatial = 2 if len(shape) > 3 else 1
    lead = shape[: max(len(shape) - spatial, 0)]
    return list(itertools.product(*(range(size) for size in lead)))


def _table(values: NDArray[Any]) -> NDArray[Any]:
    return np.atleast_2d(values)


def _label(lead: tuple[int, ...], subject: str, rank: int) -> str:
    pass_ = subject_pass(subject)
    names = ["batch", "channel"] if pass_ is None else list(_LEADING.get(pass_, ("channel",)))
    names += ["depth"] if rank == 5 else [f"axis {axis}" for axis in range(2, len(lead))]
    return ", ".join(f"{name} {place}" for name, place in zip(names, lead, strict=False))


def _plane(part: _Result, lead: tuple[int, ...], wrong: int, subject: str, block: int) -> Plane:
    rank = len(lead) + part.wrong.ndim
    actual, expected, kind = _table(part.actual), _table(part.expected), _table(part.kind)
    strength = _table(np.where(part.wrong, part.strength, -1.0))
    rows, columns = (-(-side // block) for side in actual.shape)
    unit = max(_SMALLEST_CELL, min(_LARGEST_CELL, _TILES_WIDTH / max(rows, columns, 1)))
    cells = []
    for y, x in itertools.product(range(rows), range(columns)):
        window = strength[y * block : (y + 1) * block, x * block : (x + 1) * block]
        dy, dx = np.unravel_index(int(window.argmax()), window.shape)
        place = y * block + int(dy), x * block + int(dx)
        if kind[place] == "right" and rows * columns > _HOVER_CELLS:
            continue
        got, should = number_pair(float(actual[place]), float(expected[place]))
        index = (*lead, *place) if part.wrong.ndim == 2 else (*lead, place[1])
        title = f"{position(index)}: got {got}" + (f", expected {should}" if kind[place] != "right" else "")
        shade = round(0.4 + 0.6 * min(max(float(strength[place]), 0.0), 1.0), 2)
        symbol = _SYMBOLS[str(kind[place])] if unit >= 12 else ""
        cells.append(Cell(x, y, str(kind[place]), shade, symbol, title))
    return Plane(_label(lead, subject, rank), columns, rows, round(unit, 2), wrong, tuple(cells))


def _rows(part: _Result) -> tuple[tuple[GridCell, ...], ...]:
    rows = zip(_table(part.actual), _table(part.expected), _table(part.kind), strict=True)
    return tuple(
        tuple(
            GridCell(str(kind), *number_pair(float(got), float(expected)))
            for got, expected, kind in zip(*row, strict=True)
        )
        for row in rows
    )
