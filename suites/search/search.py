"""The search for the faults of one candidate: ask a case, tell known faults from new ones, shrink, go on.

A failing case counts as a known fault if check, pass, outcome and cause are the same and
the case has every distinctive feature that the fault's shrunk counterexample still needs; a case that
lacks one cannot be that fault. A fault that is met again in a plainer form stays
one fault.

What is told follows from seed and candidate, however many processes share the work: cases are examined in
blocks, each of which is independent of the others, and all else is done here, in the order of the cases.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from multiprocessing.synchronize import Semaphore
from types import MappingProxyType

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
from ..diagnosis.late_crash import to_blame
from .agenda import Agenda, Pause, Planned
from .events import CaseExamined, Event, FaultMerged, FaultMet, FaultShrunk, TimeIsOver, followed_by
from .examiner import BLOCK_CASES, LATER_CASES, Block, Examiner, Results, has_hung
from .failure_store import Memory
from .hands import Hands
from .hangs import Hangs
from .ledger import Ledger
from .leftovers import Leftovers
from .pursuit import ATTEMPTS_PER_CASE, LEAST_ATTEMPTS, Pursuit
from .rota import has_turns

_NO_CASES = Block(())
_BLOCKS_OF_A_PART = 16
"""Fewer than that have so many cases that the number of a block would be one of the next part."""


def search(
    executor: Executor,
    budget: Budget,
    memory: Memory | None = None,
    spare: Semaphore | None = None,
    moment: float | None = None,
    most: int | None = None,
    recalled: Mapping[str, Results] = MappingProxyType({}),
) -> Generator[Event]:
    """Examine a candidate on last time's failures, then on as many new cases as the budget has; of corpora, on these.

    Whatever interrupts it, a `KeyboardInterrupt` that is thrown into it as well, the case under examination is told
    before it ends, its fault as small as it got; and what failed is remembered, also where it is closed.

    Parameters
    ----------
    executor : Executor
        For the pursuit of faults; what has to be independent of that is put to twins.
    budget : Budget
    memory : Memory or None
        Of last time's failures.
    spare : Semaphore or None
        Of the processes that may examine ahead beside this one.
    moment : float or None
        Of the monotonic clock, after which no other case is looked at.
    most : int or None
        Cases after which no other is looked at, although the budget has more.
    recalled : mapping of str to tuple of CheckResult
        By the ids of cases, what came of them when the same search was begun before: it is not asked again.
    """
    passes = [pass_ for pass_ in Pass if pass_ in budget.passes & executor.passes]
    checks = budget.checks if budget.checks is not None else usual_checks(executor.info)
    with closing(executor.twin()) as asked, closing(executor.twin()) as examined:
        agenda = _agenda(Asking(asked, passes), budget)
        examiner = Examiner(examined, passes, checks, agenda.offer)
        with closing(Hands(examiner, spare)) as hands:
            loop = _loop(agenda, replace(examiner, executor=executor), hands, moment, most, recalled)
            if budget.corpus_cases:
                yield from loop.examined(_of_corpora(agenda.asking, budget))
            else:
                if budget.part == 0:
                    yield from loop.asked_once()
                yield from _remembering(loop, memory)


def _agenda(asking: Asking, budget: Budget) -> Agenda:
    info, declined = asking.executor.info, Declined(asking.executor.info.name)
    if budget.corpus_cases:
        return Agenda(budget, Offer(budget.space), asking, declined)
    space = replace(budget.space, dtypes=info.dtypes) if budget.own_dtypes else budget.space
    return Agenda(budget, learn(asking, space, declined), replace(asking, is_filled=False), declined)


def _loop(
    agenda: Agenda,
    examiner: Examiner,
    hands: Hands,
    moment: float | None,
    most: int | None,
    recalled: Mapping[str, Results],
) -> _Loop:
    executor, budget = examiner.executor, agenda.budget
    ledger = Ledger(executor.info.name, budget.faults, part=budget.part)
    leftovers = Leftovers(executor, ledger, budget.cases)
    attempts = max(LEAST_ATTEMPTS, ATTEMPTS_PER_CASE * budget.cases)
    return _Loop(agenda, examiner, hands, ledger, Hangs(ledger), leftovers, attempts, moment, most, recalled)


def _remembering(loop: _Loop, memory: Memory | None) -> Iterator[Event]:
    """What is told of the cases that failed last and of new ones; wherever that ends, those that fail now are kept."""
    remembered = memory.recall() if memory is not None and loop.agenda.budget.part == 0 else []
    try:
        cases = loop.examined(loop.agenda.cases(remembered, loop.hands.apart))
        yield from followed_by(cases, lambda _: map(loop.told, loop.agenda.declined.records()))
    finally:
        if memory is not None:
            failing = dict.fromkeys(fault.shrunk for fault in loop.ledger.faults)
            memory.update(failing, (case for case in remembered if case in loop.done))


def _of_corpora(asking: Asking, budget: Budget) -> Iterator[Planned]:
    """The cases of the budget's corpora, with a bias if some pass that would add one does not decline it."""
    adding = [pass_ for pass_ in asking.passes if offset(pass_) is not None]
    with_bias = takes_bias(Asking(asking.executor, adding), budget.space)
    for each in budget.corpus_cases:
        yield Planned(replace(each.case, bias=with_bias), provenance=each.provenance)


