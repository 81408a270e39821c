"""A candidate asked for one relation: its calls made, and the two sides of their results compared."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ....oracle.judging.verdict import Outcome, Verdict, vacuous
from ....oracle.numbers.arrays import bounding_box, first_index, widened
from ....oracle.operands.data import Case, Numbers
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Pass
from ....reports.records.record import CheckResult
from ...calling.executor import Executor
from ...calling.replies import Reply, Returned
from ..conduct import judge_conduct
from ..declared import arithmetic_of
from ..examination import Examination, pass_of
from ..kind import CheckKind, Derived, OfCase
from ..value import is_large, operands_of, rounds_integers
from .catalogue import applicable, relation_named
from .relation import BothSides, Derivation, RelatedCall, Relation

CHECK = "relation"
"""The name of the check of a relation is this, a colon and the relation's name."""
_EVERY = 2
"""Of how many data seeds one is asked for a relation."""
_MOST_TIMES_THE_PRODUCTS = 300
_FEW_PRODUCTS = 1000
"""So many count for a case that has fewer."""


def relation_of(check: str) -> Relation:
    """The relation that a check's name, ``relation:stride``, speaks of."""
    return relation_named(check.partition(":")[2])


def ask_relation(executor: Executor, relation: Relation, case: Case, pass_: Pass) -> CheckResult | None:
    """Whether a candidate's results on a case are related as they must be, exactly.

    Parameters
    ----------
    executor : Executor
        Of a candidate that does not round on the integer lattice: not of one whose declared algorithm is a transform.
    relation : Relation
    case : Case
        Its operands of the integer lattice are asked.
    pass_ : Pass

    Returns
    -------
    CheckResult or None
        None where the relation says nothing of the case, the candidate does not offer a pass that it needs, or a
        call would be much larger than the case.
        Otherwise of what a call came to, if that is no array of the right shape; a call that is declined makes
        it unsupported.
    """
    if relation not in applicable(case, pass_):
        return None
    derivation = _derivation(executor, relation, case, pass_)
    if any(call.pass_ not in executor.passes or _is_out_of_proportion(call, case) for call in derivation.calls):
        return None
    start = time.perf_counter()
    verdict = _ask(executor, relation, derivation)
    return CheckResult(f"{CHECK}:{relation.name}", str(pass_), verdict, time.perf_counter() - start)


def _derivation(executor: Executor, relation: Relation, case: Case, pass_: Pass) -> Derivation:
    operands = operands_of(Numbers.INTEGERS, case, arithmetic_of(executor.info, case.dtype))
    return relation.derive(pass_, operands.of(pass_), case.geometry)


def _is_out_of_proportion(call: RelatedCall, case: Case) -> bool:
    """Whether a call has so many products more than its case that its time says nothing of the candidate.

    A kernel without its dilation has d times as many taps on each axis: 59,049 times as many of five axes and 9.
    """
    return call.geometry.products > _MOST_TIMES_THE_PRODUCTS * max(case.geometry.products, _FEW_PRODUCTS)


def _ask(executor: Executor, relation: Relation, derivation: Derivation) -> Verdict:
    values: list[Array] = []
    for call in derivation.calls:
        reply = executor.call(call.pass_, call.operands, call.geometry)
        verdict = _unfit(reply, call)
        if verdict is not None:
            return verdict
        assert isinstance(reply, Returned)
        values.append(widened(reply.value))
    return _compare(relation, derivation.sides(values), values)


def _unfit(reply: Reply, call: RelatedCall) -> Verdict | None:
    """The verdict on a reply that has no result of the right shape; what else the call did is for other checks."""
    where = f" [{call.pass_} of {call.geometry}]"
    if not isinstance(reply, Returned):
        verdict = judge_conduct(reply)
        assert verdict is not None
        return Verdict(verdict.outcome, f"{verdict.reason}{where}", verdict.cause)
    shape = call.pass_.result_shape(call.geometry)
    if reply.value.shape != shape:
        reason = f"returned shape {reply.value.shape}, but should be {shape}{where}"
        return Verdict(Outcome.VIOLATES, reason, "shape")
    return None


def _compare(relation: Relation, sides: BothSides, values: list[Array]) -> Verdict:
    own, other = sides
    if own.size == 0:
        return vacuous("the results have no elements")
    wrong = own != other
    if not wrong.any():
        return Verdict(Outcome.CONFORMS, elements=own.size)
    count = int(wrong.sum())
    index = first_index(wrong)
    region = bounding_box(wrong)
    reason = (
        f"{relation.explanation}; but {count} of {own.size} elements differ, the first at {list(index)}: "
        f"{own[index]:.17g}, and by the relation {other[index]:.17g}"
    )
    return Verdict(Outcome.VIOLATES, reason, "value", wrong=count, elements=own.size, region=region)


def _due(examination: Examination) -> Iterator[tuple[str, str]]:
    """A relation that the seed chooses; on a large case every one of the forward pass."""
    case, sound = examination.case, examination.sound
    if rounds_integers(examination.arithmetic) or not (is_large(case) or case.seed % _EVERY == 0):
        return
    pairs = [
        (f"{CHECK}:{relation.name}", pass_)
        for pass_ in sound
        for relation in applicable(case, pass_)
        if relation.between <= set(sound)
    ]
    if is_large(case):
        yield from ((check, str(pass_)) for check, pass_ in pairs if pass_ is Pass.FORWARD)
    elif pairs:
        check, pass_ = pairs[case.seed // _EVERY % len(pairs)]
        yield check, str(pass_)


def _ask_by_name(examination: Examination, check: str, subject: str) -> CheckResult | None:
    return ask_relation(examination.executor, relation_of(check), examination.case, pass_of(subject))


def _subjects(check: str, subject: str) -> set[str]:
    """Its pass, and the others that a relation between passes calls."""
    between = set(map(str, relation_of(check).between))
    return {subject} | (between if subject in between else set())


def _calls(examination: Examination, check: str, subject: str) -> Iterator[tuple[Pass, ConvGeometry]]:
    derivation = _derivation(examination.executor, relation_of(check), examination.case, pass_of(subject))
    yield from ((call.pass_, call.geometry) for call in derivation.calls)


KIND = CheckKind(
    name=CHECK,
    title="what its own results must have in common",
    meaning="What results of several calls must have in common whatever they are: sums of sums, permutations, a stride "
    "as every other result of a dense one. On integers, exactly.",
    schedule=OfCase(_due),
    ask=_ask_by_name,
    violation="Results of several calls of the candidate contradict each other.",
    takes_several_calls=True,
    derived=Derived(_subjects, _calls),
)
