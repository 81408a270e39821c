"""Values near the largest number of a format: where a result must overflow, where it must not, and where it may.

With P the sum of an element's positive terms and N that of its negative ones,
every partial sum in every order lies between -N and P. Until one overflows it is
computed to within the rounding bound; but also to within u L for each operation
made, since none of its parts has left the range of the format, whose largest
number is L. With E the smaller of the two, an accumulator becomes +Inf only if
P + E > L and -Inf only if N + E > L, and only if both can happen may Inf meet
-Inf and give NaN. An Inf never becomes finite again.

As long as there is none, the theorem of `bounds` holds, so that a finite result is
within the bound of the exact value: one that should have overflowed and did not, such
as a result clamped to L, is off by more. No other rule is needed.

The rate of an update may scale a factor before it is multiplied, as BLAS may scale a packed operand by its alpha: where
that leaves the range, any element may be Inf or NaN.

A compensated sum subtracts Inf from Inf as soon as there is one: NaN may be wherever Inf may.

The result's own format takes part where partial results are stored in it (a bias
added late, the gradient of an update, what padding that repeats data sends back to
one element), and at the end: it becomes Inf only if the
exact value and E together exceed its largest number.

P + N is the sum of absolute terms and P - N the exact value; all are exact
here. Of float64 operands they are taken in units of 2**64, so that sums beyond
float64's range have a size; what underflow adds to the bound is negligible either way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..answers.exact import ExactResult, evaluate
from ..numbers.arrays import Float64, Mask
from ..numbers.declarable import winograd_tile
from ..numbers.dtypes import Arithmetic, Format, format_of, result_dtype
from ..numbers.scaled import Scaled, add, subtract
from ..problem.geometry import ConvGeometry
from ..problem.passes import Operands, Pass
from ..rounding.bounds import late_additions, rounding_bound, stores
from ..rounding.steps import largest_factor
from ..rounding.transforms import transform_range
from ..rounding.winograd import winograd_range
from .nonfinite import Expectation, check_real_floats

_UNIT_OF_FLOAT64 = 64
_SLACK = 2.0**-48
"""Covers the roundings made in evaluating sums near the largest number, relative to it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Of each element's terms, in units of 2**`unit`: the positive ones' sum, the negative ones', and the whole.

    `error` is how far off a computed partial sum may be that has not overflowed.
    """

    positive: Float64
    negative: Float64
    value: Float64
    error: Float64
    unit: int

    def reaches(self, sums: Float64, largest: float) -> Mask:
        """Where such sums may exceed the largest number of a format."""
        return np.asarray(sums + self.error > np.ldexp(largest, -self.unit) * (1 - _SLACK))


def expect_overflow(
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    arithmetic: Arithmetic,
    exact: ExactResult | None = None,
) -> Expectation:
    """What each element of a pass's result may be when sums come near the largest number of a format.

    Parameters
    ----------
    pass_ : Pass
    operands : Operands
        Finite real floats.
    geometry : ConvGeometry
    arithmetic : Arithmetic
        Not by transforms, whose intermediate values have other sizes.
    exact : ExactResult, optional
        Of the operands, where it is known already.

    Raises
    ------
    InvalidArgument
        If an operand does not have the shape that `geometry` gives, or is not of real floats.
    OverflowError
        If an operand has NaN or Inf.
    """
    check_real_floats(operands, where="expect_overflow")
    if exact is None:
        exact = evaluate(pass_, operands, geometry)
    if pass_ is Pass.UPDATE:
        plus, minus, nan, bound = _of_update(exact, operands, geometry, arithmetic)
    else:
        plus, minus, nan, bound = _of_sum(pass_, exact, operands, geometry, arithmetic)
    if arithmetic.does("sums", "compensated"):
        nan = nan | plus | minus
    if not _has_infinity(arithmetic.result):
        nan, plus, minus = nan | plus | minus, np.zeros_like(plus), np.zeros_like(minus)
    if _overflows_before_multiplying(operands, arithmetic) or scaling_overflows(pass_, operands, arithmetic):
        plus = minus = nan = np.ones_like(plus)
    return Expectation(exact, np.ldexp(bound, _unit(operands)), np.ones_like(plus), plus, minus, nan)


def _of_sum(
    pass_: Pass, exact: ExactResult, operands: Operands, geometry: ConvGeometry, arithmetic: Arithmetic
) -> tuple[Mask, Mask, Mask, Float64]:
    """Where +Inf, -Inf and NaN may be, and the bound."""
    stored = late_additions(pass_, operands, geometry)
    partial = _largest_sum(arithmetic) if stored else arithmetic.accumulator.largest
    sums, small = _sums(pass_, exact, operands, geometry, arithmetic)
    if stored:
        most = stores(pass_, operands, geometry)
        sums = replace(sums, error=sums.error + _storing(arithmetic.result, sums.unit, most))
    above, below = sums.reaches(sums.positive, partial), sums.reaches(sums.negative, partial)
    plus = above | sums.reaches(sums.value, arithmetic.result.largest)
    minus = below | sums.reaches(-sums.value, arithmetic.result.largest)
    return plus, minus, above & below, rounding_bound(pass_, small, operands, arithmetic, geometry)


def _of_update(
    exact: ExactResult, operands: Operands, geometry: ConvGeometry, arithmetic: Arithmetic
) -> tuple[Mask, Mask, Mask, Float64]:
    """As above, of F - alpha dL/dF: the gradient may overflow, then its product with alpha, then the difference."""
    largest = _largest_sum(arithmetic)
    of_gradient = evaluate(Pass.WEIGHT_GRADIENT, operands, geometry)
    gradient, small_gradient = _sums(Pass.WEIGHT_GRADIENT, of_gradient, operands, geometry, arithmetic)
    lowering, raising = gradient.positive, gradient.negative
    rate = abs(operands.learning_rate)
    if operands.learning_rate < 0:
        lowering, raising = raising, lowering
    weight = np.ldexp(operands.weight.astype(np.float64), -gradient.unit)
    small = replace(_small(exact, gradient.unit), magnitude=small_gradient.magnitude)
    scaled = replace(operands, weight=weight)
    step = replace(gradient, error=_error_of_step(small, scaled, geometry, arithmetic, gradient.unit))
    up = step.reaches(np.maximum(weight, 0) + rate * raising, largest)
    down = step.reaches(np.maximum(-weight, 0) + rate * lowering, largest)
    gradient_up, gradient_down = gradient.reaches(raising, largest), gradient.reaches(lowering, largest)
    bound = rounding_bound(Pass.UPDATE, small, scaled, arithmetic, geometry)
    return up | gradient_up, down | gradient_down, (up & down) | (gradient_up & gradient_down), bound


def has_narrower_range(arithmetic: Arithmetic) -> bool:
    """Whether a declared format overflows sooner than operands and results of the dtype do."""
    declared = (arithmetic.multiplier, arithmetic.accumulator, arithmetic.result)
    others = [form.largest for form in declared if form is not arithmetic.storage and not form.is_integer]
    if not others:
        return False
    return min(others) < min(arithmetic.storage.largest, format_of(result_dtype(arithmetic.storage.name)).largest)


def leaves_range(exact: ExactResult, operands: Operands, arithmetic: Arithmetic) -> bool:
    """Whether operands, or the sums of their absolute terms, come near the largest number of a narrower format."""
    if not has_narrower_range(arithmetic) or operands.input.dtype.kind == "c":
        return False
    largest = min(form.largest for form in (arithmetic.multiplier, arithmetic.accumulator, arithmetic.result))
    size = _largest(operands) + float(exact.magnitude.max(initial=0))
    return max(1.0, abs(operands.learning_rate)) * size >= largest / 2


def scaling_overflows(pass_: Pass, operands: Operands, arithmetic: Arithmetic) -> bool:
    """Whether a factor of an update's products of real floats leaves the range when it is scaled by the rate."""
    if pass_ is not Pass.UPDATE or operands.input.dtype.kind == "c" or arithmetic.storage.is_integer:
        return False
    largest = min(arithmetic.multiplier.largest, arithmetic.accumulator.largest)
    return largest_factor(operands) * abs(operands.learning_rate) > largest


