"""Cases: their text id, and data that are what they promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle.answers import exact
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import DTYPES, format_of, numpy_dtype, result_dtype
from convoracle.oracle.numbers.scaled import unit_of
from convoracle.oracle.operands import data
from convoracle.oracle.operands.data import Case, lattice_operands, parse_case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.layouts import BROADCAST, LAYOUTS, arrange, constant_axes
from convoracle.oracle.problem.passes import Operands, Pass, is_defined, real_parts, shape_of
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases


@given(cases())
def test_the_text_id_reads_back(case: Case) -> None:
    assert parse_case(str(case)) == case


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n1c1k1i3f2/float32/uniform", "should look like"),
        ("n1c1k1i3f2/float8/uniform/1", "should be one of float64"),
        ("n1c1k1i3f2/float32/ones/1", "should be one of uniform"),
        ("n1c1k1i1f2p3t/float32/uniform/1", "should leave some output"),
        ("n1c1k1i3f2/tfloat32/uniform/1", "should be one of float64"),
        ("n1c1k1i3f2/float32/uniform/1/transposed", "should be one of contiguous"),
        ("n1c1k1i3f2/float32/uniform/1/", "should look like"),
        ("n1c1k1i3f2/float32/uniform/-1", "should look like"),
        ("n1c1k1i3f2/float32/uniform/" + "9" * 40, "should look like"),
    ],
)
def test_another_text_is_refused(text: str, told: str) -> None:
    with pytest.raises(InvalidArgument, match=told):
        parse_case(text)


def _passes(dtype: str) -> list[Pass]:
    return [pass_ for pass_ in Pass if is_defined(pass_, dtype)]


@settings(max_examples=120, deadline=None)
@given(cases(space=Space(dtypes=DTYPES, max_products=2000)))
def test_on_the_lattice_no_partial_sum_of_any_order_can_round(case: Case) -> None:
    operands = lattice_operands(case)
    limit = 2.0 ** format_of(result_dtype(case.dtype)).precision
    for name, array in operands.arrays().items():
        assert array.dtype == numpy_dtype(case.dtype)
        assert array.shape == shape_of(name, case.geometry)
        assert (real_parts(array) % 1 == 0).all()
    for pass_ in _passes(case.dtype):
        result = exact.evaluate(pass_, operands, case.geometry)
        rate = operands.learning_rate if pass_ is Pass.UPDATE else 1.0
        weight = np.abs(real_parts(operands.weight)) if pass_ is Pass.UPDATE else 0.0
        grain = unit_of(rate)
        assert ((abs(rate) * result.magnitude + weight) / grain <= limit).all()
        assert (result.value.to_float64() / grain % 1 == 0).all()


@settings(max_examples=60, deadline=None)
@given(cases(space=Space(dtypes=DTYPES, max_products=500)))
def test_the_exact_result_of_the_lattice_is_a_number_of_the_results_format(case: Case) -> None:
    operands = lattice_operands(case)
    form = format_of(result_dtype(case.dtype))
    for pass_ in _passes(case.dtype):
        value = exact.evaluate(pass_, operands, case.geometry).value.to_float64()
        assert (value.astype(form.dtype).astype(np.float64) == value).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_lattice_too_long_for_its_format_is_sparse_instead_of_inexact(dtype: str) -> None:
    case = Case(
        ConvGeometry.of(batch=8, in_channels=3, out_channels=3, size=(12, 12), kernel=3), True, dtype, "uniform", 3
    )
    operands = lattice_operands(case)
    for pass_ in _passes(dtype):
        magnitude = exact.evaluate(pass_, operands, case.geometry).magnitude
        assert 0 < magnitude.max() <= 2.0 ** format_of(result_dtype(dtype)).precision


@pytest.mark.parametrize("geometry", ["n1c1k1i4x4f2x2", "n1c1k1i2x2f2x2s2x2t", "n1c1k1i4f2p2mreflect"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_short_lattice_has_no_zeros_that_would_hide_terms(dtype: str, geometry: str) -> None:
    case = Case(parse_geometry(geometry), True, dtype, "uniform", 3)
    assert all(real_parts(array).all() for array in lattice_operands(case).arrays().values())


ORDINARY = ("uniform", "normal", "wide", "cancellation")


@pytest.mark.parametrize("fill", ORDINARY)
@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if not format_of(dtype).is_integer])
def test_ordinary_data_stay_finite_and_normal_in_every_sum(dtype: str, fill: str) -> None:
    case = Case(ConvGeometry.of(batch=3, in_channels=8, out_channels=8, size=(9, 9), kernel=3), True, dtype, fill, 4)
    operands, form = real_operands(case), format_of(result_dtype(dtype))
    for pass_ in _passes(dtype):
        result = exact.evaluate(pass_, operands, case.geometry)
        assert result.magnitude.max() < 2.0**form.max_exponent
        if not (fill == "normal" and dtype.startswith("float8")):
            assert result.smallest.everywhere().min() > form.smallest_subnormal


def test_integers_are_asked_in_their_whole_range() -> None:
    case = Case(ConvGeometry.of(batch=3, in_channels=8, size=(20, 20), kernel=3), True, "int8", "normal", 4)
    values = real_operands(case).input
    assert (values.min(), values.max()) == (-128, 127)
    assert (values == 0).any()
    for end in (-128, 127):
        assert 0.1 < np.mean(values == end) < 0.15


def test_both_parts_of_complex_numbers_are_drawn() -> None:
    case = Case(ConvGeometry.of(size=(5, 5), kernel=3), True, "complex64", "normal", 4)
    for operands in (real_operands(case), lattice_operands(case)):
        for array in operands.arrays().values():
            assert not np.array_equal(array.real, array.imag)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_laid_out_with_stride_zero_is_constant_there(dtype: str) -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=2, out_channels=3, size=(4, 5), kernel=(2, 3))
    case = Case(geometry, True, dtype, "uniform", 5, BROADCAST)
    for operands in (real_operands(case), lattice_operands(case)):
        for name, array in operands.arrays().items():
            constant = constant_axes(name, array.ndim)
            assert (
                array == array[tuple(slice(0, 1 if axis in constant else None) for axis in range(array.ndim))]
            ).all()
            strides = arrange(array, BROADCAST).strides
            assert all(strides[axis] == 0 for axis in constant)
        assert len(np.unique(real_parts(operands.input))) > 1


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout != BROADCAST])
def test_another_layout_has_the_same_data(layout: str) -> None:
    case = Case(ConvGeometry.of(size=(5, 5), kernel=3), True, "float32", "normal", 6)
    for plain, laid in zip(
        real_operands(case).arrays().values(),
        real_operands(replace(case, layout=layout)).arrays().values(),
        strict=True,
    ):
        assert np.array_equal(plain, laid)


def test_the_same_case_has_the_same_data_and_another_seed_has_other() -> None:
    geometry = ConvGeometry.of(size=(5, 5), kernel=3)
    first, again, other = (real_operands(Case(geometry, True, "float64", "normal", seed)) for seed in (1, 1, 2))
    for name, array in first.arrays().items():
        assert np.array_equal(array, again.arrays()[name])
        assert not np.array_equal(array, other.arrays()[name])


@pytest.mark.parametrize("draw", [lattice_operands, real_operands])
def test_directions_that_are_left_out_change_nothing_of_the_others(draw: Callable[..., Operands]) -> None:
    case = parse_case("n2c3k4i9x9f3x3/bias/float32/normal/3")
    all_of_them, others = draw(case), draw(case, directions=False)
    assert set(others.arrays()) == {"input", "weight", "bias", "output_gradient"}
    assert all(np.array_equal(array, getattr(all_of_them, name)) for name, array in others.arrays().items())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_of_large_arrays_each_block_is_drawn_by_itself(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "_MOST_AT_ONCE", 50)
    monkeypatch.setattr(data, "_BLOCK_ELEMENTS", 32)
    case = parse_case(f"n3c5k2i11f3/{dtype}/uniform/3")
    for operands in (lattice_operands(case), real_operands(case)):
        assert operands.input.shape == case.geometry.input_shape
        assert operands.input.dtype == numpy_dtype(dtype)
        flat = operands.input.astype(np.float64).ravel()
        assert np.count_nonzero(flat[-(flat.size % 32) :]), "the last block is drawn, too"
        assert not np.array_equal(flat[:32], flat[32:64])
    assert lattice_operands(case).input.all()
