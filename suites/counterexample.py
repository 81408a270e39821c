"""A fault's shrunk case made into evidence: asked again in a fresh process, and put to every witness."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..oracle import equations
from ..oracle.data import Case
from ..oracle.dtypes import COMPONENTS
from ..oracle.notation import write_equation
from ..oracle.passes import Pass
from ..oracle.verdict import Outcome, Verdict, compare
from ..reports.record import Evidence, Mismatch, Witness
from .checks.adjoint import ADJOINT
from .checks.value import Check, allowed_error, answer, operands_of
from .corpora.selection import SHRUNK
from .examination import arithmetic_of, ask, ask_adjoint, judge_reply
from .isolation import Executor
from .replies import Returned
from .search import Fault

EQUATIONS = "equations"
_CONFIRMATIONS = 5
"""Calls made to see a fault again; one that depends on memory left by others does not show every time."""
_MOST_PRODUCTS_TERM_BY_TERM = 5000
_MOST_EQUATIONS = 3
_MOST_TERMS = 24


def build(fault: Fault, executor: Executor, witnesses: Mapping[str, Executor]) -> tuple[Mismatch, Evidence]:
    """The mismatch of a fault at its shrunk case, with its arrays.

    Parameters
    ----------
    fault : Fault
    executor : Executor
        Of the candidate with the fault; restarted, so that the case is its first.
    witnesses : mapping of str to Executor
        The other candidates of the run.
    """
    executor.restart()
    evidence, verdict = _evidence(fault, executor)
    repeats = verdict.outcome is fault.outcome
    mismatch = Mismatch(
        id=fault.id,
        candidate=executor.info.name,
        check=fault.check,
        subject=fault.subject,
        case=str(fault.shrunk),
        found=str(fault.found),
        verdict=verdict if repeats else fault.verdict,
        needs=tuple(sorted(fault.needs)),
        witnesses=_testimony(fault, witnesses),
        repeats=repeats,
        equations=_equations(fault, evidence),
        call=_call_text(fault, executor),
        origin=_origin(fault),
    )
    return mismatch, evidence


def _origin(fault: Fault) -> str:
    """Where the fault's case comes from, and whether it is smaller than there."""
    is_shrunk = fault.shrunk.geometry != fault.found.geometry and not fault.origin.endswith(SHRUNK)
    return fault.origin + SHRUNK if fault.origin and is_shrunk else fault.origin


def _evidence(fault: Fault, executor: Executor) -> tuple[Evidence, Verdict]:
    case = fault.shrunk
    if fault.check == ADJOINT:
        result = ask_adjoint(executor, case)
        nothing = np.zeros(())
        evidence = Evidence(operands_of(Check.STRUCTURE, case), None, nothing, nothing, nothing.astype(bool))
        return evidence, result.verdict if result is not None else fault.verdict
    check, pass_ = Check(fault.check), Pass(fault.subject)
    operands, expected = operands_of(check, case), answer(check, case, pass_)
    arithmetic = arithmetic_of(executor.info, case.dtype)
    allowed = allowed_error(check, pass_, expected, operands, arithmetic, case.geometry)
    for _ in range(_CONFIRMATIONS):
        reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
        verdict = judge_reply(check, pass_, reply, operands, lambda: expected, arithmetic, case.geometry)
        if verdict.outcome is fault.outcome:
            break
    actual = reply.value if isinstance(reply, Returned) else None
    wrong = np.zeros(allowed.shape, dtype=bool)
    if verdict.cause == "value" and actual is not None:
        wrong = compare(actual, expected, allowed).wrong
    return Evidence(operands.of(pass_), actual, expected.value.to_float64(), allowed, wrong), verdict


def _testimony(fault: Fault, witnesses: Mapping[str, Executor]) -> tuple[Witness, ...]:
    """What the equations, term by term, and every other candidate say of the shrunk case."""
    case = fault.shrunk
    if fault.check == ADJOINT:
        told = {name: ask_adjoint(witness, case) for name, witness in witnesses.items()}
        return tuple(Witness(name, result.verdict.outcome) for name, result in told.items() if result is not None)
    check, pass_ = Check(fault.check), Pass(fault.subject)
    found = [_term_by_term(check, case, pass_)] if case.geometry.products <= _MOST_PRODUCTS_TERM_BY_TERM else []
    for name, witness in witnesses.items():
        if pass_ in witness.passes:
            verdict = ask(witness, check, case, pass_).verdict
            found.append(Witness(name, verdict.outcome, verdict.reason))
    return tuple(found)


def _term_by_term(check: Check, case: Case, pass_: Pass) -> Witness:
    """Whether the seed's equations give the same exact numbers as the sums that were judged by."""
    expected = answer(check, case, pass_).value.to_fractions()
    defined = equations.evaluate(pass_, operands_of(check, case), case.geometry)
    if (expected == defined).all():
        return Witness(EQUATIONS, Outcome.CONFORMS, "the expected values, term by term")
    return Witness(EQUATIONS, Outcome.VIOLATES, "differ from the expected values: the oracle itself is wrong here")


def _equations(fault: Fault, evidence: Evidence) -> tuple[str, ...]:
    """The defining equations of the first wrong elements, where they are short enough to read."""
    if not evidence.wrong.any():
        return ()
    pass_, geometry = Pass(fault.subject), fault.shrunk.geometry
    bias = evidence.operands.bias is not None
    wrong = evidence.wrong.any(axis=-1) if fault.shrunk.dtype in COMPONENTS else evidence.wrong
    indices = [tuple(map(int, index)) for index in np.argwhere(wrong)[:_MOST_EQUATIONS]]
    return tuple(
        write_equation(pass_, geometry, index, bias=bias)
        for index in indices
        if len(equations.terms(pass_, geometry, index, bias=bias)) <= _MOST_TERMS
    )


def _call_text(fault: Fault, executor: Executor) -> str:
    if fault.check == ADJOINT:
        return ""
    case = fault.shrunk
    return executor.call_text(Pass(fault.subject), case.geometry, case.dtype, case.bias)
