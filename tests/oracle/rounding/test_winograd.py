"""The bounds of transforms and of F(m, 3) hold for Winograd's minimal filtering of 3 taps, in the operands' dtype.

The matrices are Cook and Toom's, for polynomials evaluated at a few small points and at infinity.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from convoracle.oracle.answers import exact, reference
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, lattice_for, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound
from convoracle.oracle.rounding.winograd import growth_of, is_tiled
from convoracle.oracle.rounding.winograd import matrices as derived_from

POINTS = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "-1/2")))
TAPS = 3


@lru_cache
def matrices(m: int) -> tuple[Array, Array, Array]:
    """B^T, G and A^T of F(m, 3), in float64: A^T [(G g) * (B^T d)] is the correlation of d and g."""
    n = m + TAPS - 1
    points = POINTS[: n - 1]
    evaluate = [[point**k for k in range(n)] for point in points]
    at = np.array([[row[k] for row in evaluate] + [Fraction(int(k == m - 1))] for k in range(m)], dtype=object)
    g = np.array([row[:TAPS] for row in evaluate] + [[Fraction(int(k == TAPS - 1)) for k in range(TAPS)]], dtype=object)
    scales = [np.prod([a - b for b in points if b != a]) for a in points] + [Fraction(1)]
    scaled = np.array([[entry / scale for entry in row] for row, scale in zip(g, scales, strict=True)], dtype=object)
    rows = [*(_product([b for b in points if b != a], n) for a in points), _product(list(points), n)]
    return tuple(np.array(each, dtype=object).astype(np.float64) for each in (rows, scaled, at))  # type: ignore[return-value]


def _product(roots: list[Fraction], length: int) -> list[Fraction]:
    """The coefficients of the product of x - root, the lowest first, filled up with zeros."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *coefficients]
        coefficients = [a - root * b for a, b in zip(shifted, [*coefficients, Fraction(0)], strict=True)]
    return [*coefficients, *[Fraction(0)] * (length - len(coefficients))]


def forward(input: Array, weight: Array, geometry: ConvGeometry, m: int) -> Array:
    """The forward pass of a 3 x 3 kernel of stride 1, padded by zeros, in tiles of m x m."""
    bt, g, at = (each.astype(input.dtype) for each in matrices(m))
    (low, _), (left, _) = geometry.padding
    height, width = geometry.output_size
    down, across = -(-height // m), -(-width // m)
    n = m + TAPS - 1
    padded = np.zeros((*input.shape[:2], down * m + TAPS - 1, across * m + TAPS - 1), input.dtype)
    room = padded[:, :, low:, left:]
    kept = input[:, :, : room.shape[2], : room.shape[3]]
    room[:, :, : kept.shape[2], : kept.shape[3]] = kept
    filters = np.einsum("ir,kcrs,js->kcij", g, weight, g)
    output = np.zeros((input.shape[0], weight.shape[0], down * m, across * m), input.dtype)
    for y in range(0, down * m, m):
        for x in range(0, across * m, m):
            tile = np.einsum("ir,ncrs,js->ncij", bt, padded[:, :, y : y + n, x : x + n], bt)
            products = np.einsum("ncij,kcij->nkij", tile, filters)
            output[:, :, y : y + m, x : x + m] = np.einsum("ai,nkij,bj->nkab", at, products, at)
    return output[:, :, :height, :width]


@pytest.mark.parametrize("m", [2, 4, 6])
def test_it_is_a_convolution(m: int) -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=2, out_channels=3, size=(7, 9), kernel=3, padding=1)
    operands = real_operands(Case(geometry, False, "float64", "uniform", 1))
    right = reference.forward(operands.input, operands.weight, geometry)
    np.testing.assert_allclose(forward(operands.input, operands.weight, geometry, m), right, atol=1e-11)


@pytest.mark.parametrize("fill", ["uniform", "normal", "wide", "cancellation", "zeros", "large", "tall", "subnormal"])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("m", [2, 4, 6])
@pytest.mark.parametrize("algorithm", ["transform", "winograd F({m}, 3)"])
def test_winograd_stays_within_the_bound(algorithm: str, m: int, dtype: str, fill: str) -> None:
    arithmetic = Arithmetic.of(dtype, conventions={"algorithm": algorithm.format(m=m)})
    for channels, size in ((1, 1), (1, 4), (1, 6), (3, 8), (24, 6)):
        geometry = ConvGeometry.of(
            batch=1, in_channels=channels, out_channels=2, size=(size, size), kernel=3, padding=1
        )
        for seed in range(4):
            case = Case(geometry, False, dtype, fill, seed)
            for operands in (real_operands(case), lattice_operands(case, lattice_for(case, arithmetic))):
                with np.errstate(all="ignore"):
                    actual = forward(operands.input, operands.weight, geometry, m)
                if not np.isfinite(actual).all():
                    continue
                result = exact.evaluate(Pass.FORWARD, operands, geometry)
                bound = rounding_bound(Pass.FORWARD, result, operands, arithmetic, geometry)
                assert not compare(actual, result, bound).wrong.any()


