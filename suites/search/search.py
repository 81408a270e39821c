"""The search for the faults of one candidate: generate, tell known faults from new ones, shrink, go on.

Hypothesis generates cases until one shows a fault that is not yet known, and
shrinks that case. Then generation goes on, with the fault known, until the
budget of cases is spent. Usual layers, which come first, and cases of a covering,
which see every known kind of fault, have a share of it. A failing case counts as
a known fault if check, pass, outcome and cause are the same and the case has every
distinctive feature that the fault's shrunk counterexample still needs; a case that
lacks one cannot be that fault. A fault that is met again in a plainer form stays
one fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Protocol

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Case
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Pass, is_defined, offset
from ...reports.records.compared import KNOWN_HANG
from ...reports.records.evidence import subject_pass
from ...reports.records.record import CaseRecord, CheckResult, kind_of
from ..audits.own_covering import own_covering
from ..calling.executor import Executor
from ..capabilities.asking import Asking
from ..capabilities.declined import Declined
from ..capabilities.offer import Offer, learn, takes_bias, unsupported
from ..capabilities.variations import Variations, swept
from ..cases.budget import Budget
from ..cases.corpora.selection import Provenance
from ..cases.covering import covering
from ..cases.drawing import find_case, shares, usual_share
from ..cases.features import distinctive, features, needs, needs_of_all
from ..cases.usual import usual_cases
from ..checks.company import COMPANY
from ..checks.inquiry import ask_again, examine
from ..checks.kind import OfCandidate
from ..checks.registry import CHECKS, usual_checks
from ..checks.relations import CHECK as RELATION
from ..checks.value import Check
from ..diagnosis.behind import wrong_call
from ..diagnosis.fault import Fault
from ..diagnosis.history import History, establish, is_right_alone
from .failure_store import FailureMemory
from .ledger import Ledger
from .pursuit import ATTEMPTS_PER_CASE, LEAST_ATTEMPTS, Pursuit
from .rota import Rota

PATIENCE = 10
"""Of the cases drawn at large, so many more may be declined than are taken; then variations of taken ones are drawn."""
_LEFT_OUT = 2
"""A pass that was asked this many times less than another is left out."""
_EMPTY_EVERY = 8
"""Of a restricted candidate's cases, so many are asked for one with nothing to compute: these are taken by most."""
TRIES = 10
"""At drawing one variation that is taken, on average."""
_USUAL_TRIED = 3
"""Usual layers that are put to a restricted candidate, for each case of the budget: it declines many."""
HANGS_WAITED_FOR = 2
"""After so many hangs of a pass it is not asked again where a known hang would be met."""
ALONE_PER_CASE, _ALONE_ANYWAY = 2, 2
"""Where a result is known to depend on earlier calls, so many that fail are asked alone, for each case of the budget;
beyond them only those of a check and a pass of which fewer were seen to be right alone."""


class Listener(Protocol):
    """Told what a search does, as it does it."""

    def on_case(self, record: CaseRecord, done: int, total: int) -> None:
        """A case was examined and, if it showed a new fault, the fault was shrunk."""

    def on_fault(self, fault: Fault) -> None:
        """A new fault was met; shrinking begins."""

    def on_shrunk(self, fault: Fault) -> None:
        """The fault's counterexample is as small as it gets."""

    def on_merged(self, fault: Fault, plainer: Fault) -> None:
        """`fault` turned out to be one met before, of which `plainer` is a plainer form."""


