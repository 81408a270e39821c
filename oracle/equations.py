"""The definition: every pass of a convolution, term by term, over exact numbers.

These are the equations of the source text ("Backpropagation in convolutional
networks", the 3x3 by 2x2 exercise), for any batch, channels, groups, stride,
padding, dilation and number of spatial axes. Slow on purpose: loops over one
element at a time, in Python integers and Fractions, so that each line can be
compared with the equation it states. All else in this package is checked
against it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .geometry import ConvGeometry
from .passes import Array, Operands, Pass, check_operands

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a named operand; `tensor` is input, weight, bias or output_gradient."""

    tensor: str
    index: Index


@dataclass(frozen=True, slots=True)
class Term:
    """A product of operand elements, one of the summands of a result's element."""

    factors: tuple[Element, ...]


def output_terms(geometry: ConvGeometry, index: Index, *, bias: bool = False) -> list[Term]:
    """The terms of O[n, k, p] = b[k] + sum over c, r of X[n, q C_g + c, s p + d r - low] F[k, c, r].

    C_g = C // groups, and q = k // (K // groups) is the group of output channel
    k. X is zero outside its size, so windows that reach into the padding have
    fewer terms (source text: O_11 = X_11 F_11 + X_12 F_12 + ...).
    """
    n, k, *p = index
    terms = []
    for c, r in _weight_positions(geometry):
        i = _source(geometry, tuple(p), r)
        if _is_inside(geometry, i):
            terms.append(
                Term((Element("input", (n, _input_channel(geometry, k, c), *i)), Element("weight", (k, c, *r))))
            )
    if bias:
        terms.append(Term((Element("bias", (k,)),)))
    return terms


