"""Every pass without rounding error: the products as integers, at a common power of two.

A finite binary floating-point number is an integer times a power of two (see
`scaled`), so a sum of products is one as well; nothing is ever rounded.

All passes are sums of derivatives of one trilinear form: L = sum over (n, k, c, p, r)
of dL/dO[n, k, p] X[n, c, i(p, r)] F[k, c, r], differentiated by one of its three
arguments. The triples (p, r, i) that are not in the padding are listed once,
sorted by the wanted one, and summed run by run: another formulation than the
reference's, on purpose.

A complex number is its real and its imaginary part, each a real sum of products:
results of complex operands have one more axis, of length two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from ..numbers.arrays import Float64
from ..numbers.scaled import Scaled, add, scaled, subtract, widest, with_room
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

_CHUNK_PRODUCTS = 1 << 21


@dataclass(frozen=True, slots=True, eq=False)
class ExactResult:
    """The exact result of a pass, and what its error bounds are made of.

    Parameters
    ----------
    value : Scaled
        Exact value of each element.
    magnitude : ndarray of float64
        S: the sum of the absolute values of an element's terms.
    smallest : ndarray of float64
        The smallest absolute value among an element's terms, the weight that an
        update starts from included; inf where there is no term.
    terms : ndarray of int64
        n: the number of an element's terms.
    error : float or ndarray of float64
        What `value` may itself be off by: 0 of exact arithmetic, above it for some results of `large`.
    """

    value: Scaled
    magnitude: Float64
    smallest: Float64
    terms: NDArray[np.int64]
    error: Float64 | float = 0.0


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
    check_operands(operands, geometry, where="exact.evaluate")
    if operands.input.dtype.kind == "c":
        return _complex(pass_, operands, geometry)
    if pass_ is Pass.BIAS_GRADIENT:
        return _bias_gradient(scaled(operands.output_gradient), geometry)
    result = _sum_of_products(pass_, operands, geometry)
    return _step(result, operands.weight, operands.learning_rate) if pass_ is Pass.UPDATE else result


def _complex(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    """Real and imaginary part, from the passes on the operands' real and imaginary parts."""
    conjugated = pass_ in CONJUGATING
    parts = present_products(pass_, geometry, operands.arrays())
    real, imaginary = _parts(operands, "output_gradient" if conjugated else None)
    if pass_ is Pass.BIAS_GRADIENT:
        sums = [_bias_gradient(scaled(each["output_gradient"]), geometry) for each in (real, imaginary)]
        return _stacked(*sums)
    pairs: list[list[ExactResult]] = [[], []]
    for part in parts:
        for left, right, component, sign in (
            (real, real, 0, 1),
            (imaginary, imaginary, 0, -1),
            (real, imaginary, 1, 1),
            (imaginary, real, 1, 1),
        ):
            pairs[component].append(_bilinear(part, sign * left[part.left], right[part.right], geometry.direct))
    added = offset(pass_)
    if added in real:
        for results, arrays in zip(pairs, (real, imaginary), strict=True):
            results.append(_everywhere(arrays[added], geometry))
    totals = [reduce(_plus, results) for results in pairs]
    if pass_ is Pass.UPDATE:
        weights = (operands.weight.real, operands.weight.imag)
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
    exponent = min(real.value.exponent, imaginary.value.exponent)
    values = [part.value.at_exponent(exponent).integers for part in (real, imaginary)]
    return ExactResult(
        Scaled(np.stack(values, axis=-1), exponent),
        np.stack((real.magnitude, imaginary.magnitude), axis=-1),
        np.stack((real.smallest, imaginary.smallest), axis=-1),
        np.stack((real.terms, imaginary.terms), axis=-1),
    )


