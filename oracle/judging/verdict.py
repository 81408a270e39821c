"""Verdicts: what is decided of one result against its exact value, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from ..answers.exact import ExactResult
from ..numbers.arrays import Float64, Mask, bounding_box
from ..numbers.dtypes import COMPONENTS, Format, format_of, numpy_dtype
from ..numbers.scaled import scaled, sizes, subtract
from ..problem.passes import Array, real_parts

VACUOUS = "vacuous"
"""Cause of a verdict on an answer that could not have been found wrong."""
_ZERO_TERM = "equal, but a term is zero and would not be missed"
_ZERO_OR_CUT_OFF = "equal, but a term is zero, or its sum does not fit the dtype, and would not be missed"

_LEAST_ASKED, _TERMS_ASKED = 8, 1 << 13
"""Elements whose smallest terms are asked at once, and terms: most often, the first so many have the largest share."""
_MORE_ASKED = 2
"""Times as many the next time: where that was not so, many are near the largest share."""
_OUTWARD = 1 + 2.0**-50
"""Covers the roundings made in evaluating a resolution."""


class Outcome(Enum):
    """What a check decided.

    - CONFORMS: proven within what exact arithmetic, or the rounding bound, allows.
    - VIOLATES: proven wrong.
    - UNDECIDED: within the bound, but one missing term could hide: the bound is too
      coarse, or a term is zero. Or nothing could have been found wrong at all.
    - UNSUPPORTED: the candidate said that it does not offer this.
    - REFUSED: the candidate raised an error on a legal case.
    - CRASHED: the candidate's process died, or it asked for more memory than it may have.
    - HUNG: no answer within the time limit.
    """

    CONFORMS = "conforms"
    VIOLATES = "violates"
    UNDECIDED = "undecided"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    CRASHED = "crashed"
    HUNG = "hung"

    def __str__(self) -> str:
        return self.value

    @property
    def is_mismatch(self) -> bool:
        """Whether a legal case that ends so counts against the candidate."""
        return self in (Outcome.VIOLATES, Outcome.REFUSED, Outcome.CRASHED, Outcome.HUNG)


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One element of a result against its expected value.

    Parameters
    ----------
    index : tuple of int
        0-based position in the result; of complex numbers, the last is 0 for the real and 1 for the imaginary part.
    actual, expected : float
        `expected` is the exact value rounded to float64.
    error : float
        abs(actual - exact value); inf where `actual` is not finite and should be.
    bound : float
        The largest error that rounding can explain; 0 for the structure check.
    ulps : float
        `error` in units in the last place of the result's dtype, at the larger of
        `actual` and `expected`.
    """

    index: tuple[int, ...]
    actual: float
    expected: float
    error: float
    bound: float
    ulps: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision about one result, with its evidence.

    Parameters
    ----------
    outcome : Outcome
    reason : str
        One sentence. Empty when a result conforms.
    cause : str
        What kind of thing went wrong, in a word that is the same from case to
        case: ``value``, ``shape``, ``dtype``, an exception's type, a signal's name.
    worst : Discrepancy or None
        The element with the largest error against its bound; None where there
        is no result to compare (crashed, wrong shape) or every element is exact.
    wrong : int
        How many elements violate.
    elements : int
        How many elements the result has.
    region : tuple of (int, int), or None
        Bounding box of the wrong elements, a half-open range per axis.
    ratio : float
        Largest error / bound met; 0 when every element is exact.
    resolution : float or None
        The smallest fault that would have been noticed, as a multiple of the
        smallest single term of the sums: below 1, one missing term is seen
        wherever it is missing; inf where a term is zero. None where nothing was
        compared.
    ulps : float
        The error of the element with the largest ratio, in units in the last place of the result's dtype; 0 where there
        is none.
    """

    outcome: Outcome
    reason: str = ""
    cause: str = ""
    worst: Discrepancy | None = None
    wrong: int = 0
    elements: int = 0
    region: tuple[tuple[int, int], ...] | None = None
    ratio: float = 0.0
    resolution: float | None = None
    ulps: float = 0.0


def vacuous(why: str, *, elements: int = 0) -> Verdict:
    """The verdict on an answer that could not have been found wrong."""
    return Verdict(Outcome.UNDECIDED, f"could not have failed: {why}", VACUOUS, elements=elements)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A result against its exact value, element by element.

    Parameters
    ----------
    error : ndarray of float64
        abs(actual - exact); inf where `actual` is NaN or infinite. Of complex numbers,
        with one more axis for the two parts.
    wrong : ndarray of bool
        Where the error is above the bound.
    """

    error: Float64
    wrong: Mask


def compare(actual: Array, exact: ExactResult, bound: Float64) -> Comparison:
    """The error of each element, exactly (then rounded to float64), and whether it is above `bound`."""
    values = real_parts(actual)
    finite = np.isfinite(values)
    if finite.all():
        error = _distance(values, exact)
    else:
        error = np.where(finite, _distance(np.where(finite, values, 0.0), exact), np.inf)
    return Comparison(error, error > bound)


def _distance(values: Float64, exact: ExactResult) -> Float64:
    """abs(values - exact), rounded once.

    With the exact value as a sum of two float64 numbers, one subtraction is rounded if the other one is exact. It is if
    it can be undone from either side, for what is undone with the larger of two numbers is what was rounded (Dekker
    1971, Numer. Math. 18).
    """
    rounded, left_out = exact.rounded, exact.left_out
    if left_out is not None:
        difference = values - rounded
        if not np.count_nonzero(difference):
            return np.abs(left_out)
        is_undone = (values - difference == rounded) & (rounded + difference == values)
        if is_undone.all() or not np.count_nonzero(left_out):
            return np.abs(difference - left_out)
    return sizes(subtract(scaled(values), exact.value)).to_float64()


