"""The hangs of one candidate: nobody waits over and over for a pass that is known to hang on the like of a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass
from ...reports.records.evidence import subject_pass
from ...reports.records.record import CheckResult
from ..cases.features import distinctive, features
from .examiner import Entry
from .ledger import Ledger

WAITED_FOR = 2
"""After so many hangs of a pass it is not asked again where a known hang would be met."""


@dataclass(slots=True)
class Hangs:
    """Counts the hangs of each pass.

    Parameters
    ----------
    ledger : Ledger
        Of the faults that are known.
    """

    ledger: Ledger
    _seen: Counter[Pass] = field(default_factory=Counter)

    def note(self, results: Iterable[CheckResult]) -> None:
        """A case was examined, with these results."""
        hung = (subject_pass(result.subject) for result in results if result.verdict.outcome is Outcome.HUNG)
        self._seen.update(filter(None, hung))

    def entry(self, case: Case) -> Entry:
        """A case of a block, with the passes that would hang on it again."""
        of_values = (fault for fault in self.ledger.faults if fault.outcome is Outcome.HUNG and fault.is_of_values)
        known = {Pass(fault.subject): fault.id for fault in of_values if distinctive(fault.needs) <= features(case)}
        return Entry(case, tuple((pass_, each) for pass_, each in known.items() if self._seen[pass_] >= WAITED_FOR))
