"""A certificate: the proof that all elements of a layer's result are right, or where one is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..errors import InvalidArgument
from ..numbers.arrays import first_index
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, factors_of
from .bounds import Bounds, bounds_of, odd
from .combinations import MOST_FACTOR, PRECISION, Combinations, drawn
from .elements import Wrong, every, told
from .held import NONE_HELD, Held, fetched
from .lines import sums_lines
from .locating import Problem, located
from .sums import largest_weight

MISS = 2.0**-40
"""The probability, at most, that a certificate is given to a wrong result, unless another is asked for."""
_FEW_ELEMENTS = 4
_FEW_CHANNELS = 16
"""Products of input and output channels of a group."""
_LEAST_FACTOR = 32
"""Of smaller ones so many combinations are needed that sums in float32 take longer than in float64."""
_WHERE = "certify"
_SHARE, _LEAST_BYTES = 0.4, 1 << 22
"""Of the memory of the tensors that are read, what combinations may take; and what they may in any case."""
_COPIES = 4
"""Of a combination's places: what it is, what it should be, what one image or tap comes to, and what is widened."""


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
    actual: Array | Held,
    geometry: ConvGeometry,
    *,
    largest_sum: float,
    largest_operand: float | None = None,
    allowed: float = 0.0,
    seed: int = 0,
    miss: float = MISS,
    held: Mapping[str, Held] = NONE_HELD,
) -> Certificate:
    """See whether a result is the exact one, in about the time that it takes to read it.

    Parameters
    ----------
    pass_ : Pass
    operands : Operands
        On the integer lattice, of real dtypes.
    actual : ndarray or Held
        The result, of the shape that `geometry` gives; on a device, it is read there.
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
    held : mapping of str to Held
        Operands like images that lie on a device, by name: they are read there.

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
        return _of_each(pass_, operands, fetched(actual), geometry, largest_sum, allowed)
    bounds = bounds_of(pass_, operands, geometry, largest_sum, largest_operand, allowed)
    if not allowed < bounds.unit / 2:
        raise InvalidArgument("allowed", allowed, f"should be less than half of {bounds.unit:g}", where=_WHERE)
    problem = Problem(pass_, operands, fetched(actual) if allowed else actual, geometry, bounds.operand, math.inf, held)
    return _of_combinations(problem, bounds, seed, miss)


def _of_combinations(problem: Problem, bounds: Bounds, seed: int, miss: float) -> Certificate:
    """Combinations of the elements are compared with what they are, known from the operands."""
    pass_, actual, geometry = problem.pass_, problem.actual, problem.geometry
    strange, largest = odd(actual, bounds)
    combined = _drawn(pass_, geometry, bounds, largest, seed, miss)

    def found(index: tuple[int, ...] | None, places: int) -> Certificate:
        wrong = None if index is None else told(pass_, problem.operands, actual, geometry, index)
        return Certificate(actual.size, combined.miss, combined.count, places, wrong)

    if strange is not None:
        return found(strange, 1)
    meant = np.rint(fetched(actual) / bounds.unit) * bounds.unit if bounds.allowed else actual
    seen = replace(problem, actual=meant, largest_result=largest)
    parts = list(combined.parts(_at_once(problem)))
    suspects = parts if combined.lines is None else [part for part in parts if seen.residual(part).any()]
    places = np.zeros(actual.shape[2:], bool)
    place, seen_by = None, combined
    for part in (each.of_places for each in suspects):
        off = np.any(seen.residual(part), axis=0)
        assert isinstance(off, np.ndarray)
        if place is None and off.any():
            place, seen_by = first_index(off), part
        places |= off
    return found(None, 0) if place is None else found(located(seen, seen_by, place), int(np.count_nonzero(places)))


def _drawn(pass_: Pass, geometry: ConvGeometry, bounds: Bounds, largest: float, seed: int, miss: float) -> Combinations:
    """Over the first two axes, and of few images over the third; with factors with which float32 can sum the result."""
    rng = np.random.default_rng([seed, *geometry.output_shape])
    shape = pass_.result_shape(geometry)
    draw = partial(drawn, largest_value=bounds.result, miss=miss, rng=rng)
    if pass_.result_like == "weight":
        return draw(shape[:2], geometry.direct.groups)
    most = largest_weight(shape[1], largest)
    fits = math.prod(shape[:3]) * _LEAST_FACTOR**3 * bounds.result <= 2.0**PRECISION
    axes = 3 if fits and sums_lines(geometry) else 2
    return draw(shape[:axes], 1, most=most if most >= _LEAST_FACTOR else MOST_FACTOR)


def _at_once(problem: Problem) -> int:
    """How many combinations are compared at a time: more would take more than a share of the tensors' memory."""
    names, actual = factors_of(problem.pass_, problem.geometry), problem.actual
    read = sum(getattr(problem.operands, name).nbytes for name in names) + actual.nbytes
    each = _COPIES * np.dtype(np.float64).itemsize * math.prod(actual.shape[2:])
    return int(max(_SHARE * read, _LEAST_BYTES) // max(each, 1)) or 1


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
    right = every(pass_, operands, geometry, largest)
    with np.errstate(invalid="ignore"):
        off = np.argwhere(~(np.abs(actual.astype(np.float64) - right) <= allowed))
    if not off.size:
        return Certificate(actual.size, 0.0, 0, 0, None)
    index = tuple(map(int, off[0]))
    return Certificate(actual.size, 0.0, 0, len(off), Wrong(index, float(actual[index]), float(right[index])))
