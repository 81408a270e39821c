"""NaN and Inf planted in operands: each element's result follows from its terms, in whatever order they are summed.

A NaN term, or one of Inf times zero, makes the sum NaN; so do terms +Inf and
-Inf together. One kind of Inf alone makes it that Inf, and without any of these
the sum is the exact one: on the integer lattice nothing overflows and nothing is
rounded. All that is asked of the terms is whether there is one of a kind, which
sums of indicators (NaN or not, zero or not, positive or not) over the same
terms tell.

Where a window reaches into padding there is no term; an implementation that pads
multiplies zero by the weight there, and zero times NaN or Inf is NaN. Both ways
are in use, so an element may also be NaN where the dense evaluation is:

forward
    The input padded with zeros, times the weight: a contaminated tap of the weight
    reaches every output whose window has that tap in the padding.
input gradient
    The output gradient stuffed with the stride's zeros and extended by zeros as far
    as the kernel reaches, times the weight: a contaminated tap reaches every
    position of its channel that it has no term in. The zeros are those of the output
    gradient, so that a contaminated element of that meets none.
weight gradient
    The input padded with zeros, times the output gradient: a contaminated element
    of the output gradient reaches every tap that is in the padding there.

Padding that repeats data has no such zeros. A transform adds every term to every
element of its tile; see :func:`of_transform`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..answers import bilinear
from ..answers.exact import ExactResult, evaluate
from ..numbers.arrays import Float64, Mask
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, check_operands, factors_of, offset, products
from .nonfinite import Expectation, check_real_floats

_MOST_PLANTED = 3
_IN_TWO, _WITH_ZEROS, _ZEROS = 0.5, 0.75, 0.4
"""Shares of the cases that have a second array planted, and zeros as well; and how many elements are zero then."""
_READ_MOST = ("input", "weight", "output_gradient")
"""Each pass of first order reads two of these, and those of second order at least one beside their directions."""
_STREAM = 2
"""Of the case's seed, beside those of the data."""


def contaminate(operands: Operands, seed: int) -> Operands:
    """A copy of operands with NaN, +Inf and -Inf at a few positions of one or two of the arrays.

    Which arrays, positions and values follows from the seed and the shapes; a dtype without Inf gets NaN. One of the
    arrays is input, weight or output gradient, so that few passes find nothing planted in what they read. In three
    of four cases the other arrays have zeros as well: the lattice has hardly any, and what becomes of zero times Inf
    would not be asked.

    Raises
    ------
    InvalidArgument
        If the operands are integers or complex numbers.
    """
    check_real_floats(operands, where="contaminate")
    arrays = {name: array for name, array in operands.arrays().items() if array.size}
    if not arrays:
        return operands
    shapes = [length for name in _READ_MOST if name in arrays for length in arrays[name].shape]
    rng = np.random.Generator(np.random.PCG64([seed, _STREAM, *shapes]))
    has_infinity = np.isinf(np.array(np.inf).astype(operands.input.dtype).astype(np.float64))
    values = (np.nan, np.inf, -np.inf) if has_infinity else (np.nan,)
    first = str(rng.choice([name for name in _READ_MOST if name in arrays] or list(arrays)))
    others = rng.permutation([name for name in arrays if name != first])
    names = [first, *map(str, others[: int(rng.random() < _IN_TWO)])]
    planted: dict[str, Any] = {name: _planted(arrays[name], values, rng) for name in names}
    if rng.random() < _WITH_ZEROS:
        planted |= {name: _thinned(array, rng) for name, array in arrays.items() if name not in planted}
    return replace(operands, **planted)


def _planted(array: Array, values: tuple[float, ...], rng: np.random.Generator) -> Array:
    planted = np.array(array, order="C")
    positions = rng.integers(array.size, size=int(rng.integers(1, _MOST_PLANTED, endpoint=True)))
    planted.ravel()[positions] = rng.choice(values, len(positions)).astype(array.dtype)
    return planted


def _thinned(array: Array, rng: np.random.Generator) -> Array:
    return np.where(rng.random(array.shape) < _ZEROS, np.zeros((), array.dtype), array)


