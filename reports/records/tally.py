"""Counting only: what the records of a run add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Numbers
from .record import CaseRecord, CheckInfo, CheckResult, kind_of


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """What was checked: a check and its subject, such as structure of weight_gradient."""

    check: str
    subject: str


@dataclass(frozen=True, slots=True)
class Cell:
    """All verdicts on one candidate for one row.

    Parameters
    ----------
    outcomes : mapping of Outcome to int
        Number of verdicts with each outcome; outcomes that did not occur are absent.
    ratio : float
        Worst error / bound.
    finest, coarsest : float or None
        Smallest and largest resolution of the verdicts that conform; None where none does.
    seconds : float
        Time spent in the candidate.
    """

    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    ratio: float = 0.0
    finest: float | None = None
    coarsest: float | None = None
    seconds: float = 0.0

    def __add__(self, other: Cell) -> Cell:
        return Cell(
            Counter(self.outcomes) + Counter(other.outcomes),
            _larger(self.ratio, other.ratio),
            _least(self.finest, other.finest),
            _most(self.coarsest, other.coarsest),
            self.seconds + other.seconds,
        )

    @property
    def verdicts(self) -> int:
        """Number of verdicts, whatever they say."""
        return sum(self.outcomes.values())

    @property
    def mismatches(self) -> int:
        """Number of verdicts that count against the candidate."""
        return sum(count for outcome, count in self.outcomes.items() if outcome.is_mismatch)

    @property
    def conforming(self) -> int:
        """Number of verdicts that prove the candidate right."""
        return self.outcomes.get(Outcome.CONFORMS, 0)

    @property
    def decided(self) -> int:
        """Number of verdicts that say right or wrong; with none, nothing is known."""
        return self.conforming + self.mismatches


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over case records; tallies of parts of a run add up to that of the whole.

    Parameters
    ----------
    cells : mapping of (candidate, Row) to Cell
    faults : mapping of mismatch id to the number of cases that showed it
    cases : int
        Number of cases asked: each is one case on one candidate. Those that it declined are not among them.
    checks : mapping of str to CheckInfo
        Kinds by name.
    """

    cells: Mapping[tuple[str, Row], Cell] = field(default_factory=dict)
    faults: Mapping[str, int] = field(default_factory=dict)
    cases: int = 0
    checks: Mapping[str, CheckInfo] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        cells = dict(self.cells)
        for key, cell in other.cells.items():
            cells[key] = cells[key] + cell if key in cells else cell
        return Tally(
            cells,
            Counter(self.faults) + Counter(other.faults),
            self.cases + other.cases,
            {**self.checks, **other.checks},
        )

    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order in which it was first met."""
        return tuple(dict.fromkeys(row for _, row in self.cells))

    def row_of(self, check: str, subject: str) -> Row:
        """The row that a check and its subject are counted in."""
        return row_of(check, subject, self.checks)

    def is_measured(self, row: Row) -> bool:
        """Whether its ratios tell something: of a check on reals, whose results may be off by rounding."""
        return row.check in self.checks and self.checks[row.check].numbers is Numbers.REALS

    def candidates(self) -> tuple[str, ...]:
        """Every candidate, in the order in which it was first met."""
        return tuple(dict.fromkeys(candidate for candidate, _ in self.cells))

    def cell(self, candidate: str, row: Row) -> Cell:
        """The cell, empty if there was no such verdict."""
        return self.cells.get((candidate, row), Cell())

    def of(self, candidate: str) -> Cell:
        """All verdicts on one candidate, over all rows."""
        return sum((cell for (name, _), cell in self.cells.items() if name == candidate), start=Cell())

    def total(self) -> Cell:
        """All verdicts."""
        return sum(self.cells.values(), start=Cell())


def row_of(check: str, subject: str, checks: Mapping[str, CheckInfo]) -> Row:
    """The row that a check and its subject are counted in: all checks of a kind in one, and maybe all its subjects."""
    kind = kind_of(check)
    rows = checks[kind].rows if kind in checks else ()
    return Row(kind, rows[0] if len(rows) == 1 else subject)


def tally(records: Iterable[CaseRecord], checks: Iterable[CheckInfo]) -> Tally:
    """Count the verdicts of `records` of these kinds of checks."""
    named = {check.name: check for check in checks}
    groups: dict[tuple[str, Row], list[CheckResult]] = {}
    faults: Counter[str] = Counter()
    cases = 0
    for record in records:
        cases += not record.declined
        for result in record.results:
            groups.setdefault((record.candidate, row_of(result.check, result.subject, named)), []).append(result)
        faults.update({result.fault for result in record.results if result.fault is not None})
    return Tally({key: _cell(results) for key, results in groups.items()}, faults, cases, named)


def _cell(results: list[CheckResult]) -> Cell:
    proven = [result.verdict for result in results if result.verdict.outcome is Outcome.CONFORMS]
    resolutions = [verdict.resolution for verdict in proven if verdict.resolution is not None]
    ratio = 0.0
    for result in results:
        ratio = _larger(ratio, result.verdict.ratio)
    return Cell(
        Counter(result.verdict.outcome for result in results),
        ratio,
        min(resolutions, default=None),
        max(resolutions, default=None),
        sum(result.seconds for result in results),
    )


def _larger(first: float, second: float) -> float:
    return second if second > first or second != second else first


def _least(first: float | None, second: float | None) -> float | None:
    return min((value for value in (first, second) if value is not None), default=None)


def _most(first: float | None, second: float | None) -> float | None:
    return max((value for value in (first, second) if value is not None), default=None)
