"""Which questions a baseline has in quarantine: of a candidate that crashes or hangs on them, they are not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass
from ...reports.records.baseline import Known
from ..calling.executor import Executor
from ..calling.withholding import Withholding
from ..cases.features import features


def quarantined(
    candidates: Mapping[str, Executor], baseline: Sequence[Known], environment: Mapping[str, str], today: date
) -> dict[str, Executor]:
    """The candidates, of which what is in quarantine for their version, here and today, is withheld."""
    return {name: _withheld(executor, baseline, environment, today) for name, executor in candidates.items()}


def _withheld(executor: Executor, baseline: Sequence[Known], environment: Mapping[str, str], today: date) -> Executor:
    entries = [known for known in baseline if known.is_in_quarantine(today) and known.is_of(executor.info, environment)]

    def why(pass_: Pass, case: Case) -> str:
        closed = (known for known in entries if known.closes(str(pass_), case.dtype, case.geometry, features(case)))
        return next((f"quarantined: {known.reason}" for known in closed), "")

    return Withholding(executor, why) if entries else executor
