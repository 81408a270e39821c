"""One candidate examined on case after case: which passes are asked, and what a result owes to the cases before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass, is_defined
from ...reports.records.compared import KNOWN_HANG
from ...reports.records.evidence import subject_pass
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..capabilities.offer import Offer, unsupported
from ..cases.features import distinctive, features
from ..checks.inquiry import examine
from ..checks.registry import FIRST
from ..diagnosis.fault import Fault
from ..diagnosis.history import History, establish
from .rota import Rota

HANGS_WAITED_FOR = 2
"""After so many hangs of a pass it is not asked again where a known hang would be met."""


@dataclass(slots=True)
class Examiner:
    """Asks the passes of a candidate on a case, with what is asked in turn.

    Parameters
    ----------
    executor : Executor
    passes : collection of Pass
        Those that are examined.
    checks : collection of str
        Kinds of checks.
    offer : Offer
    """

    executor: Executor
    passes: Collection[Pass]
    checks: Collection[str]
    offer: Offer
    _rota: Rota = field(default_factory=Rota)
    _hangs: Counter[Pass] = field(default_factory=Counter)

    def examine(self, case: Case, faults: Collection[Fault]) -> tuple[CheckResult, ...]:
        """Every verdict on a case, without waiting over and over for a pass that is known to hang on its like."""
        known = [f for f in faults if f.outcome is Outcome.HUNG and distinctive(f.needs) <= features(case)]
        hanging = {Pass(fault.subject): fault for fault in known if fault.is_of_values}
        untaken = {pass_: why for pass_ in self.passes if (why := self.offer.why_untaken(pass_, case)) is not None}
        willing = [pass_ for pass_ in self.passes if pass_ not in untaken]
        asked = [pass_ for pass_ in willing if self._hangs[pass_] < HANGS_WAITED_FOR or pass_ not in hanging]
        results = self._asked(case, asked, self._rota)
        hung = (subject_pass(result.subject) for result in results if result.verdict.outcome is Outcome.HUNG)
        self._hangs.update(filter(None, hung))
        told = (unsupported(pass_, reason) for pass_, reason in untaken.items())
        return (*results, *told, *(_not_asked(pass_, hanging[pass_]) for pass_ in willing if pass_ not in asked))

    def answering(self, case: Case, results: Collection[CheckResult]) -> list[Pass]:
        """The passes that do not decline a case, whichever checks are asked; one known to hang is among them."""
        first = (result for result in results if result.check == FIRST.name)
        declined = {result.subject for result in first if result.verdict.outcome is Outcome.UNSUPPORTED}
        return [pass_ for pass_ in self.passes if is_defined(pass_, case.dtype) and str(pass_) not in declined]

    def history(self, result: CheckResult, case: Case, earlier: Sequence[Case]) -> History | None:
        """How a failing result depends on earlier calls, such as those of `earlier` cases; None where it does not."""

        def replay(cases: Sequence[Case]) -> bool:
            self.executor.restart()
            rota = Rota()
            for each in cases:
                results = self._asked(each, self.passes, rota)
            told = (other for other in results if (other.check, other.subject) == (result.check, result.subject))
            return any(other.verdict.outcome.is_mismatch for other in told)

        return establish(self.executor, result, case, replay, earlier)

    def _asked(self, case: Case, passes: Collection[Pass], rota: Rota) -> tuple[CheckResult, ...]:
        results = examine(self.executor, case, passes, self.checks, due=rota.due(self.passes))
        rota.note(passes, results)
        return results


def _not_asked(pass_: Pass, fault: Fault) -> CheckResult:
    reason = f"not asked: it would hang again as in {fault.id}"
    return CheckResult(FIRST.name, str(pass_), Verdict(Outcome.UNDECIDED, reason, KNOWN_HANG))
