"""A certificate: the proof that all elements of a layer's result are right, or where one is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from ..answers import equations, reference
from ..errors import InvalidArgument
from ..numbers.arrays import first_index
from ..numbers.scaled import unit_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, factors_of, offset, products
from .combinations import MOST_FACTOR, Combinations, drawn
from .lines import sums_lines
from .locating import Problem, located
from .projections import expected, weight_gradients
from .sums import EXACT_FLOAT32, largest_weight

MISS = 2.0**-40
"""The probability, at most, that a certificate is given to a wrong result, unless another is asked for."""
_FEW_ELEMENTS = 4
_FEW_CHANNELS = 16
"""Products of input and output channels of a group."""
_MOST_TERMS = 1 << 20
"""That are summed one by one."""
_LEAST_FACTOR = 32
"""Of smaller ones so many combinations are needed that sums in float32 take longer than in float64."""
_WHERE = "certify"
_BLOCK_ELEMENTS = 1 << 16
"""That are read several times, from a cache."""
_SHARE, _LEAST_BYTES = 0.4, 1 << 22
"""Of the memory of the tensors that are read, what combinations may take; and what they may in any case."""
_COPIES = 4
"""Of a combination's places: what it is, what it should be, what one image or tap comes to, and what is widened."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """An element that is wrong.

    Parameters
    ----------
    index : tuple of int
        0-based.
    actual, expected : float
    """

    index: tuple[int, ...]
    actual: float
    expected: float


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a result as a whole.

    Parameters
    ----------
    elements : int
        How many it has; of a result without any, a certificate says nothing.
    miss : float
        The probability, at most, that one of them is wrong all the same; 0 where each was compared.
    combinations : int
        How many sums over two axes were compared in each place; 0 where each element was.
    places : int
        In how many places something is wrong.
    wrong : Wrong or None
        One of the elements that are; None where none was found.
    """

    elements: int
    miss: float
    combinations: int
    places: int
    wrong: Wrong | None

    @property
    def holds(self) -> bool:
        """Whether the result is right, but for `miss`."""
        return self.wrong is None


