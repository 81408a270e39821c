"""Sums by matrix products of slices: bit for bit those of the definition, and exact up to the edge of 53 bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convoracle.oracle.answers import bilinear, exact, reference, slices
from convoracle.oracle.answers.exact import ExactResult
from convoracle.oracle.answers.factor import Factor
from convoracle.oracle.answers.magnitude import MOST_EXCESS
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.numbers.splitting import extent
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.operands.fills import FILLS
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass, is_defined
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases

OPERANDS: dict[Callable[[Case], Operands], float] = {real_operands: MOST_EXCESS, lattice_operands: 0.0}
"""Operands, and how much above the sums their magnitudes may be."""
ANY = cases(space=Space(dtypes=DTYPES, max_products=2000))
GEOMETRIES = (
    "n2c3k4i7x7f3x3p1x1",
    "n2c4k6i9f3s2p1d2g2",
    "n2c4k2i5x4f2x3s2x1p1x1g2t",
    "n1c2k2i6x5f3x2p2x1mreflect",
    "n2c2k4i5f3p2mreplicate",
    "n1c2k2i4x4f3x3p2x2mcircular",
    "n2c1k2i3x3x3f2x2x2p1x0x1",
    "n0c2k2i4f2",
    "n1c0k2i4f2",
    "n1c2k2i2f3",
    "n2c2k2i3f5s4p4",
)


def _assert_same(result: ExactResult, defined: ExactResult, most_excess: float) -> None:
    exponent = min(result.value.exponent, defined.value.exponent)
    values, others = (each.value.at_exponent(exponent).integers for each in (result, defined))
    assert values.shape == others.shape
    assert (values == others).all()
    assert result.value.to_float64().tobytes() == defined.value.to_float64().tobytes()
    arrays = ((each.smallest.everywhere(), each.terms) for each in (result, defined))
    for found, right in zip(*arrays, strict=True):
        assert (found.dtype, found.shape) == (right.dtype, right.shape)
        assert found.tobytes() == right.tobytes()
    assert (result.magnitude.dtype, result.magnitude.shape) == (np.float64, defined.magnitude.shape)
    with np.errstate(over="ignore"):
        most = defined.magnitude * (1 + most_excess)
    assert ((defined.magnitude <= result.magnitude) & (result.magnitude <= most)).all()
    assert not result.error


def _compared(case: Case) -> int:
    """How many results of a case were compared with the definition's, all of which were the same."""
    passes = [pass_ for pass_ in Pass if is_defined(pass_, case.dtype)]
    for make, most_excess in OPERANDS.items():
        operands = make(case)
        for pass_ in passes:
            defined = exact.by_definition(pass_, operands, case.geometry)
            _assert_same(exact.evaluate(pass_, operands, case.geometry), defined, most_excess)
    return len(OPERANDS) * len(passes)


@settings(max_examples=30, deadline=None)
@given(ANY)
def test_generated_results_are_those_of_the_definition(case: Case) -> None:
    assert _compared(case)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fill", FILLS)
def test_every_dtype_and_fill(dtype: str, fill: str) -> None:
    geometry = GEOMETRIES[list(FILLS).index(fill) % 7]
    assert _compared(Case(parse_geometry(geometry), True, dtype, fill, 1200))


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_every_kind_of_geometry(geometry: str, dtype: str) -> None:
    assert _compared(Case(parse_geometry(geometry), True, dtype, "wide", 3))


@pytest.mark.campaign
def test_a_hundred_thousand_generated_results() -> None:
    compared = 0

    @settings(max_examples=7500, deadline=None, database=None)
    @given(ANY)
    def compare(case: Case) -> None:
        nonlocal compared
        compared += _compared(case)

    compare()
    assert compared >= 100_000


def _dot(left: list[float], right: list[float]) -> tuple[Operands, ConvGeometry]:
    """A convolution that is the inner product of two vectors."""
    x, w = (np.array(each, dtype=np.float64).reshape(1, 1, -1) for each in (left, right))
    return Operands(x, w, None, np.ones((1, 1, 1))), ConvGeometry.of(size=len(left), kernel=len(left))


def _is_exact(operands: Operands) -> bool:
    return slices.is_exact(extent(np.abs(operands.input), 53), extent(np.abs(operands.weight), 53), operands.input.size)


def _sum(operands: Operands) -> Fraction:
    pairs = zip(operands.input.ravel().tolist(), operands.weight.ravel().tolist(), strict=True)
    return sum((Fraction(x) * Fraction(w) for x, w in pairs), Fraction(0))


