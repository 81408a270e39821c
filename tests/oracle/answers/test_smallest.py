"""Smallest terms: what is told of a few elements, or as a bound of all, agrees with all of them multiplied out."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import exact, smallest
from convoracle.oracle.judging.verdict import resolution_of
from convoracle.oracle.numbers.dtypes import format_of
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.operands.fills import FILLS
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass, is_defined

GEOMETRIES = (
    "n2c3k4i7x7f3x3p1x1",
    "n2c4k2i5x4f2x3s2x1p1x1g2t",
    "n1c2k2i6x5f3x2p2x1mreflect",
    "n1c2k2i2f3",
    "n2c2k2i3f5s4p4",
    "n0c2k2i4f2",
    "n1c0k2i4f2",
)


@pytest.fixture(params=[(1, 1), (0, 1), (0, 0)], ids=["at once", "bounded by factors", "bounded by products"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case as if it were small, or large, or of many terms an element."""
    for name, factor in zip(("_SOON_DONE", "_FEW_TERMS"), request.param, strict=True):
        monkeypatch.setattr(smallest, name, factor * getattr(smallest, name))


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("text", GEOMETRIES)
@pytest.mark.parametrize("fill", ["normal", "zeros"])
def test_elements_and_bounds_agree_with_all(text: str, fill: str) -> None:
    case = Case(parse_geometry(text), True, "float32", fill, 7)
    for pass_ in Pass:
        told = exact.evaluate(pass_, real_operands(case), case.geometry).smallest
        everywhere = told.everywhere()
        assert told.at(np.arange(everywhere.size)).tobytes() == everywhere.tobytes()
        below = told.below()
        assert below.shape == everywhere.shape
        assert (told.least <= below).all()
        assert (below <= everywhere).all()


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("dtype", ["float64", "float16", "complex64", "int8"])
def test_a_resolution_is_the_largest_share_of_all_elements(dtype: str, fill: str) -> None:
    case = Case(parse_geometry("n2c3k4i7x7f3x3p1x1"), True, dtype, fill, 7)
    generator = np.random.default_rng(7)
    for pass_ in (each for each in Pass if is_defined(each, dtype)):
        result = exact.evaluate(pass_, real_operands(case), case.geometry)
        form, shape = format_of(dtype), result.value.shape
        bound, error, counted = generator.random(shape), generator.random(shape), generator.random(shape) < 0.5
        terms = result.smallest.everywhere() * (1 - form.unit_roundoff)
        with np.errstate(divide="ignore", over="ignore"):
            shares = (bound + np.minimum(error, bound)) / terms
        assert resolution_of(error, result, bound, form) == shares.max() * (1 + 2.0**-50)
        assert resolution_of(error, result, bound, form, counted) == shares[counted].max() * (1 + 2.0**-50)


def test_a_zero_in_a_term_is_hidden_even_where_nothing_else_is() -> None:
    case = Case(parse_geometry("n2c3k4i7x7f3x3p1x1"), False, "float32", "uniform", 7)
    operands, form = lattice_operands(case), format_of("float32")
    nothing = np.zeros(case.geometry.output_shape)
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    assert resolution_of(nothing, result, nothing, form) == 0
    operands.input[0, 0, 0, 0] = 0
    result = exact.evaluate(Pass.FORWARD, operands, case.geometry)
    assert resolution_of(nothing, result, nothing, form) == np.inf
    elsewhere = np.ones(nothing.shape, np.bool_)
    elsewhere[0, :, :2, :2] = False
    assert resolution_of(nothing, result, nothing, form, elsewhere) == 0
