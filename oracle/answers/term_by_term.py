"""The definition of an exact sum of products: term by term, in integers that hold every sum; slow, and plain to see.

All passes are sums of derivatives of one trilinear form: L = sum over (n, k, c, p, r)
of dL/dO[n, k, p] X[n, c, i(p, r)] F[k, c, r], differentiated by one of its three
arguments. The triples (p, r, i) that are not in the padding are listed once,
sorted by the wanted one, and summed run by run: another formulation than the
reference's, on purpose. What `slices` sums otherwise is compared with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..numbers.limbs import widest
from ..numbers.scaled import Scaled, scaled, with_room
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Pass

_CHUNK_PRODUCTS = 1 << 17
"""Products handled at a time: 1 MiB of float64, about a core's second-level cache."""


def sums_of_products(kind: Pass, left: Array, right: Array, direct: ConvGeometry, most_terms: int) -> Scaled:
    """The exact results of a bilinear map; no element has more than `most_terms` terms."""
    a, b = scaled(left), scaled(right)
    x, y = with_room(widest(a.integers) * widest(b.integers) * most_terms, a.integers, b.integers)
    return Scaled.of(_contraction(kind, direct).reduce(x, y, np.add, 0), a.exponent + b.exponent)


def smallest_products(kind: Pass, left: Array, right: Array, direct: ConvGeometry) -> Array:
    """The smallest absolute value among each element's products, as rounded to float64; inf where there is none."""
    a, b = (np.abs(array.astype(np.float64)) for array in (left, right))
    return _contraction(kind, direct).reduce(a, b, np.minimum, np.inf)


_FACTORS = {
    Pass.FORWARD: ("input", "weight"),
    Pass.INPUT_GRADIENT: ("output_gradient", "weight"),
    Pass.WEIGHT_GRADIENT: ("output_gradient", "input"),
}
_REDUCED_AXIS = {Pass.FORWARD: 3, Pass.INPUT_GRADIENT: 2, Pass.WEIGHT_GRADIENT: 0}


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
        return np.take(array, self.positions[name][begin:end], axis=-1)

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
