"""The definition of an exact sum of products: term by term, in integers that hold every sum; slow, and plain to see.

All passes are sums of derivatives of one trilinear form: L = sum over (n, k, c, p, r)
of dL/dO[n, k, p] X[n, c, i(p, r)] F[k, c, r], differentiated by one of its three
arguments. The triples (p, r, i) that are not in the padding are listed once,
sorted by the wanted one, and summed run by run: another formulation than the
reference's, on purpose. What `slices` sums otherwise is compared with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..numbers.arrays import Float64
from ..numbers.limbs import widest
from ..numbers.scaled import Scaled, add, scaled, with_room
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Pass
from .factor import Factor

_CHUNK_PRODUCTS = 1 << 17
"""Products handled at a time: 1 MiB of float64, about a core's second-level cache."""


def sums_of_products(
    kind: Pass, left: Factor, right: Factor, direct: ConvGeometry, most_terms: int, bias: Factor | None = None
) -> tuple[Scaled, Callable[[], Float64]]:
    """The exact results of a bilinear map, no element of more than `most_terms` products; and of absolute values.

    A bias, one more term of each element of its channel, is added to the results alone.
    """
    a, b = scaled(left.array), scaled(right.array)
    x, y = with_room(widest(a.integers) * widest(b.integers) * most_terms, a.integers, b.integers)
    terms = contraction(kind, direct)

    def sums(x: Array, y: Array) -> Scaled:
        return Scaled.of(terms.reduce(*terms.grouped(x, y), np.add, 0), a.exponent + b.exponent)

    value = sums(x, y)
    if bias is not None:
        value = add(value, bias.exactly().reshaped((-1, *(1,) * direct.rank)))
    return value, lambda: sums(np.abs(x), np.abs(y)).to_float64()


_FACTORS = {
    Pass.FORWARD: ("input", "weight"),
    Pass.INPUT_GRADIENT: ("output_gradient", "weight"),
    Pass.WEIGHT_GRADIENT: ("output_gradient", "input"),
}
_REDUCED_AXIS = {Pass.FORWARD: 3, Pass.INPUT_GRADIENT: 2, Pass.WEIGHT_GRADIENT: 0}


