"""The search for the faults of one candidate: ask a case, tell known faults from new ones, shrink, go on.

A failing case counts as a known fault if check, pass, outcome and cause are the same and
the case has every distinctive feature that the fault's shrunk counterexample still needs; a case that
lacks one cannot be that fault. A fault that is met again in a plainer form stays
one fault.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass, offset
from ...reports.records.record import CaseRecord, CheckResult
from ..calling.executor import Executor
from ..capabilities.asking import Asking
from ..capabilities.declined import Declined
from ..capabilities.offer import Offer, learn, takes_bias
from ..cases.budget import Budget
from ..cases.corpora.selection import Provenance
from ..checks.inquiry import ask_again
from ..checks.kind import OfCandidate
from ..checks.registry import CHECKS, usual_checks
from ..diagnosis.behind import wrong_call
from ..diagnosis.fault import Fault
from .agenda import Agenda, Planned
from .events import CaseExamined, Event, FaultMerged, FaultMet, FaultShrunk, followed_by
from .examiner import Examiner
from .failure_store import FailureMemory
from .ledger import Ledger
from .leftovers import Leftovers
from .pursuit import ATTEMPTS_PER_CASE, LEAST_ATTEMPTS, Pursuit


def search(executor: Executor, budget: Budget, memory: FailureMemory | None = None) -> Generator[Event]:
    """Examine a candidate on last time's failures, then on as many new cases as the budget has; of corpora, on these.

    Whatever interrupts it, a `KeyboardInterrupt` that is thrown into it as well, the case under examination is told
    before it ends, its fault as small as it got; and what failed is remembered, also where it is closed.
    """
    passes = [pass_ for pass_ in Pass if pass_ in budget.passes & executor.passes]
    asking, declined = Asking(executor, passes), Declined(executor.info.name)
    if budget.corpus_cases:
        agenda = Agenda(budget, Offer(budget.space), asking, declined)
        yield from _loop(agenda).examined(_of_corpora(asking, budget))
        return
    space = replace(budget.space, dtypes=executor.info.dtypes) if budget.own_dtypes else budget.space
    agenda = Agenda(budget, learn(asking, space, declined), asking, declined)
    loop = _loop(agenda)
    yield from loop.asked_once()
    remembered = memory.recall() if memory is not None else []
    again = (Planned(case, is_small=True) for case in remembered if case in agenda.offer.space)
    try:
        cases = loop.examined(chain(again, agenda.cases()))
        yield from followed_by(cases, lambda _: map(loop.told, declined.records()))
    finally:
        if memory is not None:
            untried = (case for case in remembered if case not in agenda.examined)
            memory.keep(dict.fromkeys((*(fault.shrunk for fault in loop.ledger.faults), *untried)))


def _of_corpora(asking: Asking, budget: Budget) -> Iterator[Planned]:
    """The cases of the budget's corpora, with a bias if some pass that would add one does not decline it."""
    adding = [pass_ for pass_ in asking.passes if offset(pass_) is not None]
    with_bias = bool(adding) and takes_bias(Asking(asking.executor, adding), budget.space)
    for each in budget.corpus_cases:
        yield Planned(replace(each.case, bias=with_bias), provenance=each.provenance)


def _loop(agenda: Agenda) -> _Loop:
    executor, budget = agenda.asking.executor, agenda.budget
    checks = budget.checks if budget.checks is not None else usual_checks(executor.info)
    examiner = Examiner(executor, agenda.asking.passes, checks, agenda.offer)
    ledger = Ledger(executor.info.name, budget.faults)
    leftovers = Leftovers(executor, ledger, budget.cases)
    attempts = max(LEAST_ATTEMPTS, ATTEMPTS_PER_CASE * budget.cases)
    return _Loop(agenda, examiner, ledger, leftovers, attempts)


