"""Refusal: an illegal call must raise an error, not compute something, crash or hang."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...oracle.answers import exact
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.operands.data import Case, lattice_operands
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Pass
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..calling.illegal_calls import IllegalCall, illegal_call, illegal_calls
from ..calling.replies import Malformed, Misbehaved, Raised, Reply, Returned, Unsupported
from ..cases.space import BEST_RESOLVED_FILL
from .conduct import judge_conduct
from .examination import Examination
from .kind import CheckKind, OfCandidate

ILLEGAL = "illegal"
ACCEPTED = "accepted-invalid"


def ask_illegal(executor: Executor, call: IllegalCall) -> CheckResult | None:
    """Whether a candidate refuses an illegal call.

    It conforms if it raises an error, or if it gives the call the one meaning
    that it can have: a weight of another dtype has the same numbers, and negative padding cuts off.

    Returns
    -------
    CheckResult or None
        None where the candidate cannot be told what is wrong, or does not offer the legal call.
    """
    if call.pass_ not in executor.passes:
        return None
    start = time.perf_counter()
    reply = executor.illegal(call)
    if isinstance(reply, Unsupported):
        return None
    return CheckResult(ILLEGAL, call.subject, _judge(reply, call), time.perf_counter() - start)


def _judge(reply: Reply, call: IllegalCall) -> Verdict:
    match reply:
        case Raised():
            return Verdict(Outcome.CONFORMS, f"refused: {reply.kind}: {reply.message}")
        case Returned() if _has_its_meaning(reply.value, call):
            return Verdict(Outcome.CONFORMS, f"{call.told} is accepted, and means what it can mean")
        case Returned():
            what = f"returned {reply.value.dtype} of shape {reply.value.shape}"
        case Malformed():
            what = f"returned {reply.description}"
        case Misbehaved():
            what = reply.description
        case _:
            verdict = judge_conduct(reply)
            assert verdict is not None
            return replace(verdict, reason=f"{call.told}, but {call.requirement}: {verdict.reason}")
    return Verdict(Outcome.VIOLATES, f"accepted {call.told}, but {call.requirement}; {what}", ACCEPTED)


def _has_its_meaning(value: Array, call: IllegalCall) -> bool:
    expected = _meaning(call)
    return expected is not None and value.shape == expected.shape and bool((value.astype(np.float64) == expected).all())


def _meaning(call: IllegalCall) -> Array | None:
    """What a call gives where what is wrong with it can be understood in one way only; None where it cannot."""
    operands, settings = call.operands(), dict(call.settings)
    if call.dtypes:
        right = lattice_operands(Case(call.legal, call.bias, operands.input.dtype.name, "uniform", 0))
        return exact.evaluate(call.pass_, right, call.legal).value.to_float64()
    if "padding" in settings and call.pass_ is Pass.FORWARD:
        cut: ConvGeometry = replace(call.legal, size=tuple(size - 2 for size in call.legal.size))
        middle: Any = (..., *(slice(1, -1) for _ in call.legal.size))
        output = np.zeros(cut.output_shape, operands.input.dtype)
        inner = replace(operands, input=np.ascontiguousarray(operands.input[middle]), output_gradient=output)
        return exact.evaluate(Pass.FORWARD, inner, cut).value.to_float64()
    return None


def _questions(passes: Collection[Pass], ranks: Sequence[int]) -> Iterator[tuple[Case, str]]:
    """Every illegal call of one number of axes, with the legal case that it is made from."""
    for call in illegal_calls(2 if 2 in ranks else ranks[0]):
        if call.pass_ in passes:
            yield Case(call.legal, call.bias, "float32", BEST_RESOLVED_FILL, 0), call.subject


def _ask(examination: Examination, check: str, subject: str) -> CheckResult | None:
    return ask_illegal(examination.executor, illegal_call(subject))


KIND = CheckKind(
    name=ILLEGAL,
    title="an illegal call is refused",
    meaning="Calls that make no sense must end in an error, not in a result, a crash or an endless wait.",
    schedule=OfCandidate(
        _questions, lambda info: info.validates, "illegal only of a candidate that says it refuses such calls"
    ),
    ask=_ask,
    subjects=lambda passes: ("calls",),
    violation="The call is illegal: it should raise an error, not compute something.",
)
