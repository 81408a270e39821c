"""One case put to one candidate: what the checks need of it, prepared once, and the checks of values asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial

from ...oracle.answers.exact import ExactResult
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
from .value import Check, answer, is_asked, operands_of, solve, standard

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
    limits : mapping of Pass to float
        Seconds that a call of some passes may take, instead of the executor's own limit.
    due : collection of Pass, or None
        Those whose turn it is to be asked in company; None where the case's seed says it.
    recorded : Operands or None
        Of a record, on which the checks of values and the adjoint identity are asked again.
    """

    executor: Executor
    case: Case
    passes: Collection[Pass]
    limits: Mapping[Pass, float] = field(default_factory=dict)
    due: Collection[Pass] | None = None
    recorded: Operands | None = None
    arithmetic: Arithmetic = field(init=False)
    _structure: dict[Pass, tuple[CheckResult, Array | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arithmetic = arithmetic_of(self.executor.info, self.case.dtype)

    def operands(self, check: Check) -> Operands:
        """Those on which a check of values asks: the recorded ones, if there are any."""
        return operands_of(check, self.case, self.arithmetic) if self.recorded is None else self.recorded

    def ask(self, check: Check, pass_: Pass) -> CheckResult:
        """The verdict of a check of values on a pass; of structure, which the others rest on, always the first one."""
        if check is not Check.STRUCTURE:
            return self._ask(check, pass_)[0]
        if pass_ not in self._structure:
            self._structure[pass_] = self._ask(check, pass_)
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

    def _ask(self, check: Check, pass_: Pass) -> tuple[CheckResult, Array | None]:
        """The verdict, and the array that it is on, if one was returned."""
        case, operands = self.case, self.operands(check)
        start = time.perf_counter()
        reply = self.executor.call(pass_, operands, case.geometry, seconds=self.limits.get(pass_), layout=case.layout)
        seconds = time.perf_counter() - start
        verdict = judge_reply(check, pass_, reply, operands, partial(self._exact, check, pass_), self.arithmetic, case)
        value = reply.value if isinstance(reply, Returned) else None
        return CheckResult(str(check), str(pass_), verdict, seconds), value

    def _exact(self, check: Check, pass_: Pass) -> ExactResult:
        if self.recorded is None:
            return answer(check, self.case, pass_, self.arithmetic)
        return solve(check, pass_, self.recorded, self.case.geometry)


def ask(executor: Executor, check: Check, case: Case, pass_: Pass, *, seconds: float | None = None) -> CheckResult:
    """The verdict of one check of values on one pass; `seconds` is a time limit instead of the executor's own."""
    limits = {} if seconds is None else {pass_: seconds}
    return Examination(executor, case, (pass_,), limits).ask(check, pass_)


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
    found = subject_pass(subject)
    if found is None:
        raise InvalidArgument("subject", subject, f"should be one of {', '.join(map(str, Pass))}", where="check")
    return found


def judge_reply(
    check: Check,
    pass_: Pass,
    reply: Reply,
    operands: Operands,
    exact_result: Callable[[], ExactResult],
    arithmetic: Arithmetic,
    case: Case,
) -> Verdict:
    """The verdict of a check on a reply; `exact_result` is called only where there is a value to judge."""
    conduct = judge_conduct(reply, degenerate=case.geometry.is_degenerate)
    if conduct is not None:
        return conduct
    assert isinstance(reply, Returned)
    return standard(check, pass_, operands, exact_result(), arithmetic, case).judge(reply.value)
