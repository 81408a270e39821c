"""What is behind a broken relation: a call of it that is wrong by itself."""

from __future__ import annotations

from dataclasses import replace

from ...oracle.operands.data import Case
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Pass
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..checks.declared import arithmetic_of
from ..checks.examination import ask
from ..checks.relations import Derivation, relation_of
from ..checks.value import Check, operands_of


def wrong_call(executor: Executor, result: CheckResult, case: Case) -> tuple[CheckResult, Case] | None:
    """The structure of the first call of a relation that is wrong alone, and its case; None where none is.

    It is asked on the case's own data for that geometry, and not on the operands that the relation gave it.
    """
    asked = dict.fromkeys((call.pass_, call.geometry) for call in _derivation(executor, result, case).calls)
    for pass_, geometry in asked:
        derived = replace(case, geometry=geometry, layout=CONTIGUOUS)
        executor.restart()
        structure = ask(executor, Check.STRUCTURE, derived, pass_)
        if structure.verdict.outcome.is_mismatch:
            return structure, derived
    return None


def _derivation(executor: Executor, result: CheckResult, case: Case) -> Derivation:
    pass_ = Pass(result.subject)
    operands = operands_of(Check.STRUCTURE, case, arithmetic_of(executor.info, case.dtype)).of(pass_)
    return relation_of(result.check).derive(pass_, operands, case.geometry)
