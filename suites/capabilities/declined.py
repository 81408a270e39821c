"""What a candidate declined, kept shortly: one record for each reason, with how many cases it was given for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ...oracle.operands.data import Case
from ...reports.records.record import CaseRecord, CheckResult

_MOST_REASONS = 40
"""All further ones are counted with the last of them."""
_NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Declined:
    """A ledger of declined cases; reasons that differ in numbers only are one.

    Parameters
    ----------
    candidate : str
        Its name.
    """

    candidate: str
    _records: dict[tuple[str, ...], CaseRecord] = field(default_factory=dict)

    def add(self, case: Case, results: tuple[CheckResult, ...], count: int = 1) -> None:
        """Count a case that every pass declined, with these verdicts."""
        reasons = tuple(_NUMBER.sub("0", result.verdict.reason) for result in results)
        if reasons not in self._records and len(self._records) == _MOST_REASONS:
            reasons = next(reversed(self._records))
        record = self._records.get(reasons) or CaseRecord(str(case), self.candidate, results)
        self._records[reasons] = replace(record, declined=record.declined + count)

    def records(self) -> tuple[CaseRecord, ...]:
        """The first case of each reason, with how many there were."""
        return tuple(self._records.values())
