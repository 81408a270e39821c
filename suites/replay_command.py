"""`convoracle replay`: the recorded operands of a mismatch, put to a candidate again."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from functools import partial

from rich.console import Console

from ..oracle.data import parse_case
from ..oracle.large import expected
from ..oracle.passes import Pass
from ..oracle.verdict import Verdict
from ..reports import mismatch_text, read_mismatch
from ..reports.record import Evidence, Mismatch
from .candidates import BUILT_IN, CandidateError
from .checks.adjoint import ADJOINT, LINKED, check_adjoint
from .checks.value import Check
from .examination import arithmetic_of, judge_reply
from .isolation import Executor, InProcess, Isolated
from .replies import Limits, Returned


def replay(options: argparse.Namespace) -> int:
    """Ask again; 0 if the candidate now conforms, 1 if the mismatch is still there."""
    mismatch, evidence = read_mismatch(options.record)
    source = _source(options.candidate, mismatch)
    limits = Limits(seconds_per_call=options.time_limit)
    with closing(InProcess(source) if options.in_process else Isolated(source, limits)) as executor:
        verdict = ask_again(mismatch, evidence, executor)
        _tell(mismatch, verdict, executor)
    return 1 if verdict.outcome.is_mismatch else 0


def ask_again(mismatch: Mismatch, evidence: Evidence, executor: Executor) -> Verdict:
    """The verdict of a mismatch's check on a candidate, on the recorded operands.

    The expected values are computed anew: those of the record are for people.
    """
    case = parse_case(mismatch.case)
    operands = evidence.operands
    if mismatch.check == ADJOINT:
        replies = {
            pass_: executor.call(pass_, operands, case.geometry, layout=case.layout)
            for pass_ in LINKED
            if pass_ in executor.passes
        }
        results = {pass_: reply.value for pass_, reply in replies.items() if isinstance(reply, Returned)}
        verdict = check_adjoint(results, operands)
        if verdict is None:
            raise CandidateError(f"{executor.info.name} returned too few passes for the adjoint identity")
        return verdict
    check, pass_ = Check(mismatch.check), Pass(mismatch.subject)
    reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
    exact_result = partial(expected, pass_, operands, case.geometry)
    arithmetic = arithmetic_of(executor.info, case.dtype)
    return judge_reply(check, pass_, reply, operands, exact_result, arithmetic, case.geometry)


def _source(given: str | None, mismatch: Mismatch) -> str:
    if given is not None:
        return given
    if mismatch.candidate in BUILT_IN:
        return mismatch.candidate
    raise CandidateError(
        f"the record names the candidate {mismatch.candidate!r}, which is not built in, and a record is never "
        f"executed: name the candidate yourself with --candidate"
    )


def _tell(mismatch: Mismatch, verdict: Verdict, executor: Executor) -> None:
    console = Console()
    if verdict.outcome.is_mismatch:
        again = replace(mismatch, candidate=executor.info.name, verdict=verdict, witnesses=(), repeats=True)
        console.print(mismatch_text(again, executor.info), markup=False, highlight=False, soft_wrap=True)
        return
    told = f"{executor.info.name}: {mismatch.check} of {mismatch.subject} {verdict.outcome} on {mismatch.case}"
    reason = f": {verdict.reason}" if verdict.reason else ""
    console.print(told + reason, markup=False, highlight=False, soft_wrap=True)