@pytest.mark.parametrize("m", [2, 4, 6])
def test_the_bound_is_derived_from_the_matrices_that_compute(m: int) -> None:
    a, g, b = (each.astype(np.float64) for each in derived_from(m, TAPS))
    for used, ours in zip(matrices(m), (b.T, g, a.T), strict=True):
        np.testing.assert_array_equal(used, ours)


def test_f_of_2_and_3_multiplies_errors_by_four() -> None:
    """By hand: |A^T| has at most three numbers in a row, |G| halves; a tap at the end meets inputs 0, 2, 1, 2, 1, 2."""
    grown = growth_of(2, 3)
    assert grown.filtering == 4
    assert grown.sizes == (3, 2, 3)


@pytest.mark.parametrize(
    ("text", "tiled"),
    [
        ("n1c1k1i8x8f3x3", (True, True)),
        ("n1c1k1i8x8f3x3d2x2", (True, True)),
        ("n1c1k1i8x8f3x3s2x1", (False, True)),
        ("n1c1k1i8x8f5x1", (False, False)),
        ("n1c1k1i8x8f3x3t", (True, True)),
    ],
)
def test_where_the_kernel_does_not_fit_the_bound_is_that_of_sums(text: str, tiled: tuple[bool, ...]) -> None:
    geometry = parse_geometry(text)
    assert is_tiled((2, 3), geometry) == tiled
    operands = real_operands(Case(geometry, False, "float32", "uniform", 0))
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    declared, direct = (
        rounding_bound(Pass.FORWARD, result, operands, Arithmetic.of("float32", conventions=conventions), geometry)
        for conventions in ({"algorithm": "winograd F(2, 3)"}, {})
    )
    assert (declared > direct).all() == any(tiled)
    assert (declared == direct).all() != any(tiled)


def _ratio(m: int, declared: str, operands: Operands, geometry: ConvGeometry) -> float:
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    arithmetic = Arithmetic.of("float32", conventions={"algorithm": declared})
    bound = rounding_bound(Pass.FORWARD, result, operands, arithmetic, geometry)
    return float((compare(forward(operands.input, operands.weight, geometry, m), result, bound).error / bound).max())


def _worst_for_six(seed: int, geometry: ConvGeometry) -> Operands:
    """Numbers near 1 whose signs are those of a row of B^T and of G, so that no part of a transform cancels."""
    bt, g, _ = matrices(6)
    rng, (of_tile, of_kernel) = np.random.default_rng(seed), (np.where(each[seed % 7] < 0, -1, 1) for each in (bt, g))
    x = rng.uniform(0.9, 1, (8, 8)) * np.outer(of_tile, of_tile)
    w = rng.uniform(0.9, 1, (3, 3)) * np.outer(of_kernel, of_kernel)
    operands = real_operands(Case(geometry, False, "float32", "uniform", seed))
    return replace(operands, input=x[None, None].astype(np.float32), weight=w[None, None].astype(np.float32))


def test_larger_tiles_than_declared_are_seen_on_operands_made_for_it() -> None:
    geometry = ConvGeometry.of(size=(8, 8), kernel=3)
    found = {
        (m, declared): max(_ratio(m, declared, _worst_for_six(seed, geometry), geometry) for seed in range(70))
        for m in (2, 6)
        for declared in ("winograd F(2, 3)", "winograd F(4, 3)", "winograd F(6, 3)", "transform")
    }
    assert found[6, "winograd F(2, 3)"] > 1.1
    assert found[6, "transform"] < 1, "which the bound of the FFT does not see"
    assert max(found[2, "winograd F(2, 3)"], found[6, "winograd F(6, 3)"]) < 0.1
    assert found[6, "winograd F(4, 3)"] < 0.1, "whose bound is too near"


def test_larger_tiles_than_declared_are_not_seen_on_random_operands() -> None:
    geometry = ConvGeometry.of(out_channels=2, size=(18, 18), kernel=3)
    cases = (Case(geometry, False, "float32", fill, seed) for fill in ("uniform", "cancellation") for seed in range(4))
    assert 0.2 < max(_ratio(6, "winograd F(2, 3)", real_operands(case), geometry) for case in cases) < 1