def expect_contaminated(
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    bound: Float64 | None = None,
    exact: ExactResult | None = None,
) -> Expectation:
    """What each element of a pass's result may be when operands hold NaN or Inf.

    Parameters
    ----------
    pass_ : Pass
    operands : Operands
        Of the integer lattice, but for what is planted; real floats.
    geometry : ConvGeometry
    bound : ndarray of float64, optional
        How far finite elements may be off; nothing by default, as on the lattice.
    exact : ExactResult, optional
        Of the operands' finite part, where it is known already.

    Raises
    ------
    InvalidArgument
        If an operand does not have the shape that `geometry` gives, or is not of real floats.
    """
    check_operands(operands, geometry, where="expect_contaminated")
    check_real_floats(operands, where="expect_contaminated")
    special, zero_products = classify(pass_, operands, geometry)
    return Expectation(
        evaluate(pass_, finite_part(operands), geometry) if exact is None else exact,
        np.zeros(special.shape) if bound is None else bound,
        finite=special == 0,
        plus=special == np.inf,
        minus=special == -np.inf,
        nan=np.isnan(special) | zero_products,
    )


def of_transform(expectation: Expectation) -> Expectation:
    """What an implementation by transforms may return: NaN anywhere as well, since all terms of a tile mix."""
    return replace(expectation, nan=np.ones_like(expectation.nan))


def of_compensated_sums(expectation: Expectation) -> Expectation:
    """What an implementation that carries rounding errors along may return: NaN where Inf may be, as Inf - Inf is."""
    return replace(expectation, nan=expectation.nan | expectation.plus | expectation.minus)