def transforming_overflows(pass_: Pass, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry) -> bool:
    """Whether a number on the way of a declared transform may leave the range, though no sum of terms does."""
    if arithmetic.does("algorithm", "direct") or arithmetic.accumulator.is_integer:
        return False
    tile = winograd_tile(arithmetic.value("algorithm"))
    if tile is None:
        highest = transform_range(pass_, operands, geometry)
    else:
        highest = winograd_range(tile, pass_, operands, geometry)
    return highest > min(arithmetic.multiplier.largest, arithmetic.accumulator.largest)


def _error_of_step(
    small: ExactResult, operands: Operands, geometry: ConvGeometry, arithmetic: Arithmetic, unit: int
) -> Float64:
    """How far off a partial sum of F - alpha dL/dF may be that has not overflowed: each product, scaling and sum."""
    accumulator, rate = arithmetic.accumulator, max(1.0, abs(operands.learning_rate))
    error = rounding_bound(Pass.UPDATE, small, operands, replace(arithmetic, result=accumulator), geometry)
    if arithmetic.multiplier.precision >= arithmetic.storage.precision:
        error = np.minimum(error, rate * (3 * small.terms + 4) * _each(accumulator, unit))
    return error + rate * _storing(arithmetic.result, unit, stores(Pass.UPDATE, operands, geometry))


