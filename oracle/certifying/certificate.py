"""A certificate: the proof that all elements of a layer's result are right, or where one is wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..answers import equations, reference
from ..errors import InvalidArgument
from ..numbers.arrays import first_index
from ..numbers.scaled import unit_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, factors_of, products
from .combinations import Combinations, drawn
from .locating import located, residual
from .projections import EXACT_FLOAT32, expected, weight_gradients

MISS = 2.0**-40
"""The probability, at most, that a certificate is given to a wrong result, unless another is asked for."""
_FEW_ELEMENTS = 4
_FEW_CHANNELS = 16
"""Products of input and output channels of a group."""
_MOST_TERMS = 1 << 20
"""That are summed one by one."""
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
    largest: float,
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
    largest : float
        No sum of absolute terms of an element is larger: 2**precision of the lattice.
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
        return _of_each(pass_, operands, actual, geometry, largest, allowed)
    return _of_combinations(pass_, operands, actual, geometry, largest, allowed, seed, miss)


def _of_combinations(
    pass_: Pass,
    operands: Operands,
    actual: Array,
    geometry: ConvGeometry,
    largest: float,
    allowed: float,
    seed: int,
    miss: float,
) -> Certificate:
    """Combinations of the elements are compared with what they are, known from the operands."""
    shape = pass_.result_shape(geometry)
    unit = unit_of_results(pass_, operands)
    if not allowed < unit / 2:
        raise InvalidArgument("allowed", allowed, f"should be less than half of {unit:g}", where=_WHERE)
    rng = np.random.default_rng([seed, *geometry.output_shape])
    groups = geometry.direct.groups if pass_.result_like == "weight" else 1
    combined = drawn((shape[0], shape[1]), groups, largest / unit, miss, rng)
    odd = _odd(actual, largest, unit, allowed)
    if odd is not None:
        return Certificate(actual.size, combined.miss, combined.count, 1, _told(pass_, operands, actual, geometry, odd))
    meant = np.rint(actual / unit) * unit if allowed else actual
    places = np.zeros(shape[2:], bool)
    place, seen_by = None, combined
    for part in combined.parts(_at_once(pass_, operands, actual, geometry)):
        off = np.any(residual(pass_, operands, meant, geometry, part), axis=0)
        assert isinstance(off, np.ndarray)
        if place is None and off.any():
            place, seen_by = first_index(off), part
        places |= off
    if place is None:
        return Certificate(actual.size, combined.miss, combined.count, 0, None)
    index = located(pass_, operands, meant, geometry, seen_by, place)
    wrong = _told(pass_, operands, actual, geometry, index)
    return Certificate(actual.size, combined.miss, combined.count, int(np.count_nonzero(places)), wrong)


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


def _odd(actual: Array, largest: float, unit: float, allowed: float) -> tuple[int, ...] | None:
    """An element that no right result has: NaN, off the multiples, or too large. Sums with it could be rounded."""
    flat = actual.reshape(-1)
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
        if not is_near.all() or max(nearest.max(), -nearest.min()) > largest / unit:
            with np.errstate(invalid="ignore"):
                odd = ~(is_near & (np.abs(nearest) <= largest / unit))
            return tuple(map(int, np.unravel_index(start + int(np.argmax(odd)), actual.shape)))
    return None


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