@dataclass(frozen=True, slots=True, eq=False)
class Contraction:
    """A bilinear map as sums over runs of (output position, tap, input position) triples."""

    pass_: Pass
    geometry: ConvGeometry
    positions: tuple[NDArray[np.int64], NDArray[np.int64]]
    targets: NDArray[np.int64]
    starts: NDArray[np.int64]
    reduced: int
    """The axis of grouped operands along which terms are combined, as they are along runs of positions."""

    @property
    def products(self) -> int:
        """Of all elements."""
        g = self.geometry
        return len(self.targets) * g.batch * g.out_channels * (g.in_channels // g.groups)

    @property
    def places(self) -> int:
        """How many elements the result has for each image and channel, or pair of channels."""
        return math.prod(self.pass_.result_shape(self.geometry)[2:])

    def grouped(self, left: Array, right: Array) -> tuple[Array, Array]:
        """Views of the operands with axes (batch, group, output channel, input channel, position)."""
        first, second = _FACTORS[self.pass_]
        return _grouped(first, left, self.geometry), _grouped(second, right, self.geometry)

    def reduce(self, left: Array, right: Array, combine: np.ufunc, empty: object) -> Array:
        """Combine (add, or take the minimum of) the products of each element's terms, of grouped operands."""
        lead = _broadcast(left, right)
        kept = [size for axis, size in enumerate(lead) if axis != self.reduced]
        result = np.full((*kept, self.places), empty, dtype=np.result_type(left, right))
        if self.targets.size and all(lead):
            for first, last in self._chunks(math.prod(lead)):
                self._reduce_chunk(result, left, right, combine, first, last)
        return result.reshape(self.pass_.result_shape(self.geometry))

    def _reduce_chunk(self, result: Array, a: Array, b: Array, combine: np.ufunc, first: int, last: int) -> None:
        begin = int(self.starts[first])
        end = int(self.starts[last]) if last < len(self.starts) else len(self.targets)
        left, right = (
            array.take(positions[begin:end], axis=-1) for array, positions in zip((a, b), self.positions, strict=True)
        )
        with np.errstate(over="ignore"):
            products = left * right
        if products.shape[self.reduced] == 1:
            products = products.squeeze(self.reduced)
        else:
            products = combine.reduce(products, axis=self.reduced)
        runs = combine.reduceat(products, self.starts[first:last] - begin, axis=-1)
        result[..., self.targets[self.starts[first:last]]] = runs

    def smallest_factors(self, left: Array, right: Array) -> tuple[Float64, Float64]:
        """Each operand's smallest number in any of an element's terms, of grouped operands with elements.

        Broadcast to each other, they have the elements of the result in its order; inf where there is no term.
        """
        minima = []
        for array, positions in zip((left, right), self.positions, strict=True):
            factors = array.min(axis=self.reduced).take(positions, axis=-1)
            smallest = np.full((*factors.shape[:-1], self.places), np.inf)
            smallest[..., self.targets[self.starts]] = np.minimum.reduceat(factors, self.starts, axis=-1)
            minima.append(smallest)
        return minima[0], minima[1]

    def smallest_at(self, left: Array, right: Array, elements: NDArray[np.intp]) -> Float64:
        """The smallest product of an element's terms, of grouped operands, none negative; inf where there is no term.

        Elements are given by their indices in the flattened result.
        """
        lead = _broadcast(left, right)
        kept = [size for axis, size in enumerate(lead) if axis != self.reduced]
        *channels, target = np.unravel_index(elements, (*kept, self.places))
        begin, end = (np.searchsorted(self.targets, target, side=side)[:, None] for side in ("left", "right"))
        triples = np.minimum(begin + np.arange((end - begin).max(initial=0)), end - 1)
        factors = []
        for array, positions in zip((left, right), self.positions, strict=True):
            last = np.moveaxis(array, self.reduced, -1)
            index = [np.minimum(place, size - 1)[:, None] for place, size in zip(channels, last.shape, strict=False)]
            factors.append(last[*index, positions[triples]])
        with np.errstate(over="ignore"):
            smallest = (factors[0] * factors[1]).min(axis=(1, 2), initial=np.inf)
        return np.where((begin < end).ravel(), smallest, np.inf)

    def _chunks(self, per_triple: int) -> list[tuple[int, int]]:
        """Ranges of whole runs, each of about _CHUNK_PRODUCTS products."""
        triples = max(_CHUNK_PRODUCTS // per_triple, 1)
        if triples >= len(self.targets):
            return [(0, len(self.starts))]
        edges = np.searchsorted(self.starts, np.arange(triples, len(self.targets), triples))
        bounds = np.unique(np.concatenate([[0], edges, [len(self.starts)]]))
        return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))


def _broadcast(left: Array, right: Array) -> tuple[int, ...]:
    """The shape of the products of grouped operands, but for positions."""
    return tuple(b if a == 1 else a for a, b in zip(left.shape[:4], right.shape[:4], strict=True))


def _grouped(name: str, array: Array, g: ConvGeometry) -> Array:
    outputs, inputs = g.out_channels // g.groups, g.in_channels // g.groups
    match name:
        case "input":
            return array.reshape(g.batch, g.groups, 1, inputs, math.prod(g.size))
        case "weight":
            return array.reshape(1, g.groups, outputs, inputs, math.prod(g.kernel))
        case _:
            return array.reshape(g.batch, g.groups, outputs, 1, math.prod(g.output_size))


@lru_cache(maxsize=256)
def contraction(pass_: Pass, geometry: ConvGeometry) -> Contraction:
    """The terms of a bilinear map of a geometry, listed."""
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
    left, right = (positions[name][order] for name in _FACTORS[pass_])
    return Contraction(pass_, geometry, (left, right), targets, starts, _REDUCED_AXIS[pass_])
