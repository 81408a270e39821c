"""The matrix of candidates and passes, and what of each pass came out by check, dtype, memory layout and feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote

from ...oracle.judging.verdict import Outcome
from ...oracle.problem.passes import Pass
from ..files.layout import CASES, MATRIX, PAGE
from ..records.survey import Survey
from ..records.tally import Cell, Row, Tally
from ..views.wording import SYMBOLS, clean, rounded

LIST = f"{CASES}/{PAGE}"
CHECK = "check"
AXES = ((CHECK, "by check"), ("dtype", "by dtype"), ("layout", "by memory layout"), ("feature", "by what a case has"))
WRONG = "wrong"
"""In the list, every outcome that counts against the candidate."""
_ENDS = {Outcome.REFUSED: "raise an error", Outcome.CRASHED: "crash", Outcome.HUNG: "hang", Outcome.VIOLATES: "wrong"}
_MILD = {Outcome.CONFORMS: "conform", Outcome.UNDECIDED: "undecided", Outcome.UNSUPPORTED: "declined"}


@dataclass(frozen=True, slots=True)
class Count:
    """So many cases of one outcome, with a link to them in the list."""

    tone: str
    symbol: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a bar: where it begins and how long it is, of 100."""

    tone: str
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """What the cases of one candidate came to."""

    tone: str
    href: str
    counts: tuple[Count, ...]
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One pass, or one value of an axis within it, over all candidates."""

    name: str
    cells: tuple[MatrixCell, ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The rows of one axis."""

    title: str
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True, slots=True)
class PassMatrix:
    """All that is told of one pass or other subject."""

    anchor: str
    name: str
    tone: str
    whole: MatrixRow
    parts: tuple[Breakdown, ...]


@dataclass(frozen=True, slots=True)
class MatrixPage:
    """The page of the matrix."""

    title: str
    section: str
    candidates: tuple[str, ...]
    passes: tuple[PassMatrix, ...]


def rows(survey: Survey, candidates: tuple[str, ...]) -> tuple[MatrixRow, ...]:
    """A row for each pass."""
    return tuple(_row(survey, candidates, subject, subject) for subject in _subjects(survey))


def matrix_page(survey: Survey, counts: Tally, candidates: tuple[str, ...]) -> MatrixPage:
    """Every pass with its breakdowns."""
    passes = []
    for number, subject in enumerate(_subjects(survey), 1):
        whole = _row(survey, candidates, subject, subject)
        tones = {cell.tone for cell in whole.cells}
        tone = next((tone for tone in ("bad", "good", "warn") if tone in tones), "none")
        parts = (Breakdown(title, tuple(_parts(survey, counts, candidates, subject, axis))) for axis, title in AXES)
        passes.append(PassMatrix(f"pass-{number}", clean(subject), tone, whole, tuple(parts)))
    return MatrixPage("Matrix · convoracle", MATRIX, tuple(map(clean, candidates)), tuple(passes))


def _parts(survey: Survey, counts: Tally, candidates: tuple[str, ...], subject: str, axis: str) -> Iterator[MatrixRow]:
    """The rows of one axis; what a check measured is told beside what came out."""
    for value in sorted(survey.values(subject, axis)):
        row = _row(survey, candidates, value or "none", subject, axis, value)
        if axis == CHECK and counts.is_measured(of := Row(value, subject)):
            notes = (_resolution(counts.cell(candidate, of)) for candidate in candidates)
            row = replace(row, cells=tuple(replace(c, note=note) for c, note in zip(row.cells, notes, strict=True)))
        yield row


def _resolution(cell: Cell) -> str:
    return "" if cell.coarsest is None else f"resolution ≤ {rounded(cell.coarsest)}"


def _subjects(survey: Survey) -> list[str]:
    """Passes in their order, then what else was asked of a candidate."""
    passes = [str(pass_) for pass_ in Pass]
    return sorted(survey.subjects(), key=lambda each: passes.index(each) if each in passes else len(passes))


def link(**filters: str) -> str:
    """The way, from the run's folder, to the list of just these cases."""
    told = "&".join(f"{key}={quote(clean(value), safe='')}" for key, value in filters.items() if value)
    return f"{LIST}#{told}" if told else LIST


def _row(
    survey: Survey, candidates: tuple[str, ...], name: str, subject: str, axis: str = "", value: str = ""
) -> MatrixRow:
    cells = (
        _cell(survey.at(candidate, subject, axis, value), {"candidate": candidate, "pass": subject, axis: value})
        for candidate in candidates
    )
    return MatrixRow(clean(name), tuple(cells))


def _cell(outcomes: Mapping[Outcome, int], filters: dict[str, str]) -> MatrixCell:
    """Wrong ones first; nothing is green in which no case conforms."""
    wanted = {key: value for key, value in filters.items() if key}
    total = sum(outcomes.values())
    wrong = sum(count for outcome, count in outcomes.items() if outcome.is_mismatch)
    counts, bars, start = [], [], 0.0
    for tone, outcome, count, text in _counted(outcomes, wrong):
        href = link(**wanted, outcome=WRONG if outcome is None else str(outcome))
        symbol = SYMBOLS[outcome or Outcome.VIOLATES]
        counts.append(Count(tone, symbol, f"{count:,} {text}", href))
        length = 100 * count / total
        bars.append(Bar(tone, round(start, 2), round(length, 2)))
        start += length
    tones = [count.tone for count in counts]
    tone = next((tone for tone in ("bad", "good", "warn") if tone in tones), "none")
    return MatrixCell(tone, link(**wanted), tuple(counts), tuple(bars))


def _counted(outcomes: Mapping[Outcome, int], wrong: int) -> list[tuple[str, Outcome | None, int, str]]:
    told: list[tuple[str, Outcome | None, int, str]] = []
    if wrong:
        ends = [outcome for outcome in outcomes if outcome.is_mismatch]
        told.append(("bad", None, wrong, _ENDS[ends[0]] if len(ends) == 1 else "wrong"))
    tones = {Outcome.CONFORMS: "good", Outcome.UNDECIDED: "warn", Outcome.UNSUPPORTED: "none"}
    for outcome, tone in tones.items():
        if count := outcomes.get(outcome, 0):
            told.append((tone, outcome, count, _MILD[outcome]))
    return told