@dataclass(slots=True)
class Search:
    """The state of a search; `run` spends the budget and returns the faults."""

    executor: Executor
    budget: Budget
    listener: Listener
    memory: FailureMemory | None = None
    _ledger: Ledger = field(init=False)
    _offer: Offer = field(init=False)
    _declined: Declined = field(init=False)
    _variations: Variations | None = None
    _examined: dict[Case, Collection[Pass]] = field(default_factory=dict)
    _refused: set[Case] = field(default_factory=set)
    _asked_of: Counter[Pass] = field(default_factory=Counter)
    _with_something_to_compute: int = 0
    _in_favour: int = 0
    _pursuit: Pursuit | None = None
    _attempts_left: int = field(init=False)
    _of_history: dict[tuple[str, str], Fault | None] = field(default_factory=dict)
    _right_alone: Counter[tuple[str, str]] = field(default_factory=Counter)
    _hangs: Counter[Pass] = field(default_factory=Counter)
    _rota: Rota = field(default_factory=Rota)
    _provenance: Provenance | None = None
    _draws: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._ledger = Ledger(self.executor.info.name, self.budget.faults)
        self._attempts_left = max(LEAST_ATTEMPTS, ATTEMPTS_PER_CASE * self.budget.cases)

    @property
    def faults(self) -> list[Fault]:
        """The faults known."""
        return self._ledger.faults

    @property
    def passes(self) -> Collection[Pass]:
        """The passes examined, in the order of the enumeration."""
        return [pass_ for pass_ in Pass if pass_ in self.budget.passes & self.executor.passes]

    @property
    def _checks(self) -> Collection[str]:
        if self.budget.checks is not None:
            return self.budget.checks
        return usual_checks(self.executor.info)

    def run(self) -> list[Fault]:
        """Examine the candidate on last time's failures, then on as many new cases as the budget has."""
        self._offer, self._declined = Offer(self.budget.space), Declined(self.executor.info.name)
        if self.budget.corpus_cases:
            self._try_corpus_cases()
            return self.faults
        space = self.budget.space
        if self.budget.own_dtypes:
            space = replace(space, dtypes=self.executor.info.dtypes)
        asking = Asking(self.executor, self.passes)
        self._offer = learn(asking, space, self._declined)
        for kind in CHECKS.values():
            if kind.name in self._checks and isinstance(kind.schedule, OfCandidate):
                self._ask_once(kind.name, kind.schedule)
        remembered = self.memory.recall() if self.memory is not None else []
        try:
            self._try(remembered)
            self._generate(asking)
        finally:
            for record in self._declined.records():
                self.listener.on_case(record, len(self._examined), self.budget.cases)
            if self.memory is not None:
                untried = (case for case in remembered if case not in self._examined)
                self.memory.keep(dict.fromkeys((*(fault.shrunk for fault in self.faults), *untried)))
        return self.faults

    def _ask_once(self, check: str, schedule: OfCandidate) -> None:
        """Ask what is asked once of a candidate, and record what came of it for each case."""
        found: dict[Case, list[CheckResult]] = {}
        for case, subject in schedule.questions(self.passes, self._offer.space.ranks):
            result = ask_again(self.executor, check, subject, case)
            if result is not None:
                found.setdefault(case, []).append(result)
        for case, results in found.items():
            self._keep(case, results)

    def _keep(self, case: Case, results: Collection[CheckResult]) -> None:
        """Record results of a case that is as small as it gets, with a fault for each mismatch."""
        for result in results:
            if result.verdict.outcome.is_mismatch and len(self.faults) < self.budget.faults:
                fault = self._ledger.take_up(result, case, self._provenance)
                self.listener.on_fault(fault)
                self.listener.on_shrunk(fault)
        self._record(case, tuple(results))

    def _try(self, remembered: Collection[Case]) -> None:
        """Examine the cases that failed last, as small as they are already."""
        for case in remembered:
            if case in self._offer.space and self._meets_new_fault(case):
                assert self._pursuit is not None
                self._settle(self._pursuit.start)

    def _try_corpus_cases(self) -> None:
        with_bias = self._takes_bias()
        for corpus_case in self.budget.corpus_cases:
            self._provenance = corpus_case.provenance
            self._try_and_shrink(replace(corpus_case.case, bias=with_bias))

    def _try_and_shrink(self, case: Case) -> None:
        """Examine a case that Hypothesis did not draw; then it cannot shrink it."""
        if self._meets_new_fault(case):
            self._shrink_and_settle(None)

    def _shrink_and_settle(self, drawn: Case | None) -> None:
        """Shrink step by step, and conclude; where that is interrupted, with what Hypothesis had drawn, if it did."""
        assert self._pursuit is not None
        known = None if drawn is None else self._pursuit.known_smallest(drawn)
        shrunk = known
        try:
            shrunk = self._pursuit.smallest(known or self._pursuit.start)
        finally:
            self._settle(shrunk)

    def _takes_bias(self) -> bool:
        """Whether some pass that would add a bias does not decline it."""
        adding = [pass_ for pass_ in self.passes if offset(pass_) is not None]
        return bool(adding) and takes_bias(Asking(self.executor, adding), self.budget.space)

    def _generate(self, asking: Asking) -> None:
        """Usual layers come before the covering is known, which may take a while to choose."""
        at_most = self.budget.cases if self._offer.is_whole else _USUAL_TRIED * self.budget.cases
        usual = usual_cases(self._offer.space, self.budget.seed, at_most)
        self._try_until(len(self._examined) + usual_share(self.budget.cases, len(usual)), usual)
        covering_cases = self._covering(asking)
        share = shares(self.budget.cases, len(covering_cases), len(usual))
        self._draw(share.usual + share.drawn, asking)
        self._try_until(len(self._examined) + share.covering, covering_cases)
        self._draw(self.budget.cases, asking)

    def _try_until(self, total: int, cases: Collection[Case]) -> None:
        """Examine cases until so many were examined in all; what is declined does not count."""
        for case in cases:
            if len(self._examined) >= total:
                return
            if case not in self._examined:
                self._try_and_shrink(case)

    def _covering(self, asking: Asking) -> tuple[Case, ...]:
        """The shipped covering, or one of what the candidate takes."""
        if self._offer.is_whole or not self._offer.forms:
            return covering(self._offer.space)
        return own_covering(asking, self._varied(asking), self.passes)

    def _varied(self, asking: Asking) -> Variations:
        """Near variations of what is taken, with what was examined before among it."""
        if self._variations is None:
            self._variations = swept(asking, self._offer)
            for case, passes in self._examined.items():
                self._variations.add(case, passes)
        return self._variations

    def _draw(self, total: int, asking: Asking) -> None:
        """Draw cases until so many were examined: at large, or near taken ones where that asks too little."""
        before = -1
        while before < len(self._examined) < total and not self._is_asking_too_little(total):
            before, refused, computing = len(self._examined), len(self._refused), self._with_something_to_compute
            found = self._find_next(total)
            self._in_favour += self._with_something_to_compute - computing - (len(self._refused) - refused)
            before = -1 if found else before
        if len(self._examined) < total and self._offer.forms:
            self._vary(total, asking)

    def _is_asking_too_little(self, total: int) -> bool:
        """Whether most of what is drawn at large is declined, or a pass is left out that takes less than the others."""
        if self._in_favour < -PATIENCE:
            return True
        counts = [self._asked_of[pass_] for pass_, forms in self._offer.forms.items() if forms]
        half_way = not self._offer.is_whole and 2 * len(self._examined) >= total
        return half_way and _LEFT_OUT * min(counts, default=0) < max(counts, default=0)

    def _vary(self, total: int, asking: Asking) -> None:
        """Draw variations of the cases that are taken, each near one of the pass that was asked least."""
        variations = self._varied(asking)
        random = Random(f"{self.budget.seed}/{next(self._draws)}")
        for _ in range(TRIES * (total - len(self._examined))):
            pass_ = min(variations.pool, key=self._asked_of.__getitem__)
            case = variations.draw(pass_, random)
            if len(self._examined) >= total:
                return
            if case is not None and case not in self._examined and case not in self._refused:
                self._try_and_shrink(case)

    def _find_next(self, total: int) -> bool:
        """Generate until a new fault shows, and shrink it; False where none does among the next examples.

        Hypothesis makes one number smaller at a time and knows only the sizes that are drawn;
        what it leaves is made plainer and smaller by steps that keep a convolution whole.
        """
        wanted, seed = total - len(self._examined), f"{self.budget.seed}/{next(self._draws)}"
        try:
            smallest = find_case(self._offer.space, self._shows_pursued_fault, wanted, seed)
        except BaseException:
            self._settle(None)
            raise
        if smallest is None:
            return False
        self._shrink_and_settle(smallest)
        return True

    def _settle(self, smallest: Case | None) -> None:
        """Conclude the fault pursued, if its smallest case is known, and record the case that showed it."""
        pursuit = self._pursuit
        try:
            if smallest is not None and pursuit is not None:
                self._conclude(pursuit, smallest)
        finally:
            if pursuit is not None:
                self._attempts_left -= len(pursuit.verdicts)
                self._record(pursuit.examined, pursuit.results)
            self._pursuit = None

    def _conclude(self, pursuit: Pursuit, smallest: Case) -> None:
        fault, verdict = pursuit.fault, pursuit.verdicts[smallest]
        assert verdict is not None
        if fault.check == COMPANY:
            smallest = replace(smallest, layout=CONTIGUOUS)
        fault.shrunk, fault.verdict = smallest, verdict
        fault.needs = needs(smallest) - needs_of_all(self._offer.space.ranks, self._offer.space.dtypes)
        older = self._ledger.merged(fault)
        if older is None:
            self.listener.on_shrunk(fault)
        else:
            self.listener.on_merged(older, fault)

    def _shows_pursued_fault(self, case: Case) -> bool:
        if self._pursuit is None:
            return self._is_wanted(case) and self._meets_new_fault(case)
        return self._pursuit.shows_drawn(case)

    def _answering(self, case: Case, results: Collection[CheckResult]) -> list[Pass]:
        """The passes that do not decline a case, whichever checks are asked; one known to hang is among them."""
        structure = (result for result in results if result.check == str(Check.STRUCTURE))
        declined = {result.subject for result in structure if result.verdict.outcome is Outcome.UNSUPPORTED}
        return [pass_ for pass_ in self.passes if is_defined(pass_, case.dtype) and str(pass_) not in declined]

    def _is_wanted(self, case: Case) -> bool:
        """Whether a case drawn at large is new, and not one more with nothing to compute where little else is taken."""
        if case in self._examined or case in self._refused:
            return False
        nothing = len(self._examined) - self._with_something_to_compute
        many = _EMPTY_EVERY * nothing > len(self._examined) and not self._offer.is_whole
        return not (many and case.geometry.products == 0)

    def _meets_new_fault(self, case: Case) -> bool:
        """Examine a generated case, and take up the first fault that is not known."""
        results = self._examine(case)
        self._of_history = {}
        answering = self._answering(case, results)
        if not answering and not self.budget.corpus_cases:
            self._refused.add(case)
            self._declined.add(case, results)
            return False
        self._examined[case] = answering
        self._with_something_to_compute += case.geometry.products > 0
        self._asked_of.update(answering)
        if self._variations is not None:
            self._variations.add(case, answering)
        fresh = next((result for result in results if self._is_new(result, results, case)), None)
        if fresh is None or self._ledger.is_full:
            self._record(case, results)
            return False
        self._pursue(fresh, case, results)
        return True

    def _pursue(self, result: CheckResult, case: Case, results: tuple[CheckResult, ...]) -> None:
        """Take up a failing result: as what it depends on, or as the wrong call behind it."""
        history = None if self._ledger.of_history is not None else self._history_of(result, case)
        met, where = result, case
        if history is None and kind_of(result.check) == RELATION:
            behind = wrong_call(self.executor, result, case)
            if behind is not None and self._ledger.explanation(behind[0], (behind[0],), behind[1]) is None:
                met, where = behind
        fault = self._ledger.take_up(met, where, self._provenance, history)
        self._pursuit = Pursuit(self.executor, self._offer, self.faults, fault, case, results, self._attempts_left)
        self.listener.on_fault(fault)
        self._pursuit.begin()
        self._ledger.unrelated += not self._pursuit.is_related

    def _history_of(self, result: CheckResult, case: Case) -> History | None:
        def replay(cases: Sequence[Case]) -> bool:
            self.executor.restart()
            rota = Rota()
            for each in cases:
                results = examine(self.executor, each, self.passes, self._checks, due=rota.due(self.passes))
                rota.note(self.passes, results)
            told = (other for other in results if (other.check, other.subject) == (result.check, result.subject))
            return any(other.verdict.outcome.is_mismatch for other in told)

        return establish(self.executor, result, case, replay, list(self._examined)[:-1])

    def _examine(self, case: Case) -> tuple[CheckResult, ...]:
        """Examine a case, without waiting over and over for a pass that is known to hang on its like."""
        known = [f for f in self.faults if f.outcome is Outcome.HUNG and distinctive(f.needs) <= features(case)]
        hanging = {Pass(fault.subject): fault for fault in known if fault.is_of_values}
        untaken = {pass_: why for pass_ in self.passes if (why := self._offer.why_untaken(pass_, case)) is not None}
        willing = [pass_ for pass_ in self.passes if pass_ not in untaken]
        asked = [pass_ for pass_ in willing if self._hangs[pass_] < HANGS_WAITED_FOR or pass_ not in hanging]
        results = examine(self.executor, case, asked, self._checks, due=self._rota.due(self.passes))
        self._rota.note(asked, results)
        hung = (subject_pass(result.subject) for result in results if result.verdict.outcome is Outcome.HUNG)
        self._hangs.update(filter(None, hung))
        told = (unsupported(pass_, reason) for pass_, reason in untaken.items())
        return (*results, *told, *(_not_asked(pass_, hanging[pass_]) for pass_ in willing if pass_ not in asked))

    def _record(self, case: Case, results: tuple[CheckResult, ...]) -> None:
        tagged = tuple(self._tagged(result, results, case) for result in results)
        origin = "" if self._provenance is None else str(self._provenance)
        record = CaseRecord(str(case), self.executor.info.name, tagged, origin)
        self.listener.on_case(record, len(self._examined), self.budget.cases)

    def _is_new(self, result: CheckResult, results: tuple[CheckResult, ...], case: Case) -> bool:
        """Whether a result fails, and neither a known fault nor what was left by earlier calls explains it."""
        if not result.verdict.outcome.is_mismatch or self._ledger.explanation(result, results, case) is not None:
            return False
        return self._left_behind(result, case) is None

    def _left_behind(self, result: CheckResult, case: Case) -> Fault | None:
        """The known fault whose result depends on earlier calls, if this one does, too; asked once for each case."""
        question = result.check, result.subject
        known = self._ledger.of_history
        if question not in self._of_history and known is not None and not self._ledger.is_full:
            self._of_history[question] = None if self._fails_alone(result, case) else known
        return self._of_history.get(question)

    def _fails_alone(self, result: CheckResult, case: Case) -> bool:
        """Whether a failing result does not depend on earlier calls; after many that did it is not asked any more."""
        kind = kind_of(result.check), result.subject
        enough = self._right_alone.total() >= ALONE_PER_CASE * self.budget.cases
        if enough and self._right_alone[kind] >= _ALONE_ANYWAY:
            return False
        is_right = is_right_alone(self.executor, result, case)
        self._right_alone[kind] += is_right
        return not is_right

    def _tagged(self, result: CheckResult, results: tuple[CheckResult, ...], case: Case) -> CheckResult:
        if not result.verdict.outcome.is_mismatch:
            return result
        fault = self._ledger.explanation(result, results, case) or self._left_behind(result, case)
        return replace(result, fault=None if fault is None else fault.id)


def _not_asked(pass_: Pass, fault: Fault) -> CheckResult:
    reason = f"not asked: it would hang again as in {fault.id}"
    return CheckResult(str(Check.STRUCTURE), str(pass_), Verdict(Outcome.UNDECIDED, reason, KNOWN_HANG))
