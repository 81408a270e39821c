"""Formats against what NumPy and ml_dtypes say of themselves."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import (
    DTYPES,
    FORMATS,
    Arithmetic,
    Format,
    conventions_of,
    format_of,
    numpy_dtype,
    result_dtype,
)

FLOATS = [form for form in FORMATS.values() if not form.is_integer and form.name != "tfloat32"]
INTEGERS = [form for form in FORMATS.values() if form.is_integer]


def _name(form: Format) -> str:
    return form.name


@pytest.mark.parametrize("form", FLOATS, ids=_name)
def test_a_format_is_what_its_dtype_says(form: Format) -> None:
    facts = ml_dtypes.finfo(form.dtype)
    assert form.unit_roundoff == float(facts.eps) / 2
    assert form.smallest_subnormal == float(facts.smallest_subnormal)
    assert 2.0**form.min_exponent == float(facts.smallest_normal)
    assert form.largest == float(facts.max)
    assert 0.5 < form.largest / 2.0**form.max_exponent / 2 < 1


@pytest.mark.parametrize("form", INTEGERS, ids=_name)
def test_an_integer_format_is_what_its_dtype_says(form: Format) -> None:
    assert form.largest == np.iinfo(form.dtype).max
    assert (form.unit_roundoff, form.smallest_subnormal) == (0, 0)
    assert (form.ulp(np.array([0.0, 1.0, -form.largest])) == 1).all()


def test_tfloat32_has_the_range_of_float32_and_the_precision_of_float16() -> None:
    form, wide, precise = (format_of(name) for name in ("tfloat32", "float32", "float16"))
    assert (form.min_exponent, form.max_exponent) == (wide.min_exponent, wide.max_exponent)
    assert form.unit_roundoff == precise.unit_roundoff


@pytest.mark.parametrize("form", FLOATS, ids=_name)
def test_ulp_is_the_spacing(form: Format) -> None:
    numbers = [1.0, 1.5, 2.0, 3.25, 200.0, 2.0**-10, 0.0, form.smallest_subnormal]
    values = np.array(numbers).astype(form.dtype)
    bits = values.view(f"u{form.dtype.itemsize}")
    above = (bits + np.ones((), bits.dtype)).view(form.dtype)
    spacing = above.astype(np.float64) - values.astype(np.float64)
    assert (form.ulp(values.astype(np.float64)) == spacing).all()
    assert (form.ulp(-values.astype(np.float64)) == spacing).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_of_a_case_has_arrays_and_a_result_that_holds_it(dtype: str) -> None:
    assert numpy_dtype(dtype).name == dtype
    form, result = format_of(dtype), format_of(result_dtype(dtype))
    assert result.precision >= form.precision
    assert result.largest >= form.largest


def test_without_an_accumulator_storage_is_it() -> None:
    assert Arithmetic.of("float16").accumulator == format_of("float16")
    assert Arithmetic.of("float16", "float32").accumulator == format_of("float32")
    assert Arithmetic.of("int8").accumulator == format_of("int32")
    assert Arithmetic.of("float8_e5m2", result="bfloat16").accumulator == format_of("bfloat16")
    assert Arithmetic.of("complex64").accumulator == format_of("float32")


def test_what_is_not_declared_is_the_default() -> None:
    arithmetic = Arithmetic.of("float32", multiplier="tfloat32", conventions={"algorithm": "transform"})
    assert arithmetic.multiplier == format_of("tfloat32")
    assert arithmetic.does("algorithm", "transform")
    assert not arithmetic.does("algorithm", "direct")
    assert arithmetic.does("subnormals", "gradual")


def test_a_convention_of_one_dtype_goes_before_that_of_all() -> None:
    declared = {"subnormals": "gradual", "subnormals/bfloat16": "flushed", "algorithm/float32": "transform"}
    assert conventions_of(declared, "bfloat16") == {"subnormals": "flushed"}
    assert conventions_of(declared, "float32") == {"subnormals": "gradual", "algorithm": "transform"}


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(
        InvalidArgument, match=r"dtype='float8', but should be one of float64, .*int32, complex64, complex128"
    ):
        format_of("float8")


def test_errors_in_ulps_overflow_silently() -> None:
    with np.errstate(all="raise"):
        assert format_of("float32").ulps(1e300, 0.0) == np.inf
        assert format_of("float32").ulps(2.0**-22, 1.0) == 2.0