def judge(actual: Array, exact: ExactResult, bound: Float64, dtype: str) -> Verdict:
    """Decide whether a result is right, element by element.

    Parameters
    ----------
    actual : ndarray
        What the candidate returned.
    exact : ExactResult
        The exact result of the same operands.
    bound : ndarray of float64
        Largest error allowed per element: zeros on the integer lattice, else
        :func:`.bounds.rounding_bound`.
    dtype : str
        Name of the dtype that the result should have.

    Returns
    -------
    Verdict
        Violates if the shape, the dtype or any element is wrong; undecided if
        all are within a bound too coarse to see one missing term, or there are none; else conforms.
    """
    expected = exact.rounded
    form = format_of(dtype)
    shape = expected.shape[:-1] if dtype in COMPONENTS else expected.shape
    unfit = judge_form(actual, shape, dtype)
    if unfit is not None:
        return unfit
    comparison = compare(actual, exact, bound)
    resolution = resolution_of(comparison.error, exact, bound, form)
    ratio, worst = _worst(actual, expected, comparison.error, bound, form)
    ulps = 0.0 if worst is None else worst.ulps
    wrong = int(np.count_nonzero(comparison.wrong))
    if wrong:
        region = bounding_box(comparison.wrong)
        rule = "are off by more than rounding can explain" if bound.any() else "differ from the exact value"
        reason = f"{wrong} of {expected.size} elements {rule}"
        return Verdict(Outcome.VIOLATES, reason, "value", worst, wrong, expected.size, region, ratio, resolution, ulps)
    if resolution >= 1:
        hidden = f"which would hide a fault of up to {resolution:.3g} times the smallest term"
        reason = f"within the bound, {hidden}" if bound.any() else (_ZERO_OR_CUT_OFF if form.is_integer else _ZERO_TERM)
        return Verdict(Outcome.UNDECIDED, reason, "resolution", worst, 0, expected.size, None, ratio, resolution, ulps)
    return Verdict(Outcome.CONFORMS, "", "", worst, 0, expected.size, None, ratio, resolution, ulps)


def judge_form(actual: Array, shape: tuple[int, ...], dtype: str) -> Verdict | None:
    """The verdict on a result of another shape or dtype than it should have, or without elements; None on any other."""
    if actual.shape != shape:
        return Verdict(Outcome.VIOLATES, f"returned shape {actual.shape}, but should be {shape}", "shape")
    if actual.dtype != numpy_dtype(dtype):
        return Verdict(Outcome.VIOLATES, f"returned dtype {actual.dtype}, but should be {dtype}", "dtype")
    return None if actual.size else vacuous("the result has no elements")


def _ratios(error: Float64, bound: Float64) -> Float64:
    """error / bound, with 0 / 0 = 0 and x / 0 = inf."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratios = error / bound
    ratios[error == 0] = 0.0
    return ratios


def resolution_of(
    error: Float64, exact: ExactResult, bound: Float64, form: Format, counted: Mask | None = None
) -> float:
    """The largest (bound + error) / smallest term of all elements, or those counted: a fault above it would have shown.

    The error counts as well as the bound, since rounding can have the opposite
    sign of a fault, and a faulty result is itself rounded to its format. A term
    that is zero is never missed; an element without terms has nothing to miss.
    The smallest term is asked of the elements that may have the largest share, by what is known of all.
    """
    hidden, smallest = bound + np.minimum(error, bound), exact.smallest
    if smallest.least > 0 and not np.count_nonzero(hidden):
        return 0.0
    shares = _shares(hidden, smallest.below(), form)
    at_most = (shares if counted is None else np.where(counted, shares, 0.0)).ravel()
    if not smallest.are_bounds:
        return float(at_most.max(initial=0.0)) * _OUTWARD
    hidden, resolution = hidden.ravel(), 0.0
    asked = max(_LEAST_ASKED, _TERMS_ASKED // max(int(exact.terms.max()), 1))
    while (elements := np.flatnonzero(at_most > resolution)).size:
        if elements.size > asked:
            elements = elements[np.argpartition(at_most[elements], -asked)[-asked:]]
        resolution = max(resolution, float(_shares(hidden[elements], smallest.at(elements), form).max()))
        at_most[elements] = 0.0
        asked *= _MORE_ASKED
    return resolution * _OUTWARD


def _shares(hidden: Float64, smallest: Float64, form: Format) -> Float64:
    """Of the smallest terms, what is hidden: all and more of zero, nothing where there is none."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        shares = hidden / (smallest * (1 - form.unit_roundoff))
    shares[smallest == 0] = np.inf
    shares[smallest == np.inf] = 0.0
    return shares


def _worst(
    actual: Array, expected: Float64, error: Float64, bound: Float64, form: Format
) -> tuple[float, Discrepancy | None]:
    """The largest ratio, and the element with the largest error of those that have it; none where there is no error."""
    if not np.count_nonzero(error):
        return 0.0, None
    ratios = _ratios(error, bound)
    ratio = ratios.max()
    candidates = np.where(ratios == ratio, error, -1.0)
    index = tuple(map(int, np.unravel_index(candidates.argmax(), error.shape)))
    given, right, off, most = (float(array[index]) for array in (real_parts(actual), expected, error, bound))
    return float(ratio), Discrepancy(index, given, right, off, most, form.ulps(off, np.fmax(abs(right), abs(given))))
