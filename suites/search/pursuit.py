"""The pursuit of one fault: the cases that show it, within a number of attempts, and the smallest of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import COMPONENTS
from ...oracle.operands.data import Case
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS, STRIDED
from ...oracle.problem.passes import Pass
from ...reports.records.record import CheckResult
from ...reports.views.causes import signature
from ..calling.executor import Executor
from ..capabilities.offer import Offer
from ..cases.corpora.shrinking import smallest, with_few_settings
from ..cases.features import PLAINEST_COMPLEX
from ..cases.strategies import BEST_RESOLVED_FILL, plainest
from ..checks.examination import ANSWERED, ask
from ..checks.inquiry import ask_again
from ..checks.kind import MOST_ATTEMPTS
from ..checks.registry import kind_named
from ..checks.value import Check
from ..diagnosis.fault import Fault

SHRINK_ATTEMPTS = {
    Outcome.VIOLATES: MOST_ATTEMPTS,
    Outcome.REFUSED: MOST_ATTEMPTS,
    Outcome.CRASHED: 200,
    Outcome.HUNG: 200,
}
"""Cases asked at most to shrink one fault, by outcome."""
MOST_HANGS = 8
"""Of them so many may hang: each costs the whole time limit of a call, which is no other than elsewhere."""
LEAST_ATTEMPTS, ATTEMPTS_PER_CASE = 1000, 12
"""Cases asked at most to shrink all faults of a run, at least and for each case of its budget.

