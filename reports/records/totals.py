"""A run read back: its facts, its mismatches, and what its records add up to, counted as they are read."""

from __future__ import annotations

import math
from array import array
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import add

import numpy as np

from ...oracle.judging.verdict import Verdict
from .certified import Certificates
from .compared import Compared, Counting, dtype_of
from .identity import IdentityCards
from .line import MOST_KNOWN, TICK, Line, Pattern, Plain
from .machine_kinds import MachineKind
from .record import CaseRecord, CheckInfo, CheckResult, Mismatch, RunInfo
from .stopped import Stopped
from .tally import Sums, Tally, Tallying


@dataclass(frozen=True, slots=True)
class Totals:
    """What records add up to.

    Parameters
    ----------
    counts : Tally
    compared : Compared
    records : int
    cases : int
        How many different cases; among a million, one is missed with a probability below 3e-8, since they are
        told apart by 64 bits each.
    heard : frozenset of str
        The candidates of which some result was compared element by element.
    """

    counts: Tally
    compared: Compared
    records: int
    cases: int
    heard: frozenset[str]


@dataclass(frozen=True, slots=True)
class Beside:
    """What was found of a run's candidates beside its cases."""

    identities: tuple[IdentityCards, ...] = ()
    certificates: tuple[Certificates, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run read back: its facts and all that was recorded."""

    info: RunInfo
    totals: Totals
    mismatches: tuple[Mismatch, ...]
    finished: bool
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())
    """Sentences about the reading itself, such as a last line that was cut off."""
    audited: int = 0
    """How many exact results the oracle computed again term by term, of those that results were compared with."""
    stopped: tuple[Stopped, ...] = ()
    """The searches that ended before their cases did."""
    beside: Beside = Beside()
    machines: tuple[MachineKind, ...] = ()
    """The kinds of machines on which it was made, where there are several."""


def totals(lines: Iterable[Line], checks: Collection[CheckInfo]) -> Totals:
    """What the records that `lines` tell of these kinds of checks add up to; none of them is kept."""
    totalling = Totalling(checks)
    for line in lines:
        totalling.add(line)
    return totalling.result()


class _Numbers:
    """How many records there were, and what their numbers, in the order of their patterns, come to."""

    __slots__ = ("coarsest", "count", "finest", "ratios", "times")

    def __init__(self, line: Line) -> None:
        self.count, self.times = 1, list(line.times)
        self.ratios, self.finest, self.coarsest = list(line.ratios), list(line.resolutions), list(line.resolutions)

    def add(self, line: Line) -> None:
        """Count one record of the same patterns."""
        self.count += 1
        self.times = list(map(add, self.times, line.times))
        if line.ratios:
            self.ratios = list(map(max, self.ratios, line.ratios))
        if line.resolutions:
            self.finest = list(map(min, self.finest, line.resolutions))
            self.coarsest = list(map(max, self.coarsest, line.resolutions))


class _Met:
    """A pattern on one candidate in one dtype: how often it was met, and what its numbers come to.

    Parameters
    ----------
    pattern : Pattern
    sums : sequence of Sums
        Of each of its verdicts.
    sample : CaseRecord
        A case that came to it.
    """

    __slots__ = ("_coarsest", "_count", "_finest", "_pattern", "_ratios", "_sample", "_sums", "_times")

    def __init__(self, pattern: Pattern, sums: Sequence[Sums], sample: CaseRecord) -> None:
        self._pattern, self._sums, self._sample = pattern, sums, sample
        self._count = 0
        self._ratios = [0.0] * pattern.ratios
        self._finest = [math.inf] * pattern.resolutions
        self._coarsest = [0.0] * pattern.resolutions
        self._times = [0] * len(pattern.plain)

    def add(self, numbers: _Numbers, first: tuple[int, int, int]) -> tuple[int, int, int]:
        """Count its part of some records, which begins at `first`; where the next pattern's begins."""
        ratio, resolution, time = first
        after = ratio + len(self._ratios), resolution + len(self._finest), time + len(self._times)
        self._count += numbers.count
        self._times = list(map(add, self._times, numbers.times[time : after[2]]))
        self._ratios = list(map(max, self._ratios, numbers.ratios[ratio : after[0]]))
        self._finest = list(map(min, self._finest, numbers.finest[resolution : after[1]]))
        self._coarsest = list(map(max, self._coarsest, numbers.coarsest[resolution : after[1]]))
        return after

    def count_in(self, counting: Counting) -> None:
        """Add all that was met to the sums and to what was compared."""
        counting.add(self._sample, self._count)
        ratios, resolutions = iter(self._ratios), zip(self._finest, self._coarsest, strict=True)
        for plain, sums, time in zip(self._pattern.plain, self._sums, self._times, strict=True):
            ratio = next(ratios) if plain.own_ratio else 0.0
            both = next(resolutions) if plain.own_resolution else (plain.resolution, plain.resolution)
            sums.add(plain.outcome, self._count, ratio, both, TICK * time)


class Totalling:
    """Counts as lines come in: of a pattern how often it is met, and all else at once."""

    def __init__(self, checks: Collection[CheckInfo]) -> None:
        self._tallying = Tallying(checks)
        self._counting = Counting(checks)
        self._met: dict[tuple[str, str, Pattern], _Met] = {}
        self._together: dict[tuple[str, str, tuple[object, ...]], _Numbers] = {}
        self._cases = array("q")
        self._heard: set[str] = set()

    def add(self, line: Line) -> None:
        """Count one record; the numbers of records of the same patterns together."""
        key = line.candidate, dtype_of(line.case), line.parts
        whole: Iterable[CheckResult] = ()
        if not line.is_plain:
            self._add_whole(line)
            whole = (each for part in line.parts if not isinstance(part, Pattern) for each in part)
        elif key in self._together:
            self._together[key].add(line)
        else:
            self._begin(key, line)
        self._tallying.add_case(line.declined, whole)
        self._cases.append(hash(line.case))

    def _begin(self, key: tuple[str, str, tuple[object, ...]], line: Line) -> None:
        if len(self._together) >= MOST_KNOWN:
            self._settle()
        for part in line.parts:
            if isinstance(part, Pattern) and (*key[:2], part) not in self._met:
                self._first(line, key[1], part)
        self._together[key] = _Numbers(line)

    def _settle(self) -> None:
        """Give the numbers of all records to their patterns."""
        for (candidate, dtype, parts), numbers in self._together.items():
            first = (0, 0, 0)
            for part in parts:
                if isinstance(part, Pattern):
                    first = self._met[candidate, dtype, part].add(numbers, first)
        self._together.clear()

    def result(self) -> Totals:
        """What was counted."""
        self._settle()
        for met in self._met.values():
            met.count_in(self._counting)
        return Totals(
            self._tallying.result(),
            self._counting.result(),
            len(self._cases),
            len(np.unique(np.asarray(self._cases))),
            frozenset(self._heard),
        )

    def _first(self, line: Line, dtype: str, pattern: Pattern) -> None:
        """Note what has just been met; its rows and questions come after those that were met before."""
        sums = [self._tallying.sums(line.candidate, plain.check, plain.subject) for plain in pattern.plain]
        results = (
            CheckResult(each.check, each.subject, Verdict(each.outcome, each.reason, each.cause, elements=_some(each)))
            for each in pattern.plain
        )
        sample = CaseRecord(line.case, line.candidate, tuple(results))
        self._counting.add(sample, 0)
        self._hear(sample)
        self._met[line.candidate, dtype, pattern] = _Met(pattern, sums, sample)

    def _add_whole(self, line: Line) -> None:
        """Count a record that patterns alone do not tell, part by part."""
        dtype, numbers, first = dtype_of(line.case), _Numbers(line), (0, 0, 0)
        for part in line.parts:
            if isinstance(part, Pattern):
                if (line.candidate, dtype, part) not in self._met:
                    self._first(line, dtype, part)
                first = self._met[line.candidate, dtype, part].add(numbers, first)
                continue
            record = CaseRecord(line.case, line.candidate, part, line.origin, line.declined)
            self._tallying.add_results(record.candidate, part)
            self._counting.add(record)
            self._hear(record)

    def _hear(self, record: CaseRecord) -> None:
        if any(result.verdict.elements for result in record.results):
            self._heard.add(record.candidate)


def _some(plain: Plain) -> int:
    """As many elements as it says, or one of the more than none that follow from a case."""
    return 1 if plain.elements is None else plain.elements
