"""Every pass without rounding error: sums of products as integers, at a common power of two.

A finite binary floating-point number is an integer times a power of two (see
`scaled`), so a sum of products is one as well; nothing is ever rounded. The sums
are those of `slices`; by definition, those of `term_by_term`.

A complex number is its real and its imaginary part, each a real sum of products:
results of complex operands have one more axis, of length two.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from ..numbers.arrays import Float64
from ..numbers.scaled import Scaled, add, multiplied, sizes, stack, subtract, total
from ..problem.geometry import ConvGeometry
from ..problem.passes import (
    CONJUGATING,
    Array,
    Operands,
    Pass,
    Product,
    check_operands,
    offset,
    present_products,
    products,
)
from ..problem.validity import check_positions
from . import slices, term_by_term
from .deferred import Deferred
from .factor import Factor, factor
from .smallest import Smallest, all_at_once, known, of_products, smaller, times

Sums = Callable[[Pass, Factor, Factor, ConvGeometry, int, Factor | None], tuple[Scaled, Callable[[], Float64]]]
"""The exact results of a bilinear map of a left and a right operand, none of more than so many products, and of a bias
where there is one; and what gives the sums of the products' absolute values in float64."""


@dataclass(frozen=True, eq=False)
class ExactResult:
    """The exact result of a pass, and what its error bounds are made of.

    Magnitude and smallest may be given as functions, which are called where a verdict needs them.

    Parameters
    ----------
    value : Scaled
        Exact value of each element.
    magnitude : ndarray of float64
        S: the sum of the absolute values of an element's terms, exactly where float64 has all such sums, as on
        the integer lattice; else it may be above that by a relative :data:`.magnitude.MOST_EXCESS` (see `magnitude`).
    smallest : Smallest
        Of an element's terms, the weight that an update starts from included.
    terms : ndarray of int64
        n: the number of an element's terms.
    error : float or ndarray of float64
        What `value` may itself be off by: 0 of exact arithmetic, above it for some results of `large`.
    most : function
        Gives a number that no magnitude is above, in less time than these take.
    """

    value: Scaled
    magnitude: Deferred[Float64] = Deferred()  # noqa: RUF009 - a descriptor, shared on purpose
    smallest: Deferred[Smallest] = Deferred()  # noqa: RUF009
    terms: NDArray[np.int64] = field(kw_only=True)
    error: Float64 | float = 0.0
    most: Callable[[], float] = lambda: math.inf

    @property
    def rounded(self) -> Float64:
        """The value, each element rounded to the nearest float64; not to be written to."""
        return self._in_two[0]

    @property
    def left_out(self) -> Float64 | None:
        """What `rounded` leaves out of the value, exactly; None where it is not known."""
        return self._in_two[1]

    @cached_property
    def _in_two(self) -> tuple[Float64, Float64 | None]:
        rounded, left_out = self.value.in_two()
        rounded.flags.writeable = False
        return rounded, left_out


def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    """The exact result of a pass, with the number, size and smallest of each element's terms.

    Raises
    ------
    InvalidArgument
        If an operand does not have the shape that `geometry` gives, or its dtype has no exact form here, or a
        pass of second order has no direction.
    OverflowError
        If an operand has NaN or Inf.
    """
    return _evaluate(pass_, operands, geometry, slices.sums_of_products)


