"""What is behind the failure of a check that calls other convolutions than its case's: one that is wrong by itself."""

from __future__ import annotations

from dataclasses import replace

from ...oracle.operands.data import Case
from ...oracle.problem.layouts import CONTIGUOUS
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..checks.examination import Examination
from ..checks.inquiry import ask_again
from ..checks.registry import FIRST, kind_named


def wrong_call(executor: Executor, result: CheckResult, case: Case) -> tuple[CheckResult, Case] | None:
    """The first of its calls that is wrong alone, as the first check tells it, and its case; None where none is.

    It is asked on the case's own data for that geometry, and not on the operands that the check gave it.
    """
    derived = kind_named(result.check).derived
    if derived is None:
        return None
    calls = derived.calls(Examination(executor, case, executor.passes), result.check, result.subject)
    for pass_, geometry in dict.fromkeys(calls):
        alone = replace(case, geometry=geometry, layout=CONTIGUOUS)
        executor.restart()
        told = ask_again(executor, FIRST.name, str(pass_), alone)
        if told is not None and told.verdict.outcome.is_mismatch:
            return told, alone
    return None
