"""How two results differ, in words: how many elements, and by how many units in the last place."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array
from convoracle.suites.calling.company import Part
from convoracle.suites.checks.difference import difference

ULP = 2.0**-23
"""Of float32, from 1 to 2."""


def floats(*values: float, dtype: str = "float32") -> Array:
    return np.array(values).astype(np.dtype(dtype))


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (floats(1, 2, 3), floats(1, 2, 3), "0 of 3 elements differ, by up to 0 ulp"),
        (floats(1, 2, 3), floats(1 + ULP, 2, 3), "1 of 3 elements differ, by up to 1 ulp"),
        (floats(1, 2), floats(1 + 3 * ULP, 2 + 2 * ULP), "2 of 2 elements differ, by up to 3 ulp"),
        (floats(0.0), floats(-0.0), "1 of 1 elements differ, by up to 0 ulp"),
        (floats(1.0), floats(np.nan), "1 of 1 elements differ, by up to inf ulp"),
        (floats(np.nan), floats(np.nan), "0 of 1 elements differ, by up to 0 ulp"),
        (floats(np.inf), floats(-np.inf), "1 of 1 elements differ, by up to inf ulp"),
        (floats(np.inf, 1), floats(np.inf, 1), "0 of 2 elements differ, by up to 0 ulp"),
        (floats(1, dtype="bfloat16"), floats(1 + 2.0**-7, dtype="bfloat16"), "1 of 1 elements differ, by up to 1 ulp"),
        (np.array([1 + 1j], np.complex64), np.array([1 + (1 + 2 * ULP) * 1j], np.complex64),
         "1 of 1 elements differ, by up to 2 ulp"),
        (np.array([5, 7]), np.array([5, 4]), "1 of 2 elements differ, by up to 3"),
        (np.array([5]), np.array([5]), "0 of 1 elements differ, by up to 0"),
        (floats(), floats(), "0 of 0 elements differ, by up to 0 ulp"),
    ],
)  # fmt: skip
def test_of_two_arrays(one: Array, other: Array, told: str) -> None:
    assert difference(one, other) == told


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (None, floats(1), "wrong, and right as the first call of a process"),
        (None, "ValueError: no", "ValueError: no"),
        (floats(1), "ValueError: no", "ValueError: no"),
        ("ValueError: no", floats(1), "an array, where it was ValueError: no"),
        ("ValueError: no", "TypeError: no", "TypeError: no"),
        (floats(1, 2), floats(1), "float32 of shape (1,), where it was float32 of shape (2,)"),
        (floats(1), floats(1, dtype="float64"), "float64 of shape (1,), where it was float32 of shape (1,)"),
    ],
)
def test_of_what_is_not_two_like_arrays(one: Part | None, other: Part, told: str) -> None:
    assert difference(one, other) == told
