"""What differs between two runs: faults that came and went, questions that are no longer compared, and declarations.

Two runs of the same seed ask the same cases, and then a question tells by itself what became of it. Runs of
different seeds have few cases in common: there, faults are told apart by what they are.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...oracle.judging.verdict import Outcome
from ..records.record import CaseRecord, CheckResult, Mismatch, RunInfo, kind_of
from ..records.totals import Beside
from .causes import signature
from .declared_difference import Declaration, card_changes, declaration_changes
from .layer_difference import LayerDifference, layer_difference


class Question(NamedTuple):
    """What is asked of a candidate on each case."""

    candidate: str
    check: str
    subject: str


@dataclass(frozen=True, slots=True)
class Turned:
    """Verdicts that turned, of one question and, where they are of a mismatch that is kept, of one fault.

    Parameters
    ----------
    question : Question
    cases : int
        On how many cases that both runs asked.
    example : str
        The first of them.
    mismatch : Mismatch or None
        The fault on which they turned, of the run in which they are wrong; None where no mismatch was kept.
    """

    question: Question
    cases: int
    example: str
    mismatch: Mismatch | None = None


@dataclass(frozen=True, slots=True)
class Silenced:
    """Questions that were compared in the earlier run and are not in the later one.

    Parameters
    ----------
    question : Question
    cases : int
    example : str
    reason : str
        Why not, in the later run's words, on that case.
    """

    question: Question
    cases: int
    example: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The later of two runs against the earlier one.

    Parameters
    ----------
    broken : tuple of Turned
        Right before and wrong now.
    new : tuple of Mismatch
        Faults of the later run that the earlier one does not have, on cases that it did not ask.
    mended : tuple of Turned
        Wrong before and right now.
    unseen : tuple of Mismatch
        Faults of the earlier run that the later one does not have, on cases that it did not ask.
    known : tuple of Mismatch
        Faults of the later run that the earlier one has, too.
    silenced : tuple of Silenced
    declarations : tuple of Declaration
        What is declared or installed otherwise.
    cards : tuple of Declaration
        Lines of identity cards that are otherwise.
    layers : LayerDifference
    came, went : tuple of str
        Candidates that only the later, and only the earlier run has.
    asked, common : int
        Cases of the later run's candidates, and how many of them the earlier run asked as well.
    """

    broken: tuple[Turned, ...]
    new: tuple[Mismatch, ...]
    mended: tuple[Turned, ...]
    unseen: tuple[Mismatch, ...]
    known: tuple[Mismatch, ...]
    silenced: tuple[Silenced, ...]
    declarations: tuple[Declaration, ...]
    cards: tuple[Declaration, ...]
    layers: LayerDifference
    came: tuple[str, ...]
    went: tuple[str, ...]
    asked: int
    common: int

    @property
    def is_worse(self) -> bool:
        """Whether something is wrong that was not known to be."""
        return bool(self.broken or self.new or self.layers.broken)


class ReadRun(NamedTuple):
    """A run to compare: its facts, its mismatches, its records, and what was found beside its cases."""

    info: RunInfo
    mismatches: tuple[Mismatch, ...]
    records: Iterable[CaseRecord]
    beside: Beside = Beside()


def difference(before: ReadRun, after: ReadRun) -> Difference:
    """Compare two runs; the outcomes of the earlier one are held in memory, of the later one a record at a time."""
    turns = _Turns(before.records)
    for record in after.records:
        turns.add(record)
    old, new = before.mismatches, after.mismatches
    broken, mended = _turned(turns.broken, new), _turned(turns.mended, old)
    fresh = [fault for fault in new if not _is_told(fault, broken)]
    known = [fault for fault in fresh if _is_among(fault, old, turns.wrong)]
    return Difference(
        broken,
        tuple(fault for fault in fresh if fault not in known),
        mended,
        tuple(fault for fault in old if not _is_told(fault, mended) and not _is_among(fault, new, turns.still_wrong)),
        tuple(known),
        tuple(turns.quiet()),
        tuple(declaration_changes(before.info, after.info)),
        tuple(card_changes(before.beside.identities, after.beside.identities)),
        layer_difference(before.beside.certificates, after.beside.certificates),
        _only_in(after.info, before.info),
        _only_in(before.info, after.info),
        turns.asked,
        turns.common,
    )


class _Cases(dict[Any, tuple[int, str]]):
    """How many cases came to each thing, and the first of them."""

    def note(self, key: object, case: str) -> None:
        count, first = self.get(key, (0, case))
        self[key] = count + 1, first


