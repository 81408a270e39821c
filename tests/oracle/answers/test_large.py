"""Float64 with its own error against exact arithmetic: equal on integers, within what it says on reals."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle.answers import exact, large, reference
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import DTYPES, format_of
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.operands.fills import HUGE
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass, is_defined
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases

_REAL = tuple(dtype for dtype in DTYPES if not dtype.startswith("complex"))
_cases = cases(space=Space(dtypes=_REAL, max_products=500)).filter(
    lambda case: not (case.dtype == "float64" and case.fill == HUGE)
)


def _passes(case: Case) -> list[Pass]:
    return [pass_ for pass_ in Pass if is_defined(pass_, case.dtype)]


@given(_cases)
@settings(max_examples=40, deadline=None)
def test_on_the_integer_lattice_it_is_exact(case: Case) -> None:
    operands = lattice_operands(case)
    for pass_ in _passes(case):
        told, true = (module.evaluate(pass_, operands, case.geometry) for module in (large, exact))
        assert (told.value.to_fractions() == true.value.to_fractions()).all()
        assert (told.magnitude == true.magnitude).all()
        assert (told.terms == true.terms).all()
        assert not np.any(told.error)


@given(_cases)
@settings(max_examples=40, deadline=None)
def test_on_reals_it_is_off_by_no_more_than_it_says(case: Case) -> None:
    operands = real_operands(case)
    for pass_ in _passes(case):
        told, true = (module.evaluate(pass_, operands, case.geometry) for module in (large, exact))
        off = np.abs(told.value.to_fractions() - true.value.to_fractions())
        assert (off <= np.broadcast_to(told.error, off.shape)).all()
        sizes = exact.exact_magnitude(pass_, operands, case.geometry)
        underflow = true.terms * format_of("float64").smallest_subnormal
        assert (told.magnitude >= sizes).all()
        assert (told.magnitude <= sizes * (1 + 1e-9) + 2 * underflow).all()
        assert (told.smallest.everywhere() <= true.smallest.everywhere()).all()
        assert (told.terms == true.terms).all()


@pytest.mark.parametrize("pass_", list(Pass))
def test_the_error_is_small_beside_what_float32_is_allowed(pass_: Pass) -> None:
    case = Case(parse_geometry("n2c8k8i12x12f3x3p1x1"), True, "float32", "uniform", 3)
    told = large.evaluate(pass_, real_operands(case), case.geometry)
    assert (np.asarray(told.error) <= 2.0**-28 * told.terms * told.magnitude).all()


def test_a_value_outside_the_stated_error_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(ConvGeometry.of(size=9, kernel=3), False, "float64", "uniform", 1)
    operands = real_operands(case)
    honest = reference.evaluate

    def slightly_wrong(*arguments: object) -> object:
        return honest(*arguments) * (1 + 2.0**-44)  # type: ignore[arg-type]

    monkeypatch.setattr(reference, "evaluate", slightly_wrong)
    told = large.evaluate(Pass.FORWARD, operands, case.geometry)
    true = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    off = np.abs(told.value.to_fractions() - true.value.to_fractions())
    assert (off > told.error).any()


def _dot(left: list[float], right: list[float]) -> tuple[Operands, ConvGeometry]:
    """A convolution whose output, and whose one weight's gradient, is the inner product of two vectors."""
    x, other = (np.array(each).reshape(1, 1, -1) for each in (left, right))
    return Operands(x, np.full((1, 1, 1), 0.25), None, other), ConvGeometry.of(size=len(left), kernel=1)


U = 2.0**-53
THREE_QUARTERS = ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])


@pytest.mark.parametrize(
    ("pass_", "value", "error", "smallest"),
    [
        (Pass.WEIGHT_GRADIENT, 0.75, (3 * 0.75 + 1 / 2) * U, 0.25),
        (Pass.UPDATE, 0.25 - 0.375, (3 * 0.375 + (0.375 + 0.125) + 1 / 8) * U, 0.125),
    ],
)
def test_the_error_by_hand(pass_: Pass, value: float, error: float, smallest: float) -> None:
    """Three terms of a quarter, each rounded three times at most; the step of half of them, and what it leaves of 1/4.

    To 53 bits, 0.75 is a multiple of 2**-53, half of which rounding is off by; -0.125 is one of 2**-55.
    """
    operands, geometry = _dot(*THREE_QUARTERS)
    told = large.evaluate(pass_, operands, geometry)
    assert told.value.to_float64().item() == value
    assert error < np.asarray(told.error).item() < error * (1 + 2.0**-39)
    assert told.smallest.everywhere().item() == smallest


def test_the_error_is_no_less_than_what_it_is_the_rounding_of() -> None:
    """The bits that a sum of bounds loses are made up for: here those of a step of 1 + 2**-52 beside 2**30."""
    operands, geometry = _dot([1 + 2.0**-52], [1.0])
    operands = replace(operands, weight=np.full((1, 1, 1), 2.0**30), learning_rate=1.0)
    told = large.evaluate(Pass.UPDATE, operands, geometry)
    step, left = 1 + Fraction(1, 2**52), 2**30 - 1
    assert told.value.to_fractions().item() == left
    assert Fraction(np.asarray(told.error).item()) >= (step + (step + left) + Fraction(2**30, 2)) / 2**53


