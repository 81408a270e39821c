"""One case put to one candidate: what the checks need of it, prepared once, and the checks of values asked."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import InitVar, dataclass, field

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Array, Operands, Pass, is_defined
from ...reports.records.evidence import subject_pass
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..calling.replies import Reply, Returned
from .conduct import judge_conduct
from .declared import arithmetic_of
from .value import Check, Standard, answer, is_asked, operands_of, solve, standard

ANSWERED = (Outcome.CONFORMS, Outcome.UNDECIDED)
"""Outcomes of a result that was compared and found without a fault."""


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
        Those whose turn it is to be asked in company; None where the case's seed says it.
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
    _structure: dict[Pass, tuple[CheckResult, Array | None]] = field(default_factory=dict)

    def __post_init__(self, held_to: Arithmetic | None) -> None:
        self.arithmetic = arithmetic_of(self.executor.info, self.case.dtype) if held_to is None else held_to

    def operands(self, check: Check) -> Operands:
        """Those on which a check of values asks: the recorded ones, if there are any."""
        return operands_of(check, self.case, self.arithmetic) if self.recorded is None else self.recorded

    def ask(self, check: Check, pass_: Pass) -> CheckResult:
        """The verdict of a check of values on a pass; of structure, which the others rest on, always the first one."""
        if check is not Check.STRUCTURE:
            return self.call(check, pass_)[0]
        if pass_ not in self._structure:
            self._structure[pass_] = self.call(check, pass_)
        return self._structure[pass_][0]

    def returned(self, pass_: Pass) -> Array | None:
        """What a pass returned when it was asked for its structure; it is asked if it was not yet."""
        self.ask(Check.STRUCTURE, pass_)
        return self._structure[pass_][1]

    @property
    def sound(self) -> list[Pass]:
        """The passes asked so far in whose structure no fault was found, in the order of `passes`."""
        told = {pass_: result.verdict.outcome for pass_, (result, _) in self._structure.items()}
        return [pass_ for pass_ in self.passes if told.get(pass_) in ANSWERED]

    def call(self, check: Check, pass_: Pass) -> tuple[CheckResult, Array | None]:
        """The verdict of a check of values on one more call of a pass, and the array that it is on, if there is one."""
        operands = self.operands(check)
        start = time.perf_counter()
        reply = self.executor.call(pass_, operands, self.case.geometry, layout=self.case.layout)
        seconds = time.perf_counter() - start
        verdict = self._judge(check, pass_, reply)
        value = reply.value if isinstance(reply, Returned) else None
        return CheckResult(str(check), str(pass_), verdict, seconds), value

    def standard(self, check: Check, pass_: Pass) -> Standard:
        """What a check of values holds the result of a pass to."""
        operands, case = self.operands(check), self.case
        if self.recorded is None:
            exact = answer(check, case, pass_, self.arithmetic)
        else:
            exact = solve(check, pass_, operands, case.geometry)
        return standard(check, pass_, operands, exact, self.arithmetic, case)

    def _judge(self, check: Check, pass_: Pass, reply: Reply) -> Verdict:
        """The verdict on a reply; what is expected is computed only where there is a value to judge."""
        conduct = judge_conduct(reply, degenerate=self.case.geometry.is_degenerate)
        if conduct is not None:
            return conduct
        assert isinstance(reply, Returned)
        return self.standard(check, pass_).judge(reply.value)


def ask(executor: Executor, check: Check, case: Case, pass_: Pass) -> CheckResult:
    """The verdict of one check of values on one pass."""
    return Examination(executor, case, (pass_,)).ask(check, pass_)


def ask_values(examination: Examination, check: str, subject: str) -> CheckResult | None:
    """The verdict of a check of values by its name and that of a pass; None where it says nothing of the case."""
    wanted, pass_, case = Check(check), pass_of(subject), examination.case
    is_meant = examination.recorded is not None or (
        is_defined(pass_, case.dtype) and is_asked(wanted, case, pass_, examination.arithmetic)
    )
    return examination.ask(wanted, pass_) if is_meant else None


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