@dataclass(slots=True)
class _Loop:
    """What is done with each case, and all that is known meanwhile."""

    agenda: Agenda
    examiner: Examiner
    """For what is asked once, and again of single cases."""
    hands: Hands
    ledger: Ledger
    hangs: Hangs
    leftovers: Leftovers
    attempts_left: int
    moment: float | None
    most: int | None
    """After which no other case is looked at: how far the search goes depends on it, and nothing else."""
    recalled: Mapping[str, Results]
    done: set[Case] = field(default_factory=set)
    _earlier: Block = _NO_CASES
    """What was examined in the same process before the case that is looked at now."""

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

    def examined(self, cases: Iterable[Planned | Pause]) -> Iterator[Event]:
        """What is told of cases one after the other; those of blocks to come may be under examination already.

        Those that were begun are looked at while the next case is being chosen, where that takes a while.
        """
        begun = deque[tuple[int, tuple[Planned, ...]]]()
        for block in _blocks(cases, _BLOCKS_OF_A_PART * self.agenda.budget.part):
            if self._is_late():
                break
            if isinstance(block, Pause):
                while begun and not block.is_over():
                    yield from self._examined_block(*begun.popleft())
                continue
            if not self._are_recalled(each.case for each in block[1]):
                self.hands.begin(self._block(*block))
            begun.append(block)
            while len(begun) > self.hands.ahead:
                yield from self._examined_block(*begun.popleft())
        for block in begun:
            yield from self._examined_block(*block)
        total = self.agenda.budget.cases
        if self._is_late() and len(self.done) < total:
            yield TimeIsOver(len(self.done), total)

    def _is_late(self) -> bool:
        is_over = self.moment is not None and time.monotonic() >= self.moment
        return is_over or (self.most is not None and len(self.done) >= self.most)

    def told(self, record: CaseRecord) -> CaseExamined:
        """A record, with how far the search is."""
        budget = self.agenda.budget
        return CaseExamined(record, len(self.done), budget.cases, budget.part)

    def _kept(self, case: Case, results: tuple[CheckResult, ...]) -> Iterator[Event]:
        """A fault for each mismatch."""
        for result in results:
            if result.verdict.outcome.is_mismatch and len(self.ledger.faults) < self.agenda.budget.faults:
                fault = self.ledger.take_up(result, case, None)
                yield FaultMet(fault)
                yield FaultShrunk(fault)

    def _block(self, number: int, planned: tuple[Planned, ...]) -> Block:
        return Block(tuple(self.hangs.entry(each.case) for each in planned), has_turns(number))

    def _examined_block(self, number: int, planned: tuple[Planned, ...]) -> Iterator[Event]:
        """Examine a block; where that ends with a hang, its other cases are another one."""
        while planned and not self._is_late():
            block = self._block(number, planned)
            for place, results in enumerate(self._results(block)):
                if self._is_late():
                    return
                self._earlier = replace(block, entries=block.entries[:place])
                yield from self._examined(planned[0], results)
                planned = planned[1:]

    def _are_recalled(self, cases: Iterable[Case]) -> bool:
        return bool(self.recalled) and all(str(case) in self.recalled for case in cases)

    def _results(self, block: Block) -> Iterator[Results]:
        """What comes of a block; of one that is known in part, all is asked again, as one case follows on another."""
        if not self._are_recalled(entry.case for entry in block.entries):
            yield from self.hands.examined(block)
            return
        for entry in block.entries:
            results = self.recalled[str(entry.case)]
            yield results
            if has_hung(results):
                return

    def _examined(self, planned: Planned, results: Results) -> Iterator[Event]:
        """Take up the first fault that a case shows and that is not known."""
        case = planned.case
        self.done.add(case)
        self.hangs.note(results)
        fresh = next((result for result in results if self._is_new(result, results, case)), None)
        events: Iterable[Event] = ()
        if fresh is not None and not self.ledger.is_full:
            events = self._pursued(fresh, planned)
        yield from self._recorded(events, case, results, planned.provenance)

    def _pursued(self, result: CheckResult, planned: Planned) -> Iterator[Event]:
        """Make the case that showed a fault smaller, and conclude the fault with that, wherever it ends."""
        fault, faults, offer = self._taken_up(result, planned), self.ledger.faults, self.agenda.offer
        pursuit = Pursuit(self.examiner.executor, offer, faults, fault, self.attempts_left)
        yield from followed_by(self._shrunk(pursuit, planned), lambda is_over: self._settled(pursuit, is_over))

    def _shrunk(self, pursuit: Pursuit, planned: Planned) -> Iterator[Event]:
        yield FaultMet(pursuit.fault)
        is_related = pursuit.begin()
        self.ledger.unrelated += not is_related
        if not planned.is_small:
            pursuit.shrink()

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
            history = self.examiner.history(result, case, self._earlier)
        if history is not None and history.before is None:
            earlier = (entry.case for entry in reversed(self._earlier.entries))
            blamed = to_blame(self.examiner.executor, result, (case, *earlier), self.examiner.passes)
            result, case, history = blamed or (result, case, history)
        if history is None:
            match wrong_call(self.examiner.executor, result, case):
                case (behind, alone) if self.ledger.explanation(behind, (behind,), alone) is None:
                    result, case = behind, alone
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


def _blocks(cases: Iterable[Planned | Pause], number: int) -> Iterator[tuple[int, tuple[Planned, ...]] | Pause]:
    """The cases in blocks, each with its number, from `number`; a pause where it is told among them."""
    block = list[Planned]()
    for each in cases:
        if isinstance(each, Pause):
            yield each
            continue
        block.append(each)
        if len(block) == _length(number):
            yield number, tuple(block)
            number, block = number + 1, []
    if block:
        yield number, tuple(block)


def _length(number: int) -> int:
    return BLOCK_CASES if has_turns(number) else LATER_CASES