def test_a_magnitude_is_no_less_than_the_true_one_though_its_terms_are_rounded_down() -> None:
    """The square of 1 + 2**-27 loses its last bit, 2**-54."""
    factor = 1 + 2.0**-27
    operands, geometry = _dot([factor, factor], [factor, factor])
    told, true = large.evaluate(Pass.WEIGHT_GRADIENT, operands, geometry).magnitude.item(), 2 * Fraction(factor) ** 2
    assert reference.evaluate(Pass.WEIGHT_GRADIENT, operands, geometry).item() < true
    assert true <= told <= true * (1 + Fraction(2, 2**50))


@pytest.mark.parametrize(
    ("pass_", "left", "right"),
    [
        (Pass.WEIGHT_GRADIENT, [5e-324], [0.5]),
        (Pass.WEIGHT_GRADIENT, [1e-200, 1e-200], [1e-200, -1e-200]),
        (Pass.UPDATE, [5e-324], [1.0]),
        (Pass.UPDATE, [5e-324], [0.5]),
    ],
)
def test_a_product_or_a_step_that_underflows_is_in_the_error(
    pass_: Pass, left: list[float], right: list[float]
) -> None:
    operands, geometry = _dot(left, right)
    operands = replace(operands, weight=np.zeros((1, 1, 1)))
    told = large.evaluate(pass_, operands, geometry)
    assert told.value.to_float64().item() == 0
    true = exact.evaluate(pass_, operands, geometry)
    assert abs(true.value.to_fractions().item()) <= np.asarray(told.error).item() <= len(left) * 1e-323
    assert told.magnitude.item() >= true.magnitude.item()


def test_the_values_are_float64_numbers_of_one_exponent() -> None:
    operands = replace(_dot([0.5], [0.5])[0], input=np.array([[[1 + 2.0**-52, 3 * 2.0**-54]]]))
    geometry = ConvGeometry.of(size=2, kernel=1)
    told = large.evaluate(Pass.FORWARD, replace(operands, output_gradient=operands.input), geometry)
    assert told.value.fits_float64
    assert told.value.integers.ravel().tolist() == [2**52 + 1, 1]


@pytest.mark.parametrize(
    ("left", "right", "rate", "weight"),
    [
        ([2.0**26, 2.0**26, 1.0], [2.0**26, 2.0**26, 1.0], None, 0.0),
        ([2.0**40 + 1] * 3, [2.0**40 + 1] * 3, None, 0.0),
        ([2.0**40 + 1], [1.0], 2.0**-40, 2.0**20),
        ([2.0**40 + 1], [1.0], 1 + 2.0**-20, 1.0),
    ],
    ids=["2**53 + 1", "three squares", "a weight beyond the step's bits", "a step of more bits than its factors"],
)
def test_sums_beyond_float64s_integers_are_not_called_exact(
    left: list[float], right: list[float], rate: float | None, weight: float
) -> None:
    operands, geometry = _dot(left, right)
    operands = replace(operands, weight=np.full((1, 1, 1), weight), learning_rate=rate or 0.5)
    pass_ = Pass.UPDATE if rate else Pass.WEIGHT_GRADIENT
    told, true = (module.evaluate(pass_, operands, geometry) for module in (large, exact))
    off = abs(told.value.to_fractions().item() - true.value.to_fractions().item())
    assert 0 < off <= np.asarray(told.error).item()


@pytest.mark.parametrize(("rate", "gradient"), [(1.0, 2.0**49), (2.0**-40, 2.0**40), (-0.75, 2.0**40 + 1)])
def test_a_step_from_an_integer_weight_whose_bits_fit_is_exact(rate: float, gradient: float) -> None:
    operands, geometry = _dot([gradient], [1.0])
    operands = replace(operands, weight=np.full((1, 1, 1), 7.0), learning_rate=rate)
    told, true = (module.evaluate(Pass.UPDATE, operands, geometry) for module in (large, exact))
    assert told.value.to_fractions().item() == true.value.to_fractions().item()
    assert not np.any(told.error)


def test_small_passes_are_evaluated_exactly() -> None:
    case = Case(ConvGeometry.of(size=9, kernel=3), True, "float64", "normal", 1)
    found = large.expected(Pass.FORWARD, real_operands(case), case.geometry)
    assert not np.any(found.error)
    true = exact.evaluate(Pass.FORWARD, real_operands(case), case.geometry)
    assert (found.value.to_fractions() == true.value.to_fractions()).all()


@pytest.mark.parametrize(
    ("channels", "dtype", "way"), [(1024, "float32", exact), (1025, "float32", large), (1025, "complex64", exact)]
)
def test_passes_of_more_than_a_million_products_are_evaluated_in_float64_if_they_are_real(
    channels: int, dtype: str, way: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    geometry = ConvGeometry.of(size=1, kernel=1, in_channels=channels, out_channels=1024)
    zero = np.zeros((1, 1, 1), dtype)
    for module in (exact, large):
        monkeypatch.setattr(module, "evaluate", lambda *arguments, module=module: module)
    assert large.expected(Pass.FORWARD, Operands(zero, zero, None, zero), geometry) is way


def test_complex_operands_and_infinite_ones_are_refused() -> None:
    geometry = ConvGeometry.of(size=3, kernel=3)
    with pytest.raises(InvalidArgument, match="real"):
        large.evaluate(Pass.FORWARD, real_operands(Case(geometry, False, "complex64", "uniform", 0)), geometry)
    operands = real_operands(Case(geometry, False, "float32", "uniform", 0))
    infinite = replace(operands, weight=np.full_like(operands.weight, np.inf))
    with pytest.raises(OverflowError):
        large.evaluate(Pass.FORWARD, infinite, geometry)
