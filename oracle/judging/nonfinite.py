"""Results that may hold NaN or Inf: what each element may be, and the judgement of a result by it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..answers.exact import ExactResult
from ..errors import InvalidArgument
from ..numbers.arrays import Float64, Mask, bounding_box, first_index
from ..numbers.dtypes import Format, format_of
from ..problem.passes import Array, Operands
from .verdict import Comparison, Discrepancy, Outcome, Verdict, compare, judge_form, resolution_of


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What each element of a pass's result may be.

    Parameters
    ----------
    exact : ExactResult
        The exact finite value of each element that may be finite.
    bound : ndarray of float64
        How far from it a finite result may be.
    finite, plus, minus, nan : ndarray of bool
        Whether an element may be a finite number, +Inf, -Inf, NaN.
    """

    exact: ExactResult
    bound: Float64
    finite: Mask
    plus: Mask
    minus: Mask
    nan: Mask

    def may_overflow(self, form: Format) -> Mask:
        """Where an Inf or NaN is as right as a finite number of the format."""
        in_range = np.abs(self.exact.value.to_float64()) - self.bound <= form.largest
        return self.finite & in_range & (self.plus | self.minus | self.nan)

    def expected(self) -> Float64:
        """The exact value where a finite one may be, else the Inf that may be, else NaN."""
        infinite = np.where(self.plus, np.inf, np.where(self.minus, -np.inf, np.nan))
        return np.where(self.finite, self.exact.value.to_float64(), infinite)


def judge_nonfinite(actual: Array, expectation: Expectation, dtype: str) -> Verdict:
    """Decide whether every element of a result is one of the things it may be.

    Parameters
    ----------
    actual : ndarray
        What the candidate returned.
    expectation : Expectation
        Of :func:`.contamination.expect_contaminated` or :func:`.overflow.expect_overflow`.
    dtype : str
        Name of the dtype that the result should have.

    Returns
    -------
    Verdict
        Violates if the shape, the dtype or any element is wrong; then its cause is
        that of most elements: ``nan`` (NaN where none may be), ``inf`` (an Inf, or
        an Inf of a sign, that may not be), ``lost`` (finite in place of NaN or Inf) or
        ``value`` (finite, and off by more than the bound). Undecided if there is no element, or every one may
        overflow, or of those that are finite one missing term could hide; else conforms.
    """
    unfit = judge_form(actual, expectation.finite.shape, dtype)
    if unfit is not None:
        return unfit
    comparison = compare(actual, expectation.exact, expectation.bound)
    faults = _faults(actual.astype(np.float64), expectation, comparison)
    wrong = _any_fault(faults)
    ratio = _ratio(comparison.error, expectation)
    if wrong.any():
        return _violation(actual, expectation, comparison, faults, wrong, ratio, format_of(dtype))
    resolution = _resolution(actual, expectation, comparison, format_of(dtype))
    reason = _why_undecided(expectation, resolution, format_of(dtype))
    outcome = Outcome.UNDECIDED if reason else Outcome.CONFORMS
    cause = "resolution" if reason else ""
    return Verdict(outcome, reason, cause, elements=actual.size, ratio=ratio, resolution=resolution)


def _why_undecided(expectation: Expectation, resolution: float, form: Format) -> str:
    """Why a result without a wrong element proves nothing of some; empty where it does."""
    if expectation.may_overflow(form).all():
        return "could not have failed by its range: every element may overflow in some order of summation, and need not"
    if resolution >= 1 and expectation.bound.any():
        return f"of its finite elements a fault of up to {resolution:.3g} times the smallest term would be hidden"
    return ""


def _resolution(actual: Array, expectation: Expectation, comparison: Comparison, form: Format) -> float:
    """As of finite results, of the elements that are finite: what is Inf or NaN hides the size of its terms."""
    known = np.isfinite(actual.astype(np.float64)) & expectation.finite
    smallest = np.where(known, expectation.exact.smallest, np.inf)
    exact = replace(expectation.exact, smallest=smallest)
    return resolution_of(comparison.error, exact, np.broadcast_to(expectation.bound, known.shape), form)


def wrong_elements(actual: Array, expectation: Expectation) -> Mask:
    """Which elements of a result of the right shape are none of the things they may be."""
    comparison = compare(actual, expectation.exact, expectation.bound)
    return _any_fault(_faults(actual.astype(np.float64), expectation, comparison))


def check_real_floats(operands: Operands, *, where: str) -> None:
    """Refuse operands of a dtype in which there is no NaN, or whose NaN and Inf have parts.

    Raises
    ------
    InvalidArgument
        If the operands are integers or complex numbers.
    """
    dtype = operands.input.dtype
    if dtype.kind in "iuc":
        raise InvalidArgument("dtype", dtype.name, "should be a real floating-point one", where=where)


def _faults(values: Float64, expectation: Expectation, comparison: Comparison) -> dict[str, tuple[Mask, str]]:
    """The elements that are wrong, by what is wrong, and what to say of them."""
    finite = np.isfinite(values)
    infinite = ((values == np.inf) & ~expectation.plus) | ((values == -np.inf) & ~expectation.minus)
    return {
        "nan": (np.isnan(values) & ~expectation.nan, "NaN where none may be"),
        "inf": (infinite, "Inf where none of its sign may be"),
        "lost": (finite & ~expectation.finite, "finite where NaN or Inf must be"),
        "value": (finite & expectation.finite & comparison.wrong, "off by more than the bound"),
    }


def _any_fault(faults: dict[str, tuple[Mask, str]]) -> Mask:
    wrong: Mask = np.logical_or.reduce([mask for mask, _ in faults.values()])
    return wrong


def _violation(
    actual: Array,
    expectation: Expectation,
    comparison: Comparison,
    faults: dict[str, tuple[Mask, str]],
    wrong: Mask,
    ratio: float,
    form: Format,
) -> Verdict:
    counts = {cause: int(mask.sum()) for cause, (mask, _) in faults.items()}
    cause = max(counts, key=lambda name: counts[name])
    counted = ", ".join(f"{counts[name]} {text}" for name, (_, text) in faults.items() if counts[name])
    index = first_index(faults[cause][0])
    error = float(comparison.error[index]) if cause == "value" else np.inf
    expected = float(expectation.expected()[index])
    size = max(abs(expected), abs(float(actual[index]))) if cause == "value" else 0.0
    ulps = form.ulps(error, size)
    return Verdict(
        Outcome.VIOLATES,
        f"{int(wrong.sum())} of {actual.size} elements are wrong: {counted}",
        cause,
        Discrepancy(index, float(actual[index]), expected, error, float(expectation.bound[index]), ulps),
        int(wrong.sum()),
        actual.size,
        bounding_box(wrong),
        ratio,
    )


def _ratio(error: Float64, expectation: Expectation) -> float:
    """Largest error / bound among the finite elements that may be finite."""
    compared = np.isfinite(error) & expectation.finite & (error > 0)
    with np.errstate(divide="ignore", over="ignore"):
        return float((error[compared] / expectation.bound[compared]).max(initial=0.0))