@pytest.mark.parametrize("scale", [1.0, 2.0**-700, 2.0**700])
def test_sums_that_just_fit_53_bits_are_one_matrix_product(scale: float) -> None:
    """Two products of 2**26 times 2**26 at most, in units of the lowest bits: n A B = 2**53."""
    operands, geometry = _dot([2.0**26 * scale, (2.0**26 - 1) * scale], [2.0**23, (2.0**26 - 1) / 8])
    assert _is_exact(operands)
    assert Fraction(reference.evaluate(Pass.FORWARD, operands, geometry).item()) == _sum(operands)
    value = exact.evaluate(Pass.FORWARD, operands, geometry).value
    assert len(value.limbs) == 1
    assert value.to_fractions().item() == _sum(operands)


def test_sums_that_just_do_not_fit_are_refused_and_would_be_wrong() -> None:
    """Three such products may sum to 2**53 + 1, which is no float64, in whatever order."""
    operands, geometry = _dot([2.0**26, 2.0**26, 1.0], [2.0**26, 2.0**26, 1.0])
    assert not _is_exact(operands)
    assert _sum(operands) == 2**53 + 1
    assert reference.evaluate(Pass.FORWARD, operands, geometry).item() == 2.0**53
    assert exact.evaluate(Pass.FORWARD, operands, geometry).value.to_fractions().item() == 2**53 + 1


@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 1 << 30))
@example(53, 600, 1)
@example(600, 52, 2)
def test_digits_are_as_wide_as_53_bits_allow(left: int, right: int, most_terms: int) -> None:
    width, p, q = slices.plan(left, right, most_terms)
    assert 1 <= width <= 32
    assert p * width >= left or p == 1
    assert q * width >= right or q == 1
    largest_left, largest_right = ((1 << (bits if n == 1 else width)) - 1 for bits, n in ((left, p), (right, q)))
    assert most_terms * largest_left * largest_right <= 1 << 53


