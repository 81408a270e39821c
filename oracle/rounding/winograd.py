"""What Winograd's minimal filtering F(m, r) may be off by, derived from its matrices.

On one axis m outputs of a kernel of r taps are A^T [(G g) * (B^T d)] with d the n = m + r - 1
inputs of a tile; on several axes the algorithm is nested. The matrices are those of Cook and
Toom for the points 0, 1, -1, 2, -2, 1/2, -1/2 (the first n - 1 of them) and infinity, which is
what libraries use: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks".

Each number passes through so many roundings R at most: with z numbers that are not zero in a
row, z - 1 additions, and two more where one is no power of two, which is rounded itself and
multiplied by; one product; the sum over channels (of a weight gradient, over images and tiles).
By the standard model (Higham 2002, sec. 3.1) the error is componentwise at most

    ((1 + u)^R - 1)  sum_j |A|_jt (|G| |g|)_j (|B^T| |d|)_j  =  ((1 + u)^R - 1)  sum_kl M_tkl |g_k| |d_l|

with M_tkl = sum_j |A_jt| |G_jk| |B_lj|, which no scaling of rows changes. That is the analysis
of Barabasz, Anderson, Soodhalter and Gregg 2020, "Error analysis and improving the accuracy of
Winograd convolution for deep neural networks", ACM Trans. Math. Softw. 46(4), theorems 1 and 2,
whose bound has norms of the matrices, |A^T| |G| |B^T|. Here it is the product, which is less:

    sum_kl M_tkl |g_k| |d_l|  <=  K |g|_1 |d|_inf,    K = max_tk sum_l M_tkl,

to the power of the number of axes that are so transformed, and summed over channels. The input
gradient is either the same algorithm with the kernel reversed or the transposed one, which
adds tiles that overlap: then K = ceil((n - 1) / m + 1) max_kl sum_t M_tkl. The weight gradient
is F(r, m), or the transposed algorithm; both have the same M.

It holds of stride 1 along axes where the kernel has r taps; elsewhere the algorithm is not that
of Winograd, and nothing is added to the bound of sums. Other points are allowed as far as their
M is not larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from ..numbers.arrays import Float64
from ..numbers.dtypes import Arithmetic
from ..numbers.roundings import half_spacing
from ..problem.geometry import ConvGeometry
from ..problem.passes import Array, Operands, Pass, Product, products, real_parts
from .transforms import most_repetitions

_POINTS = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2")))
_SCALED_OTHERWISE = 4.0
"""Underflow depends on how rows are scaled, errors do not."""
Tile = tuple[int, int]


@lru_cache
def matrices(m: int, r: int) -> tuple[Array, Array, Array]:
    """A (n x m), G (n x r) and B (n x n) of F(m, r), of fractions."""
    n = m + r - 1
    points = _POINTS[: n - 1]
    scales = [math.prod((a - b for b in points if b != a), start=Fraction(1)) for a in points]
    a = [[point**k for k in range(m)] for point in points] + [[Fraction(k == m - 1) for k in range(m)]]
    g = [[point**k / scale for k in range(r)] for point, scale in zip(points, scales, strict=True)]
    g.append([Fraction(k == r - 1) for k in range(r)])
    roots = [*([b for b in points if b != a] for a in points), list(points)]
    b = [_monic(each, n) for each in roots]
    return np.array(a, object), np.array(g, object), np.array(b, object).T


def _monic(roots: list[Fraction], length: int) -> list[Fraction]:
    """The coefficients of the product of x - root, the lowest first, filled up with zeros."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [a - root * b for a, b in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
    return [*coefficients, *[Fraction(0)] * (length - len(coefficients))]


@dataclass(frozen=True, slots=True)
class Growth:
    """Of F(m, r) along one axis.

    Parameters
    ----------
    filtering, scattering : float
        K of the algorithm, and of the transposed one that adds overlapping tiles.
    roundings : int
        Of the three transforms together, along any path, and of tiles that are added.
    sizes : tuple of float
        The largest row or column sums of |A|, |G| and |B|.
    """

    filtering: float
    scattering: float
    roundings: int
    sizes: tuple[float, float, float]


