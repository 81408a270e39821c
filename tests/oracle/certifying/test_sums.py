"""Sums of large tensors are exact, in float32 where they can be, in as many steps as that needs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.certifying import sums

ROWS = 96


@pytest.mark.parametrize(
    ("largest", "dtype", "down"),
    [(2.0**9, np.float32, ROWS), (2.0**11, np.float32, 32), (2.0**13, np.float64, ROWS), (np.inf, np.float64, ROWS)],
)
def test_sums_are_of_float32_only_where_that_is_exact(largest: float, dtype: type, down: int) -> None:
    weights, values = np.full((1, ROWS), 2.0**8 - 1), np.full((ROWS, 3), min(largest, 2.0**20) - 1, np.float32)
    weights[0, ::2] = 2.0**7 - 1
    chosen, at_a_time = sums._exact(weights, values, largest)
    assert chosen.dtype == dtype
    assert at_a_time == down
    np.testing.assert_array_equal(sums.weighed(weights, values, largest), weights @ values.astype(np.float64))


def test_the_largest_weight_is_one_with_which_float32_is_exact() -> None:
    for rows in (1, 5, 31, 32, 64, 4096):
        for largest in (1.0, 7.0, 1000.0, 2.0**15):
            weight = sums.largest_weight(rows, largest)
            assert sums._exact(np.full((1, rows), float(weight)), np.zeros((rows, 1), np.float32), largest)[
                0
            ].dtype == (np.float32)
            wider = np.full((1, rows), float(weight + 1))
            assert min(rows, 32) * (weight + 1) * largest > 2.0**24
            assert sums._exact(wider, np.zeros((rows, 1), np.float32), largest)[0].dtype == np.float64


@given(
    st.integers(1, 3), st.integers(1, 2), st.integers(1, 40), st.integers(1, 9),
    st.sampled_from([2.0, 2.0**12, 2.0**19]), st.sampled_from([3, 64, 1 << 18]),
)  # fmt: skip
def test_channel_sums_are_those_of_float64(
    images: int, groups: int, channels: int, places: int, largest: float, block: int
) -> None:
    rng = np.random.default_rng(0)
    weights = rng.integers(-30, 31, (groups, 2, channels)).astype(np.float64)
    values = rng.integers(-largest, largest, (images, groups * channels, places), endpoint=True).astype(np.float32)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sums, "_BLOCK_ELEMENTS", block)
        patched.setattr(sums, "_LEAST_ACROSS", 2)
        found = sums.channel_sums(weights, values, largest)
    wide = values.astype(np.float64).reshape(images, groups, channels, places)
    np.testing.assert_array_equal(found, np.einsum("gtc,ngcp->ngtp", weights, wide))
