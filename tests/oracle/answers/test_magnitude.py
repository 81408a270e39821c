"""Magnitudes: sums rounded up to 18 bits, the same whatever order they were summed in, and exact on the lattice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.answers import exact, magnitude, slices
from convoracle.oracle.numbers.arrays import Float64
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass

UNIT = 2.0**-53
STEP = 2.0**-17
"""Between numbers of 18 bits from 1 to 2."""
LARGEST = (2.0 - STEP) * 2.0**1023
GEOMETRY = parse_geometry("n2c3k4i7x7f3x3p1x1")
PASSES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)


@pytest.mark.parametrize(
    ("number", "rounded"),
    [
        (0.0, 0.0),
        (1.0, 1.0),
        (1 + STEP, 1 + STEP),
        (1 + 2 * UNIT, 1 + STEP),
        (1 + STEP + 2 * UNIT, 1 + 2 * STEP),
        (2.0**18 - 1, 2.0**18 - 1),
        (2.0**18 + 1, 2.0**18 + 2),
        (2 - 2 * UNIT, 2.0),
        (2.0**-1022, 2.0**-1022),
        (LARGEST, LARGEST),
        (np.nextafter(LARGEST, np.inf), np.inf),
        (np.inf, np.inf),
    ],
)
def test_numbers_are_rounded_up_to_18_bits(number: float, rounded: float) -> None:
    assert magnitude.rounded_up(np.array([number])).tolist() == [rounded]


@given(st.floats(2.0**-1022, 1e308))
def test_what_is_rounded_up_is_little_above(number: float) -> None:
    rounded = magnitude.rounded_up(np.array([number])).item()
    assert number <= rounded < number * (1 + 2.0**-17)


def test_the_most_that_is_added_is_half_of_what_may_be() -> None:
    """So that sums of two magnitudes, rounded to float64, are within it as well."""
    just_above_one = np.array([1 + 2 * UNIT])
    assert 2 * (magnitude.rounded_up(just_above_one).item() - 1) == magnitude.MOST_EXCESS


def _never() -> Float64:
    raise AssertionError("computed sums tell it")


@pytest.mark.parametrize("terms", [1, 100, 1 << 20])
@pytest.mark.parametrize("off", [-1, 0, 1])
def test_any_order_of_summation_tells_the_same(terms: int, off: int) -> None:
    """A sum of 1.3 and nothing, computed as far off as n terms may be."""
    computed = np.array([1.3 * (1 + off * terms * UNIT), 0.0])
    assert magnitude.told(computed, terms, _never).tolist() == [np.ceil(1.3 / STEP) * STEP, 0.0]


@pytest.mark.parametrize("terms", [1, 3, 100, 1 << 20])
@pytest.mark.parametrize("side", [-1, 1])
def test_sums_that_may_be_on_either_side_of_18_bits_are_asked_for(terms: int, side: int) -> None:
    """A sum a spacing of float64 above 1, or 1, is computed to be n u away on the other side."""
    right = np.array([1.3, 1 + 2 * UNIT if side < 0 else 1.0])
    computed = right * (1 + side * terms * UNIT)
    assert magnitude.told(computed, terms, lambda: right)[1] == (1 + STEP if side < 0 else 1.0)


@pytest.mark.parametrize("side", [-1, 1])
def test_sums_a_few_errors_away_from_18_bits_are_not_asked_for(side: int) -> None:
    computed = np.array([1 + side * 5 * 100 * UNIT])
    assert magnitude.told(computed, 100, _never).item() == (1.0 if side < 0 else 1 + STEP)


@pytest.mark.parametrize("pass_", PASSES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("fill", ["normal", "wide"])
def test_magnitudes_of_reals_are_the_exact_sums_rounded_up(
    pass_: Pass, dtype: str, fill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the sums as computed here, as computed with other errors, and where these tell nothing."""
    operands = real_operands(Case(GEOMETRY, False, dtype, fill, 3))
    right = magnitude.rounded_up(exact.by_definition(pass_, operands, GEOMETRY).magnitude)
    of_sizes = slices._of_sizes
    computed: tuple[Callable[[Float64], Float64], ...] = (
        lambda sums: sums,
        lambda sums: np.nextafter(sums, np.inf),
        lambda sums: np.nextafter(sums, 0.0),
        lambda sums: np.where(np.arange(sums.size).reshape(sums.shape) == 7, 1.0, sums),
    )
    for change in computed:
        monkeypatch.setattr(slices, "_of_sizes", lambda *given, change=change: change(of_sizes(*given)))
        assert exact.evaluate(pass_, operands, GEOMETRY).magnitude.tobytes() == right.tobytes()


@pytest.mark.parametrize("pass_", PASSES, ids=str)
def test_magnitudes_on_the_lattice_and_those_for_differences_are_exact(pass_: Pass) -> None:
    case = Case(GEOMETRY, False, "float32", "normal", 3)
    lattice, reals = lattice_operands(case), real_operands(case)
    on_lattice = exact.evaluate(pass_, lattice, GEOMETRY).magnitude
    assert on_lattice.tobytes() == exact.by_definition(pass_, lattice, GEOMETRY).magnitude.tobytes()
    for_differences = exact.exact_magnitude(pass_, reals, GEOMETRY)
    assert for_differences.tobytes() == exact.by_definition(pass_, reals, GEOMETRY).magnitude.tobytes()


ODD, EVEN_MORE = 2.0**52 + 1, 2.0**53 - 1


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        (ODD, ODD, 2.0**104 * (1 + STEP)),
        (ODD * 2.0**-511, ODD * 2.0**-511, 2.0**-918 * (1 + STEP)),
        (ODD * 2.0**-512, ODD * 2.0**-511, 2.0**-919 * (1 + 2.0**-51)),
        (ODD * 2.0**-600, ODD * 2.0**-576, 2.0**-1072),
        (EVEN_MORE * 2.0**459, EVEN_MORE * 2.0**459, np.inf),
        (ODD * 2.0**600, ODD * 2.0**600, np.inf),
    ],
)
def test_sums_of_what_may_underflow_are_exact_and_those_near_the_largest_number_infinite(
    left: float, right: float, found: float
) -> None:
    """Multiples of 2**-1022 do not underflow; of 2**-1023 they may."""
    x, w = (np.full((1, 1, 1), number) for number in (left, right))
    operands = Operands(x, w, None, np.ones((1, 1, 1)))
    result = exact.evaluate(Pass.FORWARD, operands, ConvGeometry.of(size=1, kernel=1))
    assert result.magnitude.item() == found
