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
from convoracle.oracle.problem.passes import Pass, is_defined
from convoracle.suites.cases.strategies import Space, cases

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
        assert (told.magnitude >= true.magnitude).all()
        underflow = true.terms * format_of("float64").smallest_subnormal
        assert (told.magnitude <= true.magnitude * (1 + 1e-9) + 2 * underflow).all()
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


def test_sums_beyond_float64s_integers_are_not_called_exact() -> None:
    geometry = ConvGeometry.of(size=3, kernel=3)
    case = Case(geometry, False, "float64", "uniform", 0)
    operands = real_operands(case)
    big = np.full(geometry.input_shape, 2.0**40 + 1)
    told = large.evaluate(Pass.FORWARD, replace(operands, input=big, weight=big), geometry)
    true = 3 * Fraction(2**40 + 1) ** 2
    assert 0 < abs(told.value.to_fractions().item() - true) <= np.asarray(told.error).item()


def test_small_passes_are_evaluated_exactly() -> None:
    case = Case(ConvGeometry.of(size=9, kernel=3), True, "float64", "normal", 1)
    found = large.expected(Pass.FORWARD, real_operands(case), case.geometry)
    assert not np.any(found.error)
    true = exact.evaluate(Pass.FORWARD, real_operands(case), case.geometry)
    assert (found.value.to_fractions() == true.value.to_fractions()).all()


def test_large_passes_are_evaluated_in_float64() -> None:
    geometry = ConvGeometry.of(size=(64, 64), kernel=3, in_channels=16, out_channels=16)
    assert geometry.products > large.MOST_PRODUCTS_EXACTLY
    operands = real_operands(Case(geometry, False, "float32", "uniform", 1))
    assert np.all(np.asarray(large.expected(Pass.FORWARD, operands, geometry).error) > 0)


def test_complex_operands_and_infinite_ones_are_refused() -> None:
    geometry = ConvGeometry.of(size=3, kernel=3)
    with pytest.raises(InvalidArgument, match="real"):
        large.evaluate(Pass.FORWARD, real_operands(Case(geometry, False, "complex64", "uniform", 0)), geometry)
    operands = real_operands(Case(geometry, False, "float32", "uniform", 0))
    infinite = replace(operands, weight=np.full_like(operands.weight, np.inf))
    with pytest.raises(OverflowError):
        large.evaluate(Pass.FORWARD, infinite, geometry)