Examining a case takes around 25 calls and an attempt one or two, so that shrinking costs no more than examining.
"""
_HISTORY_ATTEMPTS = 100
_RELATED_ATTEMPTS = 40
"""Where a fault shows on a case that is small already."""
_MOST_STARTS = 6
_MOST_ROUNDS = 3
_PLAIN_SEEDS = 8
"""Data seeds below this are tried for a shrunk case."""


@dataclass(slots=True)
class Pursuit:
    """One fault under pursuit.

    Parameters
    ----------
    executor : Executor
    offer : Offer
        Within its space the case is made smaller.
    known : sequence of Fault
        Of the candidate; no case that can be another of them counts.
    fault : Fault
    examined : Case
        On which it was met, with `results`; they are recorded when the pursuit ends.
    limit : int
        Cases that may be asked.
    """

    executor: Executor
    offer: Offer
    known: Sequence[Fault]
    fault: Fault
    examined: Case
    results: tuple[CheckResult, ...]
    limit: int
    start: Case = field(init=False)
    verdicts: dict[Case, Verdict | None] = field(default_factory=dict)
    _hangs: int = 0

    def __post_init__(self) -> None:
        self.start = self.fault.found
        self.verdicts[self.start] = self.fault.verdict

    @property
    def is_related(self) -> bool:
        """Whether it begins at a case that is small already."""
        return self.start != self.fault.found

    def begin(self) -> None:
        """Look for a small case to begin at: the plainest one, or one to which another fault was shrunk."""
        self.limit = min(self.limit, _most_attempts(self.fault))
        if self.limit <= 0:
            return
        for start, other in self._starts():
            if self.shows(start):
                ends_alike = other is not None and bool(_end(self.fault)) and _end(self.fault) == _end(other)
                self.start = start
                self.limit = min(self.limit, len(self.verdicts) + (0 if ends_alike else _RELATED_ATTEMPTS))
                return

    def shows_drawn(self, case: Case) -> bool:
        """Whether a case that was drawn shows the fault; only the one examined, where another to begin at is known.

        So, too, of a hang: Hypothesis comes to a small case by many that show it.
        """
        is_only = self.start != self.examined or self.fault.outcome is Outcome.HUNG
        return case == self.examined if is_only else self.shows(case)

    def known_smallest(self, drawn: Case) -> Case:
        """The smallest case known, given the smallest that was drawn."""
        return drawn if self.start == self.examined else self.start

    def shows(self, case: Case) -> bool:
        """Whether a case shows the fault, and cannot be another known one; False when too many were asked."""
        if case not in self.verdicts:
            is_over = len(self.verdicts) > self.limit or self._hangs >= MOST_HANGS
            self.verdicts[case] = None if is_over else self._verdict_if_shown(case)
        return self.verdicts[case] is not None

    def smallest(self, known: Case) -> Case:
        """The smallest case found, going out from one that shows the fault."""
        seeds = kind_named(self.fault.check).shrinking.seeds
        if self.fault.outcome is Outcome.HUNG:
            known = self._grown(known)
        small = self._plainer(self._smaller(self._plainer(known), ()))
        for _ in range(_MOST_ROUNDS):
            before, small = small, self._plainer(self._smaller(small, seeds))
            if small == before:
                break
        return small

    def _starts(self) -> Iterator[tuple[Case, Fault | None]]:
        """Small cases, with the faults that were shrunk to them, smaller ones than where this was met."""
        yield plainest(self.offer.space), None
        others = [other for other in self.known if other is not self.fault and other.outcome is self.fault.outcome]
        shrunk = {other.shrunk: other for other in others if not other.history}
        for case in sorted(shrunk, key=lambda each: each.geometry.products)[:_MOST_STARTS]:
            if case.geometry.products < self.fault.found.geometry.products or case.geometry.batch == 0:
                yield case, shrunk[case]

    def _grown(self, case: Case) -> Case:
        """The first that shows the fault of plain cases with more and more of this one's settings, small as they are.

        What is made smaller step by step hangs at each step that is kept; what is too plain returns at once.
        """
        plain = replace(plainest(self.offer.space), bias=case.bias)
        grown = (replace(plain, geometry=geometry) for geometry in with_few_settings(case.geometry))
        return _first_shown(self.shows, grown, case)

    def _smaller(self, case: Case, seeds: Iterable[int]) -> Case:
        """The case with its geometry made as small as it gets; with other data, where its own do not show the fault."""
        found = [case]

        def shows(geometry: ConvGeometry) -> bool:
            if geometry.rank not in self.offer.space.ranks:
                return False
            tried = (replace(case, geometry=geometry, seed=seed) for seed in dict.fromkeys((found[-1].seed, *seeds)))
            shown = next(filter(self.shows, tried), None)
            found.extend([shown] if shown is not None else [])
            return shown is not None

        smallest(case.geometry, shows)
        return found[-1]

    def _plainer(self, case: Case) -> Case:
        """The case with plainer data, dtype and memory, and without a bias.

        Strides show with the fewest elements, two; other orders of axes take more.
        """
        seeds: list[dict[str, Any]] = [{"seed": seed} for seed in range(_PLAIN_SEEDS)]
        ways: tuple[list[dict[str, Any]], ...] = (
            [{"layout": CONTIGUOUS}, {"layout": STRIDED}],
            [{"fill": BEST_RESOLVED_FILL}],
            [{"dtype": dtype} for dtype in self._plainer_dtypes(case.dtype)],
            [{"bias": False}, *({"bias": False, **seed} for seed in seeds)],
            [seed for seed in seeds if seed["seed"] < case.seed],
        )
        for changes in ways:
            case = _first_shown(self.shows, (replace(case, **change) for change in changes), case)
        return case

    def _plainer_dtypes(self, dtype: str) -> Iterator[str]:
        """The plainest one, and of complex numbers the plainest of these."""
        dtypes = self.offer.space.dtypes
        yield dtypes[0]
        if dtype in COMPONENTS and PLAINEST_COMPLEX in dtypes:
            yield PLAINEST_COMPLEX

    def _verdict_if_shown(self, case: Case) -> Verdict | None:
        is_untaken = self.fault.is_of_values and self.offer.why_untaken(Pass(self.fault.subject), case) is not None
        if is_untaken and self.fault.outcome is Outcome.REFUSED:
            return None
        result = self._ask(case)
        self._hangs += result is not None and result.verdict.outcome is Outcome.HUNG
        if result is None or not self.fault.shows_as(result):
            return None
        if any(other is not self.fault and other.explains(result, case) for other in self.known):
            return None
        return result.verdict

    def _ask(self, case: Case) -> CheckResult | None:
        fault = self.fault
        if fault.before is not None:
            first = fault.preceding(case)
            if first is None:
                return None
            self.executor.restart()
            ask_again(self.executor, first.check, first.subject, first.case)
        elif kind_named(fault.check).shrinking.on_sound:
            structure = ask(self.executor, Check.STRUCTURE, case, Pass(fault.subject))
            if structure.verdict.outcome not in ANSWERED:
                return structure
        return ask_again(self.executor, fault.check, fault.subject, case)


def _most_attempts(fault: Fault) -> int:
    most = min(SHRINK_ATTEMPTS[fault.outcome], kind_named(fault.check).shrinking.attempts)
    if not fault.history:
        return most
    return 0 if fault.is_of_values and fault.before is None else min(most, _HISTORY_ATTEMPTS)


def _end(fault: Fault) -> str:
    return signature(fault.verdict)


def _first_shown(shows: Callable[[Case], bool], cases: Iterable[Case], otherwise: Case) -> Case:
    return next(filter(shows, cases), otherwise)