def input_gradient_terms(geometry: ConvGeometry, index: Index) -> list[Term]:
    """The terms of dL/dX[n, c, i]: the chain rule over every output element that reads X[n, c, i].

    dL/dX[n, c, i] = sum over k, p of dL/dO[n, k, p] F[k, c', r], for the taps r
    with s p + d r - low = i and the output channels k of the group of c.
    """
    n, c, *i = index
    terms = []
    for k in _output_channels(geometry, c):
        for p in _output_positions(geometry):
            for r in np.ndindex(geometry.kernel):
                if _source(geometry, p, r) == tuple(i):
                    channel = c % (geometry.in_channels // geometry.groups)
                    terms.append(Term((Element("output_gradient", (n, k, *p)), Element("weight", (k, channel, *r)))))
    return terms


def weight_gradient_terms(geometry: ConvGeometry, index: Index) -> list[Term]:
    """The terms of dL/dF[k, c, r] = sum over n, p of dL/dO[n, k, p] X[n, q C_g + c, s p + d r - low].

    Source text: dL/dF_i = sum over k = 1..M of dL/dO_k dO_k/dF_i, with
    dO_k/dF_i replaced by its X; "nothing but a convolution between X and dL/dO".
    """
    k, c, *r = index
    terms = []
    for n in range(geometry.batch):
        for p in _output_positions(geometry):
            i = _source(geometry, p, tuple(r))
            if _is_inside(geometry, i):
                source = Element("input", (n, _input_channel(geometry, k, c), *i))
                terms.append(Term((Element("output_gradient", (n, k, *p)), source)))
    return terms


def bias_gradient_terms(geometry: ConvGeometry, index: Index) -> list[Term]:
    """The terms of dL/db[k] = sum over n, p of dL/dO[n, k, p], since dO[n, k, p]/db[k] = 1."""
    (k,) = index
    return [
        Term((Element("output_gradient", (n, k, *p)),))
        for n in range(geometry.batch)
        for p in _output_positions(geometry)
    ]


def local_gradient(geometry: ConvGeometry, output_index: Index, operand: str) -> dict[Index, Element]:
    """The nonzero local gradients of one output element: dO/dX or dO/dF.

    Parameters
    ----------
    output_index : (n, k, *p)
    operand : {"input", "weight"}
        What to differentiate by.

    Returns
    -------
    dict
        Index in `operand` -> the element that the derivative equals
        (source text: dO_11/dF_11 = X_11).
    """
    gradient = {}
    for term in output_terms(geometry, output_index):
        source, tap = term.factors
        wanted, other = (source, tap) if operand == "input" else (tap, source)
        gradient[wanted.index] = other
    return gradient


def chain_rule_terms(geometry: ConvGeometry, operand: str, index: Index) -> list[Term]:
    """The terms of dL/dX or dL/dF at `index`, by the chain rule over all output elements.

    sum over M outputs O_k of dL/dO_k dO_k/d(operand)_index: the definition of
    the gradient, from which the closed forms above are derived.
    """
    terms = []
    for output_index in np.ndindex(geometry.output_shape):
        local = local_gradient(geometry, output_index, operand).get(index)
        if local is not None:
            terms.append(Term((Element("output_gradient", output_index), local)))
    return terms


def terms(pass_: Pass, geometry: ConvGeometry, index: Index, *, bias: bool = False) -> list[Term]:
    """The terms of one element of a pass's result; for the update, those of the gradient it steps along."""
    match pass_:
        case Pass.FORWARD:
            return output_terms(geometry, index, bias=bias)
        case Pass.INPUT_GRADIENT:
            return input_gradient_terms(geometry, index)
        case Pass.WEIGHT_GRADIENT | Pass.UPDATE:
            return weight_gradient_terms(geometry, index)
        case Pass.BIAS_GRADIENT:
            return bias_gradient_terms(geometry, index)


def element(pass_: Pass, operands: Operands, geometry: ConvGeometry, index: Index) -> Fraction:
    """The exact value of one element of a pass's result."""
    total = sum(
        (_product(term, operands) for term in terms(pass_, geometry, index, bias=operands.bias is not None)),
        start=Fraction(0),
    )
    if pass_ is Pass.UPDATE:
        return _exact(operands.weight[index]) - _exact(operands.learning_rate) * total
    return total


def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> NDArray[np.object_]:
    """Every element of a pass's result, as an object array of Fractions.

    Raises
    ------
    InvalidArgument
        If an operand does not have the shape that `geometry` gives.
    """
    check_operands(operands, geometry, where="equations.evaluate")
    result = np.empty(pass_.result_shape(geometry), dtype=object)
    for index in np.ndindex(result.shape):
        result[index] = element(pass_, operands, geometry, index)
    return result


def _product(term: Term, operands: Operands) -> Fraction:
    product = Fraction(1)
    for factor in term.factors:
        array: Array = getattr(operands, factor.tensor)
        product *= _exact(array[factor.index])
    return product


def _exact(value: Any) -> Fraction:
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    return Fraction(int(value)) if isinstance(value, np.integer) else Fraction(float(value))


def _weight_positions(geometry: ConvGeometry) -> Iterator[tuple[int, Index]]:
    channels = range(geometry.in_channels // geometry.groups)
    return itertools.product(channels, np.ndindex(geometry.kernel))


def _output_positions(geometry: ConvGeometry) -> Iterator[Index]:
    return iter(np.ndindex(geometry.output_size))


def _input_channel(geometry: ConvGeometry, k: int, c: int) -> int:
    group = k // (geometry.out_channels // geometry.groups)
    return group * (geometry.in_channels // geometry.groups) + c


def _output_channels(geometry: ConvGeometry, c: int) -> range:
    per_group = geometry.out_channels // geometry.groups
    group = c // (geometry.in_channels // geometry.groups)
    return range(group * per_group, (group + 1) * per_group)


def _source(geometry: ConvGeometry, p: Index, r: Index) -> Index:
    return tuple(
        stride * position + dilation * tap - low
        for position, tap, stride, dilation, (low, _) in zip(
            p, r, geometry.stride, geometry.dilation, geometry.padding, strict=True
        )
    )


def _is_inside(geometry: ConvGeometry, i: Index) -> bool:
    return all(0 <= position < size for position, size in zip(i, geometry.size, strict=True))
