"""Exact sums of products, term by term: by hand, beyond 64 bits, over more terms than are handled at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from convoracle.oracle.answers.factor import Factor
from convoracle.oracle.answers.smallest import of_products
from convoracle.oracle.answers.term_by_term import sums_of_products
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Pass

LINE = parse_geometry("n1c1k1i3f2")
INPUT, WEIGHT, GRADIENT = (np.array([[values]], np.float64) for values in ([1, -2, 3], [10, 100], [1, 10]))


@pytest.mark.parametrize(
    ("pass_", "left", "right", "sums", "of_sizes", "smallest"),
    [
        (Pass.FORWARD, INPUT, WEIGHT, [-190, 280], [210, 320], [10, 20]),
        (Pass.INPUT_GRADIENT, GRADIENT, WEIGHT, [10, 200, 1000], [10, 200, 1000], [10, 100, 1000]),
        (Pass.WEIGHT_GRADIENT, GRADIENT, INPUT, [-19, 28], [21, 32], [1, 2]),
    ],
    ids=str,
)
def test_by_hand(
    pass_: Pass, left: np.ndarray, right: np.ndarray, sums: list[int], of_sizes: list[int], smallest: list[int]
) -> None:
    found, found_of_sizes = sums_of_products(pass_, Factor.of(left), Factor.of(right), LINE, 2)
    assert found.to_fractions().ravel().tolist() == sums
    assert found_of_sizes().ravel().tolist() == of_sizes
    assert _smallest(pass_, left, right, LINE) == smallest


def _sums(left: Array, right: Array, geometry: ConvGeometry, most_terms: int) -> list[Fraction]:
    sums, _ = sums_of_products(Pass.FORWARD, Factor.of(left), Factor.of(right), geometry, most_terms)
    return list(sums.to_fractions().ravel())


def _smallest(pass_: Pass, left: Array, right: Array, geometry: ConvGeometry) -> list[float]:
    return list(of_products(pass_, Factor.of(left), Factor.of(right), geometry).everywhere().ravel())


def test_groups_images_and_channels_are_kept_apart() -> None:
    geometry = parse_geometry("n2c4k2i1f1g2")
    left = np.array([1, 2, 3, 4, 5, 6, 7, 8], np.float64).reshape(2, 4, 1)
    right = np.array([1, 10, 100, 1000], np.float64).reshape(2, 2, 1)
    assert _sums(left, right, geometry, 2) == [21, 4300, 65, 8700]


def test_an_element_without_terms_is_zero_and_has_no_smallest_product() -> None:
    geometry = parse_geometry("n1c1k1i1f1p1")
    one = np.full((1, 1, 1), 7.0)
    assert _sums(one, one, geometry, 1) == [0, 49, 0]
    assert _smallest(Pass.FORWARD, one, one, geometry) == [np.inf, 49, np.inf]


def test_no_bit_is_lost() -> None:
    wide = np.array([[[2.0**52 + 1, 2.0**52 - 1]]])
    small = np.array([[[2.0**52 + 1, 2.0**-60]]])
    (total,) = _sums(wide, small, parse_geometry("n1c1k1i2f2"), 2)
    assert total == Fraction(2**52 + 1) ** 2 + Fraction(2**52 - 1, 2**60)


def test_more_terms_than_are_handled_at_a_time() -> None:
    channels = (1 << 17) + 5
    geometry = parse_geometry(f"n1c{channels}k1i1f1")
    left, ones = np.arange(channels, dtype=np.float64).reshape(1, channels, 1), np.ones((1, channels, 1))
    assert _sums(left, ones, geometry, channels) == [channels * (channels - 1) // 2]
    assert _smallest(Pass.FORWARD, left + 3, ones, geometry) == [3]