def of_skipped_zeros(expectation: Expectation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Expectation:
    """What an implementation may return that leaves out terms with a factor of zero, all or some of them.

    Then only NaN and Inf beside another number count for sure; with the others, it is NaN.
    """
    special, _ = classify(pass_, operands, geometry, zeros_count=False)
    return replace(
        expectation,
        finite=special == 0,
        plus=special == np.inf,
        minus=special == -np.inf,
        nan=expectation.nan | np.isnan(special),
    )


def is_contaminated(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> bool:
    """Whether any array that a pass reads has NaN or Inf."""
    read = factors_of(pass_, geometry) | {str(offset(pass_))}
    if pass_ is Pass.BIAS_GRADIENT:
        read |= {"output_gradient"}
    if pass_ is Pass.UPDATE:
        read |= {"weight"}
    arrays = operands.arrays()
    return any(not np.isfinite(arrays[name].astype(np.float64)).all() for name in read & arrays.keys())


def finite_part(operands: Operands) -> Operands:
    """The operands with zeros in place of NaN and Inf: the same sums wherever those are finite."""
    return operands.map(lambda array: np.where(np.isfinite(array.astype(np.float64)), array, np.zeros((), array.dtype)))


def classify(
    pass_: Pass, operands: Operands, geometry: ConvGeometry, *, zeros_count: bool = True
) -> tuple[Float64, Mask]:
    """The class of each element by its terms, and where padding's zeros, as factors, would make it NaN.

    Without `zeros_count`, a term with a factor of zero is none, whatever the other one is.

    Returns
    -------
    ndarray of float64
        NaN, Inf or -Inf where the result is that; 0 where it is finite.
    ndarray of bool
    """
    arrays = {name: array.astype(np.float64) for name, array in operands.arrays().items()}
    special = np.zeros(pass_.result_shape(geometry))
    zero_products = np.zeros(special.shape, dtype=bool)
    if pass_ is Pass.BIAS_GRADIENT:
        return _class_of_sum(arrays["output_gradient"]), zero_products
    for product in products(pass_, geometry):
        left, right = arrays[product.left], arrays[product.right]
        special = _add(special, _class_of_products(product.kind, left, right, geometry.direct, zeros_count))
        zero_products |= _meets_padding(product.kind, left, right, geometry.direct)
    if pass_ is Pass.UPDATE:
        special = _add(_special(arrays["weight"]), -operands.learning_rate * special)
    added = offset(pass_)
    if added in arrays:
        special = _add(special, _special(arrays[added]).reshape(-1, *(1,) * geometry.rank))
    return special, zero_products


def _add(left: Float64, right: Float64) -> Float64:
    """The class of the sum; of Inf and -Inf, NaN."""
    with np.errstate(invalid="ignore"):
        return left + right


def _special(values: Float64) -> Float64:
    return np.where(np.isfinite(values), 0.0, values)


def _class(nan: Mask, plus: Mask, minus: Mask) -> Float64:
    """The class of sums that have terms of NaN, +Inf and -Inf, or not."""
    infinite = _add(np.where(plus, np.inf, 0.0), np.where(minus, -np.inf, 0.0))
    return np.where(nan, np.nan, infinite)


def _class_of_sum(gradient: Float64) -> Float64:
    axes = (0, *range(2, gradient.ndim))
    kinds = (np.isnan(gradient), gradient == np.inf, gradient == -np.inf)
    nan, plus, minus = (np.asarray(mask.any(axis=axes)) for mask in kinds)
    return _class(nan, plus, minus)


def _class_of_products(kind: Pass, left: Float64, right: Float64, direct: ConvGeometry, zeros_count: bool) -> Float64:
    def count(of_left: Mask, of_right: Mask) -> Float64:
        return _count(kind, of_left, of_right, direct)

    nan = count(np.isnan(left), right != 0) + count(left != 0, np.isnan(right))
    if zeros_count:
        nan += count(~np.isfinite(left), right == 0) + count(left == 0, ~np.isfinite(right))
    plus = count(left == np.inf, right > 0) + count(left == -np.inf, right < 0)
    plus += count(left > 0, right == np.inf) + count(left < 0, right == -np.inf)
    minus = count(left == np.inf, right < 0) + count(left == -np.inf, right > 0)
    minus += count(left < 0, right == np.inf) + count(left > 0, right == -np.inf)
    return _class(nan > 0, plus > 0, minus > 0)


def _count(kind: Pass, left: Mask, right: Mask, direct: ConvGeometry) -> Float64:
    """How many terms of each element have both factors so marked; exact, for counts are below 2**53."""
    if not (left.any() and right.any()):
        return np.zeros(kind.result_shape(direct))
    a, b = left.astype(np.float64), right.astype(np.float64)
    counts: Float64
    match kind:
        case Pass.FORWARD:
            counts = bilinear.forward(a, b, direct)
        case Pass.INPUT_GRADIENT:
            counts = bilinear.input_gradient(a, b, direct)
        case _:
            counts = bilinear.weight_gradient(b, a, direct)
    return counts


def _meets_padding(kind: Pass, left: Float64, right: Float64, direct: ConvGeometry) -> Mask:
    """Where the dense evaluation multiplies one of its zeros by NaN or Inf.

    It has as many products with contaminated factors in every element (in every
    padded position, for the input gradient); those that are terms are counted, and the
    others are products with a zero.
    """
    contaminated = ~np.isfinite(left if kind is Pass.WEIGHT_GRADIENT else right)
    if not contaminated.any():
        return np.zeros(kind.result_shape(direct), dtype=bool)
    match kind:
        case Pass.FORWARD:
            sums = contaminated.sum(axis=tuple(range(1, contaminated.ndim)))
            dense = sums.reshape(-1, *(1,) * direct.rank)
            terms = _count(kind, np.ones(left.shape, dtype=bool), contaminated, direct)
        case Pass.INPUT_GRADIENT:
            grouped = contaminated.reshape(direct.groups, -1, direct.in_channels // direct.groups, *direct.kernel)
            sums = grouped.sum(axis=(1, *range(3, grouped.ndim)))
            dense = sums.reshape(-1, *(1,) * direct.rank) * _repetitions(direct)
            terms = _count(kind, np.ones(left.shape, dtype=bool), contaminated, direct)
        case _:
            sums = contaminated.sum(axis=(0, *range(2, contaminated.ndim)))
            dense = sums.reshape(-1, *(1,) * (1 + direct.rank))
            terms = _count(kind, contaminated, np.ones(right.shape, dtype=bool), direct)
    return np.asarray(dense > terms)


def _repetitions(direct: ConvGeometry) -> NDArray[np.int64]:
    """How often each input position occurs in the padded input, of shape *size."""
    repetitions = np.ones((1,) * direct.rank, dtype=np.int64)
    for axis, size in enumerate(direct.size):
        sources = direct.repeated_positions(axis)
        counts = np.bincount(sources[(sources >= 0) & (sources < size)], minlength=size)
        repetitions = repetitions * counts.reshape(-1, *(1,) * (direct.rank - axis - 1))
    return repetitions
