"""Every kind of check by its name: which of them a case is asked, and any one question asked by itself.

Structure and precision are asked of every pass on every case. The others take
several calls, or speak of few passes: which of them a case is asked follows from
its data seed, so that a run has some of each, and so that a smaller seed, to
which counterexamples shrink, asks more. In company a pass is asked when a run
says that it is due, and that does not depend on luck. By its name any question is asked of any case, whatever its seed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.operands.data import Case
from ...oracle.problem.passes import LINKED, Array, Pass, is_defined
from ...reports.records.record import CheckResult, kind_of
from ..calling.executor import Executor
from ..calling.illegal_calls import illegal_call
from .adjoint import ADJOINT
from .company import COMPANY, ask_company
from .declared import arithmetic_of
from .examination import ANSWERED, ask, ask_value, judge_adjoint
from .illegal import ILLEGAL, ask_illegal
from .reach import REACH, ask_reach
from .relations import CHECK as RELATION
from .relations import Relation, applicable, ask_relation, relation_of
from .value import Check, is_asked, is_large, rounds_integers

CHECKS = (*map(str, Check), ADJOINT, RELATION, COMPANY, ILLEGAL, REACH)
"""Names of the kinds of checks."""
ON_DEMAND = (ILLEGAL, REACH)
"""Those that are asked once of a candidate, and only if it or the user says so."""
CONTAMINATION_EVERY, _RELATION_EVERY, _COMPANY_EVERY = 2, 2, 20
"""Of how many data seeds one is asked for each."""
_BACKWARDS_EVERY = 4
"""Of how many data seeds the last one has its passes asked in the opposite order: one may need another before it."""


def examine(
    executor: Executor,
    case: Case,
    passes: Collection[Pass],
    checks: Collection[str] = CHECKS,
    limits: Mapping[Pass, float] = MappingProxyType({}),
    due: Collection[Pass] | None = None,
) -> tuple[CheckResult, ...]:
    """Every verdict on a candidate for one case; `limits` are seconds for some passes, instead of the executor's own.

    Passes that are `due` are asked in company; without a run that says so, all where the case's seed says it.

    Each pass is asked for its structure first, and for the rest where no fault
    was found: a wrong term needs no second telling. The adjoint identity is then
    checked on the results of the structure questions. Results are in the order of
    `passes`, in whatever order these are asked.
    """
    arithmetic = arithmetic_of(executor.info, case.dtype)
    told: dict[Pass, list[CheckResult]] = {pass_: [] for pass_ in passes if is_defined(pass_, case.dtype)}
    returned: dict[Pass, Array] = {}
    sound: set[Pass] = set()
    for pass_ in reversed(told) if case.seed % _BACKWARDS_EVERY == _BACKWARDS_EVERY - 1 else told:
        results = told[pass_]
        limit = limits.get(pass_)
        structure, value = ask_value(executor, Check.STRUCTURE, case, pass_, limit)
        if str(Check.STRUCTURE) in checks or structure.verdict.outcome not in ANSWERED:
            results.append(structure)
        if value is not None:
            returned[pass_] = value
        if structure.verdict.outcome in ANSWERED:
            sound.add(pass_)
            further = _further(case, pass_, arithmetic, checks)
            results.extend(ask(executor, check, case, pass_, seconds=limit) for check in further)
    results = [result for of_pass in told.values() for result in of_pass]
    if ADJOINT in checks and (adjoint := judge_adjoint(executor.info, returned, case)) is not None:
        results.append(adjoint)
    for check, pass_ in _occasional(case, [pass_ for pass_ in told if pass_ in sound], arithmetic, checks, due):
        result = ask_again(executor, check, str(pass_), case, seconds=limits.get(pass_))
        if result is not None:
            results.append(result)
    return tuple(results)


def ask_again(
    executor: Executor, check: str, subject: str, case: Case, *, seconds: float | None = None
) -> CheckResult | None:
    """The verdict of one check on one subject of a case, by their names; None where it says nothing of it.

    `seconds` is the time limit of a call, instead of the executor's own.
    """
    match kind_of(check):
        case "adjoint":
            return _ask_adjoint(executor, case)
        case "relation":
            return ask_relation(executor, relation_of(check), case, Pass(subject), seconds=seconds)
        case "company":
            return ask_company(executor, case, Pass(subject), seconds=seconds)
        case "reach":
            return ask_reach(executor, subject)
        case "illegal":
            return ask_illegal(executor, illegal_call(subject), seconds=seconds)
        case _:
            wanted, pass_ = Check(check), Pass(subject)
            arithmetic = arithmetic_of(executor.info, case.dtype)
            if not is_defined(pass_, case.dtype) or not is_asked(wanted, case, pass_, arithmetic):
                return None
            return ask(executor, wanted, case, pass_, seconds=seconds)


def _ask_adjoint(executor: Executor, case: Case) -> CheckResult | None:
    """The adjoint identity alone; None where the candidate offers too few passes for it."""
    returned: dict[Pass, Array] = {}
    for pass_ in LINKED:
        if pass_ in executor.passes:
            value = ask_value(executor, Check.STRUCTURE, case, pass_)[1]
            if value is not None:
                returned[pass_] = value
    return judge_adjoint(executor.info, returned, case)


def _further(case: Case, pass_: Pass, arithmetic: Arithmetic, checks: Collection[str]) -> Iterator[Check]:
    """The checks of a pass's values after its structure."""
    if str(Check.PRECISION) in checks and is_asked(Check.PRECISION, case, pass_, arithmetic):
        yield Check.PRECISION
    wanted = str(Check.CONTAMINATION) in checks and case.seed % CONTAMINATION_EVERY == 0
    if wanted and is_asked(Check.CONTAMINATION, case, pass_, arithmetic):
        yield Check.CONTAMINATION


def _occasional(
    case: Case, passes: list[Pass], arithmetic: Arithmetic, checks: Collection[str], due: Collection[Pass] | None
) -> Iterator[tuple[str, Pass]]:
    """The checks that take several calls: a relation that the seed chooses, or on a large case all; company."""
    if not passes:
        return
    if RELATION in checks and not rounds_integers(arithmetic):
        pairs = [
            (relation, pass_)
            for pass_ in passes
            for relation in applicable(case, pass_)
            if relation.between <= set(passes)
        ]
        if is_large(case):
            yield from ((_name(relation), pass_) for relation, pass_ in pairs if pass_ is Pass.FORWARD)
        elif pairs and case.seed % _RELATION_EVERY == 0:
            relation, pass_ = pairs[case.seed // _RELATION_EVERY % len(pairs)]
            yield _name(relation), pass_
    if COMPANY in checks and not is_large(case):
        turn = passes if case.seed % _COMPANY_EVERY == 0 else ()
        yield from ((COMPANY, pass_) for pass_ in passes if pass_ in (turn if due is None else due))


def _name(relation: Relation) -> str:
    return f"{RELATION}:{relation.name}"
