"""How a fault is put around an implementation: what it is given is changed, or what it returns.

None of these looks into the implementation, so that it may have a fault itself:
planting two models gives both faults.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..answers import reference
from ..answers.exact import most_terms
from ..errors import InvalidArgument
from ..problem.geometry import ConvGeometry
from ..problem.passes import (
    ARRAYS,
    FORWARDS,
    INPUT_GRADIENTS,
    WEIGHT_GRADIENTS,
    Array,
    Operands,
    Pass,
    most_elements,
    shape_of,
)
from .model import NO_NEEDS, FaultModel, Implementation, Kind, Misreading, Needs

Change = Callable[[Implementation, Pass, Operands, ConvGeometry], Array]
"""A wrong evaluation of a pass by means of a right one."""
Rearrangement = Callable[[Array, ConvGeometry], Array]

BACKWARDS = (*INPUT_GRADIENTS, *WEIGHT_GRADIENTS)
CONVOLVING = (*FORWARDS, *BACKWARDS)
"""All passes but the bias gradient."""
EVERY = tuple(Pass)

_SEED = 29
_LARGEST_PROBE = 1 << 20
_EXACT = 1 << 51
_LARGEST_MISREAD = 1 << 22
"""Elements of an array."""
_MOST_READ, _MOST_TIMES = 1 << 24, 64
"""Elements that windows read, and so many times those of the right geometry."""


def planting(change: Change, passes: Iterable[Pass]) -> Callable[[Implementation], Implementation]:
    """Plant a change in some passes; the others stay as they are. Of overflow in them NumPy does not warn."""
    changed = frozenset(passes)

    def plant(implementation: Implementation) -> Implementation:
        def faulty(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
            if pass_ not in changed:
                return implementation(pass_, operands, geometry)
            with np.errstate(over="ignore", invalid="ignore"):
                return change(implementation, pass_, operands, geometry)

        return faulty

    return plant


def wrong_terms(
    name: str,
    sentence: str,
    explanation: str,
    change: Change,
    passes: Iterable[Pass] = CONVOLVING,
    needs: Needs = NO_NEEDS,
    misread: Misreading | None = None,
) -> FaultModel:
    """A model of wrong terms, which shows where it makes a difference to random integers."""
    passes = frozenset(passes)
    plant = planting(change, passes)
    complex_only = all(dtype.startswith("complex") for dtype in needs.dtypes)

    @lru_cache(maxsize=4096)
    def shows(pass_: Pass, geometry: ConvGeometry) -> bool:
        if pass_ not in passes or (misread is not None and misread(geometry) in (None, geometry)):
            return False
        given, right = probe(geometry, complex_only), _right(pass_, geometry, complex_only)
        wrong = plant(_remembering(right, pass_, given, geometry))(pass_, given, geometry)
        return not np.array_equal(wrong, right)

    return FaultModel(name, sentence, explanation, Kind.TERMS, passes, shows, plant, needs, misread)


def wrong_geometry(
    name: str,
    sentence: str,
    explanation: str,
    misread: Misreading,
    passes: Iterable[Pass] = CONVOLVING,
) -> FaultModel:
    """A model that computes the terms of another geometry, where that is not enormous and the right one is not."""

    def read(geometry: ConvGeometry) -> ConvGeometry | None:
        other = misread(geometry)
        return None if other is None or _is_enormous(other, geometry) else other

    return wrong_terms(name, sentence, explanation, misreading(read), passes, misread=read)


def _is_enormous(other: ConvGeometry, geometry: ConvGeometry) -> bool:
    too_large = most_elements(other) > max(_LARGEST_MISREAD, most_elements(geometry))
    return too_large or _read(other) > max(_MOST_READ, _MOST_TIMES * _read(geometry))


def _read(geometry: ConvGeometry) -> int:
    """The elements that all windows read, those of the padding as well."""
    direct = geometry.direct
    windows = direct.batch * math.prod(direct.output_size)
    return windows * direct.in_channels * math.prod(direct.kernel)


def wrong_conduct(
    name: str,
    sentence: str,
    explanation: str,
    make: Callable[[], Change],
    passes: Iterable[Pass],
    shows: Callable[[Pass, ConvGeometry], bool],
    needs: Needs,
) -> FaultModel:
    """A model of wrong conduct; `make` makes a change with a memory of its own for each implementation."""
    passes = frozenset(passes)

    def plant(implementation: Implementation) -> Implementation:
        return planting(make(), passes)(implementation)

    def shows_in_these(pass_: Pass, geometry: ConvGeometry) -> bool:
        return pass_ in passes and shows(pass_, geometry)

    return FaultModel(name, sentence, explanation, Kind.CONDUCT, passes, shows_in_these, plant, needs)


@lru_cache(maxsize=512)
def probe(geometry: ConvGeometry, is_complex: bool = False) -> Operands:
    """Random integers in float64 or complex128, so large that wrong terms hardly ever cancel; all sums are exact.

    What a wrong term adds is a polynomial in them, of degree two: it vanishes on random integers
    of up to m with probability below 2 / m (Schwartz and Zippel).
    """
    rng = np.random.Generator(np.random.PCG64(_SEED))
    most = 1 + 4 * max(most_terms(pass_, geometry) for pass_ in Pass)
    largest = max(min(_LARGEST_PROBE, math.isqrt(_EXACT // most)), 1)
    arrays: dict[str, Any] = {name: _integers(rng, shape_of(name, geometry), largest) for name in ARRAYS}
    if is_complex:
        arrays = {name: array + 1j * _integers(rng, array.shape, largest) for name, array in arrays.items()}
    return Operands(**arrays, learning_rate=0.5)


def _integers(rng: np.random.Generator, shape: tuple[int, ...], largest: int) -> Array:
    sizes: Array = rng.integers(1, largest, shape, endpoint=True) * rng.choice((-1.0, 1.0), shape)
    return sizes


@lru_cache(maxsize=1024)
def _right(pass_: Pass, geometry: ConvGeometry, is_complex: bool) -> Array:
    return reference.evaluate(pass_, probe(geometry, is_complex), geometry)


def _remembering(right: Array, pass_: Pass, given: Operands, geometry: ConvGeometry) -> Implementation:
    """The reference, which knows what one call gives: many faults change nothing of what they are given."""

    def evaluate(asked: Pass, operands: Operands, other: ConvGeometry) -> Array:
        if asked is pass_ and other == geometry and _are_same(operands, given):
            return right.copy()
        return reference.evaluate(asked, operands, other)

    return evaluate


def _are_same(some: Operands, others: Operands) -> bool:
    if some.learning_rate != others.learning_rate:
        return False
    one, other = some.arrays(), others.arrays()
    return one.keys() == other.keys() and all(np.array_equal(array, other[name]) for name, array in one.items())


def misreading(wrong: Misreading) -> Change:
    """The pass of another geometry, read from and written to arrays of the right shapes.

    Where the other geometry has more output positions, the last are cut off (or
    their gradients are zero); where it has fewer, the last stay zero. None
    stands for a geometry that has no such reading.
    """

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        other = wrong(geometry)
        if other is None or other == geometry:
            return implementation(pass_, operands, geometry)
        arrays: dict[str, Any] = {
            name: fitted(array, shape_of(name, other)) for name, array in operands.arrays().items()
        }
        result = implementation(pass_, replace(operands, **arrays), other)
        return fitted(result, pass_.result_shape(geometry))

    return change


def resized(wrong: Misreading) -> Change:
    """The pass of another geometry, in the shape that it has there, from operands whose shapes it does not change."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        other = wrong(geometry)
        return implementation(pass_, operands, geometry if other is None else other)

    return change


