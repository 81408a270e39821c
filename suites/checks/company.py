"""Conduct in company: the same bits again, after other calls and beside them, and results that stay what they were."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ...oracle.data import Case
from ...oracle.dtypes import COMPONENTS, FORMATS, Arithmetic, format_of
from ...oracle.passes import Array, Operands, Pass
from ...oracle.verdict import Outcome, Verdict
from ...reports.record import CheckResult
from ..company import NEGATED, Company, Part, same_bits
from ..executor import Executor
from ..replies import Returned
from .conduct import judge_conduct
from .value import Check, operands_of, rounds_integers

COMPANY = "company"
_OTHER_DTYPES = {"float64": "float32", "complex128": "complex64", "complex64": "complex128"}
_SAME = {
    "repeated": ("repeat", "the same call again"),
    "interleaved": ("order", "the same call after others"),
    "concurrent": ("threads", "the same call while another thread makes calls"),
}
"""Parts that should be the first result: the cause of a fault and what to call it."""


def companion(case: Case) -> Case:
    """Another case to call in between, which differs in one respect: dtype, batch or size, by the case's seed."""
    geometry = case.geometry
    match case.seed % 3:
        case 0:
            return replace(case, dtype=_OTHER_DTYPES.get(case.dtype, "float64"))
        case 1:
            return replace(case, geometry=replace(geometry, batch=geometry.batch + 1))
        case _:
            return replace(case, geometry=replace(geometry, size=tuple(size + 1 for size in geometry.size)))


def ask_company(
    executor: Executor, case: Case, pass_: Pass, arithmetic: Arithmetic, *, seconds: float | None = None
) -> CheckResult | None:
    """Whether a call comes to the same in company as alone.

    A candidate that declares that its results vary is asked on the integer
    lattice, where they may not unless its arithmetic rounds even there; by how much they vary on reals is
    the reason of a verdict that it conforms.

    Parameters
    ----------
    executor : Executor
        Its process is replaced by a fresh one, so that first calls are first.
    case : Case
    pass_ : Pass
    arithmetic : Arithmetic
        What the candidate declares for the case's dtype.
    seconds : float or None
        Time limit of all the calls together, instead of the executor's own.

    Returns
    -------
    CheckResult or None
        None for an empty result, in which nothing could differ.
    """
    if 0 in pass_.result_shape(case.geometry):
        return None
    start = time.perf_counter()
    if arithmetic.does("repeatability", "varies"):
        verdict = _ask_varying(executor, case, pass_, arithmetic, seconds)
    else:
        integers = format_of(case.dtype).is_integer
        verdict = _ask(executor, Check.STRUCTURE if integers else Check.PRECISION, case, pass_, arithmetic, seconds)
    return CheckResult(COMPANY, str(pass_), verdict, time.perf_counter() - start)


def _ask(
    executor: Executor, check: Check, case: Case, pass_: Pass, arithmetic: Arithmetic, seconds: float | None
) -> Verdict:
    """The verdict where every bit is to be the same."""
    other = companion(case)
    others = operands_of(check, other, arithmetic).of(pass_)
    executor.restart()
    reply = executor.call(pass_, others, other.geometry, seconds=seconds)
    alone = reply.value if isinstance(reply, Returned) else None
    kept = _keep(executor, pass_, operands_of(check, case, arithmetic), case, (others, other), seconds)
    if isinstance(kept, Verdict):
        return kept
    faults = [*_reused(kept), *_differences(kept)]
    if not any(cause == "repeat" for cause, _ in faults):
        faults += [*_stale(kept), *_strays(kept, alone, other)]
    return _verdict(kept, faults)


def _ask_varying(executor: Executor, case: Case, pass_: Pass, arithmetic: Arithmetic, seconds: float | None) -> Verdict:
    """The verdict where only exact sums are to be the same, with the differences on reals as its reason."""
    if not rounds_integers(arithmetic):
        on_integers = _ask(executor, Check.STRUCTURE, case, pass_, arithmetic, seconds)
        if on_integers.outcome is not Outcome.CONFORMS:
            return on_integers
    other = companion(case)
    others = operands_of(Check.PRECISION, other, arithmetic).of(pass_)
    executor.restart()
    kept = _keep(executor, pass_, operands_of(Check.PRECISION, case, arithmetic), case, (others, other), seconds)
    if isinstance(kept, Verdict):
        return kept
    verdict = _verdict(kept, list(_reused(kept)))
    varied = [told for _, told in _differences(kept)]
    if varied and verdict.outcome is Outcome.CONFORMS:
        return replace(verdict, reason=f"varies, as declared: {'; '.join(varied)}")
    return verdict


