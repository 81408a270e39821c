"""A candidate asked further about a fault of structure, until what it is as if is known or all guesses are wrong.

First on the same case with other data, which shows whether the fault depends on
it; then on cases on which the hypotheses that are left differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ...oracle.explaining.diagnosis import CONFIRMATIONS, Diagnosis, conclude, explanation, pairs, singles
from ...oracle.explaining.discrimination import DistinguishingCase, Scope, distinguishing_case, in_whole_blocks
from ...oracle.explaining.reproduction import (
    Effort,
    Hypothesis,
    Observation,
    evaluate,
    explains,
    is_partly_written,
)
from ...oracle.faults.pointwise import of_operands, of_results
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.layouts import LAYOUTS
from ...oracle.problem.passes import Operands, Pass, real_parts
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..checks.declared import arithmetic_of
from ..checks.value import operands_of, rounds_integers
from .fault import Fault
from .neighbours import Neighbourhood, look_around, what_memory_does

EFFORT = 16_000
"""Evaluations of small cases for narrowing down."""
_MOST_IN_BLOCKS = 2_000_000
"""Products of a case that is asked for what it does in whole blocks."""
_ENDS = 2
"""Taps of a kernel without any between the first and the last one."""
_MOST_REFUSALS = 6
_MOST_FRUITLESS = 3
"""Answers in one pass and scope that rule nothing out."""
_CONFIRMATIONS_AFTER_CONTRADICTION = 12
_ANOTHER_FAULT = "On cases with more features something else is wrong, too."


@dataclass(frozen=True, slots=True)
class Interrogation:
    """What asking came to.

    Parameters
    ----------
    diagnosis : Diagnosis
    objections : tuple of (str, str)
        How the fault depends on the data, see `Neighbourhood`.
    is_of_data : bool
        Whether the diagnosis is of a dependence on the data.
    """

    diagnosis: Diagnosis
    objections: tuple[tuple[str, str], ...] = ()
    is_of_data: bool = False


def interrogate(fault: Fault, executor: Executor, *, effort: int = EFFORT) -> Interrogation:
    """The known faults that explain the shrunk case of a fault of structure and all other cases asked for it.

    Parameters
    ----------
    fault : Fault
    executor : Executor
        Of the candidate.
    effort : int
        After so many evaluations no further case is looked for.
    """
    inquiry = _Inquiry(executor, fault.shrunk, Pass(fault.subject), Effort(effort))
    first = inquiry.observe(inquiry.pass_, fault.shrunk)
    if first is None:
        return Interrogation(conclude(()))
    around = look_around(first, fault.shrunk.layout, inquiry.observe_operands)
    guesses = singles(first) if around.is_repeatable else ()
    if around.is_repeatable and not _holding(guesses, around.observations):
        memory = what_memory_does(first, inquiry.observe_afresh, inquiry.observe_filled_otherwise)
        if memory is not None and not memory.leaves_memory:
            return Interrogation(conclude(()), memory.objections)
        around = memory or around
    if not around.is_repeatable:
        inquiry.is_of_memory, first, around = True, replace(first, is_of_memory=True), around.of_memory()
        guesses = singles(first)
    seen = (*around.observations, *inquiry.right_in_whole_blocks())
    hypotheses, is_of_data = _holding(guesses, seen), False
    if not hypotheses and around.objections and around.is_repeatable:
        hypotheses, is_of_data = _of_data(first, around), True
    if not hypotheses and not around.objections:
        hypotheses = pairs((first, *seen))
    if not hypotheses:
        return Interrogation(_unknown(guesses, first, "the same with other data"), around.objections)
    known = _Narrowed(hypotheses, (first,), 1 if is_of_data else CONFIRMATIONS, is_of_data)
    return Interrogation(_narrowed_down(inquiry, known), around.objections, is_of_data)


def _holding(guesses: Iterable[Hypothesis], observations: Iterable[Observation]) -> tuple[Hypothesis, ...]:
    seen = tuple(observations)
    return tuple(guess for guess in guesses if all(explains(guess, observation) for observation in seen))


def _of_data(first: Observation, around: Neighbourhood) -> tuple[Hypothesis, ...]:
    """What done to single values explains the case with all its data."""
    seen = (first, *around.observations)
    rights = [evaluate((), each.pass_, each.operands, each.geometry) for each in seen]
    is_complex = first.actual.dtype.kind == "c" or first.operands.input.dtype.kind == "c"
    if is_complex or any(right.shape != each.actual.shape for right, each in zip(rights, seen, strict=True)):
        return ()
    right = np.concatenate([real_parts(array).ravel() for array in rights])
    actual = np.concatenate([real_parts(each.actual).ravel() for each in seen])
    models = (*of_results(right, actual), *of_operands(first.pass_, first.geometry))
    return _holding(((model,) for model in models), seen)


def _unknown(guesses: tuple[Hypothesis, ...], first: Observation, disproved_by: str) -> Diagnosis:
    """No diagnosis, with the guess that was nearest."""
    nothing = conclude((), (first.name,))
    if not guesses:
        return nothing
    return replace(nothing, disproved=conclude(guesses).explanations[0], disproved_by=disproved_by)


def _narrowed_down(inquiry: _Inquiry, known: _Narrowed) -> Diagnosis:
    hypotheses, (first,), contradicted_by = known.left, known.asked, ""
    for scope in Scope:
        narrowed = inquiry.narrow(known, scope)
        if narrowed.left:
            known = narrowed
        else:
            contradicted_by = contradicted_by or narrowed.asked[-1].name
            known = replace(known, wanted=_CONFIRMATIONS_AFTER_CONTRADICTION)
        if known.is_settled or (contradicted_by and scope is Scope.FEATURES):
            break
    if contradicted_by and not known.is_confirmed:
        return _unknown(hypotheses, first, contradicted_by)
    known = replace(known, left=tuple(each for each in known.left if known.has_seen_written(each)))
    if not known.left:
        return conclude((), (first.name,))
    return _concluded(known, len(hypotheses), another=bool(contradicted_by))


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """The hypotheses that are left after what was asked; on how many cases beside the known one they should hold."""

    left: tuple[Hypothesis, ...]
    asked: tuple[Observation, ...]
    wanted: int
    is_of_data: bool

    @property
    def is_confirmed(self) -> bool:
        """Whether enough was asked beside the known case; of wrong terms also on kernels with more than two ends."""
        has_middles = self.is_of_data or any(max(seen.geometry.kernel) > _ENDS for seen in self.asked)
        return len(self.asked) > self.wanted and has_middles

    def has_seen_written(self, hypothesis: Hypothesis) -> bool:
        """Whether there was something to see of what by a hypothesis is written; all else may be any number."""
        return any(is_partly_written(hypothesis, seen) for seen in self.asked)

    @property
    def is_settled(self) -> bool:
        """Whether one hypothesis is left, and confirmed."""
        return len({explanation(each).faults for each in self.left}) == 1 and self.is_confirmed


def _concluded(narrowed: _Narrowed, at_first: int, *, another: bool) -> Diagnosis:
    excluded = at_first - len(narrowed.left)
    others = "One other agrees" if excluded == 1 else f"{excluded} others agree"
    sentences = [f"{others} on the smallest case, but not on {narrowed.asked[-1].name}."] if excluded > 0 else []
    sentences += [_ANOTHER_FAULT] if another else []
    return conclude(narrowed.left, tuple(seen.name for seen in narrowed.asked), " ".join(sentences))


@dataclass(slots=True)
class _Inquiry:
    """Questions to one candidate about one fault."""

    executor: Executor
    case: Case
    pass_: Pass
    effort: Effort
    is_of_memory: bool = False

    def observe(self, pass_: Pass, case: Case) -> Observation | None:
        """What the candidate returns on the integer lattice of a case; None if it returns no array."""
        arithmetic = arithmetic_of(self.executor.info, case.dtype)
        return self._observe(pass_, operands_of(Numbers.INTEGERS, case, arithmetic), case, str(case))

    def observe_operands(self, operands: Operands) -> Observation | None:
        """What the candidate returns for other data of the fault's case."""
        return self._observe(self.pass_, operands, self.case, "")

    def observe_afresh(self, operands: Operands) -> Observation | None:
        """As `observe_operands`, as the first call of a process."""
        self.executor.restart()
        return self.observe_operands(operands)

    def observe_filled_otherwise(self, operands: Operands) -> Observation | None:
        """As `observe_afresh`, with other bytes in memory that nobody wrote; None where that cannot be had."""
        seen = self.observe_operands(operands) if self.executor.restart_filled_otherwise() else None
        self.executor.restart()
        return seen

    def right_in_whole_blocks(self) -> tuple[Observation, ...]:
        """The answers on larger cases without tails that are right; others may be wrong for another fault.

        What explains the known case is to be right there as well: small cases are all tail.
        """
        small = (each for each in in_whole_blocks(self.case.geometry, self.pass_) if each.products <= _MOST_IN_BLOCKS)
        seen = (self.observe(self.pass_, replace(self.case, geometry=geometry)) for geometry in small)
        return tuple(each for each in seen if each is not None and explains((), each))

    def _observe(self, pass_: Pass, operands: Operands, case: Case, name: str) -> Observation | None:
        reply = self.executor.call(pass_, operands, case.geometry, layout=case.layout)
        if not isinstance(reply, Returned):
            return None
        arithmetic = arithmetic_of(self.executor.info, case.dtype)
        arranged = operands.map(LAYOUTS[case.layout])
        exactly = not rounds_integers(arithmetic)
        return Observation(reply.value, pass_, arranged, case.geometry, arithmetic, exactly, name, self.is_of_memory)

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
                agreeing = _holding(known.left, (seen,))
                if not agreeing and pass_ is not self.pass_:
                    break
                if not agreeing:
                    return self._joined_by_another(known, seen)
                fruitless += known.is_confirmed and len(agreeing) == len(known.left)
                known = replace(known, left=agreeing, asked=(*known.asked, seen))
        return known

    def _joined_by_another(self, known: _Narrowed, seen: Observation) -> _Narrowed:
        """What is left if a second fault, which the known case does not show, is there as well."""
        alone = [hypothesis for hypothesis in known.left if len(hypothesis) == 1]
        asked = (*known.asked, seen)
        return replace(known, left=pairs(asked, alone) if alone else (), asked=asked)

    def _question(
        self, known: _Narrowed, pass_: Pass, scope: Scope, first: int, *, is_choosy: bool
    ) -> DistinguishingCase | None:
        """A case that tells apart what is left, or can confirm it; None where there is none, or no effort is left."""
        if known.is_settled or self.effort.is_spent:
            return None
        question = distinguishing_case(
            known.left, pass_, self.case, scope, first=first, is_choosy=is_choosy, effort=self.effort
        )
        confirms = not known.is_confirmed and pass_ is self.pass_
        return question if question is not None and (question.tells_apart or confirms) else None
