"""The pursuit of one fault: the cases that show it, within a number of attempts, and the smallest of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from ..cases.features import PLAINEST_COMPLEX, needs, needs_of_all
from ..cases.space import BEST_RESOLVED_FILL, plainest
from ..checks.examination import ANSWERED
from ..checks.inquiry import ask_again
from ..checks.kind import MOST_ATTEMPTS
from ..checks.registry import FIRST
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
    limit : int
        Cases that may be asked.
    """

    executor: Executor
    offer: Offer
    known: Sequence[Fault]
    fault: Fault
    limit: int
    smallest: Case = field(init=False)
    """Of those that show the fault, so far."""
    _shown: dict[Case, Verdict] = field(default_factory=dict)
    _asked: set[Case] = field(default_factory=set)
    _hangs: int = 0

    def __post_init__(self) -> None:
        self.smallest = self.fault.found
        self._shown[self.smallest] = self.fault.verdict
        self._asked.add(self.smallest)

    @property
    def attempts(self) -> int:
        """Cases asked."""
        return len(self._asked)

    def begin(self) -> bool:
        """Begin at a small case that shows it, the plainest or one to which another was shrunk; False if none does."""
        self.limit = min(self.limit, _most_attempts(self.fault))
        for start, other in self._starts() if self.limit > 0 else ():
            if self.shows(start):
                ends_alike = other is not None and bool(_end(self.fault)) and _end(self.fault) == _end(other)
                self.smallest = start
                self.limit = min(self.limit, self.attempts + (0 if ends_alike else _RELATED_ATTEMPTS))
                break
        return self.smallest != self.fault.found

    def shrink(self) -> None:
        """Make the case smaller and plainer in turn, by steps that keep a convolution whole."""
        if self.fault.outcome is Outcome.HUNG:
            self._grow()
        seeds = self.fault.kind.shrinking.seeds
        self._make_plainer()
        self._make_smaller(())
        self._make_plainer()
        for _ in range(_MOST_ROUNDS):
            before = self.smallest
            self._make_smaller(seeds)
            self._make_plainer()
            if self.smallest == before:
                break

    def conclude(self) -> None:
        """Let the fault be what its smallest case shows, with the layout of which a check takes no notice left out."""
        fault, case = self.fault, self.smallest
        fault.shrunk = case if fault.kind.shrinking.layouts else replace(case, layout=CONTIGUOUS)
        fault.verdict = self._shown[case]
        fault.needs = needs(fault.shrunk) - needs_of_all(self.offer.space.ranks, self.offer.space.dtypes)

    def shows(self, case: Case) -> bool:
        """Whether a case shows the fault, and cannot be another known one; False when too many were asked."""
        if case not in self._asked:
            is_over = self.attempts > self.limit or self._hangs >= MOST_HANGS
            verdict = None if is_over else self._verdict_if_shown(case)
            self._asked.add(case)
            if verdict is not None:
                self._shown[case] = verdict
        return case in self._shown

    def _starts(self) -> Iterator[tuple[Case, Fault | None]]:
        """Small cases, with the faults that were shrunk to them, smaller ones than where this was met."""
        yield plainest(self.offer.space), None
        others = [other for other in self.known if other is not self.fault and other.outcome is self.fault.outcome]
        shrunk = {other.shrunk: other for other in others if not other.history}
        for case in sorted(shrunk, key=lambda each: each.geometry.products)[:_MOST_STARTS]:
            if case.geometry.products < self.fault.found.geometry.products or case.geometry.batch == 0:
                yield case, shrunk[case]

    def _grow(self) -> None:
        """Begin at the first of plain cases with more and more of the settings, small as they are.

        What is made smaller step by step hangs at each step that is kept; what is too plain returns at once.
        """
        plain = replace(plainest(self.offer.space), bias=self.smallest.bias)
        self._take_first(replace(plain, geometry=each) for each in with_few_settings(self.smallest.geometry))

    def _make_smaller(self, seeds: Iterable[int]) -> None:
        """Make the geometry as small as it gets; with other data, where the case's own do not show the fault."""

        def shows(geometry: ConvGeometry) -> bool:
            if geometry.rank not in self.offer.space.ranks:
                return False
            tried = dict.fromkeys((self.smallest.seed, *seeds))
            return self._take_first(replace(self.smallest, geometry=geometry, seed=seed) for seed in tried)

        smallest(self.smallest.geometry, shows)

    def _make_plainer(self) -> None:
        """Take plainer data, dtype and memory, and no bias.

        Strides show with the fewest elements, two; other orders of axes take more.
        """
        seeds: list[dict[str, Any]] = [{"seed": seed} for seed in range(_PLAIN_SEEDS)]
        ways: tuple[list[dict[str, Any]], ...] = (
            [{"layout": CONTIGUOUS}, {"layout": STRIDED}],
            [{"fill": BEST_RESOLVED_FILL}],
            [{"dtype": dtype} for dtype in self._plainer_dtypes(self.smallest.dtype)],
            [{"bias": False}, *({"bias": False, **seed} for seed in seeds)],
            [seed for seed in seeds if seed["seed"] < self.smallest.seed],
        )
        for changes in ways:
            self._take_first(replace(self.smallest, **change) for change in changes)

    def _take_first(self, cases: Iterable[Case]) -> bool:
        """Go on from the first case that shows the fault; False where none does."""
        shown = next(filter(self.shows, cases), None)
        if shown is not None:
            self.smallest = shown
        return shown is not None

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
        elif fault.outcome is Outcome.CRASHED:
            self.executor.restart()  # memory that an earlier attempt spoiled is none of this case's
        elif fault.kind.shrinking.on_sound:
            return self._ask_on_sound(case)
        return ask_again(self.executor, fault.check, fault.subject, case)

    def _ask_on_sound(self, case: Case) -> CheckResult | None:
        """The verdict, of a case in which no fault is found on integers: what takes one call is asked before that.

        Most attempts end there, since they do not show the fault.
        """
        fault, result = self.fault, None
        if fault.is_of_values:
            result = ask_again(self.executor, fault.check, fault.subject, case)
            if result is None or not fault.shows_as(result):
                return result
        told = ask_again(self.executor, FIRST.name, fault.subject, case)
        if told is None or told.verdict.outcome not in ANSWERED:
            return told
        return result or ask_again(self.executor, fault.check, fault.subject, case)


def _most_attempts(fault: Fault) -> int:
    most = min(SHRINK_ATTEMPTS[fault.outcome], fault.kind.shrinking.attempts)
    if not fault.history:
        return most
    return 0 if fault.is_of_values and fault.before is None else min(most, _HISTORY_ATTEMPTS)


def _end(fault: Fault) -> str:
    return signature(fault.verdict)
