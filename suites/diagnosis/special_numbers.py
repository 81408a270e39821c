"""A fault in what becomes of NaN, Inf and overflow: which known one leaves them where the candidate does.

Implementations legitimately differ in what zeros of the padding do to a NaN, so a
known fault explains an element if it gives just that, or if both are among what the element may be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...oracle.explaining.reproduction import evaluate
from ...oracle.faults import FAULT_MODELS, FaultModel, Kind
from ...oracle.faults.spreading import MODELS
from ...oracle.numbers.arrays import Mask
from ...oracle.numbers.dtypes import format_of
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.passes import Array, Operands, Pass
from ..calling.executor import Executor
from ..calling.replies import Returned
from ..checks.declared import arithmetic_of
from ..checks.value import Standard, answer, operands_of, standard
from .fault import Fault
from .suggesting import similar_cases

_SEEDS = 6
"""Other data of each case: which operands have NaN or Inf, and where, follows from the seed."""
_SATURATING = frozenset(
    ("infinity-saturates", "nan-to-num-of-results", "nan-becomes-the-lowest", "nan-becomes-the-largest")
)
"""Models that leave the largest number where a sum overflows, which depends on its order."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A result of real floats, and what it is held to."""

    case: Case
    operands: Operands
    actual: Array
    held_to: Standard


@dataclass(frozen=True, slots=True)
class Recognised:
    """Known faults that explain all results.

    Parameters
    ----------
    models : tuple of FaultModel
        The likeliest first; all that agree.
    elements : int
        How many were compared.
    """

    models: tuple[FaultModel, ...]
    elements: int


def recognise(fault: Fault, executor: Executor) -> Recognised | None:
    """The known faults that explain the fault's case, with other data as well, and others like it; or None."""
    pass_ = Pass(fault.subject)
    seen = tuple(_observed(fault.numbers, pass_, fault.shrunk, executor))
    if len(seen) < _SEEDS:
        return None
    dtype = fault.shrunk.dtype
    models = (
        model
        for model in (*(model for model in FAULT_MODELS if model.kind in (Kind.VALUES, Kind.ROUNDING)), *MODELS)
        if dtype in model.needs.dtypes and model.shows(pass_, fault.shrunk.geometry)
    )
    explaining = tuple(model for model in models if all(_explains(model, pass_, observation) for observation in seen))
    return Recognised(explaining, sum(observation.actual.size for observation in seen)) if explaining else None


def _observed(numbers: Numbers, pass_: Pass, case: Case, executor: Executor) -> Iterator[_Seen]:
    """Results on the fault's case and others like it, with several data each; none without its own."""
    others = (replace(each, seed=each.seed + 2 * n) for each in (case, *similar_cases(case)) for n in range(_SEEDS))
    for each in dict.fromkeys((case, *others)):
        arithmetic = arithmetic_of(executor.info, each.dtype)
        operands = operands_of(numbers, each, arithmetic)
        reply = executor.call(pass_, operands, each.geometry, layout=each.layout)
        if isinstance(reply, Returned) and reply.value.shape == pass_.result_shape(each.geometry):
            exact = answer(numbers, each, pass_, arithmetic)
            held_to = standard(numbers, pass_, operands, exact, arithmetic, each)
            yield _Seen(each, operands, reply.value, held_to)
        elif each is case:
            return


def _explains(model: FaultModel, pass_: Pass, seen: _Seen) -> bool:
    modelled = evaluate((model,), pass_, seen.operands, seen.case.geometry)
    actual, wrong = seen.actual.astype(np.float64), modelled.astype(np.float64)
    with np.errstate(invalid="ignore"):
        alike = (np.abs(actual - wrong) <= seen.held_to.bound) | (actual == wrong)
    may_be = ~seen.held_to.wrong(modelled) & ~seen.held_to.wrong(seen.actual)
    if model.name in _SATURATING:
        may_be |= _was_infinite(seen) | (_is_open(seen) & ~seen.held_to.wrong(seen.actual))
    return bool((alike | (np.isnan(actual) & np.isnan(wrong)) | may_be).all())


def _is_open(seen: _Seen) -> Mask:
    """Where a finite number may stand as well as Inf, by the order of summation."""
    may = seen.held_to.expectation
    if may is None:
        return np.zeros(seen.actual.shape, bool)
    return may.finite & (may.plus | may.minus)


def _was_infinite(seen: _Seen) -> Mask:
    """Where the largest number stands, and Inf of its sign may."""
    largest = format_of(seen.actual.dtype.name).largest
    is_largest = np.abs(seen.actual.astype(np.float64)) == largest
    before = np.where(is_largest, np.copysign(np.inf, seen.actual), seen.actual).astype(seen.actual.dtype)
    infinite: Mask = is_largest & ~seen.held_to.wrong(before)
    return infinite