def exact_magnitude(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Float64:
    """The sums of absolute values rounded to nearest, for who takes a difference of them."""
    return _evaluate(pass_, operands, geometry, slices.with_exact_sizes).magnitude


def by_definition(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    """The same result, summed term by term: what :func:`evaluate` is checked against."""
    return _evaluate(pass_, operands, geometry, term_by_term.sums_of_products)


def _evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry, sums: Sums) -> ExactResult:
    check_operands(operands, geometry, where="exact.evaluate")
    if operands.input.dtype.kind == "c":
        return _complex(pass_, operands, geometry, sums)
    if pass_ is Pass.BIAS_GRADIENT:
        return _bias_gradient(factor(operands, "output_gradient"), geometry)
    result = _sum_of_products(pass_, operands, geometry, sums)
    return _step(result, factor(operands, "weight"), operands.learning_rate) if pass_ is Pass.UPDATE else result


def _complex(pass_: Pass, operands: Operands, geometry: ConvGeometry, sums: Sums) -> ExactResult:
    """Real and imaginary part, from the passes on the operands' real and imaginary parts."""
    conjugated = pass_ in CONJUGATING
    parts = present_products(pass_, geometry, operands.arrays())
    real, imaginary = _parts(operands, "output_gradient" if conjugated else None)
    if pass_ is Pass.BIAS_GRADIENT:
        return _stacked(*(_bias_gradient(Factor.of(each["output_gradient"]), geometry) for each in (real, imaginary)))
    pairs: list[list[ExactResult]] = [[], []]
    for part in parts:
        for left, right, component, sign in (
            (real, real, 0, 1),
            (imaginary, imaginary, 0, -1),
            (real, imaginary, 1, 1),
            (imaginary, real, 1, 1),
        ):
            factors = Factor.of(sign * left[part.left]), Factor.of(right[part.right])
            result = _bilinear(part, *factors, geometry.direct, sums)
            pairs[component].append(result)
    totals = [reduce(_plus, results) for results in pairs]
    added = offset(pass_)
    if added in real:
        biases = (Factor.of(arrays[added]) for arrays in (real, imaginary))
        totals = [_with_bias(t, bias, geometry) for t, bias in zip(totals, biases, strict=True)]
    if pass_ is Pass.UPDATE:
        weights = map(Factor.of, (operands.weight.real, operands.weight.imag))
        totals = [_step(t, w, operands.learning_rate) for t, w in zip(totals, weights, strict=True)]
    return _stacked(*totals)


def _parts(operands: Operands, kept: str | None) -> tuple[dict[str, Array], dict[str, Array]]:
    """Real and imaginary part of each operand; if one is `kept`, all others conjugated."""
    arrays = operands.arrays()
    signs = {name: 1 if kept in (None, name) else -1 for name in arrays}
    return (
        {name: array.real for name, array in arrays.items()},
        {name: signs[name] * array.imag for name, array in arrays.items()},
    )


def _stacked(real: ExactResult, imaginary: ExactResult) -> ExactResult:
    return ExactResult(
        stack(real.value, imaginary.value),
        lambda: np.stack((real.magnitude, imaginary.magnitude), axis=-1),
        lambda: known(np.stack((real.smallest.everywhere(), imaginary.smallest.everywhere()), axis=-1)),
        terms=np.stack((real.terms, imaginary.terms), axis=-1),
        most=lambda: max(real.most(), imaginary.most()),
    )


def _sum_of_products(pass_: Pass, operands: Operands, geometry: ConvGeometry, sums: Sums) -> ExactResult:
    arrays, added = operands.arrays(), offset(pass_)
    bias = factor(operands, added) if added in arrays else None
    parts = present_products(pass_, geometry, arrays)
    fused = bias if len(parts) == 1 else None
    total = reduce(
        _plus,
        (
            _bilinear(part, factor(operands, part.left), factor(operands, part.right), geometry.direct, sums, fused)
            for part in parts
        ),
    )
    return total if bias is None or fused else _with_bias(total, bias, geometry)


def _plus(left: ExactResult, right: ExactResult) -> ExactResult:
    """The sum, of the terms of both."""
    return ExactResult(
        add(left.value, right.value),
        lambda: _sum(left.magnitude, right.magnitude),
        lambda: smaller(left.smallest, right.smallest),
        terms=left.terms + right.terms,
        most=lambda: left.most() + right.most(),
    )


def _with_bias(result: ExactResult, bias: Factor, geometry: ConvGeometry) -> ExactResult:
    """The sum with a bias as one more term of each element of its channel."""
    column = (-1, *(1,) * geometry.rank)
    return _of_bias_too(add(result.value, bias.exactly().reshaped(column)), result, bias)


def _of_bias_too(value: Scaled, result: ExactResult, bias: Factor) -> ExactResult:
    """That value, of the terms of a result and the bias of each element's channel."""
    sizes = bias.sizes.reshape(-1, *(1,) * (len(value.shape) - 2))

    def everywhere() -> Float64:
        return np.broadcast_to(sizes, value.shape)

    return ExactResult(
        value,
        lambda: _sum(result.magnitude, sizes),
        lambda: smaller(result.smallest, all_at_once(bias.extent.smallest_size, everywhere)),
        terms=result.terms + 1,
        most=lambda: result.most() + bias.extent.largest_size,
    )


def _sum(left: Float64, right: Float64) -> Float64:
    with np.errstate(over="ignore"):
        return left + right


def _bilinear(
    product: Product, left: Factor, right: Factor, direct: ConvGeometry, sums: Sums, bias: Factor | None = None
) -> ExactResult:
    kind, (terms, most) = product.kind, _terms(product.kind, direct)
    value, of_sizes = sums(kind, left, right, direct, most, bias)
    result = ExactResult(
        value,
        of_sizes,
        lambda: of_products(kind, left, right, direct),
        terms=terms,
        most=lambda: most * left.extent.largest_size * right.extent.largest_size,
    )
    return result if bias is None else _of_bias_too(value, result, bias)


def _bias_gradient(output_gradient: Factor, geometry: ConvGeometry) -> ExactResult:
    axes = (0, *range(2, 2 + geometry.rank))
    terms = geometry.batch * math.prod(geometry.output_size)
    numbers = output_gradient.exactly()

    def smallest() -> Float64:
        least: Float64 = output_gradient.sizes.min(axis=axes, initial=np.inf)
        return least

    return ExactResult(
        total(numbers, axes),
        lambda: total(sizes(numbers), axes).to_float64(),
        lambda: all_at_once(output_gradient.extent.smallest_size, smallest),
        terms=np.full(geometry.bias_shape, terms, dtype=np.int64),
        most=lambda: terms * output_gradient.extent.largest_size,
    )


def _step(gradient: ExactResult, weight: Factor, learning_rate: float) -> ExactResult:
    """F - alpha dL/dF; size, number of terms and all but the weight's size as of the gradient."""
    return ExactResult(
        subtract(weight.exactly(), multiplied(gradient.value, learning_rate)),
        lambda: gradient.magnitude,
        lambda: smaller(times(gradient.smallest, abs(learning_rate)), known(weight.sizes)),
        terms=gradient.terms,
        most=gradient.most,
    )


def term_counts(pass_: Pass, geometry: ConvGeometry) -> NDArray[np.int64]:
    """The number of products in each element of a pass's result, broadcastable to its shape.

    Bias, and the weight that an update starts from, are not counted.
    """
    if pass_ is Pass.BIAS_GRADIENT:
        return np.array([geometry.batch * math.prod(geometry.output_size)])
    counts = [_product_counts(part.kind, geometry.direct) for part in products(pass_, geometry)]
    return reduce(np.add, counts)


def most_terms(pass_: Pass, geometry: ConvGeometry) -> int:
    """The largest of :func:`term_counts`: of a product, that of each axis."""
    if pass_ is Pass.BIAS_GRADIENT:
        return geometry.batch * math.prod(geometry.output_size)
    parts = [_counts_along(part.kind, geometry.direct) for part in products(pass_, geometry)]
    return sum(channels * math.prod(int(axis.max(initial=0)) for axis in per_axis) for channels, per_axis in parts)


@lru_cache(maxsize=256)
def _terms(kind: Pass, direct: ConvGeometry) -> tuple[NDArray[np.int64], int]:
    """The number of products in each element of a bilinear map's result, and the most of any."""
    return np.broadcast_to(_product_counts(kind, direct), kind.result_shape(direct)), most_terms(kind, direct)


@lru_cache(maxsize=256)
def _product_counts(kind: Pass, direct: ConvGeometry) -> NDArray[np.int64]:
    lengths = {Pass.FORWARD: direct.output_size, Pass.INPUT_GRADIENT: direct.size}.get(kind, direct.kernel)
    check_positions(math.prod(lengths), direct)
    channels, per_axis = _counts_along(kind, direct)
    terms = reduce(np.multiply, per_axis, np.array(channels, dtype=np.int64))
    terms.flags.writeable = False
    return terms


@lru_cache(maxsize=256)
def _counts_along(kind: Pass, direct: ConvGeometry) -> tuple[int, tuple[NDArray[np.int64], ...]]:
    """Of how many channels, or images, and of how many taps, or windows, along each axis, an element sums products."""
    per_axis = []
    for axis in range(direct.rank):
        inside = direct.inside(axis)
        if kind is Pass.INPUT_GRADIENT:
            source = direct.source_positions(axis)[inside]
            counts = np.bincount(source, minlength=direct.size[axis])
        else:
            counts = inside.sum(axis=1 if kind is Pass.FORWARD else 0)
        per_axis.append(counts.reshape((1,) * (2 + axis) + (-1,) + (1,) * (direct.rank - axis - 1)))
    channels = {
        Pass.FORWARD: direct.in_channels // direct.groups,
        Pass.INPUT_GRADIENT: direct.out_channels // direct.groups,
    }.get(kind, direct.batch)
    return channels, tuple(per_axis)