@pytest.mark.parametrize("most_terms", [3, 9, 145, 2047])
def test_digits_of_one_bit_more_would_be_summed_wrongly(most_terms: int) -> None:
    """An odd number of odd products, all the largest: the sum is odd, and above 2**53 there is no odd float64."""
    width, p, q = slices.plan(600, 600, most_terms)
    assert p == q == -(-600 // width)
    for bits, fits in ((width, True), (width + 1, False)):
        digits = [2.0**bits - 1] * most_terms
        operands, geometry = _dot(digits, digits)
        computed = Fraction(reference.evaluate(Pass.FORWARD, operands, geometry).item())
        assert (computed == _sum(operands)) == fits


def test_a_sum_of_many_products_has_more_bits_than_each_of_them() -> None:
    """A thousand of 60 bits: 70 bits, beyond int64."""
    largest = [2.0**30 - 1] * 1000
    operands, geometry = _dot(largest, largest)
    value = exact.evaluate(Pass.FORWARD, operands, geometry).value
    assert value.to_fractions().item() == 1000 * (2**30 - 1) ** 2


def _integers(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.integers(-9, 10, shape).astype(np.float64)


@pytest.mark.parametrize("geometry", GEOMETRIES[:7])
def test_one_map_of_slices_has_that_of_each_pair(geometry: str) -> None:
    rng, direct = np.random.default_rng(0), parse_geometry(geometry).direct
    shapes = {"input": direct.input_shape, "weight": direct.weight_shape, "output_gradient": direct.output_shape}
    for kind, unrolled, other in (
        (Pass.FORWARD, "input", "weight"),
        (Pass.INPUT_GRADIENT, "output_gradient", "weight"),
        (Pass.WEIGHT_GRADIENT, "input", "output_gradient"),
    ):
        a, b = _integers(rng, (2, *shapes[unrolled])), _integers(rng, (3, *shapes[other]))
        maps = slices.maps_of_slices(kind, a, b, direct)
        assert maps.shape == (2, 3, *kind.result_shape(direct))
        for i, j in np.ndindex(2, 3):
            zeros = {name: np.zeros(shape) for name, shape in shapes.items()}
            operands = Operands(bias=None, **(zeros | {unrolled: a[i], other: b[j]}))
            assert (maps[i, j] == reference.evaluate(kind, operands, direct)).all()


@pytest.mark.parametrize("few", [1, 700, 1 << 15])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_are_the_same_however_many_slices_are_unrolled_at_a_time(
    few: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "_FEW_SUMS", few)
    for geometry in GEOMETRIES[:7]:
        assert _compared(Case(parse_geometry(geometry), True, dtype, "wide", 5))


BIASES = {
    "of the terms' size": ([3.0, -5.5], 0),
    "below their last bit": ([2.0**-80, -3 * 2.0**-61], 1),
    "above all of them": ([2.0**90, -(2.0**70)], 1),
}


@pytest.mark.parametrize("sized", [1.0, 2.0**-500])
@pytest.mark.parametrize("of_one_map", [True, False])
@pytest.mark.parametrize("bias", BIASES)
def test_a_bias_is_added_by_its_digits_or_else_afterwards(
    bias: str, of_one_map: bool, sized: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    geometry, added = ConvGeometry.of(batch=2, out_channels=2, size=3, kernel=2), []
    low = 0.0 if of_one_map else 2.0**-29
    x = np.array([[[1.0 + low, -2.0, 3.0]], [[2.0, 1.0 - low, -1.0]]])
    w = np.array([[[1.5, -1.0 + low]], [[low, 4.0]]]) * sized
    values, afterwards = BIASES[bias]
    operands = Operands(x, w, np.array(values) * sized, np.ones((2, 2, 2)))
    add = slices.add
    monkeypatch.setattr(slices, "add", lambda *both: added.append(both) or add(*both))
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    _assert_same(result, exact.by_definition(Pass.FORWARD, operands, geometry), MOST_EXCESS)
    assert len(added) == afterwards


@pytest.mark.parametrize("bits", range(79, 85))
@pytest.mark.parametrize("sign", [1, -1])
def test_a_bias_has_the_room_of_the_last_digit(bits: int, sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside sums as large as they may be: of 2**61 with digits of 20 bits below them, those of 81 bits still fit."""
    largest = sign * ((1 << 61) - 1)
    scale = slices._Scale(0, 20, 62 + 20)
    bias, afterwards = sign * ((1 << bits) - (1 << bits - 53)), []
    add = slices.add
    monkeypatch.setattr(slices, "add", lambda *both: afterwards.append(both) or add(*both))
    found = scale.with_bias(np.full((2, 1, 1, 1), largest), Factor.of(np.array([float(bias)])), 1)
    assert found.to_fractions().item() == largest + (largest << 20) + bias
    assert len(afterwards) == (bits > 81)


def test_sums_that_would_take_too_much_memory_are_those_of_the_definition(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(parse_geometry(GEOMETRIES[0]), True, "float32", "normal", 1)
    monkeypatch.setattr(slices, "_MOST_SUMS", 0)
    monkeypatch.setattr(slices, "maps_of_slices", None)
    assert _compared(case)


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int16"])
def test_integers_of_other_widths_are_exact(dtype: str) -> None:
    largest = np.iinfo(dtype).max
    operands = Operands(*(np.full((1, 1, 2), largest, dtype) for _ in range(2)), None, np.ones((1, 1, 1), dtype))
    value = exact.evaluate(Pass.FORWARD, operands, ConvGeometry.of(size=2, kernel=2)).value
    assert value.to_fractions().item() == 2 * int(largest) ** 2


@pytest.mark.parametrize("other", [1e308, 1.0, 5e-324])
def test_nothing_but_zeros_is_exact_beside_any_number(other: float) -> None:
    operands, geometry = _dot([0.0, -0.0], [other, 1.0])
    value = exact.evaluate(Pass.FORWARD, operands, geometry).value
    assert value.to_fractions().item() == 0
    assert value.to_float64().tobytes() == np.zeros(1).tobytes()


def test_sizes_are_computed_when_they_are_read_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    operands, geometry = _dot([1.0, -2.0], [3.0, 4.0])
    called: list[str] = []

    def counted(module: object, name: str) -> None:
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *arguments: called.append(name) or function(*arguments))

    counted(bilinear, "forward")
    counted(exact, "of_products")
    result = exact.evaluate(Pass.FORWARD, operands, geometry)
    assert called == ["forward"]
    for _ in range(2):
        assert (result.magnitude.item(), result.smallest.everywhere().item()) == (11.0, 3.0)
    assert called == ["forward", "forward", "of_products"]
    assert replace(result, magnitude=np.array([[[7.0]]])).magnitude.item() == 7.0
