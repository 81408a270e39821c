"""Arrays of numbers: widened without a change, and where a mask of them is true."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.numbers.arrays import bounding_box, first_index, widened


@pytest.mark.parametrize(
    ("dtype", "wide"),
    [
        (np.float16, np.float64),
        (ml_dtypes.bfloat16, np.float64),
        (np.int8, np.float64),
        (np.float64, np.float64),
        (np.complex64, np.complex128),
    ],
)
def test_widened_numbers_are_the_same_ones(dtype: type, wide: type) -> None:
    narrow = np.array([1.5, -3.0, 0.0]).astype(dtype)
    assert widened(narrow).dtype == wide
    assert (widened(narrow).astype(dtype) == narrow).all()


def test_the_first_index_and_the_box_of_a_mask() -> None:
    mask = np.zeros((3, 4, 5), bool)
    mask[1, 3, 2] = mask[2, 0, 4] = True
    assert first_index(mask) == (1, 3, 2)
    assert bounding_box(mask) == ((1, 3), (0, 4), (2, 5))
    mask[2, 0, 4] = False
    assert bounding_box(mask) == ((1, 2), (3, 4), (2, 3))