def _sum_of_products(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> ExactResult:
    arrays = operands.arrays()
    results = [
        _bilinear(part, arrays[part.left], arrays[part.right], geometry.direct)
        for part in present_products(pass_, geometry, arrays)
    ]
    added = offset(pass_)
    if added in arrays:
        results.append(_everywhere(arrays[added], geometry))
    return reduce(_plus, results)


def _plus(left: ExactResult, right: ExactResult) -> ExactResult:
    """The sum, of the terms of both."""
    with np.errstate(over="ignore"):
        magnitude = left.magnitude + right.magnitude
    return ExactResult(
        add(left.value, right.value),
        magnitude,
        np.minimum(left.smallest, right.smallest),
        left.terms + right.terms,
    )


def _bilinear(product: Product, left_array: Array, right_array: Array, direct: ConvGeometry) -> ExactResult:
    left, right = scaled(left_array), scaled(right_array)
    exponent = left.exponent + right.exponent
    contraction = _contraction(product.kind, direct)
    terms = _product_counts(product.kind, direct)
    a, b = left.integers, right.integers
    a, b = with_room(widest(a) * widest(b) * int(terms.max(initial=0)), a, b)
    value = contraction.reduce(a, b, np.add, 0)
    magnitude = contraction.reduce(np.abs(a), np.abs(b), np.add, 0)
    smallest = contraction.reduce(np.abs(left.to_float64()), np.abs(right.to_float64()), np.minimum, np.inf)
    return ExactResult(
        Scaled(value, exponent),
        Scaled(magnitude, exponent).to_float64(),
        smallest.astype(np.float64),
        np.broadcast_to(terms, value.shape),
    )


def _everywhere(bias: Array, geometry: ConvGeometry) -> ExactResult:
    """A bias as the one term of each output element of its channel."""
    column = scaled(bias.reshape(-1, *(1,) * geometry.rank))
    integers = np.broadcast_to(column.integers, geometry.output_shape)
    size = np.broadcast_to(np.abs(column.to_float64()), geometry.output_shape)
    return ExactResult(Scaled(integers, column.exponent), size, size, np.ones(geometry.output_shape, dtype=np.int64))


def _bias_gradient(gradient: Scaled, geometry: ConvGeometry) -> ExactResult:
    axes = (0, *range(2, 2 + geometry.rank))
    terms = geometry.batch * math.prod(geometry.output_size)
    (integers,) = with_room(widest(gradient.integers) * terms, gradient.integers)
    value = np.asarray(integers.sum(axis=axes))
    magnitude = np.asarray(np.abs(integers).sum(axis=axes))
    return ExactResult(
        Scaled(value, gradient.exponent),
        Scaled(magnitude, gradient.exponent).to_float64(),
        np.abs(gradient.to_float64()).min(axis=axes, initial=np.inf),
        np.full(geometry.bias_shape, terms, dtype=np.int64),
    )


def _step(gradient: ExactResult, weight_array: Array, learning_rate: float) -> ExactResult:
    """F - alpha dL/dF; size, number of terms and all but the weight's size as of the gradient."""
    rate = scaled(np.array(learning_rate))
    factor = int(rate.integers)
    (integers,) = with_room(widest(gradient.value.integers) * abs(factor), gradient.value.integers)
    step = Scaled(integers * factor, gradient.value.exponent + rate.exponent)
    weight = scaled(weight_array)
    smallest = np.minimum(gradient.smallest * abs(learning_rate), np.abs(weight.to_float64()))
    return ExactResult(subtract(weight, step), gradient.magnitude, smallest, gradient.terms)


_FACTORS = {
    Pass.FORWARD: ("input", "weight"),
    Pass.INPUT_GRADIENT: ("output_gradient", "weight"),
    Pass.WEIGHT_GRADIENT: ("output_gradient", "input"),
}
_REDUCED_AXIS = {Pass.FORWARD: 3, Pass.INPUT_GRADIENT: 2, Pass.WEIGHT_GRADIENT: 0}


def term_counts(pass_: Pass, geometry: ConvGeometry) -> NDArray[np.int64]:
    """The number of products in each element of a pass's result, broadcastable to its shape.

    Bias, and the weight that an update starts from, are not counted.
    """
    if pass_ is Pass.BIAS_GRADIENT:
        return np.array([geometry.batch * math.prod(geometry.output_size)])
    counts = [_product_counts(part.kind, geometry.direct) for part in products(pass_, geometry)]
    return reduce(np.add, counts)


def _product_counts(kind: Pass, direct: ConvGeometry) -> NDArray[np.int64]:
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
    total = np.array(channels)
    for counts in per_axis:
        total = total * counts
    return total.astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Contraction:
    """A bilinear map as sums over runs of (output position, tap, input position) triples."""

    pass_: Pass
    geometry: ConvGeometry
    positions: dict[str, NDArray[np.int64]]
    targets: NDArray[np.int64]
    starts: NDArray[np.int64]

    def reduce(self, left: Array, right: Array, combine: np.ufunc, empty: object) -> Array:
        """Combine (add, or take the minimum of) the products of each element's terms."""
        a, b = (self._grouped(name, array) for name, array in zip(_FACTORS[self.pass_], (left, right), strict=True))
        axis = _REDUCED_AXIS[self.pass_]
        grouped = np.broadcast_shapes(a.shape[:4], b.shape[:4])
        kept = [size for i, size in enumerate(grouped) if i != axis]
        size = self.pass_.result_shape(self.geometry)[2:]
        result = np.full((*kept, int(np.prod(size))), empty, dtype=np.result_type(a, b))
        if self.targets.size and all(grouped):
            for first, last in self._chunks(int(np.prod(grouped))):
                self._reduce_chunk(result, a, b, combine, first, last)
        return result.reshape(self.pass_.result_shape(self.geometry))

    def _reduce_chunk(self, result: Array, a: Array, b: Array, combine: np.ufunc, first: int, last: int) -> None:
        begin = int(self.starts[first])
        end = int(self.starts[last]) if last < len(self.starts) else len(self.targets)
        left, right = (
            self._gather(name, array, begin, end) for name, array in zip(_FACTORS[self.pass_], (a, b), strict=True)
        )
        with np.errstate(over="ignore"):
            products = combine.reduce(left * right, axis=_REDUCED_AXIS[self.pass_])
        runs = combine.reduceat(products, self.starts[first:last] - begin, axis=-1)
        result[..., self.targets[self.starts[first:last]]] = runs

    def _chunks(self, per_triple: int) -> list[tuple[int, int]]:
        """Ranges of whole runs, each of about _CHUNK_PRODUCTS products."""
        triples = max(_CHUNK_PRODUCTS // per_triple, 1)
        edges = np.searchsorted(self.starts, np.arange(triples, len(self.targets), triples))
        bounds = np.unique(np.concatenate([[0], edges, [len(self.starts)]]))
        return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))

    def _gather(self, name: str, array: Array, begin: int, end: int) -> Array:
        return array[..., self.positions[name][begin:end]]

    def _grouped(self, name: str, array: Array) -> Array:
        """View with axes (batch, group, output channel, input channel, position)."""
        g = self.geometry
        outputs, inputs = g.out_channels // g.groups, g.in_channels // g.groups
        lead = {
            "input": (g.batch, g.groups, 1, inputs),
            "weight": (1, g.groups, outputs, inputs),
            "output_gradient": (g.batch, g.groups, outputs, 1),
        }[name]
        spatial = {"input": g.size, "weight": g.kernel, "output_gradient": g.output_size}[name]
        return array.reshape(*lead, int(np.prod(spatial)))


@lru_cache(maxsize=256)
def _contraction(pass_: Pass, geometry: ConvGeometry) -> _Contraction:
    output, tap, source = (np.zeros(1, dtype=np.int64) for _ in range(3))
    for axis in range(geometry.rank):
        p, r = np.nonzero(geometry.inside(axis))
        i = geometry.source_positions(axis)[p, r]
        output = (output[:, None] * geometry.output_size[axis] + p).ravel()
        tap = (tap[:, None] * geometry.kernel[axis] + r).ravel()
        source = (source[:, None] * geometry.size[axis] + i).ravel()
    positions = {"output_gradient": output, "weight": tap, "input": source}
    wanted = {Pass.FORWARD: output, Pass.INPUT_GRADIENT: source, Pass.WEIGHT_GRADIENT: tap}[pass_]
    order = np.argsort(wanted, kind="stable")
    targets = wanted[order]
    starts = np.flatnonzero(np.diff(targets, prepend=-1))
    return _Contraction(pass_, geometry, {name: at[order] for name, at in positions.items()}, targets, starts)
