"""Models on numbers that one can follow, beside what the right result would be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convoracle.oracle.problem.passes import Array, Pass


@pytest.mark.parametrize(
    ("name", "geometry", "input", "weight", "right", "wrong"),
    [
        ("reflection-skips-an-element", "n1c1k1i3f1p1mreflect", [1, 2, 3], [1], [2, 1, 2, 3, 2], [3, 1, 2, 3, 1]),
        ("transform-wraps-around", "n1c1k1i3f1p1", [1, 2, 3], [1], [0, 1, 2, 3, 0], [3, 1, 2, 3, 1]),
        ("padding-dilated", "n1c1k1i4f2p1+0d2", [1, 2, 3, 4], [10, 1], [2, 13, 24], [1, 2, 13]),
        ("dilated-kernel-too-long", "n1c1k1i4f2d2", [1, 2, 3, 4], [10, 1], [13, 24], [13]),
        ("groups-ignored", "n1c2k2i1f1g2", [1, 2], [10, 100], [10, 200], [30, 300]),
        ("first-group-read-by-all", "n1c2k2i1f1g2", [1, 2], [10, 100], [10, 200], [10, 100]),
        ("kernels-of-the-first-group", "n1c2k2i1f1g2", [1, 2], [10, 100], [10, 200], [10, 20]),
        ("input-rows-aligned", "n1c1k1i3x2f1x1", [1, 2, 3, 4, 5, 6], [1], [1, 2, 3, 4, 5, 6], [1, 2, 5, 6, 3, 4]),
        ("input-rows-of-output-length", "n1c1k1i2x3f1x2", [1, 2, 3, 4, 5, 6], [1, 0], [1, 2, 4, 5], [1, 2, 3, 4]),
        ("output-rows-of-input-length", "n1c1k1i2x3f1x2", [1, 2, 3, 4, 5, 6], [1, 0], [1, 2, 4, 5], [1, 2, 0, 4]),
        ("output-written-as-channels-last", "n1c1k2i2f1", [1, 2], [1, 10], [1, 2, 10, 20], [1, 10, 2, 20]),
        ("equal-sizes-taken-for-channels-last", "n1c2k1i2f1", [1, 2, 3, 4], [1, 10], [31, 42], [21, 43]),
        ("equal-sizes-taken-for-channels-last", "n1c2k1i3f1", [1, 2, 3, 4, 5, 6], [1, 10], [41, 52, 63], [41, 52, 63]),
        ("windows-from-the-padding-dropped", "n1c1k1i3f3s2p2", [1, 2, 3], [1, 10, 100], [100, 321, 3], [0, 321, 3]),
        ("outermost-tap-dropped-at-the-border", "n1c1k1i3f3s2p2", [1, 2, 3], [1, 10, 9], [9, 48, 3], [0, 48, 3]),
        ("outermost-tap-dropped-at-the-border", "n1c1k1i3f3p2+0", [1, 2, 3], [1, 10, 9], [9, 28, 48], [0, 18, 48]),
    ],
)  # fmt: skip
def test_the_output(
    name: str,
    geometry: str,
    input: list[float],
    weight: list[float],
    right: list[float],
    wrong: list[float],
    result_of: Callable[..., Array],
) -> None:
    for model, output in ((None, right), (name, wrong)):
        found = result_of(model, Pass.FORWARD, geometry, "float32", input=input, weight=weight)
        assert found.ravel().tolist() == output


ROW = {"input": [1, 2, 3], "weight": [10, 1], "output_gradient": [1, 10]}
SQUARE = [1, 2, 3, 4]
TAPS = {"weight": SQUARE, "output_gradient": [1]}
STRIDED = {"input": SQUARE, "weight": [10], "output_gradient": [1, 2]}
GROUPED = {"input": [1, 2], "weight": [10, 100], "output_gradient": [1, 2]}
DEPTHWISE = {"input": [1, 2], "weight": [1, 10, 100, 1000]}
IMAGES = {"input": SQUARE, "weight": [10], "output_gradient": [1] * 4}
STEP = {"input": [3], "weight": [10], "output_gradient": [4]}
MOVED = {"input": [2], "weight": [3], "input_direction": [5], "weight_direction": [7]}
SHIFTED = {"input": [1, 2], "weight": [1, 10], "bias": [100, 200]}
_FORWARD, _INPUT, _WEIGHT, _BIAS, _UPDATE, _JVP = (
    Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT, Pass.UPDATE, Pass.JVP,
)  # fmt: skip
_DOUBLE = Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT


@pytest.mark.parametrize(
    ("name", "pass_", "geometry", "given", "right", "wrong"),
    [
        ("kernel-rotated", _FORWARD, "n1c1k1i3f2", ROW, [12, 23], [21, 32]),
        ("kernel-rotated", _WEIGHT, "n1c1k1i3f2", ROW, [21, 32], [32, 21]),
        ("kernel-rotated", _WEIGHT, "n1c1k1i2x2f2x2", {"input": SQUARE, "output_gradient": [1]}, SQUARE, [4, 3, 2, 1]),
        ("kernel-not-rotated", _INPUT, "n1c1k1i3f2", ROW, [10, 101, 10], [1, 20, 100]),
        ("weight-gradient-rotated", _WEIGHT, "n1c1k1i3f2", ROW, [21, 32], [32, 21]),
        ("rotation-for-square-kernels", _INPUT, "n1c1k1i1x2f1x2",
         {"weight": [10, 1], "output_gradient": [1]}, [10, 1], [1, 10]),
        # The rotated taps of the last axis are those at 0, -1 and -2, from the end of an axis of 1: 1, 3 and 2.
        ("rotation-for-square-kernels", _INPUT, "n1c1k1i1x3f1x3", {"weight": [1, 2, 3], "output_gradient": [1]},
         [1, 2, 3], [2, 3, 1]),
        ("rotation-for-square-kernels", _INPUT, "n1c1k1i2x2f2x2", TAPS, SQUARE, SQUARE),
        ("kernel-rotated-in-one-axis", _INPUT, "n1c1k1i2x2f2x2", TAPS, SQUARE, [2, 1, 4, 3]),
        ("kernel-axes-exchanged", _WEIGHT, "n1c1k1i2x3f2x3", {"input": [1, 2, 3, 4, 5, 6], "output_gradient": [1]},
         [1, 2, 3, 4, 5, 6], [1, 4, 2, 5, 3, 6]),
        ("kernel-axes-exchanged", _INPUT, "n1c1k1i2x3f2x3", {"weight": [1, 2, 3, 4, 5, 6], "output_gradient": [1]},
         [1, 2, 3, 4, 5, 6], [1, 3, 5, 2, 4, 6]),
        ("last-tap-dropped", _FORWARD, "n1c1k1i3f2", ROW, [12, 23], [10, 20]),
        ("first-tap-dropped-in-backward", _WEIGHT, "n1c1k1i3f2", ROW, [21, 32], [0, 32]),
        ("first-tap-dropped-in-backward", _INPUT, "n1c1k1i3f2", ROW, [10, 101, 10], [0, 1, 10]),
        ("reflection-repeats-the-edge", _FORWARD, "n1c1k1i3f1p1mreflect", {"input": [1, 2, 3], "weight": [1]},
         [2, 1, 2, 3, 2], [1, 1, 2, 3, 3]),
        ("reflection-repeats-the-edge", _INPUT, "n1c1k1i3f1p1mreflect",
         {"output_gradient": [1, 2, 3, 4, 5], "weight": [1]}, [2, 9, 4], [3, 3, 9]),
        ("circular-padding-off-by-one", _FORWARD, "n1c1k1i3f1p1mcircular", {"input": [1, 2, 3], "weight": [1]},
         [3, 1, 2, 3, 1], [2, 1, 2, 3, 2]),
        ("padding-read-from-memory", _FORWARD, "n1c1k1i2x2f1x1p0x1", {"input": SQUARE, "weight": [1]},
         [0, 1, 2, 0, 0, 3, 4, 0], [4, 1, 2, 3, 2, 3, 4, 1]),
        ("last-window-dropped", _FORWARD, "n1c1k1i4f1s2", STRIDED, [10, 30], [10, 0]),
        ("last-window-dropped", _FORWARD, "n1c1k1i3f1s2", {"input": [1, 2, 3], "weight": [10]}, [10, 30], [10, 30]),
        ("remainder-at-the-wrong-end", _INPUT, "n1c1k1i4f1s2", STRIDED, [10, 0, 20, 0], [0, 10, 0, 20]),
        ("remainder-at-the-wrong-end", _WEIGHT, "n1c1k1i4f1s2", STRIDED, [7], [10]),
        ("output-size-rounded-up", _FORWARD, "n1c1k1i4f1s2", STRIDED, [10, 30], [10, 30, 0]),
        ("output-size-too-small", _FORWARD, "n1c1k1i4f1s2", STRIDED, [10, 30], [10]),
        ("unreached-elements-not-zeroed", _INPUT, "n1c1k1i4f1s2", STRIDED, [10, 0, 20, 0], [10, 4, 20, 6]),
        ("output-padding-zero-filled", _FORWARD, "n1c1k1i2f2s2to1", {"input": [1, 2], "weight": [10, 1], "bias": [100]},
         [110, 101, 120, 102, 100], [110, 101, 120, 102, 0]),
        ("transposed-padding-on-the-input", _FORWARD, "n1c1k1i3f2p1t", ROW, [21, 32], [0, 10]),
        ("transposed-padding-on-the-input", _INPUT, "n1c1k1i3f2p1t", ROW, [1, 20, 100], [100, 0, 0]),
        ("input-channels-of-the-next-group", _FORWARD, "n1c2k2i1f1g2", GROUPED, [10, 200], [20, 100]),
        ("next-group-in-input-gradient", _INPUT, "n1c2k2i1f1g2", GROUPED, [10, 200], [100, 20]),
        ("next-group-in-weight-gradient", _WEIGHT, "n1c2k2i1f1g2", GROUPED, [1, 4], [4, 1]),
        ("groups-reversed", _FORWARD, "n1c2k2i1f1g2", GROUPED, [10, 200], [200, 10]),
        ("output-channels-interleaved", _FORWARD, "n1c2k4i1f1g2", DEPTHWISE, [1, 10, 200, 2000], [1, 200, 10, 2000]),
        ("input-channels-interleaved", _FORWARD, "n1c4k2i1f1g2",
         {"input": SQUARE, "weight": [1, 10, 1, 10]}, [21, 43], [31, 42]),
        ("depth-multipliers-first", _FORWARD, "n1c2k4i1f1g2", DEPTHWISE, [1, 10, 200, 2000], [1, 100, 20, 2000]),
        ("depth-multiplier-dropped", _FORWARD, "n1c2k4i1f1g2", DEPTHWISE, [1, 10, 200, 2000], [1, 1, 200, 200]),
        ("transposed-groups-interleaved", _FORWARD, "n1c4k2i1f1g2t",
         DEPTHWISE | {"input": [1] * 4}, [11, 1100], [101, 1010]),
        ("kernel-of-the-next-input-channel", _FORWARD, "n1c2k1i1f1", GROUPED | {"output_gradient": [0]}, [210], [120]),
        ("input-read-as-channels-last", _FORWARD, "n1c2k1i2f1",
         {"input": SQUARE, "weight": [1, 10]}, [31, 42], [21, 43]),
        ("output-gradient-read-as-channels-last", _INPUT, "n1c1k2i2f1", {"output_gradient": SQUARE, "weight": [1, 10]},
         [31, 42], [21, 43]),
        ("weight-rows-and-columns-exchanged", _FORWARD, "n1c2k3i1f1", {"input": [1, 10], "weight": [1, 2, 3, 4, 5, 6]},
         [21, 43, 65], [41, 52, 63]),
        ("batch-mean-of-weight-gradient", _WEIGHT, "n2c1k1i2f1", IMAGES, [10], [5]),
        ("weight-gradient-is-a-mean", _WEIGHT, "n2c1k1i2f1", IMAGES, [10], [2.5]),
        ("weight-gradient-is-a-mean", _UPDATE, "n2c1k1i2f1", IMAGES, [10 - 5], [10 - 1.25]),
        ("weight-gradient-of-first-image", _WEIGHT, "n2c1k1i2f1", IMAGES, [10], [3]),
        ("first-image-only", _FORWARD, "n2c1k1i2f1", IMAGES, [10, 20, 30, 40], [10, 20, 0, 0]),
        ("input-gradient-doubled", _INPUT, "n2c1k1i2f1", IMAGES, [10] * 4, [20] * 4),
        ("empty-batch-uninitialised", _WEIGHT, "n0c1k1i2f2", {}, [0, 0], [3, 4]),
        ("empty-batch-uninitialised", _WEIGHT, "n2c1k1i2f1", IMAGES, [10], [10]),
        ("added-to-what-was-there", _FORWARD, "n2c1k1i2f1", IMAGES, [10, 20, 30, 40], [13, 24, 35, 46]),
        ("returns-zeros", _FORWARD, "n2c1k1i2f1", IMAGES, [10, 20, 30, 40], [0] * 4),
        ("returns-a-constant", _FORWARD, "n2c1k1i2f1", IMAGES, [10, 20, 30, 40], [1] * 4),
        ("bias-gradient-without-batch", _BIAS, "n2c1k1i2f1", {"output_gradient": SQUARE}, [10], [3]),
        ("bias-gradient-without-last-axis", _BIAS, "n1c1k1i2x2f1x1", {"output_gradient": SQUARE}, [10], [6]),
        ("bias-gradient-without-first-axis", _BIAS, "n1c1k1i2x2f1x1", {"output_gradient": SQUARE}, [10], [7]),
        ("bias-gradient-of-channels-last", _BIAS, "n1c1k2i2f1", {"output_gradient": SQUARE}, [3, 7], [4, 6]),
        ("bias-gradient-is-a-mean", _BIAS, "n2c1k1i2f1", {"output_gradient": SQUARE}, [10], [2.5]),
        ("bias-by-position", _FORWARD, "n1c1k2i2f1", SHIFTED, [101, 102, 210, 220], [101, 202, 110, 220]),
        ("bias-ignored", _FORWARD, "n1c1k2i2f1", SHIFTED, [101, 102, 210, 220], [1, 2, 10, 20]),
        ("bias-added-twice", _FORWARD, "n1c1k2i2f1", SHIFTED, [101, 102, 210, 220], [201, 202, 410, 420]),
        ("update-uphill", _UPDATE, "n1c1k1i1f1", STEP, [10 - 6], [10 + 6]),
        ("learning-rate-hard-coded", _UPDATE, "n1c1k1i1f1", STEP, [10 - 6], [10 - 0.01 * 12]),
        ("update-of-nothing", _UPDATE, "n1c1k1i1f1", STEP, [10 - 6], [-6]),
        ("jvp-lacks-input-direction", _JVP, "n1c1k1i1f1", MOVED, [15 + 14], [14]),
        ("jvp-lacks-weight-direction", _JVP, "n1c1k1i1f1", MOVED, [15 + 14], [15]),
        ("double-backward-lacks-input-direction", _DOUBLE, "n1c1k1i1f1", MOVED, [15 + 14], [14]),
        ("double-backward-lacks-weight-direction", _DOUBLE, "n1c1k1i1f1", MOVED, [15 + 14], [15]),
    ],
)  # fmt: skip
def test_the_result_of_a_pass(
    name: str,
    pass_: Pass,
    geometry: str,
    given: dict[str, list[float]],
    right: list[float],
    wrong: list[float],
    result_of: Callable[..., Array],
) -> None:
    for model, result in ((None, right), (name, wrong)):
        assert result_of(model, pass_, geometry, **given).ravel().tolist() == result


def test_gradients_that_are_not_conjugated(result_of: Callable[..., Array]) -> None:
    given = {"input": [1 + 2j], "weight": [3 + 4j], "output_gradient": [1j]}
    for pass_, right, wrong in (
        (Pass.INPUT_GRADIENT, 4 + 3j, -4 + 3j),
        (Pass.WEIGHT_GRADIENT, 2 + 1j, -2 + 1j),
        (Pass.UPDATE, 3 + 4j - (1 + 0.5j), 3 + 4j - (-1 + 0.5j)),
        (Pass.FORWARD, -5 + 10j, -5 + 10j),
    ):
        for model, result in ((None, right), ("gradient-not-conjugated", wrong)):
            assert result_of(model, pass_, "n1c1k1i1f1", "complex128", **given).item() == result
