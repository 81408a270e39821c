"""Failing results of a candidate that is known to keep something from call to call: are they what was left behind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...oracle.operands.data import Case
from ...reports.records.record import CheckResult, kind_of
from ..calling.executor import Executor
from ..diagnosis.fault import Fault
from ..diagnosis.history import is_right_alone
from .ledger import Ledger

ALONE_PER_CASE, _ALONE_ANYWAY = 2, 2
"""Where a result is known to depend on earlier calls, so many that fail are asked alone, for each case of the budget;
beyond them only those of a check and a pass of which fewer were seen to be right alone."""


@dataclass(slots=True)
class Leftovers:
    """Tells failing results that depend on earlier calls from others, once a fault of that kind is known.

    Parameters
    ----------
    executor : Executor
    ledger : Ledger
    cases : int
        Of the budget.
    """

    executor: Executor
    ledger: Ledger
    cases: int
    _told: dict[tuple[str, str, Case], Fault | None] = field(default_factory=dict)
    _right_alone: Counter[tuple[str, str]] = field(default_factory=Counter)

    def explanation(self, result: CheckResult, case: Case) -> Fault | None:
        """The known fault whose result depends on earlier calls, if this one does, too; asked once for each case."""
        question, known = (result.check, result.subject, case), self.ledger.of_history
        if question not in self._told and known is not None and not self.ledger.is_full:
            self._told[question] = None if self._fails_alone(result, case) else known
        return self._told.get(question)

    def _fails_alone(self, result: CheckResult, case: Case) -> bool:
        """Whether a failing result does not depend on earlier calls; after many that did it is not asked any more."""
        kind = kind_of(result.check), result.subject
        enough = self._right_alone.total() >= ALONE_PER_CASE * self.cases
        if enough and self._right_alone[kind] >= _ALONE_ANYWAY:
            return False
        is_right = is_right_alone(self.executor, result, case)
        self._right_alone[kind] += is_right
        return not is_right
