"""A process that dies of what an earlier call did to its memory: suspects are asked alone, until one is to blame.

Who writes past the end of an allocation is not noticed before the C library looks there, some calls later; the call
that dies then is an innocent one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass, is_defined
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..checks.inquiry import ask_again
from ..checks.registry import FIRST
from .history import History

TOLD = "right at first, and its process dies some calls later, also where nothing else is called"
_CALLS = 8
"""Of one suspect, and nothing else, in a fresh process."""


def to_blame(
    executor: Executor, result: CheckResult, suspects: Iterable[Case], passes: Collection[Pass]
) -> tuple[CheckResult, Case, History | None] | None:
    """The first suspect of which a process dies that makes no other calls; None where there is none.

    Whether that is at once depends on where its memory lies, which in a fresh process may be elsewhere.

    Parameters
    ----------
    executor : Executor
    result : CheckResult
        That crashed, although it does not by itself.
    suspects : iterable of Case
        Examined in the process that died, the likeliest first.
    passes : collection of Pass
        That were called.
    """
    if result.verdict.outcome is not Outcome.CRASHED:
        return None
    for case in suspects:
        for pass_ in passes:
            if is_defined(pass_, case.dtype) and (death := _death(executor, pass_, case)) is not None:
                died, calls_before = death
                return died, case, History(TOLD) if calls_before else None
    return None


def _death(executor: Executor, pass_: Pass, case: Case) -> tuple[CheckResult, int] | None:
    """How the process of a call dies that is made over and over, and after how many that were right; None if not."""
    executor.restart()
    for number in range(_CALLS):
        result = ask_again(executor, FIRST.name, str(pass_), case)
        if result is not None and result.verdict.outcome is Outcome.CRASHED:
            return result, number
    return None
