"""How near errors come to their bounds, by candidate, pass and dtype: histograms, and a sample of single results."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Numbers
from .compared import dtype_of, names_of_values
from .line import MOST_KNOWN, Line, Pattern, power_of
from .record import CheckInfo, CheckResult

MOST_POINTS = 64
"""So many results of each group are kept as they are, spread evenly over the run; and twice as many while reading."""
EXACT = -1075
"""The bin of results without any error: below that of every other ratio."""
INFINITE = 1025
"""The bin of an infinite ratio."""
_TOGETHER = 8192


@dataclass(frozen=True, slots=True)
class Point:
    """One result: its case, and its largest error divided by the bound."""

    case: str
    ratio: float


@dataclass(frozen=True, slots=True)
class Ratios:
    """The ratios of one pass of one candidate in one dtype.

    Parameters
    ----------
    candidate, subject, dtype : str
    bins : mapping of int to int
        How many ratios r have 2^(b-1) < r <= 2^b, by b; those of 0 are under `EXACT`.
    ulps : mapping of int to int
        The same of errors in units in the last place of the dtype, each of the element with the largest ratio, as far
        as they were kept.
    worst : Point
    points : tuple of Point
        Some of them, spread evenly over the run.
    """

    candidate: str
    subject: str
    dtype: str
    bins: Mapping[int, int]
    ulps: Mapping[int, int]
    worst: Point
    points: tuple[Point, ...]

    @property
    def count(self) -> int:
        """Of how many results."""
        return sum(self.bins.values())


@dataclass(slots=True)
class _Group:
    """What was counted, and the ratios that are to be counted next, each with the number of its case."""

    bins: Counter[int] = field(default_factory=Counter)
    ulps: Counter[int] = field(default_factory=Counter)
    worst: Point = Point("", -1.0)
    points: list[Point] = field(default_factory=list)
    step: int = 1
    met: int = 0
    ratios: array[float] = field(default_factory=lambda: array("d"))
    numbers: array[int] = field(default_factory=lambda: array("q"))

    def count(self, cases: Sequence[str]) -> None:
        """Count what is to be counted."""
        if not self.numbers:
            return
        ratios = np.array(self.ratios)
        mantissas, exponents = np.frexp(ratios)
        exponents = np.where(ratios == 0, EXACT, np.maximum(exponents - (mantissas == 0.5), EXACT + 1))
        bins, counts = np.unique(np.where(np.isinf(ratios), INFINITE, exponents), return_counts=True)
        self.bins.update(dict(zip(bins.tolist(), counts.tolist(), strict=True)))
        place = int(ratios.argmax())
        if ratios[place] > self.worst.ratio:
            self.worst = Point(cases[self.numbers[place]], self.ratios[place])
        for place in range(-self.met % self.step, len(ratios), self.step):
            self.points.append(Point(cases[self.numbers[place]], self.ratios[place]))
        self.met += len(ratios)
        while len(self.points) > 2 * MOST_POINTS:
            self.points, self.step = self.points[::2], 2 * self.step
        del self.ratios[:], self.numbers[:]


class _Place(NamedTuple):
    """The group of a result, and where among a record's numbers its ratio and its units in the last place are."""

    group: _Group
    ratio: int | None
    power: int | None


def _power(ulps: float) -> int:
    if not ulps:
        return EXACT
    return INFINITE if math.isinf(ulps) else power_of(ulps)


class Gathering:
    """Gathers the ratios of results on reals as lines come in."""

    def __init__(self, checks: Iterable[CheckInfo]) -> None:
        kinds = tuple(checks)
        self._checks = names_of_values(kinds) & {kind.name for kind in kinds if kind.numbers is Numbers.REALS}
        self._groups: dict[tuple[str, str, str], _Group] = {}
        self._places: dict[tuple[object, ...], list[_Place]] = {}
        self._cases: list[str] = []

    def add(self, line: Line) -> None:
        """Add the ratios of one record."""
        if len(self._cases) >= _TOGETHER:
            self._count()
        number, ratios = len(self._cases), line.ratios
        self._cases.append(line.case)
        if not line.is_plain:
            self._add_by_part(line, number)
            return
        key = line.candidate, dtype_of(line.case), line.parts
        places = self._places.get(key)
        if places is None:
            places = self._places[key] = list(self._found(*key))
        for group, place, power in places:
            group.ratios.append(0.0 if place is None else ratios[place])
            if power is not None:
                group.ulps[line.ulps[power]] += 1
            elif place is None:
                group.ulps[EXACT] += 1
            group.numbers.append(number)

    def _add_by_part(self, line: Line, number: int) -> None:
        """Add the ratios of a record that patterns alone do not tell."""
        dtype, first, first_power = dtype_of(line.case), 0, 0
        for part in line.parts:
            if not isinstance(part, Pattern):
                self._add_results(line.candidate, dtype, part, number)
                continue
            for group, place, power in self._found(line.candidate, dtype, (part,)):
                group.ratios.append(0.0 if place is None else line.ratios[first + place])
                if power is not None:
                    group.ulps[line.ulps[first_power + power]] += 1
                elif place is None:
                    group.ulps[EXACT] += 1
                group.numbers.append(number)
            first, first_power = first + part.ratios, first_power + part.ulps

    def _add_results(self, candidate: str, dtype: str, results: Iterable[CheckResult], number: int) -> None:
        for each in results:
            verdict = each.verdict
            is_wanted = each.check in self._checks and _is_decided(verdict.outcome, verdict.elements)
            if is_wanted and not math.isnan(verdict.ratio):
                group = self._group(candidate, each.subject, dtype)
                group.ratios.append(verdict.ratio)
                if verdict.ulps or not verdict.ratio:
                    group.ulps[_power(verdict.ulps)] += 1
                group.numbers.append(number)

    def _found(self, candidate: str, dtype: str, parts: Iterable[object]) -> Iterator[_Place]:
        """The group of each result on reals, and its places among the ratios and powers of all these parts."""
        place = power = 0
        for plain in (plain for part in parts if isinstance(part, Pattern) for plain in part.plain):
            if plain.check in self._checks and _is_decided(plain.outcome, plain.elements):
                own = place if plain.own_ratio else None, power if plain.own_ulps else None
                yield _Place(self._group(candidate, plain.subject, dtype), *own)
            place, power = place + plain.own_ratio, power + plain.own_ulps

    def _group(self, candidate: str, subject: str, dtype: str) -> _Group:
        return self._groups.setdefault((candidate, subject, dtype), _Group())

    def _count(self) -> None:
        for group in self._groups.values():
            group.count(self._cases)
        self._cases.clear()
        if len(self._places) > MOST_KNOWN:
            self._places.clear()

    def result(self) -> tuple[Ratios, ...]:
        """What was gathered, of what had any."""
        self._count()
        return tuple(
            Ratios(
                *key,
                dict(group.bins),
                dict(group.ulps),
                group.worst,
                tuple(group.points[:: 1 + len(group.points) // MOST_POINTS]),
            )
            for key, group in self._groups.items()
            if group.met
        )


def _is_decided(outcome: Outcome, elements: int | None) -> bool:
    return outcome in (Outcome.CONFORMS, Outcome.VIOLATES) and elements != 0
