"""Cases: their text id, and data that are what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle import exact
from convoracle.oracle.data import FILLS, Case, lattice_operands, parse_case, real_operands
from convoracle.oracle.dtypes import FORMATS, format_of
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.geometry import ConvGeometry
from convoracle.oracle.passes import Pass
from convoracle.suites.strategies import Space, cases


@given(cases())
def test_the_text_id_reads_back(case: Case) -> None:
    assert parse_case(str(case)) == case


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n1c1k1i3f2/float32/uniform", "should look like"),
        ("n1c1k1i3f2/float8/uniform/1", "should be one of float64"),
        ("n1c1k1i3f2/float32/ones/1", "should be one of uniform"),
        ("n1c1k1i1f2/float32/uniform/1", "should fit in the padded input"),
        ("n1c1k1i3f2/float32/uniform/-1", "should look like"),
        ("n1c1k1i3f2/float32/uniform/" + "9" * 40, "should look like"),
    ],
)
def test_another_text_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidArgument, match=told):
        parse_case(text)


@settings(max_examples=80, deadline=None)
@given(cases(space=Space(max_products=3000)))
def test_on_the_lattice_no_partial_sum_of_any_order_can_round(case: Case) -> None:
    operands = lattice_operands(case)
    limit = 2.0 ** format_of(case.dtype).precision
    for array in operands.arrays().values():
        assert array.dtype == format_of(case.dtype).dtype
        assert (array.astype(np.float64) % 1 == 0).all()
    for pass_ in Pass:
        result = exact.evaluate(pass_, operands, case.geometry)
        grain = operands.learning_rate if pass_ is Pass.UPDATE else 1.0
        weight = np.abs(operands.weight.astype(np.float64)) / grain if pass_ is Pass.UPDATE else 0.0
        assert (result.magnitude + weight <= limit).all()
        assert (result.value.to_float64() / grain % 1 == 0).all()


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_lattice_too_long_for_its_format_is_sparse_instead_of_inexact(dtype: str) -> None:
    case = Case(
        ConvGeometry.of(batch=8, in_channels=3, out_channels=3, size=(12, 12), kernel=3), True, dtype, "uniform", 3
    )
    operands = lattice_operands(case)
    for pass_ in Pass:
        magnitude = exact.evaluate(pass_, operands, case.geometry).magnitude
        assert 0 < magnitude.max() <= 2.0 ** format_of(dtype).precision


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_short_lattice_has_no_zeros_that_would_hide_terms(dtype: str) -> None:
    case = Case(ConvGeometry.of(size=(4, 4), kernel=2), True, dtype, "uniform", 3)
    assert all(array.all() for array in lattice_operands(case).arrays().values())


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("dtype", FORMATS)
def test_real_data_stay_finite_and_normal_in_every_sum(dtype: str, fill: str) -> None:
    case = Case(ConvGeometry.of(batch=3, in_channels=8, out_channels=8, size=(9, 9), kernel=3), True, dtype, fill, 4)
    operands, form = real_operands(case), format_of(dtype)
    for pass_ in Pass:
        result = exact.evaluate(pass_, operands, case.geometry)
        assert result.magnitude.max() < 2.0**form.max_exponent
        assert result.smallest.min() > form.smallest_subnormal


def test_the_same_case_has_the_same_data_and_another_seed_has_other() -> None:
    geometry = ConvGeometry.of(size=(5, 5), kernel=3)
    first, again, other = (real_operands(Case(geometry, True, "float64", "normal", seed)) for seed in (1, 1, 2))
    for name, array in first.arrays().items():
        assert np.array_equal(array, again.arrays()[name])
        assert not np.array_equal(array, other.arrays()[name])
