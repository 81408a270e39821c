"""Winograd's F(m, 3) of one to three axes in the storage dtype, for `implementations`: nested, edges filled up."""

from __future__ import annotations

import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import Implementation
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.oracle.rounding.winograd import matrices

TAPS = 3
Matrices = list[tuple[Array, Array, Array]]
"""A, G and B of every axis."""


def winograd(m: int, *, transposed: bool) -> Implementation:
    """Where every axis has 3 taps or one, and a stride of 1, forward and both gradients; else sums of products.

    The input gradient is the forward pass of the reversed kernel or the transposed algorithm, the weight gradient
    the transposed one.
    """

    def evaluate(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        with np.errstate(all="ignore"):
            if not _is_tiled(geometry, pass_):
                return reference.evaluate(pass_, operands, geometry)
            size, kernel = geometry.size, geometry.kernel
            x, w, go = operands.input, operands.weight, operands.output_gradient
            if pass_ is Pass.WEIGHT_GRADIENT:
                return _weight_gradient(_padded(x, geometry), go, _of(geometry, m, x))
            if pass_ is Pass.FORWARD:
                result = _forward(_padded(x, geometry), w, _of(geometry, m, x))
                bias = operands.bias
                return result if bias is None else result + bias.reshape(-1, *(1,) * geometry.rank)
            padded = tuple(n + low + high for n, (low, high) in zip(size, geometry.padding, strict=True))
            if transposed:
                whole = _scattered(go, w, padded, _of(geometry, m, x))
            else:
                around = np.pad(go, ((0, 0), (0, 0), *((r - 1, r - 1) for r in kernel)))
                reverse = np.flip(w, tuple(range(2, w.ndim))).swapaxes(0, 1)
                whole = _forward(around, reverse, _of(geometry, m, x))
            inside = (slice(low, low + n) for n, (low, _) in zip(size, geometry.padding, strict=True))
            return np.ascontiguousarray(whole[(slice(None), slice(None), *inside)])

    return evaluate


def _is_tiled(geometry: ConvGeometry, pass_: Pass) -> bool:
    plain = not geometry.transposed and geometry.padding_mode == "zeros" and geometry.groups == 1
    usual = set(geometry.kernel) <= {1, TAPS} and TAPS in geometry.kernel
    dense = set(geometry.stride) == set(geometry.dilation) == {1}
    passes = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)
    return plain and usual and dense and not geometry.is_degenerate and geometry.batch > 0 and pass_ in passes


def _padded(x: Array, geometry: ConvGeometry) -> Array:
    return np.pad(x, ((0, 0), (0, 0), *geometry.padding))


def _of(geometry: ConvGeometry, m: int, like: Array) -> Matrices:
    one = (np.ones((1, 1), like.dtype),) * 3
    of_tile = tuple(each.astype(np.float64).astype(like.dtype) for each in matrices(m, TAPS))
    return [of_tile if r == TAPS else one for r in geometry.kernel]  # type: ignore[misc]


def _along(matrix: Array, tiles: Array, axis: int) -> Array:
    """The product of a matrix with one of the last axes, term after term in the dtype."""
    moved = np.moveaxis(tiles, axis, -1)
    rows = []
    for row in matrix:
        total = row[0] * moved[..., 0]
        for entry, number in zip(row[1:], np.moveaxis(moved[..., 1:], -1, 0), strict=True):
            total = total + entry * number
        rows.append(total)
    return np.moveaxis(np.stack(rows, axis=-1), -1, axis)


def _transformed(tiles: Array, each: list[Array]) -> Array:
    for number, matrix in enumerate(each):
        tiles = _along(matrix, tiles, tiles.ndim - len(each) + number)
    return tiles


