"""The files of the list of cases: written while the records are read, in chunks that the page loads as scripts.

::

    cases/rows-0.js       of 10,000 records: their cases, and the numbers of their kinds and traits
    cases/verdicts-0.js   of 1,000 records: every verdict; loaded when one of them is looked at
    cases/tables.js       what the numbers mean; written last

A script calls one function of the page with text that JSON.parse reads: nothing in it is ever taken for code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..records.line import Line, Pattern
from ..records.record import CheckInfo, CheckResult
from ..records.survey import Kind, Surveying, Traits
from ..views.wording import clean

ROWS, VERDICTS = 10_000, 1_000
"""Records a chunk."""


class CaseList:
    """Writes the chunks into a folder, which has to be there, as records come in."""

    def __init__(self, folder: Path, checks: Iterable[CheckInfo]) -> None:
        self.surveying = Surveying(checks)
        self._folder = folder
        self._rows = _Rows()
        self._verdicts = _Verdicts()
        self._count = 0

    def add(self, line: Line) -> None:
        """Add one record."""
        kind, traits = self.surveying.add(line)
        self._rows.add(line.case, kind, traits, _largest(line))
        self._verdicts.add(line)
        self._count += 1
        if self._count % VERDICTS == 0:
            self._end_verdicts()
        if self._count % ROWS == 0:
            self._end_rows()

    def finish(self) -> int:
        """Write what is left, and the tables; returns the number of records."""
        if self._count % VERDICTS:
            self._end_verdicts()
        if self._count % ROWS:
            self._end_rows()
        self._write("tables", None, tables(self.surveying, self._count))
        return self._count

    def _end_rows(self) -> None:
        self._write("rows", (self._count - 1) // ROWS, self._rows.text())
        self._rows = _Rows()

    def _end_verdicts(self) -> None:
        self._write("verdicts", (self._count - 1) // VERDICTS, self._verdicts.text())
        self._verdicts = _Verdicts()

    def _write(self, name: str, number: int | None, text: str) -> None:
        file = f"{name}.js" if number is None else f"{name}-{number}.js"
        (self._folder / file).write_text(script(name, number, text), "ascii")


def script(name: str, number: int | None, text: str) -> str:
    """A call of the page's function `name` with JSON text, which no browser and no parser of HTML takes for more."""
    literal = json.dumps(text).replace("<", "\\u003c").replace(">", "\\u003e")
    arguments = literal if number is None else f"{number}, {literal}"
    return f"convoracle.{name}({arguments});\n"


def tables(surveying: Surveying, count: int) -> str:
    """What the numbers in the rows mean."""
    numbering = _Numbering()
    kinds = [_kind(kind, numbering) for kind in surveying.kinds]
    traits = [_traits(each, numbering) for each in surveying.traits]
    return json.dumps({
        "records": count,
        "rows": ROWS,
        "verdicts": VERDICTS,
        "names": [clean(name) for name in numbering.names],
        "ofValues": [place for place, name in enumerate(numbering.names) if name in surveying.of_values],
        "kinds": kinds,
        "traits": traits,
    }, separators=(",", ":"))  # fmt: skip


class _Numbering:
    """Gives every name a number."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))


def _kind(kind: Kind, number: _Numbering) -> list[Any]:
    """Candidate, whether declined, and of each verdict check, subject, outcome, and the mismatch or -1."""
    said = [
        [
            number(each.check),
            number(each.subject),
            number(str(each.outcome)),
            -1 if each.fault is None else number(each.fault),
        ]
        for each in kind.said
    ]
    return [number(kind.candidate), int(kind.is_declined), said]


def _traits(traits: Traits, number: _Numbering) -> list[Any]:
    return [number(traits.dtype), number(traits.layout), list(map(number, traits.features))]


class _Rows:
    """A chunk of what the list shows and filters by."""

    def __init__(self) -> None:
        self._cases: list[str] = []
        self._kinds: list[int] = []
        self._traits: list[int] = []
        self._ratios: list[float] = []

    def add(self, case: str, kind: int, traits: int, ratio: float) -> None:
        self._cases.append(case if case.isascii() and case.isprintable() else clean(case).replace("\n", " "))
        self._kinds.append(kind)
        self._traits.append(traits)
        self._ratios.append(ratio)

    def text(self) -> str:
        numbers = (self._kinds, self._traits, self._ratios)
        return json.dumps(["\n".join(self._cases), *numbers], separators=(",", ":"))


class _Verdicts:
    """A chunk of records in full; what they have in common is told once in each chunk."""

    def __init__(self) -> None:
        self._patterns: dict[Pattern, int] = {}
        self._shapes: dict[object, str] = {}
        self._records: list[str] = []

    def add(self, line: Line) -> None:
        shape = self._shapes.get(line.parts) if line.is_plain else self._shape(line)
        if shape is None:
            shape = self._shapes[line.parts] = self._shape(line)
        origin = json.dumps(clean(line.origin)) if line.origin else '""'
        numbers = f"{[*line.ratios]},{[*line.resolutions]}".replace(" ", "")  # all finite, so that Python writes JSON
        self._records.append(f"[{shape},{numbers},{origin},{line.declined}]")

    def _shape(self, line: Line) -> str:
        """The numbers of its patterns, and whole results where there is none."""
        parts = (
            str(self._patterns.setdefault(part, len(self._patterns)))
            if isinstance(part, Pattern)
            else json.dumps([_whole(result) for result in part])
            for part in line.parts
        )
        return f"[{','.join(parts)}]"

    def text(self) -> str:
        patterns = json.dumps([list(_plain(pattern)) for pattern in self._patterns])
        return f"[{patterns},[{','.join(self._records)}]]"


def _plain(pattern: Pattern) -> Iterator[list[Any]]:
    for each in pattern.plain:
        resolution = _finite(each.resolution)
        said = [clean(each.check), clean(each.subject), str(each.outcome), clean(each.reason), resolution]
        yield [*said, int(each.own_ratio), int(each.own_resolution)]


def _whole(result: CheckResult) -> list[Any]:
    verdict = result.verdict
    ratio, resolution = _finite(verdict.ratio), _finite(verdict.resolution)
    said = [clean(result.check), clean(result.subject), str(verdict.outcome), clean(verdict.reason), resolution]
    return [*said, ratio, result.fault]


def _finite(value: float | None) -> float | str | None:
    """JSON has no number for infinity."""
    return value if value is None or math.isfinite(value) else str(value)


def _largest(line: Line) -> float:
    """The largest ratio of a record; -1 for one that is not finite, which JSON has no number for."""
    ratio = max(line.ratios, default=0.0)
    if line.is_plain:
        return ratio
    for part in line.parts:
        if not isinstance(part, Pattern):
            whole = max((each.verdict.ratio for each in part), default=0.0)
            ratio = whole if not whole <= ratio else ratio
    return float(f"{ratio:.3g}") if math.isfinite(ratio) else -1.0
