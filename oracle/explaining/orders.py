"""Sums in a narrow format, in the usual orders: bit for bit what an accumulator of that format leaves.

A bound cannot say which of two coarse arithmetics it was; the very bits of dozens of
elements can. The order of summation is not known, so the usual ones are tried: one term
after another from either end, in halves, in lanes as vector units do, and in
blocks that are summed before they are added, each with products that are rounded first
and with products that are not (a fused multiply-add).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ..answers.equations import Index, terms
from ..answers.exact import most_terms
from ..numbers.arrays import Float64
from ..numbers.conversions import convert
from ..numbers.dtypes import Format
from ..problem.geometry import ConvGeometry
from ..problem.passes import Operands, Pass

Rounding = Callable[[Float64], Float64]
Summation = Callable[[Float64, Rounding], Float64]

MOST_TERMS = 2_000
"""Of all elements of a case together; more take too long to list."""
MOST_ELEMENTS = 24
AT_ONCE = "summed without rounding, then rounded once"
_LANES = (2, 4, 8, 16)
_BLOCKS = (2, 3, 4, 8, 9)


@dataclass(frozen=True, slots=True)
class Summed:
    """Results in one order.

    Parameters
    ----------
    order : str
        Such as ``summed one after another``.
    values : ndarray of float64
    """

    order: str
    values: Float64


def listable(pass_: Pass, geometry: ConvGeometry) -> list[Index]:
    """Elements of a result, from all over it, whose terms are few enough to be summed one by one.

    None of an update, which takes a step beside the sum.
    """
    shape = pass_.result_shape(geometry)
    most = most_terms(pass_, geometry)
    count = min(math.prod(shape), MOST_ELEMENTS, MOST_TERMS // max(most, 1))
    if pass_ is Pass.UPDATE or not count:
        return []
    places = np.linspace(0, math.prod(shape) - 1, count).round().astype(int)
    return [tuple(map(int, index)) for index in zip(*np.unravel_index(places, shape), strict=True)]


def sums(
    pass_: Pass, operands: Operands, geometry: ConvGeometry, form: Format, indices: list[Index]
) -> Iterator[Summed]:
    """Elements of a pass with every sum rounded to `form`, in each of the orders.

    Parameters
    ----------
    pass_ : Pass
        Any but the update.
    operands : Operands
        As they are multiplied: real floats, in float64.
    geometry : ConvGeometry
    form : Format
    indices : list of tuple of int
        Of the elements; the values are in their order.
    """
    factors, bias = _listed(pass_, operands, geometry, indices)

    def rounded(values: Float64) -> Float64:
        return convert(values, form)

    yield Summed(AT_ONCE, rounded(factors.sum(axis=1) + bias))
    for fused, products in (("", factors), (" from rounded products", rounded(factors))):
        for order, summation in _ORDERS:
            if bias.any():
                first = summation(np.concatenate((bias[:, None], products), axis=1), rounded)
                yield Summed(f"{order}{fused}, the bias first", first)
            last = rounded(summation(products, rounded) + bias)
            yield Summed(order + fused, last)


def _listed(pass_: Pass, operands: Operands, geometry: ConvGeometry, indices: list[Index]) -> tuple[Float64, Float64]:
    """The products of each element, continued by zeros, in the order of the definition; and its bias."""
    arrays = operands.arrays()
    listed, biases = [], []
    for index in indices:
        of_element, bias = [], 0.0
        for term in terms(pass_, geometry, index, bias=operands.bias is not None):
            values = [float(arrays[factor.tensor][factor.index]) for factor in term.factors]
            if len(values) == 1 and pass_ is not Pass.BIAS_GRADIENT:
                bias = values[0]
            else:
                of_element.append(math.prod(values))
        listed.append(of_element)
        biases.append(bias)
    factors = np.zeros((len(listed), max(map(len, listed), default=0)))
    for row, of_element in zip(factors, listed, strict=True):
        row[: len(of_element)] = of_element
    return factors, np.array(biases)


def _in_order(products: Float64, rounded: Rounding) -> Float64:
    return reduce(lambda total, column: rounded(total + column), products.T, np.zeros(len(products)))


def _backwards(products: Float64, rounded: Rounding) -> Float64:
    return _in_order(products[:, ::-1], rounded)


def _in_halves(products: Float64, rounded: Rounding) -> Float64:
    if products.shape[1] <= 1:
        return rounded(products.sum(axis=1))
    half = products.shape[1] // 2
    return rounded(_in_halves(products[:, :half], rounded) + _in_halves(products[:, half:], rounded))


def _in_lanes(lanes: int) -> Summation:
    def summation(products: Float64, rounded: Rounding) -> Float64:
        partial_sums = [_in_order(products[:, lane::lanes], rounded) for lane in range(lanes)]
        return _in_halves(np.stack(partial_sums, axis=1), rounded)

    return summation


def _in_blocks(length: int) -> Summation:
    def summation(products: Float64, rounded: Rounding) -> Float64:
        starts = range(0, products.shape[1], length)
        partial_sums = [products[:, start : start + length].sum(axis=1) for start in starts]
        return _in_order(np.stack(partial_sums, axis=1), rounded) if partial_sums else np.zeros(len(products))

    return summation


_ORDERS: tuple[tuple[str, Summation], ...] = (
    ("summed one after another", _in_order),
    ("summed one after another from the end", _backwards),
    ("summed in halves", _in_halves),
    *((f"summed in {lanes} lanes", _in_lanes(lanes)) for lanes in _LANES),
    *((f"summed in blocks of {length}", _in_blocks(length)) for length in _BLOCKS),
)
