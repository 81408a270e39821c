"""One case put to one candidate: what the checks need of it, prepared once, and the checks of values asked."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import InitVar, dataclass, field

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Array, Operands, Pass, is_defined
from ...reports.records.evidence import subject_pass
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..calling.replies import Reply, Returned
from .conduct import judge_conduct
from .declared import arithmetic_of
from .value import Standard, answer, is_asked, operands_of, solve, standard

ANSWERED = (Outcome.CONFORMS, Outcome.UNDECIDED)
"""Outcomes of a result that was compared and found without a fault."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One call of a pass.

    Parameters
    ----------
    verdict : Verdict
    value : ndarray or None
        That it is on; None where there is no array.
    seconds : float
        Time the candidate took.
    """

    verdict: Verdict
    value: Array | None
    seconds: float


@dataclass(slots=True)
class Examination:
    """One case put to one candidate.

    Parameters
    ----------
    executor : Executor
    case : Case
    passes : collection of Pass
        Those that may be asked.
    due : collection of Pass, or None
        Those whose turn it is to be asked what is asked in turn; None where the case's seed says it.
    recorded : Operands or None
        Of a record, on which the checks of values and the adjoint identity are asked again.
    held_to : Arithmetic or None
        What the candidate is held to, instead of what it declares.
    """

    executor: Executor
    case: Case
    passes: Collection[Pass]
    due: Collection[Pass] | None = None
    recorded: Operands | None = None
    held_to: InitVar[Arithmetic | None] = None
    arithmetic: Arithmetic = field(init=False)
    _on_integers: dict[Pass, Judged] = field(default_factory=dict)

    def __post_init__(self, held_to: Arithmetic | None) -> None:
        self.arithmetic = arithmetic_of(self.executor.info, self.case.dtype) if held_to is None else held_to

    def operands(self, numbers: Numbers) -> Operands:
        """Those on which a check asks: the recorded ones, if there are any."""
        return operands_of(numbers, self.case, self.arithmetic) if self.recorded is None else self.recorded

    def ask(self, numbers: Numbers, pass_: Pass) -> Judged:
        """A call of a pass on numbers of a kind; on integers, on which the other checks rest, always the first one.

        On reals memory is not filled where that call was right with it.
        """
        if numbers is not Numbers.INTEGERS:
            before = self._on_integers.get(pass_)
            was_right = before is not None and before.verdict.outcome is Outcome.CONFORMS
            return self.call(numbers, pass_, is_filled=numbers is not Numbers.REALS or not was_right)
        if pass_ not in self._on_integers:
            self._on_integers[pass_] = self.call(numbers, pass_)
        return self._on_integers[pass_]

    def returned(self, pass_: Pass) -> Array | None:
        """What a pass returned when it was asked on integers; it is asked if it was not yet."""
        return self.ask(Numbers.INTEGERS, pass_).value

    @property
    def sound(self) -> list[Pass]:
        """The passes asked so far in which no fault was found on integers, in the order of `passes`."""
        told = {pass_: judged.verdict.outcome for pass_, judged in self._on_integers.items()}
        return [pass_ for pass_ in self.passes if told.get(pass_) in ANSWERED]

    def call(self, numbers: Numbers, pass_: Pass, *, is_filled: bool = True) -> Judged:
        """One more call of a pass."""
        operands = self.operands(numbers)
        start = time.perf_counter()
        geometry, layout = self.case.geometry, self.case.layout
        reply = self.executor.call(pass_, operands, geometry, layout=layout, is_filled=is_filled)
        seconds = time.perf_counter() - start
        value = reply.value if isinstance(reply, Returned) else None
        return Judged(self._judge(numbers, pass_, reply), value, seconds)

    def standard(self, numbers: Numbers, pass_: Pass) -> Standard:
        """What the result of a pass is held to."""
        operands, case = self.operands(numbers), self.case
        if self.recorded is None:
            exact = answer(numbers, case, pass_, self.arithmetic)
        else:
            exact = solve(numbers, pass_, operands, case.geometry)
        return standard(numbers, pass_, operands, exact, self.arithmetic, case)

    def _judge(self, numbers: Numbers, pass_: Pass, reply: Reply) -> Verdict:
        """The verdict on a reply; what is expected is computed only where there is a value to judge."""
        conduct = judge_conduct(reply, degenerate=self.case.geometry.is_degenerate)
        if conduct is not None:
            return conduct
        assert isinstance(reply, Returned)
        return self.standard(numbers, pass_).judge(reply.value)


def ask(executor: Executor, numbers: Numbers, case: Case, pass_: Pass) -> Judged:
    """One pass asked on numbers of a kind."""
    return Examination(executor, case, (pass_,)).ask(numbers, pass_)


def ask_values(numbers: Numbers, examination: Examination, check: str, subject: str) -> CheckResult | None:
    """The verdict of a check of values on a pass; None where it says nothing of the case."""
    pass_, case = pass_of(subject), examination.case
    is_meant = examination.recorded is not None or (
        is_defined(pass_, case.dtype) and is_asked(numbers, case, pass_, examination.arithmetic)
    )
    if not is_meant:
        return None
    judged = examination.ask(numbers, pass_)
    return CheckResult(check, subject, judged.verdict, judged.seconds)


def pass_of(subject: str) -> Pass:
    """The pass that is a check's subject.

    Raises
    ------
    InvalidArgument
        If it is none.
    """
    pass_ = subject_pass(subject)
    if pass_ is None:
        raise InvalidArgument("subject", subject, f"should be one of {', '.join(map(str, Pass))}", where="check")
    return pass_
