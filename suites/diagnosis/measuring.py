"""A fault of precision: which known arithmetic gives the candidate's numbers on its case and on others like it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ...oracle.explaining.arithmetics import Fit, Known, converted, fits, still_fitting
from ...oracle.explaining.diagnosis import singles
from ...oracle.explaining.orders import AT_ONCE, listable, sums
from ...oracle.explaining.reproduction import Hypothesis, Observation, explains
from ...oracle.numbers.conversions import convert
from ...oracle.numbers.dtypes import format_of
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.layouts import CONTIGUOUS
from ...oracle.problem.passes import Pass
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..checks.declared import arithmetic_of
from ..checks.value import operands_of
from .fault import Fault
from .suggesting import similar_cases

_ENOUGH_ELEMENTS = 5
"""Elements that agree, from which on agreement is no accident."""
_HALF = 0.5
_MOST = 0.9
"""Of results that are rounded twice, how many are at least the exact sums rounded once."""
_WIDE = "wide"
"""The fill that tells formats of the same precision apart by their range."""
_WIDE_SEEDS = 8
"""Half of the numbers of a wide range are out of float16's: of a case with one number, some are."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the numbers on reals say.

    Parameters
    ----------
    names : tuple of str
        Of the arithmetic that is named, and of others that give the same numbers; empty where nothing is sure.
    sentences : tuple of str
    known : Known or None
        The arithmetic that is named; None where nothing is sure.
    """

    names: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    known: Known | None = None


def measure(fault: Fault, executor: Executor) -> Measured:
    """The known arithmetic that explains a fault of precision, and how surely."""
    seen = tuple(_observed(fault, executor))
    if not seen:
        return Measured()
    fitting = fits(seen)
    if not fitting:
        return _of_models(seen)
    if len(fitting) > 1:
        wide = _seen_over_wide_ranges(fault, executor)
        if told_apart := still_fitting(fitting, wide):
            fitting, seen = told_apart, (*seen, *wide)
    elements = sum(observation.actual.size for observation in seen)
    if fitting[0].known.results_in is None:
        return _told(fitting, elements, fault)
    listed = sum(len(listable(observation.pass_, observation.geometry)) for observation in seen)
    possible = []
    for fit in fitting:
        equal, order = _bits(fit, seen)
        if equal == listed >= _ENOUGH_ELEMENTS:
            bits = f"{equal} of {listed} elements are those bits, {order}"
            sentence = f"It is as if {fit.known.sentence} ({fit.known.name}): {bits}."
            return Measured((fit.known.name,), (sentence, _outside(fault)), fit.known)
        if not fit.known.is_of_results or equal >= _MOST * listed:
            possible.append(fit)
    return _told(tuple(possible), elements, fault) if possible else _of_models(seen)


def _observed(fault: Fault, executor: Executor) -> Iterable[Observation]:
    """Results on the fault's case, on others like it and of a wide range; nothing where the first is of no use."""
    cases = (fault.shrunk, *similar_cases(fault.shrunk))
    for case in (*cases, replace(cases[-1], fill=_WIDE)):
        observation = _seen(case, fault, executor)
        if observation is not None:
            yield observation
        elif case is fault.shrunk:
            return


def _seen_over_wide_ranges(fault: Fault, executor: Executor) -> tuple[Observation, ...]:
    """Results on the fault's case with other data, among which some numbers leave the range of a narrow format."""
    seeds = range(fault.shrunk.seed + 1, fault.shrunk.seed + 1 + _WIDE_SEEDS)
    cases = (replace(fault.shrunk, fill=_WIDE, seed=seed, layout=CONTIGUOUS) for seed in seeds)
    return tuple(seen for case in cases if (seen := _seen(case, fault, executor)) is not None)


def _seen(case: Case, fault: Fault, executor: Executor) -> Observation | None:
    """The result on reals, if it is of the right shape."""
    pass_, arithmetic = Pass(fault.subject), arithmetic_of(executor.info, case.dtype)
    operands = operands_of(Numbers.REALS, case, arithmetic)
    reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
    if not isinstance(reply, Returned) or reply.value.shape != pass_.result_shape(case.geometry):
        return None
    return Observation(reply.value, pass_, operands, case.geometry, arithmetic, False, str(case))


def _bits(fit: Fit, seen: tuple[Observation, ...]) -> tuple[int, str]:
    """How many elements are those bits in the order in which most are, and that order."""
    form = fit.known.results_in
    if form is None:
        return 0, ""
    counts: Counter[str] = Counter()
    for observation in seen:
        result = format_of(observation.arithmetic.result_dtype)
        operands = converted(observation.pass_, observation.operands, fit.known)
        indices = listable(observation.pass_, observation.geometry)
        actual = np.array([observation.actual[index] for index in indices], np.float64)
        for summed in sums(observation.pass_, operands, observation.geometry, form, indices):
            if fit.known.is_of_results and summed.order != AT_ONCE:
                continue
            counts[summed.order] += int((convert(summed.values, result) == actual).sum())
    (order, equal), *others = counts.most_common()
    alone = not others or others[0][1] < equal
    return equal, order if alone else "in more than one of the usual orders of summation"


def _told(fitting: tuple[Fit, ...], elements: int, fault: Fault) -> Measured:
    """What fits by its bound: surely where operands were converted, for then no order of summation matters."""
    fit = fitting[0]
    known = fit.known
    agreeing = [other.known for other in fitting[1:] if other.known.results_in is None or known.results_in is not None]
    others = f" Its numbers do not tell that from as if {agreeing[0].sentence}." if agreeing else ""
    if known.results_in is None:
        agreement = f"all {elements} elements are sums of those, within their bound (worst ratio {fit.ratio:.2g})"
    else:
        form = known.results_in.name
        agreement = f"all {elements} elements are numbers of {form} and within its bound (worst ratio {fit.ratio:.2g})"
    is_sure = elements >= _ENOUGH_ELEMENTS and (known.results_in is None or fit.ratio < _HALF)
    opening = "It is as if" if is_sure else "It can be that"
    sentences = (f"{opening} {known.sentence} ({known.name}): {agreement}.{others}", _outside(fault))
    if not is_sure:
        return Measured(sentences=sentences)
    alike = (other.name for other in agreeing if known.results_in is None and other.results_in is None)
    return Measured((known.name, *alike), sentences, known)


def _outside(fault: Fault) -> str:
    return f"By what is declared, the worst error is {fault.verdict.ratio:.3g} times its bound."


def _of_models(seen: tuple[Observation, ...]) -> Measured:
    """Any other known fault, as of subnormal numbers."""
    possible: list[Hypothesis] = [one for one in singles(seen[0]) if all(explains(one, other) for other in seen[1:])]
    elements = sum(observation.actual.size for observation in seen)
    if not possible or elements < _ENOUGH_ELEMENTS:
        return Measured(sentences=("No known arithmetic gives these numbers.",))
    (model,) = possible[0]
    sentence = f"It is as if {model.sentence} ({model.name}): all {elements} elements are what that gives."
    return Measured((model.name,), (sentence, model.explanation))