def _counts(size: tuple[int, ...], steps: list[int]) -> list[int]:
    return [max(-(-n // m), 1) for n, m in zip(size, steps, strict=True)]


def _tiles(x: Array, counts: list[int], steps: list[int], lengths: list[int]) -> Array:
    """(N, C, *tiles, *positions), filled up with zeros."""
    rank = len(counts)
    needed = [(t - 1) * m + n for t, m, n in zip(counts, steps, lengths, strict=True)]
    grown = np.pad(x, ((0, 0), (0, 0), *((0, max(n - have, 0)) for n, have in zip(needed, x.shape[2:], strict=True))))
    views = np.lib.stride_tricks.sliding_window_view(grown, lengths, axis=tuple(range(2, 2 + rank)))
    chosen = tuple(slice(0, (t - 1) * m + 1, m) for t, m in zip(counts, steps, strict=True))
    return views[(slice(None), slice(None), *chosen)]


def _together(tiles: Array, size: tuple[int, ...]) -> Array:
    """Tiles beside one another as planes of a size."""
    rank = len(size)
    order = [
        0,
        1,
        *(axis for pair in zip(range(2, 2 + rank), range(2 + rank, 2 + 2 * rank), strict=True) for axis in pair),
    ]
    whole = [tiles.shape[2 + i] * tiles.shape[2 + rank + i] for i in range(rank)]
    planes = tiles.transpose(order).reshape(*tiles.shape[:2], *whole)
    return np.ascontiguousarray(planes[(slice(None), slice(None), *(slice(0, n) for n in size))])


def _forward(x: Array, w: Array, of: Matrices) -> Array:
    size = tuple(n - r + 1 for n, r in zip(x.shape[2:], w.shape[2:], strict=True))
    steps, lengths = [a.shape[1] for a, _, _ in of], [len(a) for a, _, _ in of]
    counts = _counts(size, steps)
    data = _transformed(_tiles(x, counts, steps, lengths), [b.T for _, _, b in of])
    kernel = _transformed(w, [g for _, g, _ in of])
    total = np.zeros((len(x), len(w), *data.shape[2:]), x.dtype)
    for channel in range(x.shape[1]):
        total = total + data[:, channel, None] * kernel[:, channel].reshape(len(w), *(1,) * len(size), *lengths)
    return _together(_transformed(total, [a.T for a, _, _ in of]), size)


def _weight_gradient(x: Array, go: Array, of: Matrices) -> Array:
    """G^T of the sum over images and tiles of (B^T d) * (A o)."""
    steps, lengths = [a.shape[1] for a, _, _ in of], [len(a) for a, _, _ in of]
    counts, rank = _counts(go.shape[2:], steps), go.ndim - 2
    data = _transformed(_tiles(x, counts, steps, lengths), [b.T for _, _, b in of])
    cotangent = _transformed(_tiles(go, counts, steps, steps), [a for a, _, _ in of])
    products = cotangent[:, :, None] * data[:, None]
    flat = np.moveaxis(products, (0, *range(3, 3 + rank)), range(1 + rank))
    flat = flat.reshape(-1, *flat.shape[1 + rank :])
    total = flat[0]
    for each in flat[1:]:
        total = total + each
    return _transformed(total, [g.T for _, g, _ in of])


def _scattered(go: Array, w: Array, size: tuple[int, ...], of: Matrices) -> Array:
    """B of the sum over channels of (A o) * (G g), and overlapping tiles added."""
    steps, lengths = [a.shape[1] for a, _, _ in of], [len(a) for a, _, _ in of]
    counts, rank = _counts(go.shape[2:], steps), go.ndim - 2
    cotangent = _transformed(_tiles(go, counts, steps, steps), [a for a, _, _ in of])
    kernel = _transformed(w, [g for _, g, _ in of])
    total = np.zeros((len(go), w.shape[1], *cotangent.shape[2:]), go.dtype)
    for channel in range(len(w)):
        total = total + cotangent[:, channel, None] * kernel[channel].reshape(-1, *(1,) * rank, *lengths)
    tiles = _transformed(total, [b for _, _, b in of])
    needed = [max((t - 1) * m + n, have) for t, m, n, have in zip(counts, steps, lengths, size, strict=True)]
    whole = np.zeros((*tiles.shape[:2], *needed), go.dtype)
    for tile in np.ndindex(*counts):
        place = tuple(slice(t * m, t * m + n) for t, m, n in zip(tile, steps, lengths, strict=True))
        there = (slice(None), slice(None), *place)
        whole[there] = whole[there] + tiles[(slice(None), slice(None), *tile)]
    return whole[(slice(None), slice(None), *(slice(0, n) for n in size))]
