"""A fault's shrunk case made into evidence: asked again in a fresh process, and put to every witness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ...oracle.answers import equations
from ...oracle.explaining.notation import write_equation
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import COMPONENTS, Arithmetic
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Pass, real_parts
from ...reports.records.evidence import subject_pass
from ...reports.records.naming import with_version
from ...reports.records.record import Evidence, Mismatch, Witness
from ..calling.executor import Executor
from ..checks.declared import arithmetic_of
from ..checks.examination import Examination, ask
from ..checks.inquiry import ask_again
from ..checks.value import answer, operands_of
from ..diagnosis.fault import Fault
from ..diagnosis.following import followed
from ..diagnosis.framework_witness import Frameworks, testimony_of
from ..diagnosis.told import NOTHING_TOLD, Told

EQUATIONS = "equations"
_CONFIRMATIONS = 5
"""Calls made to see a fault again; one that depends on memory left by others does not show every time."""
_MOST_PRODUCTS_TERM_BY_TERM = 5000
_MOST_EQUATIONS = 3
_MOST_TERMS = 24


def build(
    fault: Fault,
    executor: Executor,
    witnesses: Mapping[str, Executor],
    frameworks: Frameworks | None = None,
    *,
    is_shrunk: bool = True,
) -> tuple[Mismatch, Evidence]:
    """The mismatch of a fault at its shrunk case, with its arrays.

    Parameters
    ----------
    fault : Fault
    executor : Executor
        Of the candidate with the fault; restarted, so that the case is its first.
    witnesses : mapping of str to Executor
        The other candidates of the run.
    frameworks : Frameworks or None
        Where what the candidate rests on is asked the same; None where it is not to be.
    is_shrunk : bool
        False where the fault was only just met, or the user wants to go: then it is not diagnosed, which a large case
        makes slow, and a hang is not waited for again.
    """
    preceding = fault.preceding(fault.shrunk)
    executor.restart()
    if preceding is not None:
        ask_again(executor, preceding.check, preceding.subject, preceding.case)
    if fault.outcome is Outcome.HUNG and not is_shrunk:
        evidence, verdict = _without_asking(fault, executor), fault.verdict
    else:
        evidence, verdict = _evidence(fault, executor)
    shows = verdict.outcome is fault.outcome
    repeats = shows and preceding is None
    is_among_calls = fault.kind.among_calls is not None
    is_told = is_shrunk and (is_among_calls or (repeats and not fault.history))
    told = _explained(fault, executor) if is_told else NOTHING_TOLD
    testimony, framework = _framework_testimony(fault, executor, frameworks)
    others = {name: witness for name, witness in witnesses.items() if name not in {each.name for each in testimony}}
    mismatch = Mismatch(
        id=fault.id,
        candidate=executor.info.name,
        check=fault.check,
        subject=fault.subject,
        case=str(fault.shrunk),
        found=str(fault.found),
        verdict=verdict if shows else fault.verdict,
        needs=tuple(sorted(fault.needs)),
        witnesses=testimony + _testimony(fault, executor, others),
        repeats=repeats,
        equations=_equations(fault, evidence),
        call=_call_text(fault, executor),
        origin=_origin(fault),
        diagnosis=told.sentences,
        diagnosed=told.names,
        history="" if is_among_calls and told.kind == "convention" else fault.history,
        after=() if preceding is None else ((preceding.check, preceding.subject, str(preceding.case)),),
        follows=followed(fault, executor) if repeats and is_shrunk else (),
        framework=framework,
        title=fault.kind.title,
        violation=fault.kind.violation,
        numbers=fault.kind.numbers,
        is_among_calls=is_among_calls,
    )
    return mismatch, evidence


def _explained(fault: Fault, executor: Executor) -> Told:
    from ..diagnosis.diagnosing import explain  # with every fault model: a fault that is only just met waits for none

    return explain(fault, executor)


def _origin(fault: Fault) -> str:
    """Where the fault's case comes from, and whether it is smaller than there; empty where it was drawn."""
    if fault.provenance is None:
        return ""
    is_shrunk = fault.provenance.is_shrunk or fault.shrunk.geometry != fault.found.geometry
    return str(replace(fault.provenance, is_shrunk=is_shrunk))