@dataclass(slots=True)
class _Loop:
    """What is done with each case, and all that is known meanwhile."""

    agenda: Agenda
    examiner: Examiner
    ledger: Ledger
    leftovers: Leftovers
    attempts_left: int

    def asked_once(self) -> Iterator[Event]:
        """What is asked once of a candidate; its cases are as small as they get."""
        for kind in CHECKS.values():
            if kind.name not in self.examiner.checks or not isinstance(kind.schedule, OfCandidate):
                continue
            found: dict[Case, list[CheckResult]] = {}
            for case, subject in kind.schedule.questions(self.examiner.passes, self.agenda.offer.space.ranks):
                result = ask_again(self.examiner.executor, kind.name, subject, case)
                if result is not None:
                    found.setdefault(case, []).append(result)
            for case, results in found.items():
                yield from self._recorded(self._kept(case, tuple(results)), case, tuple(results))

    def examined(self, cases: Iterable[Planned]) -> Iterator[Event]:
        """What is told of cases that are examined one after the other."""
        for planned in cases:
            yield from self._examined(planned)

    def told(self, record: CaseRecord) -> CaseExamined:
        """A record, with how far the search is."""
        return CaseExamined(record, len(self.agenda.examined), self.agenda.budget.cases)

    def _kept(self, case: Case, results: tuple[CheckResult, ...]) -> Iterator[Event]:
        """A fault for each mismatch."""
        for result in results:
            if result.verdict.outcome.is_mismatch and len(self.ledger.faults) < self.agenda.budget.faults:
                fault = self.ledger.take_up(result, case, None)
                yield FaultMet(fault)
                yield FaultShrunk(fault)

    def _examined(self, planned: Planned) -> Iterator[Event]:
        """Examine a case, and take up the first fault that is not known."""
        case = planned.case
        results = self.examiner.examine(case, self.ledger.faults)
        answering = self.examiner.answering(case, results)
        if not answering and not self.agenda.budget.corpus_cases:
            self.agenda.note_refused(case, results)
            return
        self.agenda.note(case, answering)
        fresh = next((result for result in results if self._is_new(result, results, case)), None)
        events: Iterable[Event] = ()
        if fresh is not None and not self.ledger.is_full:
            events = self._pursued(fresh, planned)
        yield from self._recorded(events, case, results, planned.provenance)

    def _pursued(self, result: CheckResult, planned: Planned) -> Iterator[Event]:
        """Make the case that showed a fault smaller, and conclude the fault with that, wherever it ends."""
        fault, faults, offer = self._taken_up(result, planned), self.ledger.faults, self.agenda.offer
        pursuit = Pursuit(self.examiner.executor, offer, faults, fault, planned.case, self.attempts_left)
        yield from followed_by(self._shrunk(pursuit, planned), lambda is_over: self._settled(pursuit, is_over))

    def _shrunk(self, pursuit: Pursuit, planned: Planned) -> Iterator[Event]:
        yield FaultMet(pursuit.fault)
        is_related = pursuit.begin()
        self.ledger.unrelated += not is_related
        if not planned.is_small:
            pursuit.shrink(planned.chunk)

    def _settled(self, pursuit: Pursuit, is_smallest: bool) -> Iterator[Event]:
        """Conclude a fault with its smallest case; only then can it be told from those met before."""
        self.attempts_left -= pursuit.attempts
        pursuit.conclude()
        older = self.ledger.merged(pursuit.fault) if is_smallest else None
        if older is None:
            yield FaultShrunk(pursuit.fault, is_smallest)
        else:
            yield FaultMerged(older, pursuit.fault)

    def _taken_up(self, result: CheckResult, planned: Planned) -> Fault:
        """Take up a failing result: as what it depends on, or as the wrong call behind it."""
        history, case = None, planned.case
        if self.ledger.of_history is None:
            history = self.examiner.history(result, case, list(self.agenda.examined)[:-1])
        if history is None:
            behind = wrong_call(self.examiner.executor, result, case)
            if behind is not None and self.ledger.explanation(behind[0], (behind[0],), behind[1]) is None:
                result, case = behind
        return self.ledger.take_up(result, case, planned.provenance, history)

    def _is_new(self, result: CheckResult, results: tuple[CheckResult, ...], case: Case) -> bool:
        """Whether a result fails, and neither a known fault nor what was left by earlier calls explains it."""
        return result.verdict.outcome.is_mismatch and self._explanation(result, results, case) is None

    def _explanation(self, result: CheckResult, results: tuple[CheckResult, ...], case: Case) -> Fault | None:
        return self.ledger.explanation(result, results, case) or self.leftovers.explanation(result, case)

    def _recorded(
        self,
        events: Iterable[Event],
        case: Case,
        results: tuple[CheckResult, ...],
        provenance: Provenance | None = None,
    ) -> Iterator[Event]:
        """What is told of a case, and then its record, with the faults that are known by then."""

        def record() -> CaseRecord:
            tagged = tuple(self._tagged(result, results, case) for result in results)
            origin = "" if provenance is None else str(provenance)
            return CaseRecord(str(case), self.examiner.executor.info.name, tagged, origin)

        return followed_by(events, lambda _: (self.told(record()),))

    def _tagged(self, result: CheckResult, results: tuple[CheckResult, ...], case: Case) -> CheckResult:
        if not result.verdict.outcome.is_mismatch:
            return result
        fault = self._explanation(result, results, case)
        return replace(result, fault=None if fault is None else fault.id)
