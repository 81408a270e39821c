"""Exact sums of products, term by term: by hand, beyond 64 bits, over more terms than are handled at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from convoracle.oracle.answers.term_by_term import smallest_products, sums_of_products
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass

LINE = parse_geometry("n1c1k1i3f2")
INPUT, WEIGHT, GRADIENT = (np.array([[values]], np.float64) for values in ([1, -2, 3], [10, 100], [1, 10]))


@pytest.mark.parametrize(
    ("pass_", "left", "right", "sums", "smallest"),
    [
        (Pass.FORWARD, INPUT, WEIGHT, [-190, 280], [10, 20]),
        (Pass.INPUT_GRADIENT, GRADIENT, WEIGHT, [10, 200, 1000], [10, 100, 1000]),
        (Pass.WEIGHT_GRADIENT, GRADIENT, INPUT, [-19, 28], [1, 2]),
    ],
    ids=str,
)
def test_by_hand(pass_: Pass, left: np.ndarray, right: np.ndarray, sums: list[int], smallest: list[int]) -> None:
    assert sums_of_products(pass_, left, right, LINE, 2).to_fractions().ravel().tolist() == sums
    assert smallest_products(pass_, left, right, LINE).ravel().tolist() == smallest


def test_groups_images_and_channels_are_kept_apart() -> None:
    geometry = parse_geometry("n2c4k2i1f1g2")
    left = np.array([1, 2, 3, 4, 5, 6, 7, 8], np.float64).reshape(2, 4, 1)
    right = np.array([1, 10, 100, 1000], np.float64).reshape(2, 2, 1)
    sums = sums_of_products(Pass.FORWARD, left, right, geometry, 2)
    assert sums.to_fractions().ravel().tolist() == [21, 4300, 65, 8700]


def test_an_element_without_terms_is_zero_and_has_no_smallest_product() -> None:
    geometry = parse_geometry("n1c1k1i1f1p1")
    one = np.full((1, 1, 1), 7.0)
    assert sums_of_products(Pass.FORWARD, one, one, geometry, 1).to_fractions().ravel().tolist() == [0, 49, 0]
    assert smallest_products(Pass.FORWARD, one, one, geometry).ravel().tolist() == [np.inf, 49, np.inf]


def test_no_bit_is_lost() -> None:
    wide = np.array([[[2.0**52 + 1, 2.0**52 - 1]]])
    small = np.array([[[2.0**52 + 1, 2.0**-60]]])
    (total,) = sums_of_products(Pass.FORWARD, wide, small, parse_geometry("n1c1k1i2f2"), 2).to_fractions().ravel()
    assert total == Fraction(2**52 + 1) ** 2 + Fraction(2**52 - 1, 2**60)


def test_more_terms_than_are_handled_at_a_time() -> None:
    channels = (1 << 17) + 5
    geometry = parse_geometry(f"n1c{channels}k1i1f1")
    left = np.arange(channels, dtype=np.float64).reshape(1, channels, 1)
    sums = sums_of_products(Pass.FORWARD, left, np.ones((1, channels, 1)), geometry, channels)
    assert sums.to_fractions().ravel().tolist() == [channels * (channels - 1) // 2]
    assert smallest_products(Pass.FORWARD, left + 3, np.ones((1, channels, 1)), geometry).ravel().tolist() == [3]
