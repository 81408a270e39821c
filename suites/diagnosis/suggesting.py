"""Declarations that would make a fault none: each is tried on the case, on others like it and in the other checks.

What is wrong by what a candidate declares may be right by what it forgot to
declare. A declaration is suggested only if every result conforms under it, of
structure as well: wrong terms never do, for the lattice of each arithmetic is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from ...oracle.explaining.arithmetics import Known
from ...oracle.explaining.discrimination import Scope, geometries
from ...oracle.judging.verdict import Outcome
from ...oracle.numbers.conventions import Alternative, alternatives
from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Pass
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..cases.space import BEST_RESOLVED_FILL
from ..checks.declarations import Suggestion, fitting
from ..checks.declared import arithmetic_of
from ..checks.examination import Examination, ask
from ..checks.kind import AmongCalls
from ..checks.value import answer, is_asked, operands_of
from .fault import Fault

MOST_PRODUCTS = 20_000
"""Of a case like the fault's that is asked as well."""
_OTHERS = 3
_TRIES = 12
_SEEDS = 2


def suggest(fault: Fault, executor: Executor, known: Known | None = None) -> tuple[Suggestion, ...]:
    """The declarations under which the fault's case and others like it conform, the tightest first.

    Of a known arithmetic that was recognised, the declaration of that.
    """
    declared = arithmetic_of(executor.info, fault.shrunk.dtype)
    fitted = (
        _fitting(fault, executor, declared) if known is None else _declarations_of(known, declared, fault.shrunk.dtype)
    )

    @cache
    def is_wrong(numbers: Numbers, case: Case) -> bool:
        """Whether a check convicts a case as it is declared: asked once, whatever the alternatives."""
        held_to = arithmetic_of(executor.info, case.dtype)
        pass_ = Pass(fault.subject)
        return (
            is_asked(numbers, case, pass_, held_to) and ask(executor, numbers, case, pass_).verdict.outcome.is_mismatch
        )

    tried = (_tried(alternative, fault, executor, is_wrong) for alternative in fitted)
    return tuple(sorted((found for found in tried if found is not None), key=lambda found: -found.ratio))


def _fitting(fault: Fault, executor: Executor, declared: Arithmetic) -> Iterator[Alternative]:
    """The declarations that fit the case itself, or under which it is not asked.

    Of another result dtype only where that is what is wrong, and then whatever its
    numbers are: operands that suit the declared dtype may well overflow in that one.
    """
    numbers, case, pass_ = fault.numbers, fault.shrunk, Pass(fault.subject)
    operands, exact = operands_of(numbers, case, declared), answer(numbers, case, pass_, declared)
    reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
    if not isinstance(reply, Returned):
        return
    if fault.verdict.cause == "dtype":
        returned = reply.value.dtype.name
        yield from (each for each in alternatives(declared, case.dtype) if each.arithmetic.result_dtype == returned)
        return
    for each in alternatives(declared, case.dtype):
        if not is_asked(numbers, case, pass_, each.arithmetic):
            yield each
    for fit in fitting(numbers, case, pass_, operands, exact, reply.value, declared):
        is_of_dtype = fit.alternative.arithmetic.result_dtype != declared.result_dtype
        is_of_factors = fit.alternative.arithmetic.multiplier != declared.multiplier
        if not is_of_dtype and not (is_of_factors and pass_ is Pass.BIAS_GRADIENT):
            yield fit.alternative


def suggest_for_calls(fault: Fault, among: AmongCalls, executor: Executor) -> Suggestion | None:
    """What to declare of a call that comes to something else among others than alone."""
    case = fault.shrunk
    return among.suggest(executor, case, Pass(fault.subject), fault.verdict.cause, similar_cases(case))


def _declarations_of(known: Known, declared: Arithmetic, dtype: str) -> Iterator[Alternative]:
    """What says of a candidate that it computes so; nothing does of results that are rounded twice."""
    multiplier = known.form or declared.multiplier
    wanted = replace(declared, multiplier=multiplier, accumulator=known.arithmetic.accumulator)
    if known.form is not None and known.results_in is not None:
        both = f'multipliers = {{"{dtype}": "{multiplier.name}"}}, accumulators = {{"{dtype}": "{multiplier.name}"}}'
        yield Alternative(both, f"computes in {multiplier.name}", wanted)
        return
    cut = "truncated" if known.cut else "rounded"
    for alternative in () if known.is_of_results else alternatives(declared, dtype):
        is_wanted = replace(alternative.arithmetic, conventions=declared.conventions) == wanted
        if is_wanted and alternative.arithmetic.does("operands", cut):
            yield alternative


def _shrunk_and_similar(fault: Fault) -> tuple[Case, ...]:
    return (fault.shrunk, *similar_cases(fault.shrunk))


def similar_cases(case: Case) -> Iterator[Case]:
    """A few cases with the same features, in other sizes and with other data."""
    count = 0
    for number, geometry in enumerate(geometries(case.geometry, Scope.SIZES, _TRIES)):
        if geometry.products <= MOST_PRODUCTS and geometry != case.geometry:
            yield replace(case, geometry=geometry, seed=case.seed + number + 1, layout=CONTIGUOUS)
            count += 1
        if count == _OTHERS:
            return


def _on_other_numbers(fault: Fault) -> Iterator[Case]:
    """The same and similar cases on numbers of one size, and of many, which the sums of a transform mix."""
    for case in _shrunk_and_similar(fault):
        for fill in (BEST_RESOLVED_FILL, "wide"):
            for seed in range(_SEEDS):
                yield replace(case, fill=fill, seed=seed, layout=CONTIGUOUS)


def _tried(
    alternative: Alternative, fault: Fault, executor: Executor, is_wrong: Callable[[Numbers, Case], bool]
) -> Suggestion | None:
    """The suggestion of an alternative, if nothing violates it and something is wrong without it.

    A candidate may decline other cases than the fault's own.
    """
    numbers, pass_, arithmetic = fault.numbers, Pass(fault.subject), alternative.arithmetic
    ratio, elements, wanted = 0.0, 0, is_asked(numbers, fault.shrunk, pass_, arithmetic)
    for case in dict.fromkeys((*_shrunk_and_similar(fault), *_on_other_numbers(fault))):
        for each in dict.fromkeys((numbers, Numbers.INTEGERS, Numbers.REALS)):
            if not is_asked(each, case, pass_, arithmetic):
                continue
            verdict = Examination(executor, case, (pass_,), held_to=arithmetic).ask(each, pass_).verdict
            if verdict.outcome in (Outcome.CONFORMS, Outcome.UNDECIDED):
                ratio = max(ratio, verdict.ratio) if case.fill == BEST_RESOLVED_FILL else ratio
                elements += verdict.elements
                wanted = wanted or is_wrong(each, case)
            elif case == fault.shrunk or verdict.outcome is Outcome.VIOLATES:
                return None
    return Suggestion(alternative.declaration, alternative.meaning, ratio) if elements and wanted else None
