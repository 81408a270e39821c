"""A candidate asked for the values of its passes: structure, precision, contamination and the adjoint identity."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

from ...oracle.answers.exact import ExactResult
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Array, Operands, Pass
from ...reports.records.record import CandidateInfo, CheckResult
from ..calling.executor import Executor
from ..calling.replies import Reply, Returned
from .adjoint import ADJOINT, check_adjoint
from .conduct import judge_conduct
from .declared import arithmetic_of
from .value import Check, answer, operands_of, rounds_integers, standard

ANSWERED = (Outcome.CONFORMS, Outcome.UNDECIDED)
"""Outcomes of a result that was compared and found without a fault."""


def ask(executor: Executor, check: Check, case: Case, pass_: Pass, *, seconds: float | None = None) -> CheckResult:
    """The verdict of one check on one pass; `seconds` is a time limit instead of the executor's own."""
    return ask_value(executor, check, case, pass_, seconds)[0]


def ask_value(
    executor: Executor, check: Check, case: Case, pass_: Pass, limit: float | None = None
) -> tuple[CheckResult, Array | None]:
    """The verdict, and the array that it is on, if one was returned."""
    arithmetic = arithmetic_of(executor.info, case.dtype)
    operands = operands_of(check, case, arithmetic)
    start = time.perf_counter()
    reply = executor.call(pass_, operands, case.geometry, seconds=limit, layout=case.layout)
    seconds = time.perf_counter() - start
    verdict = judge_reply(
        check, pass_, reply, operands, partial(answer, check, case, pass_, arithmetic), arithmetic, case
    )
    value = reply.value if isinstance(reply, Returned) else None
    return CheckResult(str(check), str(pass_), verdict, seconds), value


def judge_reply(
    check: Check,
    pass_: Pass,
    reply: Reply,
    operands: Operands,
    exact_result: Callable[[], ExactResult],
    arithmetic: Arithmetic,
    case: Case,
) -> Verdict:
    """The verdict of a check on a reply; `exact_result` is called only where there is a value to judge."""
    conduct = judge_conduct(reply, degenerate=case.geometry.is_degenerate)
    if conduct is not None:
        return conduct
    assert isinstance(reply, Returned)
    return standard(check, pass_, operands, exact_result(), arithmetic, case).judge(reply.value)


def judge_adjoint(info: CandidateInfo, returned: Mapping[Pass, Array], case: Case) -> CheckResult | None:
    """The adjoint identity on results of the structure check; None where too few passes returned, or they round."""
    arithmetic = arithmetic_of(info, case.dtype)
    if rounds_integers(arithmetic):
        return None
    verdict = check_adjoint(returned, operands_of(Check.STRUCTURE, case, arithmetic))
    return None if verdict is None else CheckResult(ADJOINT, ADJOINT, verdict)
