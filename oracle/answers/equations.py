"""The definition: every pass of a convolution, term by term, over exact numbers.

These are the equations of the source text ("Backpropagation in convolutional
networks", the 3x3 by 2x2 exercise), for any batch, channels, groups, stride,
padding of any mode, dilation and number of spatial axes; a transposed
convolution is the adjoint of its direct one, and a pass of second order the sum
that `Pass` states. Slow on purpose: loops over one element at a time, in Python
integers and Fractions, so that each line can be compared with the equation it
states. All else in this package is checked against it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

Index = tuple[int, ...]
Complex = tuple[Fraction, Fraction]
"""Real and imaginary part."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a named operand; `tensor` is a name in `passes.ARRAYS`."""

    tensor: str
    index: Index


@dataclass(frozen=True, slots=True)
class Term:
    """A product of operand elements, one of the summands of a result's element."""

    factors: tuple[Element, ...]


def output_terms(geometry: ConvGeometry, index: Index) -> list[Term]:
    """The terms of O[n, k, p] = sum over c, r of X[n, q C_g + c, s p + d r - low] F[k, c, r].

    C_g = C // groups, and q = k // (K // groups) is the group of output channel
    k. Beyond its size X is what the padding mode says; among zeros, windows that
    reach into the padding have fewer terms (source text: O_11 = X_11 F_11 + X_12 F_12 + ...).
    """
    n, k, *p = index
    terms = []
    for c, r in _weight_positions(geometry):
        i = _source(geometry, tuple(p), r)
        if _is_inside(geometry, i):
            terms.append(
                Term((Element("input", (n, _input_channel(geometry, k, c), *i)), Element("weight", (k, c, *r))))
            )
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


def terms(pass_: Pass, geometry: ConvGeometry, index: Index, *, bias: bool = False) -> list[Term]:
    """The terms of one element of a pass's result; for the update, those of the gradient it steps along.

    `bias` says whether the case has one: then its element, or its direction's, is the last term.
    """
    if pass_ is Pass.BIAS_GRADIENT:
        return bias_gradient_terms(geometry, index)
    found = [term for product in products(pass_, geometry) for term in _product_terms(product, geometry.direct, index)]
    added = offset(pass_)
    return [*found, Term((Element(added, (index[1],)),))] if bias and added else found


def _product_terms(product: Product, direct: ConvGeometry, index: Index) -> list[Term]:
    """The terms of one bilinear map, with the names of its operands; the output gradient first."""
    match product.kind:
        case Pass.FORWARD:
            found, names = output_terms(direct, index), {"input": product.left, "weight": product.right}
        case Pass.INPUT_GRADIENT:
            found = input_gradient_terms(direct, index)
            names = {"output_gradient": product.left, "weight": product.right}
        case _:
            found = weight_gradient_terms(direct, index)
            names = {"output_gradient": product.left, "input": product.right}
    renamed = ([replace(factor, tensor=names[factor.tensor]) for factor in term.factors] for term in found)
    return [Term(tuple(sorted(factors, key=lambda factor: factor.tensor != "output_gradient"))) for factors in renamed]


def local_gradient(geometry: ConvGeometry, output_index: Index, operand: str) -> dict[Index, tuple[Element, ...]]:
    """The nonzero local gradients of one output element: dO/dX or dO/dF.

    Parameters
    ----------
    output_index : (n, k, *p)
    operand : {"input", "weight"}
        What to differentiate by.

    Returns
    -------
    dict
        Index in `operand` -> the elements whose sum the derivative is (source
        text: dO_11/dF_11 = X_11); several where padding repeats an input element.
    """
    gradient: dict[Index, tuple[Element, ...]] = {}
    for term in terms(Pass.FORWARD, geometry, output_index):
        (wanted,) = (factor for factor in term.factors if factor.tensor == operand)
        (other,) = (factor for factor in term.factors if factor.tensor != operand)
        gradient[wanted.index] = (*gradient.get(wanted.index, ()), other)
    return gradient