def _evidence(fault: Fault, executor: Executor) -> tuple[Evidence, Verdict]:
    case = fault.shrunk
    if not fault.is_of_values:
        told = ask_again(executor, fault.check, fault.subject, case)
        evidence = _without_result(fault, arithmetic_of(executor.info, case.dtype))
        return evidence, fault.verdict if told is None else told.verdict
    numbers, pass_ = fault.numbers, Pass(fault.subject)
    examination = Examination(executor, case, (pass_,))
    for _ in range(_CONFIRMATIONS):
        judged = examination.call(numbers, pass_)
        if judged.verdict.outcome is fault.outcome:
            break
    verdict, actual, held_to = judged.verdict, judged.value, examination.standard(numbers, pass_)
    wrong, expected = np.zeros(held_to.bound.shape, dtype=bool), held_to.expected()
    if verdict.wrong and actual is not None:
        wrong = held_to.wrong(actual)
        if held_to.expectation is not None:
            expected = np.where(wrong, expected, real_parts(actual))
    return Evidence(examination.operands(numbers).of(pass_), actual, expected, held_to.bound, wrong), verdict


def _without_asking(fault: Fault, executor: Executor) -> Evidence:
    if not fault.is_of_values:
        return _without_result(fault, arithmetic_of(executor.info, fault.shrunk.dtype))
    pass_ = Pass(fault.subject)
    examination = Examination(executor, fault.shrunk, (pass_,))
    held_to = examination.standard(fault.numbers, pass_)
    right = np.zeros(held_to.bound.shape, dtype=bool)
    return Evidence(examination.operands(fault.numbers).of(pass_), None, held_to.expected(), held_to.bound, right)


def _without_result(fault: Fault, arithmetic: Arithmetic) -> Evidence:
    """The operands of a check that compares results with each other, or that has none to compare."""
    operands, pass_ = operands_of(Numbers.INTEGERS, fault.shrunk, arithmetic), subject_pass(fault.subject)
    if pass_ is None:
        nothing = np.zeros(())
        return Evidence(operands.of(Pass.FORWARD), None, nothing, nothing, nothing.astype(bool))
    nothing = np.zeros_like(answer(Numbers.INTEGERS, fault.shrunk, pass_, arithmetic).magnitude)
    return Evidence(operands.of(pass_), None, nothing, nothing, nothing.astype(bool))


def _framework_testimony(
    fault: Fault, executor: Executor, frameworks: Frameworks | None
) -> tuple[tuple[Witness, ...], str]:
    """What the framework says that the candidate rests on; with its version if the fault is its own."""
    framework = frameworks.under(executor) if frameworks is not None else None
    if framework is None:
        return (), ""
    witness, same = testimony_of(framework, executor, fault)
    info = framework.info
    return (witness,), with_version(info.name, info.version) if same else ""


def _testimony(fault: Fault, executor: Executor, witnesses: Mapping[str, Executor]) -> tuple[Witness, ...]:
    """What the equations, term by term, and every other candidate say of the shrunk case."""
    case = fault.shrunk
    if not fault.is_of_values:
        told = {name: ask_again(witness, fault.check, fault.subject, case) for name, witness in witnesses.items()}
        return tuple(Witness(name, result.verdict.outcome) for name, result in told.items() if result is not None)
    numbers, pass_ = fault.numbers, Pass(fault.subject)
    found = []
    if numbers is not Numbers.CONTAMINATED and case.geometry.products <= _MOST_PRODUCTS_TERM_BY_TERM:
        found.append(_term_by_term(numbers, case, pass_, arithmetic_of(executor.info, case.dtype)))
    for name, witness in witnesses.items():
        if pass_ in witness.passes:
            verdict = ask(witness, numbers, case, pass_).verdict
            found.append(Witness(name, verdict.outcome, verdict.reason))
    return tuple(found)


def _term_by_term(numbers: Numbers, case: Case, pass_: Pass, arithmetic: Arithmetic) -> Witness:
    """Whether the seed's equations give the same exact numbers as the sums that were judged by."""
    expected = answer(numbers, case, pass_, arithmetic).value.to_fractions()
    defined = equations.evaluate(pass_, operands_of(numbers, case, arithmetic), case.geometry)
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
    """The call of the pass, also of a check that makes it several times; none of one that is of no single pass."""
    pass_, case = subject_pass(fault.subject), fault.shrunk
    return "" if pass_ is None else executor.call_text(pass_, case.geometry, case.dtype, case.bias)
