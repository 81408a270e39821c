"""The ledger of one candidate's known faults: what is taken up, and which failing results it explains."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from ...oracle.operands.data import Case
from ...reports.records.naming import mismatch_id
from ...reports.records.record import CheckResult
from ..cases.corpora.selection import Provenance
from ..cases.features import needs
from ..checks.registry import FIRST, kind_named
from ..diagnosis.fault import Fault
from ..diagnosis.history import History

_MOST_RELATED = 3


@dataclass(slots=True)
class Ledger:
    """The faults known of a candidate.

    Parameters
    ----------
    candidate : str
    most : int
        After so many faults that have nothing to do with each other no more are taken up, and
        after three times as many of any kind.
    faults : list of Fault
    unrelated : int
        How many of them have nothing to do with those met before.
    part : int
        Of a run: the ids of its faults are among all parts its own.
    """

    candidate: str
    most: int
    faults: list[Fault] = field(default_factory=list)
    unrelated: int = 0
    part: int = 0

    @property
    def is_full(self) -> bool:
        """Whether no more faults are taken up."""
        return self.unrelated >= self.most or len(self.faults) >= _MOST_RELATED * self.most

    @property
    def of_history(self) -> Fault | None:
        """The fault known whose result depends on earlier calls, if there is one."""
        return next((fault for fault in self.faults if fault.history), None)

    def take_up(
        self, result: CheckResult, case: Case, provenance: Provenance | None, history: History | None = None
    ) -> Fault:
        """A new fault, met in a result."""
        verdict = result.verdict
        taken = {fault.id for fault in self.faults}
        names = (mismatch_id(self.candidate, result.subject, number, self.part) for number in count(1))
        identity = next(name for name in names if name not in taken)
        fault = Fault(
            identity,
            result.check,
            result.subject,
            verdict.outcome,
            verdict.cause,
            found=case,
            shrunk=case,
            verdict=verdict,
            needs=needs(case),
            provenance=provenance,
            history="" if history is None else history.told,
            before=None if history is None else history.before,
        )
        self.faults.append(fault)
        return fault

    def merged(self, fault: Fault) -> Fault | None:
        """The fault met before whose place `fault`, now shrunk, takes as a plainer form of it; None if it is new."""
        older = next((other for other in self.faults if other is not fault and fault.is_plainer_than(other)), None)
        if older is not None:
            self.faults.remove(fault)
            older.check, older.cause = fault.check, fault.cause
            older.shrunk, older.verdict, older.needs = fault.shrunk, fault.verdict, fault.needs
        return older

    def explanation(self, result: CheckResult, results: tuple[CheckResult, ...], case: Case) -> Fault | None:
        """The known fault that a failing result can be.

        What holds passes to each other fails in consequence of one with wrong terms, if there is one; what calls
        other convolutions as well, of any fault known of the passes that it calls.
        """
        kind = kind_named(result.check)
        if kind.derived is not None:
            subjects = kind.derived.subjects(result.check, result.subject)
            known = (fault for fault in self.faults if _is_of_its_case(fault) and fault.subject in subjects)
            if (behind := next(known, None)) is not None:
                return behind
        if kind.links_passes:
            wrong = [r for r in results if r.check == FIRST.name and r.verdict.outcome.is_mismatch]
            if wrong:
                return self.explanation(wrong[0], results, case)
        return next((fault for fault in self.faults if fault.explains(result, case)), None)


def _is_of_its_case(fault: Fault) -> bool:
    """Whether a fault is of values, and of its case alone."""
    return fault.is_of_values and not fault.history
