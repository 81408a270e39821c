"""The terms that an implementation really sums, read off by impulses: every pass is bilinear.

With one element of each factor set to 1 and all others to 0, an element of the
result is the coefficient with which the implementation uses that product: 1 for a
term of the equation, 0 for any other. Read for every pair of elements, these
are a complete list of the missing, extra, repeated and misplaced terms. That the
implementation is bilinear at all is seen by putting its coefficients to the
operands of a case, which must give what it returned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from ..answers.equations import Element, Index, Term, terms
from ..numbers.arrays import Float64, first_index
from ..numbers.dtypes import format_of
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, offset, products, shape_of

OnePass = Callable[[Operands], Array | None]
"""The implementation: operands to a result, None if it returned none."""


@dataclass(frozen=True, slots=True)
class WrongTerm:
    """A product in one element of a result with another coefficient than the equations give it.

    Parameters
    ----------
    term : Term
    expected, actual : float
        Its coefficients; 1 and 0 of a term that is missing.
    """

    term: Term
    expected: float
    actual: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What impulses tell of an implementation.

    Parameters
    ----------
    wrong : mapping of result index to its wrong terms
    objection : str
        Why the implementation is no sum of products; empty if it is one. Then `wrong` explains all of it.
    """

    wrong: dict[Index, tuple[WrongTerm, ...]]
    objection: str = ""


def calls_needed(pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> int:
    """How many calls :func:`read` makes, counted and not listed: the case may be of any size."""
    added = offset(pass_) if bias else None
    offsets = prod(shape_of(added, geometry)) if added else 0
    return sum(prod(map(prod, shapes)) for shapes in _shapes_tried(pass_, geometry)) + offsets + 2


def _shapes_tried(pass_: Pass, geometry: ConvGeometry) -> Iterator[tuple[tuple[int, ...], ...]]:
    """For each product of the pass, the shapes of its factors."""
    if pass_ is Pass.BIAS_GRADIENT:
        yield (geometry.output_shape,)
        return
    for product in products(pass_, geometry):
        yield shape_of(product.left, geometry), shape_of(product.right, geometry)


def read_off(call: OnePass, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Reading:
    """Read off the coefficient of every product.

    Parameters
    ----------
    call : callable
        The implementation of `pass_`.
    pass_ : Pass
        Any but the update, whose gradient is read by its own pass.
    operands : Operands
        Of a case on the integer lattice: of the dtype and kind that the implementation is to be given.
    geometry : ConvGeometry
        So small that :func:`calls_needed` calls are affordable.
    """
    silent = operands.map(np.zeros_like)
    nothing = call(silent)
    if nothing is None:
        return Reading({}, "it returns nothing for operands of zeros")
    if _numbers(nothing).any():
        return Reading({}, f"{_told(nothing)} where all operands are zero: it is no sum of products")
    used: dict[Index, dict[Term, float]] = {}
    total, sizes = np.zeros(nothing.shape), np.zeros(nothing.shape)
    for term in _probes(pass_, geometry, bias=operands.bias is not None):
        result = call(_impulse(silent, term))
        if result is None or result.shape != nothing.shape:
            return Reading({}, f"it returns no such array for the impulse {_names(term)}")
        coefficients = _numbers(result)
        total = total + coefficients * _value(term, operands)
        sizes = sizes + np.abs(coefficients * _value(term, operands))
        for index in zip(*np.nonzero(coefficients), strict=True):
            used.setdefault(tuple(map(int, index)), {})[term] = float(coefficients[index])
    actual = call(operands)
    if actual is None or not np.array_equal(_numbers(actual), total):
        return Reading({}, _not_these(actual, total, sizes))
    wrong = {}
    for index in np.ndindex(nothing.shape):
        found = tuple(_differences(used.get(index, {}), terms(pass_, geometry, index, bias=operands.bias is not None)))
        if found:
            wrong[index] = found
    return Reading(wrong)


def _probes(pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> Iterator[Term]:
    """Every product of an element of each factor, the output gradient first; and every element of the offset."""
    if pass_ is Pass.BIAS_GRADIENT:
        yield from (Term((element,)) for element in _elements("output_gradient", geometry))
        return
    for product in products(pass_, geometry):
        names = sorted((product.left, product.right), key=lambda name: name != "output_gradient")
        first, second = (_elements(name, geometry) for name in names)
        yield from (Term((a, b)) for a in first for b in second)
    added = offset(pass_)
    if bias and added:
        yield from (Term((each,)) for each in _elements(added, geometry))


def _elements(name: str, geometry: ConvGeometry) -> list[Element]:
    return [Element(name, index) for index in np.ndindex(shape_of(name, geometry))]


def _impulse(silent: Operands, term: Term) -> Operands:
    arrays: dict[str, Any] = {}
    for factor in term.factors:
        array = getattr(silent, factor.tensor).copy()
        array[factor.index] = 1
        arrays[factor.tensor] = array
    return replace(silent, **arrays)


def _value(term: Term, operands: Operands) -> float:
    return prod(float(getattr(operands, factor.tensor)[factor.index]) for factor in term.factors)


def _numbers(array: Array) -> Float64:
    return array.astype(np.float64)


def _differences(used: dict[Term, float], right: list[Term]) -> Iterator[WrongTerm]:
    """Terms whose coefficients differ: missing ones first, then the others."""
    expected = Counter(right)
    for term in dict.fromkeys((*right, *used)):
        if used.get(term, 0.0) != expected[term]:
            yield WrongTerm(term, float(expected[term]), used.get(term, 0.0))


def _not_these(actual: Array | None, total: Float64, sizes: Float64) -> str:
    """Why the coefficients do not give what was returned; `sizes` are sums of the terms without their signs.

    A unit in the last place of that sum is what rounding of a few operations may come to: less says nothing
    about the terms.
    """
    if actual is None:
        return "it returns nothing for the operands of the case"
    numbers = _numbers(actual)
    apart = np.abs(numbers - total) > 2 * format_of(actual.dtype.name).unit_roundoff * sizes
    index = first_index(apart if apart.any() else numbers != total)
    said = "it is not bilinear" if apart.any() else "it is bilinear only up to rounding"
    return (
        f"{said}: by its answers to impulses the result at {list(index)} would be "
        f"{_apart(total[index], numbers[index])}, and it is {_apart(numbers[index], total[index])}"
    )


def _apart(number: float, other: float) -> str:
    """A number in as few digits as show that it is not the other one."""
    digits = next((count for count in range(6, 17) if f"{number:.{count}g}" != f"{other:.{count}g}"), 17)
    return f"{number:.{digits}g}"


def _told(array: Array) -> str:
    numbers = _numbers(array)
    index = first_index(numbers != 0)
    return f"the result at {list(index)} is {numbers[index]:g}"


def _names(term: Term) -> str:
    return " and ".join(f"{factor.tensor}{list(factor.index)}" for factor in term.factors)
