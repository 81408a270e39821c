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


@dataclass(slots=True)
class Sums:
    """A cell as it grows."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    ratio: float = 0.0
    finest: float | None = None
    coarsest: float | None = None
    seconds: float = 0.0

    def add(
        self, outcome: Outcome, count: int, ratio: float, resolutions: tuple[float | None, float | None], seconds: float
    ) -> None:
        """Add verdicts of one outcome: their largest ratio, their smallest and largest resolution, their time."""
        self.outcomes[outcome] += count
        self.ratio = _larger(self.ratio, ratio)
        if outcome is Outcome.CONFORMS:
            self.finest, self.coarsest = _least(self.finest, resolutions[0]), _most(self.coarsest, resolutions[1])
        self.seconds += seconds


class Tallying:
    """Counts as records come in."""

    def __init__(self, checks: Iterable[CheckInfo]) -> None:
        self._checks = {check.name: check for check in checks}
        self._sums: dict[tuple[str, Row], Sums] = {}
        self._faults: Counter[str] = Counter()
        self._cases = 0

    def sums(self, candidate: str, check: str, subject: str) -> Sums:
        """What the verdicts of a check on a subject add up to."""
        key = candidate, row_of(check, subject, self._checks)
        if key not in self._sums:
            self._sums[key] = Sums()
        return self._sums[key]

    def add_results(self, candidate: str, results: Iterable[CheckResult]) -> None:
        """Count the verdicts of some results on one case."""
        for result in results:
            verdict = result.verdict
            resolutions = (verdict.resolution, verdict.resolution)
            sums = self.sums(candidate, result.check, result.subject)
            sums.add(verdict.outcome, 1, verdict.ratio, resolutions, result.seconds)

    def add_case(self, declined: int, results: Iterable[CheckResult]) -> None:
        """Count one case, and each fault of which some result is an instance."""
        self._cases += not declined
        self._faults.update({result.fault for result in results if result.fault is not None})

    def result(self) -> Tally:
        """What was counted."""
        cells = {key: Cell(s.outcomes, s.ratio, s.finest, s.coarsest, s.seconds) for key, s in self._sums.items()}
        return Tally(cells, self._faults, self._cases, self._checks)


def tally(records: Iterable[CaseRecord], checks: Iterable[CheckInfo]) -> Tally:
    """Count the verdicts of `records` of these kinds of checks."""
    tallying = Tallying(checks)
    for record in records:
        tallying.add_results(record.candidate, record.results)
        tallying.add_case(record.declined, record.results)
    return tallying.result()


def _larger(first: float, second: float) -> float:
    return second if second > first or second != second else first


def _least(first: float | None, second: float | None) -> float | None:
    return min((value for value in (first, second) if value is not None), default=None)


def _most(first: float | None, second: float | None) -> float | None:
    return max((value for value in (first, second) if value is not None), default=None)
