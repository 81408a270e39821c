"""One candidate examined on one case: every check on every pass that it offers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import partial

from ..oracle.data import Case
from ..oracle.dtypes import Arithmetic
from ..oracle.exact import ExactResult
from ..oracle.geometry import ConvGeometry
from ..oracle.passes import Array, Operands, Pass, is_defined
from ..oracle.verdict import Outcome, Verdict, judge
from ..reports.record import CandidateInfo, CheckResult
from .checks.adjoint import ADJOINT, LINKED, check_adjoint
from .checks.conduct import judge_conduct
from .checks.value import Check, allowed_error, answer, operands_of
from .isolation import Executor
from .replies import Reply, Returned

ANSWERED = (Outcome.CONFORMS, Outcome.UNDECIDED)
"""Outcomes of a result that was compared and found without a fault."""


def arithmetic_of(info: CandidateInfo, dtype: str) -> Arithmetic:
    """The arithmetic that a candidate is held to in a dtype: what it declared, else its storage format."""
    return Arithmetic.of(
        dtype,
        dict(info.accumulators).get(dtype),
        multiplier=dict(info.multipliers).get(dtype),
        result=dict(info.results).get(dtype),
        conventions=dict(info.conventions),
    )


def examine(
    executor: Executor, case: Case, passes: Collection[Pass], limits: Mapping[Pass, float] | None = None
) -> tuple[CheckResult, ...]:
    """Every verdict on a candidate for one case; `limits` are seconds for some passes, instead of the executor's own.

    Each pass is asked for its structure first, and for its precision where no
    fault was found: a wrong term needs no second telling. The adjoint identity is then
    checked on the results of the structure questions.
    """
    results: list[CheckResult] = []
    returned: dict[Pass, Array] = {}
    for pass_ in (each for each in passes if is_defined(each, case.dtype)):
        limit = None if limits is None else limits.get(pass_)
        structure, value = _ask(executor, Check.STRUCTURE, case, pass_, limit)
        results.append(structure)
        if value is not None:
            returned[pass_] = value
        if structure.verdict.outcome in ANSWERED:
            results.append(ask(executor, Check.PRECISION, case, pass_, seconds=limit))
    results.extend(_adjoint(returned, case))
    return tuple(results)


def ask(executor: Executor, check: Check, case: Case, pass_: Pass, *, seconds: float | None = None) -> CheckResult:
    """The verdict of one check on one pass; `seconds` is a time limit instead of the executor's own."""
    return _ask(executor, check, case, pass_, seconds)[0]


def ask_adjoint(executor: Executor, case: Case) -> CheckResult | None:
    """The verdict of the adjoint identity alone; None where the candidate offers too few passes for it."""
    returned: dict[Pass, Array] = {}
    for pass_ in LINKED:
        if pass_ in executor.passes:
            value = _ask(executor, Check.STRUCTURE, case, pass_)[1]
            if value is not None:
                returned[pass_] = value
    found = _adjoint(returned, case)
    return found[0] if found else None


def judge_reply(
    check: Check,
    pass_: Pass,
    reply: Reply,
    operands: Operands,
    exact_result: Callable[[], ExactResult],
    arithmetic: Arithmetic,
    geometry: ConvGeometry,
) -> Verdict:
    """The verdict of a check on a reply; `exact_result` is called only where there is a value to judge."""
    conduct = judge_conduct(reply, degenerate=geometry.is_degenerate)
    if conduct is not None:
        return conduct
    assert isinstance(reply, Returned)
    expected = exact_result()
    allowed = allowed_error(check, pass_, expected, operands, arithmetic, geometry)
    return judge(reply.value, expected, allowed, arithmetic.result_dtype)


def _ask(
    executor: Executor, check: Check, case: Case, pass_: Pass, limit: float | None = None
) -> tuple[CheckResult, Array | None]:
    operands, arithmetic = operands_of(check, case), arithmetic_of(executor.info, case.dtype)
    start = time.perf_counter()
    reply = executor.call(pass_, operands, case.geometry, seconds=limit, layout=case.layout)
    seconds = time.perf_counter() - start
    exact_result = partial(answer, check, case, pass_)
    verdict = judge_reply(check, pass_, reply, operands, exact_result, arithmetic, case.geometry)
    value = reply.value if isinstance(reply, Returned) else None
    return CheckResult(str(check), str(pass_), verdict, seconds), value


def _adjoint(returned: Mapping[Pass, Array], case: Case) -> list[CheckResult]:
    verdict = check_adjoint(returned, operands_of(Check.STRUCTURE, case))
    return [] if verdict is None else [CheckResult(ADJOINT, ADJOINT, verdict)]
