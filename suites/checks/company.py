"""Conduct in company: the same again, after other calls and beside them, wherever the operands lie in memory."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...oracle.answers import reference
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.arrays import widened
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.linearity import LINEAR_IN
from ...oracle.problem.passes import Array, Pass
from ...reports.records.record import CandidateInfo, CheckResult
from ...reports.records.spoiling import SPOILING
from ..calling.altered_operands import negated
from ..calling.company import (
    LATTICE,
    REALS,
    SQUARE,
    CompanyCall,
    CompanyQuestion,
    CompanyReply,
    Deviation,
    Part,
)
from ..calling.executor import Executor
from ..calling.replies import Died, Returned, TimedOut
from .companions import calls_of, companions, numbers_of
from .conduct import judge_conduct
from .declarations import Suggestion
from .declared import arithmetic_of
from .difference import difference
from .examination import Examination, ask, pass_of
from .kind import AmongCalls, CheckKind, InTurn, Shrinking
from .value import answer, is_asked, solve, standard

COMPANY = "company"
_OF_STATE = frozenset(("repeat", "order", "stale", "in place", "address", "handed out", "after an error"))
"""Causes that say that a result depends on earlier calls."""
_MAYBE_OF_STATE = _OF_STATE | {"threads"}
"""Of a candidate that is known to keep a state, another thread's calls are earlier calls, too."""
_VARIES = ("repeatability", "varies")
_EVERY = 20
"""Of how many data seeds one has its passes asked in company, where no run says which are due."""
_SHRINK_ATTEMPTS = 60
"""Each makes dozens of calls."""
_ALONE = "alone"
_ALWAYS = (*SPOILING, "batch")
"""Causes that need no number to be wrong."""
_MEANWHILE = "meanwhile"
"""What an operand that changes for a while leads to is seen every time, and this itself most times."""


def ask_company(
    executor: Executor, case: Case, pass_: Pass, *, info: CandidateInfo | None = None
) -> CheckResult | None:
    """Whether a call comes to the same in company as alone.

    On the integer lattice every result is known, in any order of the sums, and a call in company is
    wrong where a call alone would be. On reals the same call is to come to the same bits, unless the
    candidate declares that it varies: then it is to stay within the bound, and by how much it
    varies is the reason of a verdict that it conforms.

    Parameters
    ----------
    executor : Executor
        Its process is replaced by a fresh one, so that first calls are first.
    case : Case
    pass_ : Pass
    info : CandidateInfo or None
        What the candidate is held to, instead of what it declares itself.

    Returns
    -------
    CheckResult or None
        None for an empty result, in which nothing could differ.
    """
    if 0 in pass_.result_shape(case.geometry):
        return None
    start = time.perf_counter()
    info = executor.info if info is None else info
    others = companions(case, pass_, info.dtypes)
    calls = calls_of(case, pass_, others, info)
    verdict = _Asking(executor, info, case, pass_, others, calls).verdict()
    return CheckResult(COMPANY, str(pass_), verdict, time.perf_counter() - start)


