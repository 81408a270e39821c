"""Numbers converted to a narrower format: as NumPy and ml_dtypes convert them, and cut off."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.numbers.conversions import are_in, convert
from convoracle.oracle.numbers.dtypes import format_of


def numbers() -> np.ndarray:
    rng = np.random.default_rng(3)
    ordinary = rng.uniform(1, 2, 3000) * 2.0 ** rng.integers(-160, 127, 3000) * rng.choice((-1, 1), 3000)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 65504.0, 65520.0, 65519.9, 2.0**-24, 2.0**-25, 1.5 * 2.0**-25, 448.0]
    return np.concatenate((ordinary.astype(np.float32).astype(np.float64), special))


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16", "float8_e5m2"])
def test_the_nearest_number_is_that_of_a_cast(name: str) -> None:
    values, form = numbers(), format_of(name)
    with np.errstate(over="ignore"):
        cast = values.astype(np.float32).astype(form.dtype).astype(np.float64)
    assert np.array_equal(convert(values, form), cast, equal_nan=True)
    assert are_in(cast, form)
    assert not are_in(np.array([1 + 2.0**-40]), form)


def test_tfloat32_has_the_range_of_float32() -> None:
    form = format_of("tfloat32")
    assert convert(np.array([1 + 2.0**-10, 1 + 2.0**-11, 1 + 3 * 2.0**-11]), form).tolist() == [
        1 + 2.0**-10,
        1.0,
        1 + 2.0**-9,
    ]
    assert convert(np.array([2.0**100, 2.0**-100]), form).tolist() == [2.0**100, 2.0**-100]


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16"])
def test_what_is_cut_off_is_never_larger_and_never_a_unit_smaller(name: str) -> None:
    values, form = numbers(), format_of(name)
    values = values[np.isfinite(values)]
    cut = convert(values, form, cut=True)
    assert (np.abs(cut) <= np.abs(values)).all()
    within = np.abs(values) <= form.largest
    assert (np.abs(values - cut)[within] < form.ulp(cut)[within]).all()
    assert are_in(cut, form)
