"""What is counted of every case as records are read: by candidate and pass, and within them by check and trait.

A verdict's numbers are left out here: what remains of a record is its `Kind`, and of its case the `Traits`. Of both
there are few beside the records, so each is numbered, and lists, filters and the matrix go by these numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.operands.vocabulary import LACKING, OF_GEOMETRY, Setting
from .compared import dtype_of, names_of_values
from .evidence import case_geometry, case_layout
from .line import MOST_KNOWN, Line, Pattern
from .record import CheckInfo
from .tally import row_of

PLAIN = "nothing beyond a kernel"
"""The feature of a case that has no other."""
_SEVERITY = (Outcome.CRASHED, Outcome.HUNG, Outcome.VIOLATES, Outcome.REFUSED)
_MILD = (Outcome.CONFORMS, Outcome.UNDECIDED, Outcome.UNSUPPORTED)


class Said(NamedTuple):
    """A verdict without its numbers; its subject is that of the row that it is counted in."""

    check: str
    subject: str
    outcome: Outcome
    fault: str | None


@dataclass(frozen=True, slots=True)
class Kind:
    """What a record says, but for its numbers and its case."""

    candidate: str
    said: tuple[Said, ...]
    is_declined: bool


@dataclass(frozen=True, slots=True)
class Traits:
    """What a case has that others have, too."""

    dtype: str
    layout: str
    features: tuple[str, ...]


class Place(NamedTuple):
    """A cell of the matrix: all of a pass, or what of it has one value of one axis (check, dtype, layout, feature)."""

    candidate: str
    subject: str
    axis: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """How many cases came to which outcome in each cell, and which results were instances of which mismatch."""

    cells: Mapping[Place, Mapping[Outcome, int]] = field(default_factory=dict)
    records: int = 0
    declined: int = 0

    def at(self, candidate: str, subject: str, axis: str = "", value: str = "") -> Mapping[Outcome, int]:
        """The outcomes of a cell; empty where nothing was asked."""
        return self.cells.get(Place(candidate, subject, axis, value), {})

    def subjects(self) -> tuple[str, ...]:
        """Every pass or other subject, as first met."""
        return tuple(dict.fromkeys(place.subject for place in self.cells))

    def values(self, subject: str, axis: str) -> tuple[str, ...]:
        """Every value of an axis that some case of a subject had, as first met."""
        return tuple(dict.fromkeys(p.value for p in self.cells if p.subject == subject and p.axis == axis))


def standing(said: Collection[Said], of_values: Collection[str]) -> Outcome:
    """What verdicts on one subject, or on several, come to: one against the candidate comes before all others.

    Where some compare values, the others alone do not make it conform.
    """
    found = {each.outcome for each in said}
    for outcome in _SEVERITY:
        if outcome in found:
            return outcome
    compared = {each.outcome for each in said if each.check in of_values}
    return next(outcome for outcome in _MILD if outcome in (compared or found))


class Surveying:
    """Numbers kinds and traits as lines come in, and counts how often they come together."""

    def __init__(self, checks: Iterable[CheckInfo]) -> None:
        self._checks = {check.name: check for check in checks}
        self.of_values = names_of_values(self._checks.values())
        self._kinds: dict[Kind, int] = {}
        self._known: dict[tuple[object, ...], int] = {}
        self._traits: dict[Traits, int] = {}
        self._count: Counter[tuple[int, int]] = Counter()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Those met, by number."""
        return tuple(self._kinds)

    @property
    def traits(self) -> tuple[Traits, ...]:
        """Those met, by number."""
        return tuple(self._traits)

    def add(self, line: Line) -> tuple[int, int]:
        """Count one record; the numbers of its kind and of its case's traits."""
        kind = self._number(line)
        traits = self._traits.setdefault(traits_of(line.case), len(self._traits))
        self._count[kind, traits] += 1
        return kind, traits

    def _number(self, line: Line) -> int:
        """Patterns are told once in a file, so that records of the same patterns are recognised by these alone."""
        if line.declined or not line.is_plain:
            return self._number_of(line)
        key = line.candidate, line.parts
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[key] = self._number_of(line)
        return known

    def _number_of(self, line: Line) -> int:
        kind = Kind(line.candidate, tuple(dict.fromkeys(self._said(line))), bool(line.declined))
        return self._kinds.setdefault(kind, len(self._kinds))

    def _said(self, line: Line) -> Iterator[Said]:
        for part in line.parts:
            if isinstance(part, Pattern):
                for plain in part.plain:
                    yield self._one(plain.check, plain.subject, plain.outcome, None)
            else:
                for each in part:
                    yield self._one(each.check, each.subject, each.verdict.outcome, each.fault)

    def _one(self, check: str, subject: str, outcome: Outcome, fault: str | None) -> Said:
        row = row_of(check, subject, self._checks)
        return Said(row.check, row.subject, outcome, fault)

    def result(self) -> Survey:
        """What was counted; cases that stand for others that were declined are no questions."""
        traits, by_kind = self.traits, dict[int, list[tuple[int, int]]]()
        for (number, trait), count in self._count.items():
            by_kind.setdefault(number, []).append((trait, count))
        cells: dict[Place, Counter[Outcome]] = {}
        declined = 0
        for number, kind in enumerate(self._kinds):
            met = by_kind[number]
            if kind.is_declined:
                declined += sum(count for _, count in met)
                continue
            for subject, axis, value, outcome in _standings(kind.said, self.of_values):
                for trait, count in met:
                    for place in _places(kind.candidate, subject, axis, value, traits[trait]):
                        cells.setdefault(place, Counter())[outcome] += count
        return Survey(cells, sum(self._count.values()), declined)


def _standings(said: Iterable[Said], of_values: Collection[str]) -> Iterator[tuple[str, str, str, Outcome]]:
    """Each subject's outcome, and that of each check of it."""
    subjects: dict[str, list[Said]] = {}
    for each in said:
        subjects.setdefault(each.subject, []).append(each)
    for subject, of_subject in subjects.items():
        yield subject, "", "", standing(of_subject, of_values)
        for check in dict.fromkeys(each.check for each in of_subject):
            yield subject, "check", check, standing([each for each in of_subject if each.check == check], of_values)


def _places(candidate: str, subject: str, axis: str, value: str, traits: Traits) -> Iterator[Place]:
    yield Place(candidate, subject, axis, value)
    if not axis:
        yield Place(candidate, subject, "dtype", traits.dtype)
        yield Place(candidate, subject, "layout", traits.layout)
        for feature in traits.features:
            yield Place(candidate, subject, "feature", feature)


def traits_of(case: str) -> Traits:
    """The dtype, the layout and the features of a case's text id; of a text that is none, no features."""
    geometry, _, rest = case.partition("/")
    features = _features(geometry)
    if rest.startswith("bias/"):
        features = (*(each for each in features if each != PLAIN), str(Setting.BIAS))
    return Traits(dtype_of(case), case_layout(case), features)


@lru_cache(maxsize=1 << 16)
def _features(text: str) -> tuple[str, ...]:
    try:
        geometry = case_geometry(text)
    except InvalidArgument:
        return ()
    rank = f"{geometry.rank} spatial {'axis' if geometry.rank == 1 else 'axes'}"
    used = [str(each) for each, is_used in OF_GEOMETRY.items() if each is not Setting.DEGENERATE and is_used(geometry)]
    lacking = [str(lack) for lack, is_lacking in LACKING.items() if is_lacking(geometry)]
    return (rank, *(used + lacking or [PLAIN]))