def certify(
    pass_: Pass,
    operands: Operands,
    actual: Array,
    geometry: ConvGeometry,
    *,
    largest_sum: float,
    largest_operand: float | None = None,
    allowed: float = 0.0,
    seed: int = 0,
    miss: float = MISS,
) -> Certificate:
    """See whether a result is the exact one, in about the time that it takes to read it.

    Parameters
    ----------
    pass_ : Pass
    operands : Operands
        On the integer lattice, of real dtypes.
    actual : ndarray
        The result, of the shape that `geometry` gives.
    geometry : ConvGeometry
    largest_sum : float
        No sum of absolute terms of an element is larger: 2**precision of the lattice.
    largest_operand : float, optional
        No element of an operand is larger: `largest_integer` of the lattice. By default, they are looked at.
    allowed : float
        How far from the exact one an element may be: nothing, but where it comes of a transform.
    seed : int
        Of the combinations.
    miss : float

    Raises
    ------
    InvalidArgument
        If the result has another shape, the dtype is complex, `allowed` is half the unit in which results are, or more,
        or sums over so many elements would round.
    """
    shape = pass_.result_shape(geometry)
    if actual.shape != shape:
        raise InvalidArgument("actual.shape", actual.shape, f"should be {shape} for {geometry}", where=_WHERE)
    if operands.input.dtype.kind == "c":
        raise InvalidArgument("dtype", operands.input.dtype.name, "should be of real numbers", where=_WHERE)
    if not actual.size:
        return Certificate(0, 0.0, 0, 0, None)
    if pass_ is Pass.BIAS_GRADIENT or _is_hardly_combined(pass_, geometry):
        return _of_each(pass_, operands, actual, geometry, largest_sum, allowed)
    unit = unit_of_results(pass_, operands)
    if not allowed < unit / 2:
        raise InvalidArgument("allowed", allowed, f"should be less than half of {unit:g}", where=_WHERE)
    if largest_operand is None:
        largest_operand = _largest_of(pass_, operands, geometry)
    largest = _largest_result(pass_, geometry, largest_sum, largest_operand, unit)
    bounds = _Bounds(largest_operand, largest, unit, allowed)
    return _of_combinations(pass_, operands, actual, geometry, bounds, seed, miss)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How large elements are: of operands, and of a right result, in units of it; how far these may be off."""

    operand: float
    result: float
    unit: float
    allowed: float


def _largest_of(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> float:
    """In size, of the operands that a pass reads."""
    added = "weight" if pass_ is Pass.UPDATE else offset(pass_)
    names = [*factors_of(pass_, geometry), *([added] if added else [])]
    read = [array for name, array in operands.arrays().items() if name in names]
    return max((max(float(each.max(initial=0)), -float(each.min(initial=0))) for each in read), default=0.0)


def _largest_result(
    pass_: Pass, geometry: ConvGeometry, largest_sum: float, largest_operand: float, unit: float
) -> float:
    """In units, no sum of absolute terms is larger: that of so many products of operands, where it is less."""
    direct = geometry.direct
    if pass_ is Pass.UPDATE:
        return largest_sum / unit
    if direct.padding_mode != "zeros":
        return largest_sum
    taps = math.prod(direct.kernel)
    counts = {
        Pass.FORWARD: direct.in_channels // direct.groups * taps,
        Pass.INPUT_GRADIENT: direct.out_channels // direct.groups * taps,
        Pass.WEIGHT_GRADIENT: direct.batch * math.prod(direct.output_size),
    }
    terms = sum(counts[part.kind] for part in products(pass_, geometry)) + (offset(pass_) is not None)
    return min(largest_sum, terms * max(1.0, largest_operand) ** 2)


def _of_combinations(
    pass_: Pass, operands: Operands, actual: Array, geometry: ConvGeometry, bounds: _Bounds, seed: int, miss: float
) -> Certificate:
    """Combinations of the elements are compared with what they are, known from the operands."""
    odd, largest = _odd(actual, bounds)
    combined = _drawn(pass_, geometry, bounds, largest, seed, miss)
    if odd is not None:
        return Certificate(actual.size, combined.miss, combined.count, 1, _told(pass_, operands, actual, geometry, odd))
    meant = np.rint(actual / bounds.unit) * bounds.unit if bounds.allowed else actual
    problem = Problem(pass_, operands, meant, geometry, bounds.operand, largest)
    parts = list(combined.parts(_at_once(pass_, operands, actual, geometry)))
    suspects = parts if combined.lines is None else [part for part in parts if problem.residual(part).any()]
    places = np.zeros(actual.shape[2:], bool)
    place, seen_by = None, combined
    for part in (each.of_places for each in suspects):
        off = np.any(problem.residual(part), axis=0)
        assert isinstance(off, np.ndarray)
        if place is None and off.any():
            place, seen_by = first_index(off), part
        places |= off
    if place is None:
        return Certificate(actual.size, combined.miss, combined.count, 0, None)
    wrong = _told(pass_, operands, actual, geometry, located(problem, seen_by, place))
    return Certificate(actual.size, combined.miss, combined.count, int(np.count_nonzero(places)), wrong)


def _drawn(
    pass_: Pass, geometry: ConvGeometry, bounds: _Bounds, largest: float, seed: int, miss: float
) -> Combinations:
    """Over the first two axes, and of few images over the third; with factors with which float32 can sum the result."""
    rng = np.random.default_rng([seed, *geometry.output_shape])
    shape = pass_.result_shape(geometry)
    draw = partial(drawn, largest_value=bounds.result, miss=miss, rng=rng)
    if pass_.result_like == "weight":
        return draw(shape[:2], geometry.direct.groups)
    most = largest_weight(shape[1], largest)
    return draw(shape[: 3 if sums_lines(geometry) else 2], 1, most=most if most >= _LEAST_FACTOR else MOST_FACTOR)


def _at_once(pass_: Pass, operands: Operands, actual: Array, geometry: ConvGeometry) -> int:
    """How many combinations are compared at a time: more would take more than a share of the tensors' memory."""
    read = sum(getattr(operands, name).nbytes for name in factors_of(pass_, geometry)) + actual.nbytes
    each = _COPIES * np.dtype(np.float64).itemsize * math.prod(actual.shape[2:])
    return int(max(_SHARE * read, _LEAST_BYTES) // max(each, 1)) or 1


def unit_of_results(pass_: Pass, operands: Operands) -> float:
    """The power of two of which all elements of a right result are multiples, of operands on the lattice."""
    return unit_of(operands.learning_rate) if pass_ is Pass.UPDATE else 1.0


def _is_hardly_combined(pass_: Pass, geometry: ConvGeometry) -> bool:
    """Whether there is so little to combine that combinations take longer than all of it."""
    if math.prod(pass_.result_shape(geometry)) <= _FEW_ELEMENTS:
        return True
    channels = geometry.in_channels * geometry.out_channels // geometry.groups**2
    return pass_.result_like == "weight" and channels <= _FEW_CHANNELS


def _of_each(
    pass_: Pass, operands: Operands, actual: Array, geometry: ConvGeometry, largest: float, allowed: float
) -> Certificate:
    """Each element is compared with the sum that is had without rounding."""
    right = _each(pass_, operands, geometry, largest)
    with np.errstate(invalid="ignore"):
        off = np.argwhere(~(np.abs(actual.astype(np.float64) - right) <= allowed))
    if not off.size:
        return Certificate(actual.size, 0.0, 0, 0, None)
    index = tuple(map(int, off[0]))
    return Certificate(actual.size, 0.0, 0, len(off), Wrong(index, float(actual[index]), float(right[index])))


def _each(pass_: Pass, operands: Operands, geometry: ConvGeometry, largest: float) -> Array:
    """The right result; of operands whose every partial sum float32 holds, without a wider copy of them."""
    if pass_ is Pass.BIAS_GRADIENT:
        cotangent = operands.output_gradient
        return np.asarray(cotangent.sum(axis=(0, *range(2, cotangent.ndim)), dtype=np.float64))
    if pass_ is not Pass.WEIGHT_GRADIENT:
        return reference.evaluate(pass_, operands.map(lambda array: array.astype(np.float64, copy=False)), geometry)
    (part,), direct = products(pass_, geometry), geometry.direct
    dtype = np.float32 if largest <= EXACT_FLOAT32 else np.float64
    cotangents, images = (
        array.reshape(len(array), direct.groups, array.shape[1] // direct.groups, *array.shape[2:]).astype(
            dtype, copy=False
        )
        for array in (getattr(operands, part.left), getattr(operands, part.right))
    )
    right = np.empty((direct.groups, cotangents.shape[2], images.shape[2], *direct.kernel))
    for output, input in np.ndindex(right.shape[1:3]):
        both = (cotangents[:, :, output : output + 1], images[:, :, input : input + 1])
        right[:, output, input] = weight_gradients(*both, direct)[:, 0]
    return right.reshape(geometry.weight_shape)


def _odd(actual: Array, bounds: _Bounds) -> tuple[tuple[int, ...] | None, float]:
    """An element that no right result has: NaN, off the multiples, or too large. Sums with it could be rounded.

    Where there is none, also how many units the largest one has.
    """
    flat, unit, allowed, largest = actual.reshape(-1), bounds.unit, bounds.allowed, 0.0
    for start in range(0, flat.size, _BLOCK_ELEMENTS):
        values = _read(flat[start : start + _BLOCK_ELEMENTS])
        if unit != 1:
            values = values / unit
        nearest = np.rint(values)
        if allowed:
            with np.errstate(invalid="ignore"):
                is_near = np.abs(values - nearest) <= allowed / unit
        else:
            is_near = values == nearest
        largest = max(largest, float(nearest.max()), -float(nearest.min()))
        if not is_near.all() or largest > bounds.result:
            with np.errstate(invalid="ignore"):
                odd = ~(is_near & (np.abs(nearest) <= bounds.result))
            return tuple(map(int, np.unravel_index(start + int(np.argmax(odd)), actual.shape))), math.inf
    return None, largest


def _read(values: Array) -> Array:
    """The same in a dtype in which NumPy is fast."""
    return values if values.dtype in (np.float32, np.float64) else values.astype(np.float64)


def _told(pass_: Pass, operands: Operands, actual: Array, geometry: ConvGeometry, index: tuple[int, ...]) -> Wrong:
    """An element with the sum of its terms."""
    total = 0.0
    for number, term in enumerate(equations.terms(pass_, geometry, index, bias=operands.bias is not None)):
        if number == _MOST_TERMS:
            return Wrong(index, float(actual[index]), _alone(pass_, operands, geometry, index))
        total += math.prod(float(getattr(operands, factor.tensor)[factor.index]) for factor in term.factors)
    if pass_ is Pass.UPDATE:
        total = float(operands.weight[index]) - operands.learning_rate * total
    return Wrong(index, float(actual[index]), total)


def _alone(pass_: Pass, operands: Operands, geometry: ConvGeometry, index: tuple[int, ...]) -> float:
    """The right value of one element, as the combination that has no other."""
    rows, columns = pass_.result_shape(geometry)[:2]
    groups = geometry.direct.groups if pass_.result_like == "weight" else 1
    first, second = np.zeros((1, rows)), np.zeros((1, groups, columns))
    first[0, index[0]] = second[0, index[0] * groups // rows, index[1]] = 1
    return float(expected(pass_, operands, geometry, Combinations(first, second, 1))[(0, *index[2:])])
