"""The registered checks asked: those that a case is due, and any one question by its names.

Structure is asked of every pass on every case. Of which cases the others are
asked follows from the data seed, so that a run has some of each, and so that a smaller seed, to
which counterexamples shrink, asks more. What is asked in turn is asked of a pass when a run
says that it is due, and that does not depend on luck. By its name any question is asked of any case, whatever its seed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ...oracle.operands.data import Case
from ...oracle.problem.passes import Operands, Pass, is_defined
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from .examination import ANSWERED, Examination
from .kind import CheckKind, InTurn, OfCase
from .registry import CHECKS, FIRST, kind_named
from .value import is_large

_BACKWARDS_EVERY = 4
"""Of how many data seeds the last one has its passes asked in the opposite order: one may need another before it."""


def examine(
    executor: Executor,
    case: Case,
    passes: Collection[Pass],
    checks: Collection[str] = CHECKS,
    due: Collection[Pass] | None = None,
) -> tuple[CheckResult, ...]:
    """Every verdict on a candidate for one case.

    Passes that are `due` are asked what is asked in turn; without a run that says so, all where the seed says it.

    Each pass is asked for its structure first, and for the rest where no fault
    was found: a wrong term needs no second telling. What is asked of a whole case comes
    after that. Results are in the order of `passes`, in whatever order these are asked.
    """
    asked = [pass_ for pass_ in passes if is_defined(pass_, case.dtype)]
    examination = Examination(executor, case, asked, due)
    results: dict[Pass, list[CheckResult]] = {pass_: [] for pass_ in asked}
    for pass_ in reversed(asked) if case.seed % _BACKWARDS_EVERY == _BACKWARDS_EVERY - 1 else asked:
        results[pass_] = _of_pass(examination, pass_, checks)
    return (*(result for of_pass in results.values() for result in of_pass), *_of_case(examination, checks))


def ask_again(
    executor: Executor,
    check: str,
    subject: str,
    case: Case,
    *,
    recorded: Operands | None = None,
) -> CheckResult | None:
    """The verdict of one check on one subject of a case, by their names; None where it says nothing of it.

    `recorded` are operands to ask on, of a check that derives none of its own.
    """
    passes = [pass_ for pass_ in executor.passes if is_defined(pass_, case.dtype)]
    return kind_named(check).ask(Examination(executor, case, passes, recorded=recorded), check, subject)


def _of_pass(examination: Examination, pass_: Pass, checks: Collection[str]) -> list[CheckResult]:
    """The structure of a pass, and where that is without a fault the other checks of it."""
    first = FIRST.ask(examination, FIRST.name, str(pass_))
    assert first is not None
    if first.verdict.outcome not in ANSWERED:
        return [first]
    asked = (kind for kind in CHECKS.values() if kind.name in checks and kind.is_due(examination.case))
    results = (kind.ask(examination, kind.name, str(pass_)) for kind in asked)
    return [result for result in results if result is not None]


def _of_case(examination: Examination, checks: Collection[str]) -> list[CheckResult]:
    """What is asked when all passes were asked for their values."""
    results = []
    for kind in CHECKS.values():
        if kind.name in checks:
            results += [kind.ask(examination, check, subject) for check, subject in _questions(kind, examination)]
    return [result for result in results if result is not None]


def _questions(kind: CheckKind, examination: Examination) -> Iterable[tuple[str, str]]:
    match kind.schedule:
        case OfCase(questions):
            return questions(examination)
        case InTurn(every) if not is_large(examination.case):
            is_of_seed = examination.due is None and examination.case.seed % every == 0
            due = examination.sound if is_of_seed else examination.due or ()
            return [(kind.name, str(pass_)) for pass_ in examination.sound if pass_ in due]
        case _:
            return ()