class _Turns:
    """What became of each question of the earlier run on the cases that the later one asks as well.

    `wrong` are the faults of the later run, and `still_wrong` those of the earlier one, on cases wrong in both.
    """

    def __init__(self, earlier: Iterable[CaseRecord]) -> None:
        self.broken, self.mended, self.silenced, self._decided = _Cases(), _Cases(), _Cases(), _Cases()
        self._met: set[Question] = set()
        self._candidates: set[str] = set()
        self.reasons: dict[Question, str] = {}
        self.wrong: set[str | None] = set()
        self.still_wrong: set[str | None] = set()
        self.asked = self.common = 0
        shared: dict[_Answers, _Answers] = {}
        self._earlier: dict[tuple[str, str], _Answers] = {}
        for record in earlier:
            answers = _answers(record)
            self._earlier[record.candidate, record.case] = shared.setdefault(answers, answers)
            for check, subject, outcome, _ in answers:
                if _is_decided(outcome):
                    self._decided.note(Question(record.candidate, kind_of(check), subject), record.case)

    def add(self, record: CaseRecord) -> None:
        """A record of the later run."""
        self.asked += 1
        self._candidates.add(record.candidate)
        self._met.update(Question(record.candidate, kind_of(each.check), each.subject) for each in record.results)
        earlier = self._earlier.get((record.candidate, record.case))
        if earlier is None:
            return
        self.common += 1
        answers = {(check, subject): (outcome, fault) for check, subject, outcome, fault in earlier}
        for result in record.results:
            if (result.check, result.subject) in answers:
                self._turn(record, result, *answers[result.check, result.subject])

    def quiet(self) -> Iterator[Silenced]:
        """What the earlier run compared, and the later one not: first what it did not ask on any case."""
        for question, told in self._decided.items():
            if question.candidate in self._candidates and question not in self._met:
                yield Silenced(question, *told, "it was not asked at all")
        for question, why in self.reasons.items():
            yield Silenced(question, *self.silenced[question], why)

    def _turn(self, record: CaseRecord, result: CheckResult, was: Outcome, fault: str | None) -> None:
        question, now = Question(record.candidate, result.check, result.subject), result.verdict.outcome
        if now.is_mismatch and was.is_mismatch:
            self.wrong.add(result.fault)
            self.still_wrong.add(fault)
        elif now.is_mismatch and was is Outcome.CONFORMS:
            self.broken.note((question, result.fault), record.case)
        elif was.is_mismatch and now is Outcome.CONFORMS:
            self.mended.note((question, fault), record.case)
        elif _is_decided(was) and not _is_decided(now):
            self.silenced.note(question, record.case)
            self.reasons.setdefault(question, result.verdict.reason or str(now))


def _is_decided(outcome: Outcome) -> bool:
    return outcome.is_mismatch or outcome is Outcome.CONFORMS


_Answers = tuple[tuple[str, str, Outcome, str | None], ...]


def _answers(record: CaseRecord) -> _Answers:
    return tuple((each.check, each.subject, each.verdict.outcome, each.fault) for each in record.results)


def _turned(cases: _Cases, mismatches: Iterable[Mismatch]) -> tuple[Turned, ...]:
    named = {mismatch.id: mismatch for mismatch in mismatches}
    return tuple(Turned(question, *told, named.get(fault)) for (question, fault), told in cases.items())


def _is_told(fault: Mismatch, turned: Iterable[Turned]) -> bool:
    return any(each.mismatch is fault for each in turned)


def _is_among(fault: Mismatch, others: Iterable[Mismatch], common: Container[str | None]) -> bool:
    """Whether a fault of one run is one of the other's: on the same cases, or by what it is."""
    return fault.id in common or any(_is_same(fault, other) for other in others)


def _is_same(one: Mismatch, other: Mismatch) -> bool:
    """Whether faults of two runs are alike: of one pass, found by one check, and explained alike or not at all."""
    places = [(each.candidate, kind_of(each.check), each.subject, each.verdict.outcome) for each in (one, other)]
    if places[0] != places[1] or bool(one.history) != bool(other.history):
        return False
    if one.diagnosed or other.diagnosed:
        return not set(one.diagnosed).isdisjoint(other.diagnosed)
    return signature(one.verdict) == signature(other.verdict) and one.verdict.cause == other.verdict.cause


def _only_in(info: RunInfo, other: RunInfo) -> tuple[str, ...]:
    """The candidates that another run does not have."""
    names = {candidate.name for candidate in other.candidates}
    return tuple(candidate.name for candidate in info.candidates if candidate.name not in names)