def _keep(
    executor: Executor,
    pass_: Pass,
    operands: Operands,
    case: Case,
    other: tuple[Operands, Case],
    seconds: float | None,
) -> Company | Verdict:
    executor.restart()
    reply = executor.company(pass_, operands.of(pass_), case.geometry, other[0], other[1].geometry, seconds=seconds)
    if isinstance(reply, Company):
        return reply
    verdict = judge_conduct(reply, degenerate=case.geometry.is_degenerate)
    assert verdict is not None
    return verdict


Fault = tuple[str, str]
"""Cause and sentence."""


def _reused(kept: Company) -> Iterator[Fault]:
    """An array that changed after it was returned."""
    held, later = kept.parts["repeated"], kept.parts["kept"]
    if not same_bits(held, later):
        yield "reuse", f"a returned array changes during later calls: {_difference(held, later)}"


def _stale(kept: Company) -> Iterator[Fault]:
    """Values of earlier calls in later ones: where an operand's sign changed, and the result's did not."""
    for name, part in kept.parts.items():
        if name.startswith(NEGATED) and not _is_opposite(kept.first, part):
            told = part if isinstance(part, str) else _difference(-kept.first, part)
            yield "stale", f"{name} after the same with its first sign, against the first result {NEGATED}: {told}"


def _is_opposite(first: Array, part: Part) -> bool:
    return not isinstance(part, str) and np.array_equal(
        part.astype(np.complex128), -first.astype(np.complex128), equal_nan=True
    )


def _strays(kept: Company, alone: Array | None, other: Case) -> Iterator[Fault]:
    """The other call, against what it gives in a process of its own, and beside the same call."""
    after = kept.parts.get("other")
    if alone is not None and after is not None and not same_bits(alone, after):
        yield "order", f"the call {other} after this one, not in a fresh process: {_difference(alone, after)}"
    elif "beside" in kept.parts:
        what = "the same with other signs" if after is None else f"the call {other}"
        alone_in_process = next(p for n, p in kept.parts.items() if n.startswith(NEGATED)) if after is None else after
        told = _difference(alone_in_process, kept.parts["beside"])
        yield "threads", f"{what} while another thread makes this call: {told}"


def _differences(kept: Company) -> Iterator[Fault]:
    """The same call, otherwise than the first time."""
    for part, (cause, what) in _SAME.items():
        if not same_bits(kept.first, kept.parts[part]):
            yield cause, f"{what}: {_difference(kept.first, kept.parts[part])}"


def _verdict(kept: Company, faults: list[Fault]) -> Verdict:
    if not faults:
        return Verdict(Outcome.CONFORMS, elements=kept.first.size)
    reason = "; ".join(sentence for _, sentence in faults)
    return Verdict(Outcome.VIOLATES, reason, faults[0][0], elements=kept.first.size)


def _difference(one: Part, other: Part) -> str:
    """How two results differ: in how many elements, and by how many units in the last place at most."""
    if isinstance(one, str) or isinstance(other, str):
        return other if isinstance(other, str) else f"an array, where it was {one}"
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return f"{other.dtype} of shape {other.shape}, where it was {one.dtype} of shape {one.shape}"
    differing = (_bytes_of_elements(one) != _bytes_of_elements(other)).any(axis=1)
    return f"{np.count_nonzero(differing)} of {one.size} elements differ, by up to {_largest(one, other)}"


def _bytes_of_elements(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(array.size, array.dtype.itemsize)


def _largest(one: Array, other: Array) -> str:
    """The largest difference, in units in the last place of a known dtype; inf where one is no number and one is."""
    if one.dtype.name in COMPONENTS:
        parts = COMPONENTS[one.dtype.name]
        one, other = (np.ascontiguousarray(each).view(parts) for each in (one, other))
    first, second = one.astype(np.float64), other.astype(np.float64)
    numbers = np.isfinite(first) & np.isfinite(second)
    with np.errstate(over="ignore", invalid="ignore"):
        error = np.where(numbers, np.abs(first - second), np.inf)
    error[(first == second) | (np.isnan(first) & np.isnan(second))] = 0.0
    if one.dtype.name not in FORMATS:
        return f"{error.max(initial=0.0):.3g}"
    larger = np.where(numbers, np.maximum(np.abs(first), np.abs(second)), 1.0)
    return f"{(error / FORMATS[one.dtype.name].ulp(larger)).max(initial=0.0):.3g} ulp"
