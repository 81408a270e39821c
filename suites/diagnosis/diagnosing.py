"""A fault's diagnosis, in names and sentences: what its shrunk case and more of the same show that it is as if."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...oracle.explaining import impulses
from ...oracle.explaining.arithmetics import Known
from ...oracle.explaining.wrong_terms import tell
from ...oracle.faults import FAULT_MODELS, Kind, fault_named
from ...oracle.judging.verdict import Outcome
from ...oracle.numbers.dtypes import COMPONENTS
from ...oracle.operands.data import Numbers
from ...oracle.operands.fills import HUGE
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Array, Operands, Pass
from ...reports.records.diagnosed import DEPENDS_ON_DATA, OF_CALLS, UNINITIALISED
from ...reports.records.spoiling import CHANGED
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..checks.declared import arithmetic_of
from ..checks.examination import ask
from ..checks.value import operands_of
from .fault import Fault
from .identifying import identified
from .interrogation import Interrogation, interrogate
from .measuring import measure
from .special_numbers import recognise
from .suggesting import suggest, suggest_for_calls
from .told import NOTHING_TOLD, Told

MOST_IMPULSES = 300
MOST_PRODUCTS = 10_000_000
"""Of a case that is compared with the known faults, each of which is computed on it."""


_KNOWN = frozenset(model.name for model in FAULT_MODELS)
_IF_REFUSED = (
    "If it does not take such a case and that is meant, let it raise NotImplementedError, or declare a domain: "
    "then it is not asked."
)
_AT_A_TUPLE = "'tuple'"
"""What Python says of one where a number is wanted."""
_IF_AT_A_TUPLE = (
    "Stride, padding and dilation are given as tuples, with one number for each axis: where a parameter takes one "
    "number for all, annotate it as int, or give it one as default."
)
_CONDUCT = {CHANGED: "operand-changed", "alias": "result-in-an-operand"}
"""Causes of verdicts that name a known fault."""
_DECLARED_OF = ("value", "dtype", "nan", "inf", "lost")
"""Causes of verdicts that a declaration can change."""


def explain(fault: Fault, executor: Executor) -> Told:
    """What the fault is as if, how certain that is, and what could be declared if it is meant.

    Nothing of faults that are not of one pass's values, and of a call among others only what it does to operands.
    """
    if fault.verdict.cause in _CONDUCT:
        return _of_conduct(fault.verdict.cause)
    if fault.kind.among_calls is not None:
        suggestion = suggest_for_calls(fault, fault.kind.among_calls, executor)
        return NOTHING_TOLD if suggestion is None else Told((suggestion.declaration,), "convention", (str(suggestion),))
    if fault.is_of_values and fault.verdict.outcome is Outcome.REFUSED:
        return _of_conduct(CHANGED) if _writes(fault, executor) else Told(sentences=_of_refusal(fault.verdict.reason))
    if not fault.is_of_values or fault.verdict.outcome is not Outcome.VIOLATES:
        return NOTHING_TOLD
    if fault.shrunk.geometry.products > MOST_PRODUCTS:
        sentence = (
            f"Not compared with the known faults: its {fault.shrunk.geometry.products:,} products "
            f"are more than {MOST_PRODUCTS:,}."
        )
        return Told(sentences=(sentence,))
    known, card = None, tuple[str, ...]()
    match fault.numbers:
        case Numbers.INTEGERS if fault.verdict.cause in ("value", "shape"):
            told = _of_structure(interrogate(fault, executor), fault, executor)
        case Numbers.CONTAMINATED:
            told = _of_special_numbers(fault, executor)
        case Numbers.REALS if fault.shrunk.fill == HUGE:
            told = _of_special_numbers(fault, executor)
        case Numbers.REALS:
            measured = measure(fault, executor)
            told = Told(measured.names, "arithmetic" if measured.names else "", measured.sentences)
            known, card = measured.known, identified(fault, executor)
        case _:
            told = NOTHING_TOLD
    told = _with_suggestion(told, known, fault, executor)
    return replace(told, sentences=(*told.sentences, *card))


def _of_conduct(cause: str) -> Told:
    model = fault_named(_CONDUCT[cause])
    return Told((model.name,), "model", (model.explanation,))


def _writes(fault: Fault, executor: Executor) -> bool:
    """Whether a pass that raises an error changes its operands where these are laid plainly in memory."""
    plain = replace(fault.shrunk, layout=CONTIGUOUS)
    return plain != fault.shrunk and ask(executor, fault.numbers, plain, Pass(fault.subject)).verdict.cause == CHANGED


def _of_special_numbers(fault: Fault, executor: Executor) -> Told:
    if fault.verdict.cause not in _DECLARED_OF:
        return NOTHING_TOLD
    fit = recognise(fault, executor)
    if fit is None:
        return Told(sentences=(f"None of the {len(FAULT_MODELS)} known faults leaves NaN and Inf as it does.",))
    model, *others = fit.models
    text = f"It is as if {model.sentence} ({model.name}): that explains all {fit.elements} elements that were asked."
    if others:
        agreeing = ", or as if ".join(other.sentence for other in others[:2])
        more = f", or from {len(others) - 2} more" if len(others) > 2 else ""
        text += f" They do not tell it from as if {agreeing}{more}."
    return Told(tuple(each.name for each in fit.models), "arithmetic", (text, model.explanation))


def _with_suggestion(told: Told, known: Known | None, fault: Fault, executor: Executor) -> Told:
    """What to declare is the name of a fault that has no other, and then nothing else need be said of it.

    Of several declarations all are names, since another fault may leave one of them only; the tightest is told.
    """
    if _is_mistake(told) or fault.verdict.cause not in _DECLARED_OF:
        return told
    suggested = suggest(fault, executor, known)
    if not suggested:
        return told
    sentence = str(suggested[0])
    if told.names and not _is_vague(told):
        return replace(told, sentences=(*told.sentences, sentence))
    return Told(tuple(each.declaration for each in suggested), "convention", (sentence,))


def _of_refusal(raised: str) -> tuple[str, ...]:
    is_at_a_tuple = raised.startswith("raised TypeError") and _AT_A_TUPLE in raised
    return (_IF_AT_A_TUPLE, _IF_REFUSED) if is_at_a_tuple else (_IF_REFUSED,)


def _of_structure(interrogation: Interrogation, fault: Fault, executor: Executor) -> Told:
    """The names are those of what is sure; wrong terms are read off where the result is a sum of products."""
    diagnosis, objections = interrogation.diagnosis, interrogation.objections
    sentences = diagnosis.sentences()
    if interrogation.is_of_data or (objections and not diagnosis.explanations):
        names = diagnosis.first or tuple(dict.fromkeys(_objected(name) for name, _ in objections))
        kind = "calls" if OF_CALLS.intersection(names) else "data"
        if UNINITIALISED in names:
            sentences = ()
        return Told(names, kind, (*sentences, *dict.fromkeys(told for _, told in objections)))
    changing = tuple(told for name, told in objections if name in OF_CALLS)
    terms = changing or terms_told(fault, executor)
    if not diagnosis.is_sure:
        return Told(sentences=(*sentences, *terms))
    kind = "model" if _KNOWN.issuperset(diagnosis.first) or fault.verdict.cause != "shape" else "shape"
    return Told(diagnosis.names, kind, (*sentences, *terms))


def _objected(name: str) -> str:
    return name if name in OF_CALLS else DEPENDS_ON_DATA + name


def _is_mistake(told: Told) -> bool:
    """Whether it is what nobody would declare: wrong terms or shapes, and what is done to single values."""
    if told.kind == "model":
        return any(name not in _KNOWN or fault_named(name).kind is Kind.TERMS for name in told.names)
    return told.kind in ("shape", "calls") or (told.kind == "data" and not _is_vague(told))


def _is_vague(told: Told) -> bool:
    """Whether only that it is not linear is known, which rounding is not, either."""
    return told.kind == "data" and all(name.startswith(DEPENDS_ON_DATA) for name in told.names)


def terms_told(fault: Fault, executor: Executor) -> tuple[str, ...]:
    """The wrong terms of the shrunk case, read off by impulses; empty where that takes too many calls."""
    case, pass_ = fault.shrunk, Pass(fault.subject)
    read_as = Pass.WEIGHT_GRADIENT if pass_ is Pass.UPDATE else pass_
    if case.dtype in COMPONENTS or fault.verdict.cause != "value":
        return ()
    if impulses.calls_needed(read_as, case.geometry, bias=case.bias) > MOST_IMPULSES:
        return ()

    def call(operands: Operands) -> Array | None:
        if pass_ is Pass.UPDATE:
            operands = replace(operands, weight=np.zeros_like(operands.weight))
        reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
        if not isinstance(reply, Returned):
            return None
        return -reply.value / operands.learning_rate if pass_ is Pass.UPDATE else reply.value

    operands = operands_of(Numbers.INTEGERS, case, arithmetic_of(executor.info, case.dtype))
    reading = impulses.read_off(call, read_as, operands.of(pass_), case.geometry)
    return tell(reading, read_as, case.geometry, bias=case.bias)
