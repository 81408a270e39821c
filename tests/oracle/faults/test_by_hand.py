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