def altered(geometry: ConvGeometry, **changes: object) -> ConvGeometry | None:
    """A geometry with other values; None where that is not legal."""
    if all(getattr(geometry, name) == value for name, value in changes.items()):
        return geometry
    try:
        return replace(geometry, **changes)  # type: ignore[arg-type]
    except InvalidArgument:
        return None


def fitted(array: Array, shape: tuple[int, ...]) -> Array:
    """The array cut off, or continued with zeros, at the end of each axis."""
    if array.shape == shape:
        return array
    kept = tuple(slice(0, min(old, new)) for old, new in zip(array.shape, shape, strict=True))
    result = np.zeros(shape, array.dtype)
    result[kept] = array[kept]
    return result


def with_operands(changed: Callable[[str, Array, ConvGeometry], Array]) -> Change:
    """The pass of changed arrays; `changed` is given each operand's name, without ``_direction``, and array."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        arrays: dict[str, Any] = {
            name: changed(name.removesuffix("_direction"), array, geometry) for name, array in operands.arrays().items()
        }
        return implementation(pass_, replace(operands, **arrays), geometry)

    return change


def with_result(changed: Callable[[Array, Pass, ConvGeometry], Array]) -> Change:
    """The pass with its result changed afterwards."""

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return changed(implementation(pass_, operands, geometry), pass_, geometry)

    return change


_RESULTS = {
    "input": INPUT_GRADIENTS,
    "weight": WEIGHT_GRADIENTS,
    "output_gradient": FORWARDS,
    "bias": (Pass.BIAS_GRADIENT,),
}


def rearranging(name: str, there: Rearrangement, back: Rearrangement | None = None) -> Change:
    """Elements of the input, weight or output (`name` output_gradient) in other places, whether read or written.

    `back` is the inverse of the permutation `there`, by default the same. The passes whose result
    has this shape return it rearranged back, which makes them gradients of the wrong forward pass.
    """
    undo = back or there
    reading = with_operands(lambda operand, array, geometry: there(array, geometry) if operand == name else array)

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        result = reading(implementation, pass_, operands, geometry)
        return undo(result, geometry) if pass_ in _RESULTS[name] else result

    return change


def omitting(name: str, omitted: Callable[[tuple[int, ...], ConvGeometry], Array | None]) -> Change:
    """Some elements of the input, weight or output take no part: read as zero, and never written.

    `omitted` gives the mask of them, broadcastable to the shape; None for none. What is not written
    is zero, or of an update the old weight.
    """

    def change(implementation: Implementation, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        mask = omitted(shape_of(name, geometry), geometry)
        if mask is None or not mask.any():
            return implementation(pass_, operands, geometry)
        arrays: dict[str, Any] = {
            operand: np.where(mask, np.zeros((), array.dtype), array)
            for operand, array in operands.arrays().items()
            if operand.removesuffix("_direction") == name and not (pass_ is Pass.UPDATE and operand == "weight")
        }
        result = implementation(pass_, replace(operands, **arrays), geometry)
        if pass_ not in _RESULTS[name]:
            return result
        unwritten = operands.weight if pass_ is Pass.UPDATE else np.zeros((), result.dtype)
        return np.where(mask, unwritten, result).astype(result.dtype)

    return change


def along(axis: int, mask: Array, rank: int) -> Array:
    """A mask of one axis, broadcastable to an array with `rank` axes."""
    return mask.reshape(tuple(-1 if position == axis else 1 for position in range(rank)))


def trailing(length: int, from_: int) -> Array:
    """Mask of the positions from `from_` on."""
    return np.arange(length) >= from_


def garbage(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """What was in memory before: small integers other than zero, the same every time."""
    size = int(np.prod(shape))
    return (np.arange(size) % 5 + 3).reshape(shape).astype(dtype)
