"""Formats against what NumPy and ml_dtypes say of themselves."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.dtypes import FORMATS, Arithmetic, Format, format_of
from convoracle.oracle.errors import InvalidArgument


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_a_format_is_what_its_dtype_says(form: Format) -> None:
    facts = ml_dtypes.finfo(form.dtype)
    assert form.unit_roundoff == float(facts.eps) / 2
    assert form.smallest_subnormal == float(facts.smallest_subnormal)
    assert 2.0**form.min_exponent == float(facts.smallest_normal)
    assert (2 - 2 * form.unit_roundoff) * 2.0**form.max_exponent == float(facts.max)


@pytest.mark.parametrize("form", FORMATS.values(), ids=str)
def test_ulp_is_the_spacing(form: Format) -> None:
    values = np.array([1.0, 1.5, 2.0, 3.25, 1000.0, 2.0**-10, 0.0, form.smallest_subnormal]).astype(form.dtype)
    above = np.nextafter(values, np.array(np.inf, dtype=form.dtype))
    spacing = above.astype(np.float64) - values.astype(np.float64)
    assert (form.ulp(values.astype(np.float64)) == spacing).all()
    assert (form.ulp(-values.astype(np.float64)) == spacing).all()


def test_without_an_accumulator_storage_is_it() -> None:
    assert Arithmetic.of("float16").accumulator == format_of("float16")
    assert Arithmetic.of("float16", "float32").accumulator == format_of("float32")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(
        InvalidArgument, match="dtype='float8', but should be one of float64, float32, float16, bfloat16"
    ):
        format_of("float8")
