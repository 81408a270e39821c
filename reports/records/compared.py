"""How much of what was asked was compared, by pass and dtype, and why the rest was not.

A question is one pass on one case. It was compared if some check of the pass's
values had a result to compare, whatever came of it; one that was declined, or
ended in an error, a crash or a hang, was not, and one whose result has no elements was no question. Passes that a
candidate does not offer are not asked; cases that it declined, and in whose place
others were asked, are counted among the reasons only. What is undecided is counted in verdicts: of one
question, that of integers may be decided and that of reals not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import DTYPES
from ...oracle.problem.passes import Pass
from .record import CaseRecord, CheckInfo, CheckResult

KNOWN_HANG = "known hang"
"""Cause of a verdict on a question that was not put, since it would hang again."""
_WITHOUT_RESULT = (Outcome.REFUSED, Outcome.CRASHED, Outcome.HUNG)
_PASSES = tuple(map(str, Pass))
_MOST_REASONS = 5


@dataclass(frozen=True, slots=True)
class Share:
    """What was asked and what was compared of one pass in one dtype.

    Parameters
    ----------
    candidate, subject, dtype : str
    asked, compared : int
        Questions.
    verdicts, undecided : int
        Verdicts of the checks of values on what was not declined, and those that neither say right nor wrong.
    """

    candidate: str
    subject: str
    dtype: str
    asked: int = 0
    compared: int = 0
    verdicts: int = 0
    undecided: int = 0

    def __add__(self, other: Share) -> Share:
        return replace(
            self,
            asked=self.asked + other.asked,
            compared=self.compared + other.compared,
            verdicts=self.verdicts + other.verdicts,
            undecided=self.undecided + other.undecided,
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why questions were not compared, and how many."""

    candidate: str
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Compared:
    """The shares of a run, and the most frequent reasons of each candidate why the rest was not compared."""

    shares: tuple[Share, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def of(self, candidate: str) -> Compared:
        """The part of one candidate."""
        return Compared(
            tuple(share for share in self.shares if share.candidate == candidate),
            tuple(reason for reason in self.reasons if reason.candidate == candidate),
        )

    def without(self, candidates: Collection[str]) -> Compared:
        """All but some candidates."""
        return Compared(
            tuple(share for share in self.shares if share.candidate not in candidates),
            tuple(reason for reason in self.reasons if reason.candidate not in candidates),
        )

    def total(self) -> Share:
        """All shares together."""
        return sum(self.shares, start=Share("", "", ""))

    def offered(self) -> Compared:
        """Without the passes that a candidate declines altogether, which is to say that it does not offer them."""
        taken = {(share.candidate, share.subject) for share in self.by_pass() if share.verdicts}
        heard = {candidate for candidate, _ in taken}
        kept = (s for s in self.shares if s.candidate not in heard or (s.candidate, s.subject) in taken)
        return Compared(tuple(kept), self.reasons)

    def by_pass(self) -> tuple[Share, ...]:
        """The shares of each pass of each candidate, over all dtypes."""
        found: dict[tuple[str, str], Share] = {}
        for share in self.shares:
            key = share.candidate, share.subject
            found[key] = found.get(key, Share(*key, "")) + share
        return tuple(found.values())


NOTHING_COMPARED = Compared()


class Counting:
    """Counts as records come in."""

    def __init__(self, checks: Iterable[CheckInfo]) -> None:
        self._of_values = names_of_values(checks)
        self._counts: dict[tuple[str, str, str], list[int]] = {}
        self._reasons: Counter[tuple[str, str]] = Counter()

    def add(self, record: CaseRecord, times: int = 1) -> None:
        """Count the questions of one case, or of so many that came to the same."""
        asked: dict[str, list[CheckResult]] = {}
        for result in record.results:
            if result.check in self._of_values and result.subject in _PASSES:
                asked.setdefault(result.subject, []).append(result)
        dtype = dtype_of(record.case)
        for subject, results in asked.items():
            self._count(record, subject, dtype, [result.verdict for result in results], times)

    def _count(self, record: CaseRecord, subject: str, dtype: str, verdicts: list[Verdict], times: int) -> None:
        if record.declined:
            self._reasons[record.candidate, verdicts[0].reason] += record.declined
            return
        if all(_had_nothing_to_compare(verdict) for verdict in verdicts):
            return
        answers = [verdict for verdict in verdicts if _is_answer(verdict)]
        undecided = sum(verdict.outcome is Outcome.UNDECIDED for verdict in answers)
        was_compared = any(verdict.outcome not in _WITHOUT_RESULT for verdict in answers)
        counts = self._counts.setdefault((record.candidate, subject, dtype), [0, 0, 0, 0])
        for place, count in enumerate((1, was_compared, len(answers), undecided)):
            counts[place] += times * count
        if not was_compared:
            self._reasons[record.candidate, verdicts[0].reason] += times

    def result(self) -> Compared:
        """What was counted."""
        kept: Counter[str] = Counter()
        reasons = []
        for (candidate, text), count in self._reasons.most_common():
            kept[candidate] += 1
            if kept[candidate] <= _MOST_REASONS:
                reasons.append(Reason(candidate, text, count))
        shares = (Share(*key, *counts) for key, counts in self._counts.items())
        return Compared(tuple(shares), tuple(reasons))


def compared(records: Iterable[CaseRecord], checks: Iterable[CheckInfo]) -> Compared:
    """What was compared of all that was asked in `records`, by these kinds of checks."""
    counting = Counting(checks)
    for record in records:
        counting.add(record)
    return counting.result()


def names_of_values(checks: Iterable[CheckInfo]) -> frozenset[str]:
    """Those that compare the elements of one pass's result."""
    return frozenset(check.name for check in checks if check.is_of_values)


def _is_answer(verdict: Verdict) -> bool:
    if verdict.outcome is Outcome.UNDECIDED:
        return verdict.elements > 0
    return verdict.outcome is not Outcome.UNSUPPORTED


def _had_nothing_to_compare(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.UNDECIDED and verdict.elements == 0 and verdict.cause != KNOWN_HANG


@lru_cache(maxsize=64)
def dtype_of(case: str) -> str:
    """The dtype that a case's text id names; empty where it names none."""
    return next((part for part in case.split("/")[1:] if part in DTYPES), "")