def _sums(
    pass_: Pass, exact: ExactResult, operands: Operands, geometry: ConvGeometry, arithmetic: Arithmetic
) -> tuple[_Sums, ExactResult]:
    """The sums of a pass other than the update, and its exact result; both in the unit of the operands."""
    unit, accumulator = _unit(operands), arithmetic.accumulator
    small, total = _small(exact, unit), _small(evaluate(pass_, operands.map(np.abs), geometry), unit).value
    small = replace(small, magnitude=total.to_float64())
    unstored = replace(arithmetic, result=accumulator)
    error = rounding_bound(pass_, small, operands, unstored, geometry)
    if arithmetic.multiplier.precision >= arithmetic.storage.precision:
        error = np.minimum(error, 2 * (exact.terms + 2) * _each(accumulator, unit))
    positive, negative = (combine(total, small.value).to_float64() / 2 for combine in (add, subtract))
    return _Sums(positive, negative, small.rounded, error, unit), small


def _each(form: Format, unit: int) -> float:
    """What rounding a number in the range of a format can change."""
    return float(form.unit_roundoff * np.ldexp(form.largest, -unit))


def _storing(form: Format, unit: int, count: int) -> float:
    """What rounding so many partial results to the result's format can add to the error, while in its range."""
    return count * _each(form, unit)


def _largest(operands: Operands) -> float:
    """The size of the largest number among the operands."""
    return max(float(np.abs(array.astype(np.float64)).max(initial=0)) for array in operands.arrays().values())


def _unit(operands: Operands) -> int:
    return _UNIT_OF_FLOAT64 if operands.input.dtype == np.float64 else 0


def _small(exact: ExactResult, unit: int) -> ExactResult:
    """The exact value in units of 2**`unit`."""
    return replace(exact, value=Scaled(exact.value.limbs, exact.value.exponent - unit))


def _largest_sum(arithmetic: Arithmetic) -> float:
    """Of partial sums that may be stored in the result's format."""
    return min(arithmetic.accumulator.largest, arithmetic.result.largest)


def _has_infinity(form: Format) -> bool:
    return bool(np.isinf(np.array(np.inf).astype(form.dtype).astype(np.float64)))


def _overflows_before_multiplying(operands: Operands, arithmetic: Arithmetic) -> bool:
    """Whether rounding an operand to the multiplier's format may already give Inf."""
    return _largest(operands) > arithmetic.multiplier.largest