@dataclass(frozen=True, slots=True)
class _Asking:
    """One pass asked in company, on one case and its companions."""

    executor: Executor
    info: CandidateInfo
    case: Case
    pass_: Pass
    others: Mapping[str, Case]
    calls: Mapping[str, CompanyCall]

    def verdict(self) -> Verdict:
        """Ask; again without a companion that is not answered by itself, either, if the process ends in it."""
        arithmetic = arithmetic_of(self.info, self.case.dtype)
        bitwise = arithmetic.does("repeatability", "bitwise")
        alone = bitwise and arithmetic.does("batch", "invariant")
        question = CompanyQuestion(self.pass_, self.calls, self.case.seed, bitwise, alone)
        self.executor.restart()
        reply = self.executor.call_in_company(question)
        if isinstance(reply, CompanyReply):
            return self._judge(reply)
        if isinstance(reply, Died | TimedOut):
            for name, call in question.companions.items():
                if str(call) in reply.during and not self._is_right_alone(name):
                    return self._without(name).verdict()
        verdict = judge_conduct(reply, degenerate=self.case.geometry.is_degenerate)
        assert verdict is not None
        return verdict

    def _without(self, left_out: str) -> _Asking:
        calls = {name: call for name, call in self.calls.items() if name != left_out}
        return replace(self, calls=calls)

    def _judge(self, kept: CompanyReply) -> Verdict:
        faults: dict[str, str] = {}
        varied: list[str] = []
        right_alone: dict[tuple[str, int], bool] = {}
        if not self._is_right(LATTICE, kept.first, 1):
            faults[_ALONE] = "the call is wrong as the first one of a fresh process"
        for deviation in kept.deviations:
            if deviation.cause in faults:
                continue
            if self._is_fault(deviation, right_alone):
                faults[deviation.cause] = _sentence(deviation)
            elif (deviation.call, deviation.sign) == (REALS, 1):
                varied.append(_sentence(deviation))
        return _verdict(kept.first, faults, varied)

    def _is_fault(self, deviation: Deviation, right_alone: dict[tuple[str, int], bool]) -> bool:
        """Whether it is one; each call that must be asked alone to tell is asked once, and the answer kept."""
        call, sign = deviation.call, deviation.sign
        varies = arithmetic_of(self.info, self.case.dtype).does("repeatability", "varies")
        if deviation.cause in _ALWAYS or (call == REALS and not varies):
            return True
        if self._is_right(call, deviation.got, sign):
            return False
        is_known = deviation.expected is not None and call in (LATTICE, REALS) and sign > 0
        if not is_known and (call, sign) not in right_alone:
            right_alone[call, sign] = self._is_right_alone(call, sign)
        return is_known or right_alone[call, sign]

    def _is_right_alone(self, name: str, sign: int = 1) -> bool:
        """Whether another call is right as the first one of a fresh process: if not, company is not to blame."""
        call = self.calls[name]
        every = [call.operands] if sign > 0 else [negated(call.operands, names) for names in LINEAR_IN[self.pass_]]
        for operands in every:
            self.executor.restart()
            reply = self.executor.call(self.pass_, operands, call.geometry)
            if not isinstance(reply, Returned) or not self._is_right(name, reply.value, sign):
                return False
        return True

    def _is_right(self, name: str, got: Part, sign: int) -> bool:
        """Whether a result is what a call's should be; on integers a plain sum in float64 says so, if it is."""
        if isinstance(got, str):
            return False
        case, call = self.others.get(name, self.case), self.calls[name]
        arithmetic = arithmetic_of(self.info, case.dtype)
        value = got if sign > 0 else -got
        numbers = numbers_of(name, case)
        plain = numbers is Numbers.INTEGERS and got.dtype.name == arithmetic.result_dtype
        if plain and self._equals_plain_sum(call, value):
            return True
        if not is_asked(numbers, case, self.pass_, arithmetic):
            return True
        if name == SQUARE:
            exact = solve(numbers, self.pass_, call.operands, call.geometry)
        else:
            exact = answer(numbers, case, self.pass_, arithmetic)
        held_to = standard(numbers, self.pass_, call.operands, exact, arithmetic, case)
        return not held_to.judge(value).outcome.is_mismatch

    def _equals_plain_sum(self, call: CompanyCall, value: Array) -> bool:
        plain = reference.evaluate(self.pass_, call.operands.map(widened), call.geometry)
        return np.array_equal(plain, widened(value))


def _sentence(deviation: Deviation) -> str:
    is_opposite = deviation.sign < 0 and deviation.cause != "threads"
    expected = -deviation.expected if is_opposite and isinstance(deviation.expected, np.ndarray) else deviation.expected
    return f"{deviation.told}: {difference(expected, deviation.got)}"


def _verdict(first: Array, faults: Mapping[str, str], varied: list[str]) -> Verdict:
    """The first fault in the order of the calls, on which the others may rest, with the causes of those."""
    if not faults:
        reason = f"varies, as declared: {'; '.join(varied[:1])}" if varied else ""
        return Verdict(Outcome.CONFORMS, reason, elements=first.size)
    cause, *others = faults
    reason = faults[cause]
    if others:
        names = (faults[other] if other == _MEANWHILE else other for other in others)
        reason = f"{reason}; it shows, too, in: {', '.join(names)}"
    return Verdict(Outcome.VIOLATES, reason, cause, elements=first.size)


def _suggested(executor: Executor, case: Case, pass_: Pass, cause: str, similar: Iterable[Case]) -> Suggestion | None:
    """What to declare of calls that come to something else in company than alone, where they are right."""
    if cause == "threads":
        alone = (ask(executor, Numbers.INTEGERS, each, pass_) for each in (case, *similar))
        if any(judged.verdict.outcome.is_mismatch for judged in alone):
            return None
        return Suggestion('domain = {"threads": "one"}', "is not to be called by several threads at once")
    if cause != "repeat" or arithmetic_of(executor.info, case.dtype).does(*_VARIES):
        return None
    varying = replace(executor.info, conventions=(*executor.info.conventions, _VARIES))
    result = ask_company(executor, case, pass_, info=varying)
    if result is None or result.verdict.outcome is not Outcome.CONFORMS:
        return None
    return Suggestion(f'conventions = {{"{_VARIES[0]}": "{_VARIES[1]}"}}', "sums in an order that varies")


def _ask(examination: Examination, check: str, subject: str) -> CheckResult | None:
    return ask_company(examination.executor, examination.case, pass_of(subject))


KIND = CheckKind(
    name=COMPANY,
    title="the same in company as alone",
    meaning="Is a call right whatever else is called? It is made again, after others and an error, on arrays that "
    "changed, and beside three other threads: it must come to the same, and leave operands and earlier results as they "
    "are.",
    schedule=InTurn(_EVERY),
    ask=_ask,
    violation="A call is right alone, and not in company.",
    follows_wrong_terms=lambda terms, cause: terms.cause == "value" and cause not in SPOILING,
    among_calls=AmongCalls(_OF_STATE, _MAYBE_OF_STATE, _suggested),
    shrinking=Shrinking(attempts=_SHRINK_ATTEMPTS, layouts=False),
)