@lru_cache
def growth_of(m: int, r: int) -> Growth:
    """What F(m, r) multiplies errors by."""
    a, g, b = matrices(m, r)
    together = np.einsum("jt,jk,lj->tkl", abs(a), abs(g), abs(b))
    overlapping = _overlapping((m, r))
    return Growth(
        float(together.sum(axis=2).max()),
        overlapping * float(together.sum(axis=0).max()),
        sum(map(_roundings, (a, g, b))) + overlapping - 1,
        (_size(a), _size(g), _size(b)),
    )


def _overlapping(tile: Tile) -> int:
    """How many tiles of n = m + r - 1, each m after the last, may overlap at a place, or a few more."""
    m, r = tile
    return -(-(m + r - 2) // m) + 1


def _roundings(matrix: Array) -> int:
    rows: list[list[Fraction]] = [*matrix.tolist(), *matrix.T.tolist()]
    return max(sum(entry != 0 for entry in row) - 1 + 2 * (not all(map(_is_power_of_two, row))) for row in rows)


def _is_power_of_two(entry: Fraction) -> bool:
    numbers = (abs(entry.numerator), entry.denominator)
    return entry == 0 or all(number & (number - 1) == 0 for number in numbers)


def _size(matrix: Array) -> float:
    return float(max(abs(matrix).sum(axis=0).max(), abs(matrix).sum(axis=1).max()))


def is_tiled(tile: Tile, geometry: ConvGeometry) -> tuple[bool, ...]:
    """Along which axes the algorithm is that of Winograd."""
    direct = geometry.direct
    return tuple(k == tile[1] and s == 1 for k, s in zip(direct.kernel, direct.stride, strict=True))


def winograd_bound(
    tile: Tile, pass_: Pass, operands: Operands, arithmetic: Arithmetic, geometry: ConvGeometry, later: int
) -> Float64 | float:
    """What the elements of a pass may be off by, beyond sums, where it is computed by F(m, r); by planes.

    Parameters
    ----------
    tile : (int, int)
        m and r.
    pass_, operands, geometry
        The question.
    arithmetic : Arithmetic
        The transforms' numbers are rounded to the multiplier's format or to the accumulator's.
    later : int
        How many numbers may be added to an element afterwards.
    """
    axes = sum(is_tiled(tile, geometry))
    if not axes:
        return 0.0
    grown, unit = growth_of(*tile), max(arithmetic.rounding_unit, arithmetic.multiplier.unit_roundoff)
    error: Float64 | float = 0.0
    for part in products(pass_, geometry):
        backward = part.kind is Pass.INPUT_GRADIENT
        constant = max(grown.filtering, grown.scattering) if backward else grown.filtering
        roundings = axes * grown.roundings + 1 + _summed(tile, part, geometry.direct) + later
        error = error + np.expm1(roundings * np.log1p(unit)) * constant**axes * _sizes(part, operands, geometry.direct)
    h = 2 * max(half_spacing(form) for form in (arithmetic.accumulator, arithmetic.multiplier))
    return most_repetitions(geometry) * error + winograd_underflow(tile, pass_, operands, h, geometry)


def winograd_underflow(tile: Tile, pass_: Pass, operands: Operands, each: float, geometry: ConvGeometry) -> float:
    """What every element may be off by where each operation is, by so much; twice, for roundings of it.

    A product with a matrix of n columns adds n of them, and multiplies what was there by its size: so the transforms
    of operands are off by n (1 + |B| + ...) along the axes one after another, their product by that times the other
    operand's transform and one more, and the last transform does the same to the sum over channels.
    """
    axes, n, total = sum(is_tiled(tile, geometry)), sum(tile) - 1, 0.0
    if not axes:
        return total

    def off(size: float) -> float:
        return n * each * sum(size**axis for axis in range(axes))

    for part in products(pass_, geometry):
        kernel, data = _factors(part, operands)
        worst = 0.0
        for of_data, of_kernel, last in _algorithms(tile, part.kind):
            crossed = off(of_data) * of_kernel**axes * kernel + off(of_kernel) * of_data**axes * data
            product = each + crossed + off(of_data) * off(of_kernel)
            summed = last**axes * _summed(tile, part, geometry.direct) * product
            worst = max(worst, summed + off(last))
        total += worst
    return 2 * _SCALED_OTHERWISE * most_repetitions(geometry) * total


def winograd_range(tile: Tile, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> float:
    """The largest number on the way of any element: in the transforms of operands, and in their products, transformed.

    An entry of a matrix times a number is at most the matrix's size times the largest number, along each axis. What
    rows may be scaled by is counted for each transform, and every tile and map that is added to an element.
    """
    axes, largest = sum(is_tiled(tile, geometry)), 0.0
    if not axes:
        return largest
    overlapping, parts = _overlapping(tile), products(pass_, geometry)
    for part in parts:
        kernel, data = _factors(part, operands)
        for of_data, of_kernel, last in _algorithms(tile, part.kind):
            factors = _SCALED_OTHERWISE * of_data**axes * data, _SCALED_OTHERWISE * of_kernel**axes * kernel
            summed = _summed(tile, part, geometry.direct) * math.prod(factors)
            added = (last * overlapping) ** axes * len(parts) * most_repetitions(geometry)
            largest = max(largest, *factors, summed, summed * added)
    return largest


def _algorithms(tile: Tile, kind: Pass) -> tuple[tuple[float, float, float], ...]:
    """The sizes of the matrices for the data, for the kernel and for the result, in each way of computing a pass."""
    a, g, b = growth_of(*tile).sizes
    if kind is Pass.WEIGHT_GRADIENT:
        other_a, other_g, _ = growth_of(*tile[::-1]).sizes
        return (b, a, g), (b, other_g, other_a)
    return ((b, g, a),) if kind is Pass.FORWARD else ((b, g, a), (a, g, b))


def _factors(part: Product, operands: Operands) -> tuple[float, float]:
    """The largest numbers of what stands for the kernel, and of what stands for the data."""
    left, right = (
        float(np.abs(real_parts(getattr(operands, name))).max(initial=0)) for name in (part.left, part.right)
    )
    return (left, right) if part.kind is Pass.WEIGHT_GRADIENT else (right, left)


def _summed(tile: Tile, part: Product, direct: ConvGeometry) -> int:
    """How many products are summed in a tile's domain, over channels and taps of other axes, or images and tiles."""
    axes = is_tiled(tile, direct)
    if part.kind is Pass.WEIGHT_GRADIENT:
        tiles = (-(-size // tile[0]) if tiled else size for size, tiled in zip(direct.output_size, axes, strict=True))
        return direct.batch * math.prod(tiles)
    taps = math.prod(r for r, tiled in zip(direct.kernel, axes, strict=True) if not tiled)
    channels = direct.in_channels if part.kind is Pass.FORWARD else direct.out_channels
    return channels // direct.groups * taps


def _sizes(part: Product, operands: Operands, direct: ConvGeometry) -> Float64:
    """Of every plane of the result, the sum over the planes that it is made of of |g|_1 |d|_inf."""
    left, right = (_planes(getattr(operands, name)) for name in (part.left, part.right))
    batch, groups, rest = direct.batch, direct.groups, (1,) * direct.rank
    inputs, outputs = direct.in_channels // groups, direct.out_channels // groups
    match part.kind:
        case Pass.FORWARD:
            most = left.max(axis=2, initial=0).reshape(batch, groups, inputs)
            sums = right.sum(axis=2).reshape(groups, outputs, inputs)
            found: Float64 = np.einsum("ngc,gkc->ngk", most, sums).reshape(batch, direct.out_channels, *rest)
        case Pass.INPUT_GRADIENT:
            most = left.max(axis=2, initial=0).reshape(batch, groups, outputs)
            sums = right.sum(axis=2).reshape(groups, outputs, inputs)
            found = np.einsum("ngk,gkc->ngc", most, sums).reshape(batch, direct.in_channels, *rest)
        case _:
            sums = left.sum(axis=2).reshape(batch, groups, outputs)
            most = right.max(axis=2, initial=0).reshape(batch, groups, inputs)
            found = np.einsum("ngk,ngc->gkc", sums, most).reshape(direct.out_channels, inputs, *rest)
    return found[..., None] if operands.input.dtype.kind == "c" else found


def _planes(array: Array) -> Float64:
    """The sizes of an array's numbers by plane; of complex numbers those of both parts."""
    sizes = np.abs(real_parts(array))
    by_plane: Float64 = sizes.reshape(*sizes.shape[:2], math.prod(sizes.shape[2:]))
    return by_plane
