"""Whether a failing result depends on earlier calls, and on which: asked alone, again, and after others.

A result that is wrong only after other calls is no fault of its case: shrinking
that case leads nowhere, and each pass, dtype and check in which the same cache or
stale buffer shows would be told as a fault of its own. So this is established
before a fault is pursued, each time in a fresh process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass, is_defined
from ...reports.records.record import CheckResult
from ..calling.executor import Executor
from ..checks.inquiry import ask_again
from ..checks.registry import FIRST, kind_named
from .afresh import Afresh

_FRESH_PROCESSES = 2
_REPEATS = 5
_REPLAYED = (1, 2, 4, 8)
"""So many of the cases before are examined anew, to see the fault again."""

Earlier = Callable[["Question"], "Question | None"]
"""What to ask before a question; None where there is no such thing."""
Replay = Callable[[Sequence[Case]], bool]
"""Examines cases anew in a fresh process, and says whether the question of the last one fails again."""


@dataclass(frozen=True, slots=True)
class Question:
    """One check of one subject on one case."""

    check: str
    subject: str
    case: Case


@dataclass(frozen=True, slots=True)
class History:
    """How a result depends on earlier calls.

    Parameters
    ----------
    told : str
        A clause: ``right alone, wrong after the same call with other data``.
    before : callable or None
        The question that is to come first, so that the fault shows; None where one question is not known to do.
    """

    told: str
    before: Earlier | None = None


def is_right_alone(executor: Executor, result: CheckResult, case: Case) -> bool:
    """Whether a failing result is right where each call that it takes is the first of a process."""
    among = kind_named(result.check).among_calls
    if among is not None:
        return result.verdict.cause in among.maybe_of_state
    return not _fails(Afresh(executor), Question(result.check, result.subject, case))


def establish(
    executor: Executor, result: CheckResult, case: Case, replay: Replay, earlier: Sequence[Case]
) -> History | None:
    """How a failing result depends on earlier calls; None where it fails by itself.

    Parameters
    ----------
    executor : Executor
    result : CheckResult
    case : Case
    replay : callable
    earlier : sequence of Case
        Those examined before, the latest last.
    """
    kind = kind_named(result.check)
    if kind.among_calls is not None:
        return History(result.verdict.reason) if result.verdict.cause in kind.among_calls.of_state else None
    if kind.takes_several_calls:
        return _of_several_calls(executor, result, case)
    question = Question(result.check, result.subject, case)
    executor.restart()
    alone = [_fails(executor, question)]
    if alone[0] and result.verdict.outcome in (Outcome.HUNG, Outcome.CRASHED):
        return None
    again = any(_fails(executor, question) for _ in range(_REPEATS))
    for _ in range(_FRESH_PROCESSES - 1):
        executor.restart()
        alone.append(_fails(executor, question))
    if all(alone) and again:
        return None
    if all(alone):
        return History("wrong as the first call of a process, right when the same call is made again")
    if any(alone):
        return History("the same call is right in one process and wrong in another")
    if again and _fails_after(executor, question, _itself):
        return History("right at first, wrong when the same call is made again", _itself)
    if again:
        return History("right at first, wrong when the same call is made again and again")
    return _after_others(executor, question) or _replayed(replay, case, earlier)


def _of_several_calls(executor: Executor, result: CheckResult, case: Case) -> History | None:
    """Whether a check of several calls fails because one follows another; a random result fails at some times only."""
    if not is_right_alone(executor, result, case):
        return None
    question = Question(result.check, result.subject, case)
    executor.restart()
    together = [_fails(executor, question) for _ in range(_REPEATS)]
    if any(together) and not all(together[1:]):
        return History("the same calls are right at one time and wrong at another")
    if not all(is_right_alone(executor, result, case) for _ in range(_FRESH_PROCESSES)):
        return History("the same calls are right at one time and wrong at another, each in a fresh process")
    return History("right where each call has a fresh process, wrong where one follows another")


def _fails(executor: Executor, question: Question) -> bool:
    result = ask_again(executor, question.check, question.subject, question.case)
    return result is not None and result.verdict.outcome.is_mismatch


def _fails_after(executor: Executor, question: Question, before: Earlier) -> bool:
    """Whether a question fails after another one, and these two are the first of a process."""
    first = before(question)
    if first is None:
        return False
    executor.restart()
    ask_again(executor, first.check, first.subject, first.case)
    return _fails(executor, question)


def _after_others(executor: Executor, question: Question) -> History | None:
    """The first other question after which this one fails."""
    for what, before in _predecessors(question, executor.passes):
        if _fails_after(executor, question, before):
            return History(f"right alone, wrong after {what}", before)
    return None


def _replayed(replay: Replay, case: Case, earlier: Sequence[Case]) -> History:
    """After how many of the cases before it the question fails again."""
    for amount in (0, *(number for number in _REPLAYED if number <= len(earlier))):
        if replay((*earlier[len(earlier) - amount :], case)):
            return History(f"right alone, wrong after {_told_cases(amount)}")
    return History("right alone, and not seen to be wrong again after the calls before it")


def _told_cases(amount: int) -> str:
    match amount:
        case 0:
            return "other calls of the same case"
        case 1:
            return "the case before it"
        case _:
            return f"the {amount} cases before it"


def _predecessors(question: Question, passes: Collection[Pass]) -> Iterator[tuple[str, Earlier]]:
    """Questions of which a cache, a plan or a buffer may be left, the likeliest first."""
    yield "the same call with other data", _with_other_data
    yield "the same call in another dtype", _in_another_dtype
    if question.check != FIRST.name:
        yield "the same call with integers", _on_integers
    for name in ("size", "batch", "stride", "dilation", "padding"):
        for other in (_one_more, _one_less):
            yield f"a call with another {name}", _of_geometry(name, other)
    for pass_ in Pass:
        if pass_ in passes and str(pass_) != question.subject:
            yield f"{pass_} of the same case", _of_pass(pass_)


def _itself(question: Question) -> Question:
    return question


def _with_other_data(question: Question) -> Question:
    return replace(question, case=replace(question.case, seed=question.case.seed + 1))


def _in_another_dtype(question: Question) -> Question:
    other = "float32" if question.case.dtype == "float64" else "float64"
    return replace(question, case=replace(question.case, dtype=other))


def _on_integers(question: Question) -> Question:
    return replace(question, check=FIRST.name)


def _of_geometry(name: str, other: Callable[[object], object]) -> Earlier:
    """The question with another setting of the geometry, where that is legal and leaves something to compute.

    Larger ones first; what is kept of a larger size or batch may do for a smaller one, and not the other way round.
    """

    def before(question: Question) -> Question | None:
        change: dict[str, Any] = {name: other(getattr(question.case.geometry, name))}
        try:
            changed = replace(question.case.geometry, **change)
        except InvalidArgument:
            return None
        if changed.products == 0:
            return None
        return replace(question, case=replace(question.case, geometry=changed))

    return before


def _one_more(value: object) -> object:
    return value + 1 if isinstance(value, int) else tuple(map(_one_more, value))  # type: ignore[call-overload]


def _one_less(value: object) -> object:
    return value - 1 if isinstance(value, int) else tuple(map(_one_less, value))  # type: ignore[call-overload]


def _of_pass(pass_: Pass) -> Earlier:
    def before(question: Question) -> Question | None:
        if not is_defined(pass_, question.case.dtype):
            return None
        return Question(FIRST.name, str(pass_), question.case)

    return before