def chain_rule_terms(geometry: ConvGeometry, operand: str, index: Index) -> list[Term]:
    """The terms of dL/dX or dL/dF at `index`, by the chain rule over all output elements.

    sum over M outputs O_k of dL/dO_k dO_k/d(operand)_index: the definition of
    the gradient, from which the closed forms above are derived.
    """
    return [
        Term((Element("output_gradient", output_index), local))
        for output_index in np.ndindex(geometry.output_shape)
        for local in local_gradient(geometry, output_index, operand).get(index, ())
    ]


def element(pass_: Pass, operands: Operands, geometry: ConvGeometry, index: Index) -> Complex:
    """The exact value of one element of a pass's result: its real and its imaginary part.

    A direction that is left out is zero, so that its terms are.
    Gradients of complex numbers conjugate the local gradient, dL/dX = sum dL/dO conj(F):
    the direction in which L, a real number, grows fastest.
    """
    real, imaginary = Fraction(0), Fraction(0)
    conjugated = pass_ in CONJUGATING
    given = operands.arrays()
    for term in terms(pass_, geometry, index, bias=operands.bias is not None):
        if any(factor.tensor not in given for factor in term.factors):
            continue
        a, b = _value(term, operands, conjugated=conjugated)
        real, imaginary = real + a, imaginary + b
    if pass_ is Pass.UPDATE:
        (a, b), (rate, _) = _exact(operands.weight[index]), _exact(operands.learning_rate)
        return a - rate * real, b - rate * imaginary
    return real, imaginary


def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> NDArray[np.object_]:
    """Every element of a pass's result, as an object array of Fractions.

    Of complex operands, with one more axis: real and imaginary part.

    Raises
    ------
    InvalidArgument
        If an operand does not have the shape that `geometry` gives, or a pass of second order has no direction.
    """
    check_operands(operands, geometry, where="equations.evaluate")
    present_products(pass_, geometry, operands.arrays())
    result = np.empty((*pass_.result_shape(geometry), 2), dtype=object)
    for index in np.ndindex(result.shape[:-1]):
        result[index] = element(pass_, operands, geometry, index)
    return result if operands.input.dtype.kind == "c" else result[..., 0]


def _value(term: Term, operands: Operands, *, conjugated: bool) -> Complex:
    real, imaginary = Fraction(1), Fraction(0)
    for factor in term.factors:
        array: Array = getattr(operands, factor.tensor)
        a, b = _exact(array[factor.index])
        if conjugated and factor.tensor != "output_gradient":
            b = -b
        real, imaginary = real * a - imaginary * b, real * b + imaginary * a
    return real, imaginary


def _exact(value: Any) -> Complex:
    if isinstance(value, (int, Fraction)):
        return Fraction(value), Fraction(0)
    if isinstance(value, np.integer):
        return Fraction(int(value)), Fraction(0)
    if isinstance(value, (complex, np.complexfloating)):
        return Fraction(float(value.real)), Fraction(float(value.imag))
    return Fraction(float(value)), Fraction(0)


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
    """The input position that output p reads through tap r; outside the input where that is a zero of the padding."""
    return tuple(
        _within(stride * position + dilation * tap - low, size, geometry.padding_mode)
        for position, tap, stride, dilation, (low, _), size in zip(
            p, r, geometry.stride, geometry.dilation, geometry.padding, geometry.size, strict=True
        )
    )


def _within(position: int, size: int, padding_mode: str) -> int:
    """The position whose element stands at `position` of the padded axis."""
    match padding_mode:
        case "reflect" if position < 0:
            return -position
        case "reflect" if position >= size:
            return 2 * (size - 1) - position
        case "replicate":
            return min(max(position, 0), size - 1)
        case "circular":
            return position % size
    return position


def _is_inside(geometry: ConvGeometry, i: Index) -> bool:
    return all(0 <= position < size for position, size in zip(i, geometry.size, strict=True))
