"""The bound of transforms: no false alarm for convolutions by the FFT, where the bound of sums of products has some."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.subnormals import flush_allowance
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.operands.vocabulary import SETTINGS
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.oracle.rounding.bounds import rounding_bound
from convoracle.oracle.rounding.transforms import transform_range
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases

TRANSFORM = Arithmetic.of("float32", conventions={"algorithm": "transform"})
DIRECT = Arithmetic.of("float32")
PASSES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)
MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
SPACE = Space(
    dtypes=("float32",), max_products=2000, settings=SETTINGS - {"transposed", "degenerate", "groups", "bias"}
)


def by_fft(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    """A pass by transforms of the padded input, the spread kernel and the spread output gradient, in float32."""
    axes = tuple(range(2, 2 + geometry.rank))
    size = tuple(size + sum(sides) for size, sides in zip(geometry.size, geometry.padding, strict=True))
    sides = ((0, 0), (0, 0), *geometry.padding)

    def transformed(array: Array) -> Array:
        return np.fft.fftn(array, size, axes)

    def correlated(equation: str, left: Array, right: Array) -> Array:
        return np.fft.ifftn(np.einsum(equation, left, right), size, axes).real

    padded = transformed(np.pad(operands.input, sides, mode=MODES[geometry.padding_mode]))  # type: ignore[call-overload]
    kernel = transformed(_spread(operands.weight, geometry.dilation))
    cotangent = transformed(_spread(operands.output_gradient, geometry.stride))
    match pass_:
        case Pass.FORWARD:
            every = correlated("nc...,kc...->nk...", padded, kernel.conj())
            return _every(every, geometry.stride, geometry.output_size)
        case Pass.INPUT_GRADIENT:
            whole = correlated("nk...,kc...->nc...", cotangent, kernel)
            return _folded(whole, geometry)
        case _:
            every = correlated("nk...,nc...->kc...", cotangent.conj(), padded)
            return _every(every, geometry.dilation, geometry.kernel)


def _spread(array: Array, step: tuple[int, ...]) -> Array:
    spread = np.zeros((*array.shape[:2], *((n - 1) * s + 1 for n, s in zip(array.shape[2:], step, strict=True))), "f4")
    spread[(slice(None), slice(None), *(slice(None, None, s) for s in step))] = array
    return spread


def _every(array: Array, step: tuple[int, ...], count: tuple[int, ...]) -> Array:
    return array[(slice(None), slice(None), *(slice(0, s * n, s) for s, n in zip(step, count, strict=True)))]


def _folded(whole: Array, geometry: ConvGeometry) -> Array:
    """The gradient of the padded input, with what falls on the padding added to the elements repeated there."""
    for axis, (size, sides) in enumerate(zip(geometry.size, geometry.padding, strict=True)):
        sources = np.pad(np.arange(1, size + 1), sides, mode=MODES[geometry.padding_mode])  # type: ignore[call-overload]
        last = np.moveaxis(whole, 2 + axis, 0)
        folded = np.zeros((size + 1, *last.shape[1:]), whole.dtype)
        np.add.at(folded, sources, last)
        whole = np.moveaxis(folded[1:], 0, 2 + axis)
    return whole


@settings(max_examples=100, deadline=None)
@given(cases(space=SPACE), st.sampled_from(["uniform", "normal", "wide", "cancellation", "zeros"]))
def test_convolutions_by_the_fft_stay_within_the_bound(case: Case, fill: str) -> None:
    drawn = Case(case.geometry, False, "float32", fill, case.seed, case.layout)
    for operands in (real_operands(drawn), lattice_operands(drawn)):
        for pass_ in PASSES:
            actual = by_fft(pass_, operands, case.geometry)
            assert actual.dtype == np.float32
            result = exact.evaluate(pass_, operands, case.geometry)
            bound = rounding_bound(pass_, result, operands, TRANSFORM, case.geometry)
            assert not compare(actual, result, bound).wrong.any()


@settings(max_examples=100, deadline=None)
@given(cases(space=SPACE))
def test_no_number_on_the_way_is_beyond_the_range_of_transforms(case: Case) -> None:
    """Neither in a spectrum, nor in a product of two, nor in what is transformed back before it is scaled."""
    operands, met = lattice_operands(case).map(np.abs), list[Array]()
    forwards, backwards = np.fft.fftn, np.fft.ifftn

    def spectrum(array: Array, size: tuple[int, ...], axes: tuple[int, ...]) -> Array:
        met.append(forwards(array, size, axes))
        return met[-1]

    def plane(array: Array, size: tuple[int, ...], axes: tuple[int, ...]) -> Array:
        result = backwards(array, size, axes)
        met.extend((array, result * np.prod(size)))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np.fft, "fftn", spectrum)
        patch.setattr(np.fft, "ifftn", plane)
        for pass_, unread in zip(PASSES, ("output_gradient", "input", "weight"), strict=True):
            met.clear()
            read = replace(operands, **{unread: np.zeros_like(getattr(operands, unread))})  # type: ignore[arg-type]
            by_fft(pass_, read, case.geometry)
            largest = max(float(np.abs(array).max(initial=0)) for array in met)
            assert largest <= transform_range(pass_, read, case.geometry)


def _scaled_before(scale: float, operands: Operands, geometry: ConvGeometry) -> Array:
    """The forward pass by transforms of scaled operands, scaled back."""
    given = replace(operands, input=operands.input * np.float32(scale), weight=operands.weight * np.float32(scale))
    return (by_fft(Pass.FORWARD, given, geometry).astype(np.float64) / scale**2).astype(np.float32)


@pytest.mark.parametrize(("scale", "is_honest"), [(0.5, True), (2.0**-12, False)])
def test_operands_that_are_halved_before_a_transform_may_underflow(scale: float, *, is_honest: bool) -> None:
    """Beyond what sums of products may lose; but those that are scaled away are wrong."""
    geometry = ConvGeometry.of(in_channels=2, out_channels=2, size=(6, 6), kernel=3, padding=1)
    beyond = [0, 0]
    for seed in range(20):
        operands = real_operands(Case(geometry, False, "float32", "subnormal_operands", seed))
        actual = _scaled_before(scale, operands, geometry)
        result = exact.evaluate(Pass.FORWARD, operands, geometry)
        for number, arithmetic in enumerate((DIRECT, TRANSFORM)):
            bound = rounding_bound(Pass.FORWARD, result, operands, arithmetic, geometry)
            beyond[number] += int(compare(actual, result, bound).wrong.any())
    assert beyond[0] > 0
    assert (beyond[1] == 0) == is_honest


def test_flushing_in_a_transform_is_within_its_allowance() -> None:
    geometry = ConvGeometry.of(in_channels=2, out_channels=2, size=(6, 6), kernel=3, padding=1)
    for fill in ("subnormal", "subnormal_operands"):
        for seed in range(20):
            operands = real_operands(Case(geometry, False, "float32", fill, seed))
            flushed: dict[str, Array] = {
                name: np.where(np.abs(array) < 2.0**-126, np.float32(0), array)
                for name, array in operands.arrays().items()
            }
            actual = by_fft(Pass.FORWARD, replace(operands, **flushed), geometry)  # type: ignore[arg-type]
            actual = np.where(np.abs(actual) < 2.0**-126, np.float32(0), actual)
            result = exact.evaluate(Pass.FORWARD, operands, geometry)
            bound = rounding_bound(Pass.FORWARD, result, operands, TRANSFORM, geometry)
            allowance = flush_allowance(Pass.FORWARD, result, operands, TRANSFORM, geometry)
            assert not compare(actual, result, bound + allowance).wrong.any()


def test_many_channels_are_summed_within_the_bound() -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=512, size=(6, 6), kernel=3)
    operands = real_operands(Case(geometry, False, "float32", "uniform", 1))
    for pass_ in PASSES:
        result = exact.evaluate(pass_, operands, geometry)
        bound = rounding_bound(pass_, result, operands, TRANSFORM, geometry)
        assert not compare(by_fft(pass_, operands, geometry), result, bound).wrong.any()


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.INPUT_GRADIENT])
def test_the_bound_of_sums_of_products_does_not_hold_for_transforms(pass_: Pass) -> None:
    geometry = ConvGeometry.of(size=(16, 16), kernel=3, padding=1)
    operands = real_operands(Case(geometry, False, "float32", "wide", 1))
    result = exact.evaluate(pass_, operands, geometry)
    bound = rounding_bound(pass_, result, operands, DIRECT, geometry)
    assert compare(by_fft(pass_, operands, geometry), result, bound).wrong.any()


@pytest.mark.parametrize("pass_", PASSES)
def test_a_missing_term_shows_in_a_transform_too(pass_: Pass) -> None:
    geometry = ConvGeometry.of(in_channels=2, out_channels=2, size=(5, 5), kernel=3, padding=1)
    operands = real_operands(Case(geometry, False, "float32", "uniform", 1))
    result = exact.evaluate(pass_, operands, geometry)
    bound = rounding_bound(pass_, result, operands, TRANSFORM, geometry)
    faulty = by_fft(pass_, operands, geometry) + result.smallest.everywhere().astype(np.float32)
    assert compare(faulty, result, bound).wrong.all()
