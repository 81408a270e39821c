"""The bound of transforms, worked out on planes of four points: 16 (log2(4) + 1) = 48 for its steps."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass, shape_of
from convoracle.oracle.rounding.transforms import most_repetitions, transform_bound, transform_underflow

FLOAT32 = Arithmetic.of("float32")
U, H = 2.0**-24, 2.0**-150
"""Unit roundoff of float32, and half the spacing of its subnormal numbers."""


def operands(geometry: ConvGeometry, **given: list) -> Operands:
    """Zeros, but for some arrays given by their elements in order."""
    names = ("input", "weight", "output_gradient", "input_direction", "weight_direction")
    arrays: dict[str, Array] = {
        name: np.array(given.get(name, np.zeros(shape_of(name, geometry)))).reshape(shape_of(name, geometry))
        for name in names
    }
    return Operands(bias=None, **arrays)


def bound(pass_: Pass, text: str, arithmetic: Arithmetic = FLOAT32, **given: list) -> float:
    geometry = parse_geometry(text)
    return transform_bound(pass_, operands(geometry, **given), arithmetic, geometry)


def approximately(error: float, size: float, u: float = U, h: float = H) -> object:
    """Twice u times the error, and four times the underflow of 48 steps."""
    return pytest.approx(2 * u * error + 4 * 48 * h * size, rel=1e-12)


def test_the_norms_of_the_planes_times_steps_and_their_number() -> None:
    given = {"input": [3.0, -4.0, 0.0, 0.0], "weight": [2.0]}
    assert bound(Pass.FORWARD, "n1c1k1i4f1", **given) == approximately(49 * 5 * 2, 2 * (5 + 2) + 1)


def test_planes_that_are_summed_are_taken_together_and_of_others_the_largest() -> None:
    given = {"input": [3.0, 0, 0, 0, 4.0, 0, 0, 0], "weight": [2.0, 1.5]}
    together = approximately((48 + 2) * 5 * 2.5, np.sqrt(4 * 2) * (5 + 2.5) + 2)
    assert bound(Pass.FORWARD, "n1c2k1i4f1", **given) == together
    assert bound(Pass.FORWARD, "n1c2k2i4f1g2", **given) == approximately(49 * 4 * 2, 2 * (4 + 2) + 1)
    images = {"output_gradient": [3.0, 0, 0, 0, 4.0, 0, 0, 0], "input": [2.0, 0, 0, 0, 0, 0, 0, 1.5]}
    assert bound(Pass.WEIGHT_GRADIENT, "n2c1k1i4f1", **images) == together
    outputs = {"output_gradient": [3.0, 0, 0, 0, 4.0, 0, 0, 0], "weight": [2.0, 1.5]}
    assert bound(Pass.INPUT_GRADIENT, "n1c1k2i4f1", **outputs) == together
    assert bound(Pass.INPUT_GRADIENT, "n1c2k2i4f1g2", **outputs) == approximately(49 * 4 * 2, 2 * (4 + 2) + 1)


def test_what_underflows_is_multiplied_by_the_norms_of_all_planes_that_are_summed() -> None:
    geometry = parse_geometry("n1c2k1i4f1")
    given = operands(geometry, input=[3.0, 0, 0, 0, 4.0, 0, 0, 0], weight=[2.0, 1.5])
    size = np.sqrt(4 * 2) * (5 + 2.5) + 2
    assert transform_underflow(Pass.FORWARD, given, 1.0, geometry) == pytest.approx(4 * 48 * size, rel=1e-12)


def test_the_products_of_a_pass_add_up() -> None:
    one = {"input_direction": [3.0, 4, 0, 0], "weight": [2.0]}
    both = one | {"input": [1.0, 0, 0, 0], "weight_direction": [7.0]}
    assert bound(Pass.JVP, "n1c1k1i4f1", **both) == approximately(49 * (5 * 2 + 1 * 7), 2 * (5 + 2 + 1 + 7) + 2)
    assert bound(Pass.BIAS_GRADIENT, "n1c1k1i4f1", **both) == 0


def test_the_coarser_of_accumulator_and_multiplier_counts() -> None:
    given = {"input": [3.0, 4.0, 0, 0], "weight": [2.0]}
    for arithmetic in (Arithmetic.of("float32", multiplier="float16"), Arithmetic.of("float16")):
        assert bound(Pass.FORWARD, "n1c1k1i4f1", arithmetic, **given) == approximately(490, 15, 2.0**-11, 2.0**-25)


def test_complex_numbers_have_two_squares_each_and_those_of_large_ones_do_not_overflow() -> None:
    given = {"input": [3 + 4j, 0, 0, 0], "weight": [2.0 + 0j]}
    assert bound(Pass.FORWARD, "n1c1k1i4f1", **given) == approximately(490, 15)
    huge = {"input": [3e200, 4e200, 0, 0], "weight": [2.0]}
    assert bound(Pass.FORWARD, "n1c1k1i4f1", **huge) == pytest.approx(2 * U * 490e200)


def test_the_squares_of_tiny_numbers_do_not_underflow() -> None:
    tiny = {"input": [3e-200, 4e-200, 0, 0], "weight": [2.0]}
    expected = pytest.approx(2 * 2.0**-53 * 490e-200, abs=0)
    assert bound(Pass.FORWARD, "n1c1k1i4f1", Arithmetic.of("float64"), **tiny) == expected


def test_zeros_have_no_error_but_underflow_of_the_products() -> None:
    assert bound(Pass.FORWARD, "n1c1k1i4f1") == 4 * 48 * H
    assert bound(Pass.FORWARD, "n0c1k1i4f1") == 4 * 48 * H


@pytest.mark.parametrize(
    ("text", "points"),
    [("n1c1k1i4f1", 4), ("n1c1k1i1f1", 1), ("n1c1k1i2f2p1+2d3", 8), ("n1c1k1i2x4f1x1", 8), ("n1c1k1i5f4t", 11)],
)
def test_the_points_are_those_of_the_padded_input_and_the_kernels_reach(text: str, points: int) -> None:
    """Of the direct convolution; one of a single point has the steps of two."""
    steps = 16 * (np.log2(max(points, 2)) + 1)
    geometry = parse_geometry(text)
    assert transform_underflow(Pass.FORWARD, operands(geometry), 1.0, geometry) == 4 * steps
    ones = operands(geometry, weight=[1.0] + [0.0] * (geometry.kernel[0] - 1))
    assert transform_underflow(Pass.FORWARD, ones, 0.5, geometry) == pytest.approx(2 * steps * (np.sqrt(points) + 1))


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("n1c1k1i3f1p1", 1),
        ("n1c1k1i3f1p1mreflect", 3),
        ("n1c1k1i2f1p5+0mreplicate", 6),
        ("n1c1k1i3f1p1+0mcircular", 2),
        ("n1c1k1i3x2f1x1p1x0+2mcircular", 2 * 2),
        ("n1c0k1i3f1p1mreflect", 1),
    ],
)
def test_what_padding_repeats_is_multiplied(text: str, times: int) -> None:
    geometry = parse_geometry(text)
    assert most_repetitions(geometry) == times


def test_repetitions_multiply_the_bound() -> None:
    given = {"input": [3.0, 4.0], "weight": [2.0]}
    once, thrice = (bound(Pass.FORWARD, f"n1c1k1i2f1p2+0{mode}", **given) for mode in ("", "mreplicate"))
    assert thrice == 3 * once
