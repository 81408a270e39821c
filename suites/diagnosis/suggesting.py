"""Declarations that would make a fault none: each is tried on the case, on others like it and in the other checks.

What is wrong by what a candidate declares may be right by what it forgot to
declare. A declaration is suggested only if every result conforms under it, of
structure as well: wrong terms never do, for the lattice of each arithmetic is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from ...oracle.explaining.arithmetics import Known
from ...oracle.explaining.discrimination import Scope, geometries
from ...oracle.judging.verdict import Outcome
from ...oracle.numbers.conventions import Alternative, alternatives
from ...oracle.numbers.dtypes import Arithmetic
from ...oracle.operands.data import Case
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Pass
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..cases.strategies import BEST_RESOLVED_FILL
from ..checks.company import ask_company
from ..checks.declarations import fitting
from ..checks.declared import arithmetic_of
from ..checks.examination import Examination, ask
from ..checks.value import Check, answer, is_asked, operands_of
from .fault import Fault

MOST_PRODUCTS = 20_000
"""Of a case like the fault's that is asked as well."""
_OTHERS = 3
_TRIES = 12
_SEEDS = 2
_VARIES = ("repeatability", "varies")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A declaration under which what was found is no fault.

    Parameters
    ----------
    declaration : str
        As a candidate writes it.
    meaning : str
        To be read after "if it".
    ratio : float
        Largest error over the bound that it has then, on numbers of one size.
    """

    declaration: str
    meaning: str
    ratio: float = 0.0

    def __str__(self) -> str:
        """A sentence for people."""
        within = f"its results are within that bound (worst ratio {self.ratio:.2g})"
        within = within if self.ratio else "it is right then"
        return f"If it {self.meaning} and that is meant, declare {self.declaration}: {within}."


def suggest(fault: Fault, executor: Executor, known: Known | None = None) -> tuple[Suggestion, ...]:
    """The declarations under which the fault's case and others like it conform, the tightest first.

    Of a known arithmetic that was recognised, the declaration of that.
    """
    declared = arithmetic_of(executor.info, fault.shrunk.dtype)
    fitted = (
        _fitting(fault, executor, declared) if known is None else _declarations_of(known, declared, fault.shrunk.dtype)
    )

    @cache
    def is_wrong(check: Check, case: Case) -> bool:
        """Whether a check convicts a case as it is declared: asked once, whatever the alternatives."""
        held_to = arithmetic_of(executor.info, case.dtype)
        pass_ = Pass(fault.subject)
        return is_asked(check, case, pass_, held_to) and ask(executor, check, case, pass_).verdict.outcome.is_mismatch

    tried = (_tried(alternative, fault, executor, is_wrong) for alternative in fitted)
    return tuple(sorted((found for found in tried if found is not None), key=lambda found: -found.ratio))


def _fitting(fault: Fault, executor: Executor, declared: Arithmetic) -> Iterator[Alternative]:
    """The declarations that fit the case itself, or under which it is not asked.

    Of another result dtype only where that is what is wrong, and then whatever its
    numbers are: operands that suit the declared dtype may well overflow in that one.
    """
    check, case, pass_ = Check(fault.check), fault.shrunk, Pass(fault.subject)
    operands, exact = operands_of(check, case, declared), answer(check, case, pass_, declared)
    reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
    if not isinstance(reply, Returned):
        return
    if fault.verdict.cause == "dtype":
        returned = reply.value.dtype.name
        yield from (each for each in alternatives(declared, case.dtype) if each.arithmetic.result_dtype == returned)
        return
    for each in alternatives(declared, case.dtype):
        if not is_asked(check, case, pass_, each.arithmetic):
            yield each
    for fit in fitting(check, case, pass_, operands, exact, reply.value, declared):
        is_of_dtype = fit.alternative.arithmetic.result_dtype != declared.result_dtype
        is_of_factors = fit.alternative.arithmetic.multiplier != declared.multiplier
        if not is_of_dtype and not (is_of_factors and pass_ is Pass.BIAS_GRADIENT):
            yield fit.alternative


def suggest_for_company(fault: Fault, executor: Executor) -> Suggestion | None:
    """What to declare of calls that come to something else in company than alone, where they are right."""
    if fault.verdict.cause == "threads":
        alone = (ask(executor, Check.STRUCTURE, case, Pass(fault.subject)) for case in _shrunk_and_similar(fault))
        if any(result.verdict.outcome.is_mismatch for result in alone):
            return None
        return Suggestion('domain = {"threads": "one"}', "is not to be called by several threads at once")
    pass_, declared = Pass(fault.subject), arithmetic_of(executor.info, fault.shrunk.dtype)
    if fault.verdict.cause != "repeat" or declared.does(*_VARIES):
        return None
    varying = replace(executor.info, conventions=(*executor.info.conventions, _VARIES))
    result = ask_company(executor, fault.shrunk, pass_, info=varying)
    if result is None or result.verdict.outcome is not Outcome.CONFORMS:
        return None
    return Suggestion(f'conventions = {{"{_VARIES[0]}": "{_VARIES[1]}"}}', "sums in an order that varies")


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
    alternative: Alternative, fault: Fault, executor: Executor, is_wrong: Callable[[Check, Case], bool]
) -> Suggestion | None:
    """The suggestion of an alternative, if nothing violates it and something is wrong without it.

    A candidate may decline other cases than the fault's own.
    """
    check, pass_, arithmetic = Check(fault.check), Pass(fault.subject), alternative.arithmetic
    ratio, elements, wanted = 0.0, 0, is_asked(check, fault.shrunk, pass_, arithmetic)
    for case in dict.fromkeys((*_shrunk_and_similar(fault), *_on_other_numbers(fault))):
        for each in dict.fromkeys((check, Check.STRUCTURE, Check.PRECISION)):
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
