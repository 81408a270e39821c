"""A fault's diagnosis: known faults that explain its shrunk case, narrowed down by asking the candidate larger ones."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from ..oracle import impulses
from ..oracle.data import Case
from ..oracle.diagnosis import Diagnosis, Hypothesis, Observation, conclude, explains, pairs, singles
from ..oracle.discrimination import Question, Scope, distinguishing_case
from ..oracle.dtypes import COMPONENTS
from ..oracle.layouts import LAYOUTS
from ..oracle.passes import Array, Operands, Pass
from ..oracle.telling import tell
from .checks.value import Check, operands_of, rounds_integers
from .declared import arithmetic_of
from .executor import Executor
from .fault import Fault
from .replies import Returned

SECONDS = 1.2
"""For narrowing down; and half of it for impulses."""
MOST_IMPULSES = 300
MOST_PRODUCTS = 100_000_000
"""Of a case that is compared with the known faults, each of which is computed on it."""
_CALL_SECONDS = 1.0
_MOST_REFUSALS = 6
_MOST_FRUITLESS = 3
"""Answers in one pass and scope that rule nothing out."""
_CONFIRMATIONS_AFTER_CONTRADICTION = 12
_ANOTHER_FAULT = "On cases with more features something else is wrong, too."


class _TimeIsUp(Exception):
    """Impulses took too long."""


def sentences(fault: Fault, executor: Executor) -> tuple[str, ...]:
    """What the fault is as if, how certain that is, and the wrong terms of its shrunk case.

    Empty of faults that are not of wrong values on the integer lattice.
    """
    if fault.check != str(Check.STRUCTURE) or fault.verdict.cause not in ("value", "shape"):
        return ()
    if fault.shrunk.geometry.products > MOST_PRODUCTS:
        return (
            f"Not compared with the known faults: its {fault.shrunk.geometry.products:,} products "
            f"are more than {MOST_PRODUCTS:,}.",
        )
    return (*diagnose_fault(fault, executor).sentences(), *terms_told(fault, executor))


def diagnose_fault(fault: Fault, executor: Executor, *, seconds: float = SECONDS) -> Diagnosis:
    """The known faults that explain the shrunk case of a fault of structure and all larger cases asked for it.

    Parameters
    ----------
    fault : Fault
    executor : Executor
        Of the candidate.
    seconds : float
        After this time no further case is looked for.
    """
    inquiry = _Inquiry(executor, fault.shrunk, Pass(fault.subject), time.monotonic() + seconds)
    first = inquiry.observe(inquiry.pass_, fault.shrunk)
    if first is None:
        return conclude(())
    found = singles(first) or pairs((first,), seconds=seconds / 2)
    if not found:
        return conclude((), (first.name,))
    known = _Narrowed(found, (first,))
    contradicted = False
    for scope in Scope:
        narrowed = inquiry.narrow(known, scope)
        if narrowed.left:
            known = narrowed
        else:
            contradicted, known = True, replace(known, wanted=_CONFIRMATIONS_AFTER_CONTRADICTION)
        if known.is_settled or (contradicted and scope is Scope.FEATURES):
            break
    if contradicted and not known.is_confirmed:
        return conclude((), (first.name,))
    return _concluded(known, len(found), another=contradicted)


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """The hypotheses that are left after what was asked; on how many cases beside the known one they should hold."""

    left: tuple[Hypothesis, ...]
    asked: tuple[Observation, ...]
    wanted: int = 1

    @property
    def is_confirmed(self) -> bool:
        """Whether enough was asked beside the case that was known."""
        return len(self.asked) > self.wanted

    @property
    def is_settled(self) -> bool:
        """Whether one hypothesis is left, and confirmed."""
        return len(self.left) == 1 and self.is_confirmed


def _concluded(narrowed: _Narrowed, at_first: int, *, another: bool) -> Diagnosis:
    excluded = at_first - len(narrowed.left)
    others = "One other agrees" if excluded == 1 else f"{excluded} others agree"
    told = [f"{others} on the smallest case, but not on {narrowed.asked[-1].name}."] if excluded > 0 else []
    told += [_ANOTHER_FAULT] if another else []
    return conclude(narrowed.left, tuple(seen.name for seen in narrowed.asked), " ".join(told))


@dataclass(slots=True)
class _Inquiry:
    """Questions to one candidate about one fault."""

    executor: Executor
    case: Case
    pass_: Pass
    deadline: float

    def observe(self, pass_: Pass, case: Case) -> Observation | None:
        """What the candidate returns on the integer lattice of a case; None if it returns no array."""
        arithmetic = arithmetic_of(self.executor.info, case.dtype)
        operands = operands_of(Check.STRUCTURE, case, arithmetic)
        reply = self.executor.call(pass_, operands, case.geometry, seconds=_CALL_SECONDS, layout=case.layout)
        if not isinstance(reply, Returned):
            return None
        arranged = {name: LAYOUTS[case.layout](array) for name, array in operands.arrays().items()}
        given = replace(operands, **arranged)  # type: ignore[arg-type]
        exactly = not rounds_integers(arithmetic)
        return Observation(reply.value, pass_, given, case.geometry, arithmetic, exactly, str(case))

    def narrow(self, known: _Narrowed, scope: Scope) -> _Narrowed:
        """Ask on cases of a scope until one hypothesis is left, or no case tells them apart; none, if all are wrong."""
        for pass_ in (self.pass_, *sorted(self.executor.passes - {self.pass_}, key=list(Pass).index)):
            number = refusals = fruitless = 0
            while refusals < _MOST_REFUSALS and fruitless < _MOST_FRUITLESS:
                question = self._question(known, pass_, scope, number, is_choosy=refusals == 0)
                if question is None:
                    break
                number = question.case.seed + 1
                seen = self.observe(pass_, question.case)
                if seen is None:
                    refusals += 1
                    continue
                agreeing = tuple(each for each in known.left if explains(each, seen))
                if not agreeing and pass_ is not self.pass_:
                    break
                if not agreeing:
                    return replace(known, left=pairs((*known.asked, seen), known.left), asked=(*known.asked, seen))
                fruitless += known.is_confirmed and len(agreeing) == len(known.left)
                known = replace(known, left=agreeing, asked=(*known.asked, seen))
        return known

    def _question(self, known: _Narrowed, pass_: Pass, scope: Scope, first: int, *, is_choosy: bool) -> Question | None:
        """A case that tells apart what is left, or can confirm it; None where there is none, or no time."""
        if known.is_settled or time.monotonic() > self.deadline:
            return None
        question = distinguishing_case(known.left, pass_, self.case, scope, first=first, is_choosy=is_choosy)
        confirms = not known.is_confirmed and pass_ is self.pass_
        return question if question is not None and (question.tells_apart or confirms) else None


def terms_told(fault: Fault, executor: Executor) -> tuple[str, ...]:
    """The wrong terms of the shrunk case, read off by impulses; empty where that takes too many calls or too long."""
    case, pass_ = fault.shrunk, Pass(fault.subject)
    read_as = Pass.WEIGHT_GRADIENT if pass_ is Pass.UPDATE else pass_
    if case.dtype in COMPONENTS or fault.verdict.cause != "value":
        return ()
    if impulses.calls_needed(read_as, case.geometry, bias=case.bias) > MOST_IMPULSES:
        return ()
    deadline = time.monotonic() + SECONDS / 2

    def call(operands: Operands) -> Array | None:
        if time.monotonic() > deadline:
            raise _TimeIsUp
        if pass_ is Pass.UPDATE:
            operands = replace(operands, weight=np.zeros_like(operands.weight))
        reply = executor.call(pass_, operands, case.geometry, seconds=_CALL_SECONDS, layout=case.layout)
        if not isinstance(reply, Returned):
            return None
        return -reply.value / operands.learning_rate if pass_ is Pass.UPDATE else reply.value

    try:
        operands = operands_of(Check.STRUCTURE, case, arithmetic_of(executor.info, case.dtype))
        reading = impulses.read(call, read_as, operands.of(pass_), case.geometry)
    except _TimeIsUp:
        return ()
    return tell(reading, read_as, case.geometry, bias=case.bias)
