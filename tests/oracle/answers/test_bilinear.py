"""The three maps on numbers that one can follow, whichever way and in however many blocks they are computed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from convoracle.oracle.answers import bilinear, windows
from convoracle.oracle.answers.bilinear import forward, input_gradient, weight_gradient
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array


@pytest.fixture(params=["large blocks", "blocks of a window", "scattered"], autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    caches = (windows.input_windows, windows.output_gradient_windows, bilinear._gathers_input_gradient)
    if request.param != "large blocks":
        monkeypatch.setattr(windows, "BLOCK_ELEMENTS", 1)
        monkeypatch.setattr(windows, "LEAST_WINDOWS", 1)
    if request.param == "scattered":
        monkeypatch.setattr(bilinear, "NEGLIGIBLE_ELEMENTS", 0)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def array(values: list[int], shape: tuple[int, ...]) -> Array:
    return np.array(values, np.int64).reshape(shape)


@pytest.mark.parametrize(
    ("text", "input", "weight", "output"),
    [
        ("n1c1k1i4f2", [1, 2, 3, 4], [10, 1], [12, 23, 34]),
        ("n1c1k1i4f2p1", [1, 2, 3, 4], [10, 1], [1, 12, 23, 34, 40]),
        ("n1c1k1i5f2s2d2", [1, 2, 3, 4, 5], [10, 1], [13, 35]),
        ("n2c1k1i2f1", [1, 2, 3, 4], [10], [10, 20, 30, 40]),
        ("n1c2k1i2f1", [1, 2, 3, 4], [10, 1], [13, 24]),
        ("n1c1k2i2f1", [1, 2], [10, 1], [10, 20, 1, 2]),
        ("n2c1k2i1f1", [1, 2], [10, 1], [10, 1, 20, 2]),
        ("n1c2k4i1f1g2", [1, 2], [10, 20, 30, 40], [10, 20, 60, 80]),
        ("n1c1k1i2x2f2x1", [1, 2, 3, 4], [10, 1], [13, 24]),
        ("n1c1k1i3f2p1+0mcircular", [1, 2, 3], [10, 1], [31, 12, 23]),
        ("n1c1k1i3f1p1mreflect", [1, 2, 3], [10], [20, 10, 20, 30, 20]),
        ("n1c1k1i2f1p1+2mreplicate", [1, 2], [10], [10, 10, 20, 20, 20]),
        ("n1c1k1i2x2f1x1p0x1+0mcircular", [1, 2, 3, 4], [10], [20, 10, 20, 40, 30, 40]),
    ],
)
def test_the_output(text: str, input: list[int], weight: list[int], output: list[int]) -> None:
    geometry = parse_geometry(text)
    x, f = array(input, geometry.input_shape), array(weight, geometry.weight_shape)
    found = forward(x, f, geometry)
    assert (found.shape, found.ravel().tolist()) == (geometry.output_shape, output)
    bias = 100 * np.arange(1, 1 + geometry.out_channels)
    with_bias = forward(x, f, geometry, bias)
    assert (with_bias - found == bias.reshape(-1, *(1,) * geometry.rank)).all()


@pytest.mark.parametrize(
    ("text", "output_gradient", "weight", "gradient"),
    [
        ("n1c1k1i4f2", [1, 2, 3], [10, 1], [10, 21, 32, 3]),
        ("n1c1k1i4f3s3p1", [1, 2], [100, 10, 1], [10, 1, 200, 20]),
        ("n1c1k1i5f1s3", [1, 2], [10], [10, 0, 0, 20, 0]),
        ("n1c1k1i5f2s2d2", [1, 2], [10, 1], [10, 0, 21, 0, 2]),
        ("n2c1k1i2f1", [1, 2, 3, 4], [10], [10, 20, 30, 40]),
        ("n1c2k1i2f1", [1, 2], [10, 1], [10, 20, 1, 2]),
        ("n1c1k2i1f1", [1, 2], [10, 1], [12]),
        ("n2c2k1i1f1", [1, 2], [10, 1], [10, 1, 20, 2]),
        ("n1c2k2i2f2", [10, 1], [1, 2, 3, 4, 5, 6, 7, 8], [15, 26, 37, 48]),
        ("n1c2k4i1f1g2", [1, 2, 3, 4], [10, 20, 30, 40], [50, 250]),
        ("n1c1k1i2x2f2x1", [1, 2], [10, 1], [10, 20, 1, 2]),
        ("n1c1k1i3f2p1+0mcircular", [1, 2, 3], [10, 1], [21, 32, 13]),
        ("n1c1k1i3f1p1mreflect", [1, 2, 3, 4, 5], [1], [2, 1 + 3 + 5, 4]),
        ("n1c1k1i2f1p1+2mreplicate", [1, 2, 3, 4, 5], [1], [1 + 2, 3 + 4 + 5]),
        ("n1c1k1i2x2f1x1p0x1+0mcircular", [1, 2, 3, 4, 5, 6], [1], [2, 1 + 3, 5, 4 + 6]),
        ("n1c1k1i2f1p2", [1, 2, 3, 4, 5, 6], [10], [30, 40]),
    ],
)
def test_the_input_gradient(text: str, output_gradient: list[int], weight: list[int], gradient: list[int]) -> None:
    geometry = parse_geometry(text)
    found = input_gradient(
        array(output_gradient, geometry.output_shape), array(weight, geometry.weight_shape), geometry
    )
    assert (found.shape, found.ravel().tolist()) == (geometry.input_shape, gradient)


@pytest.mark.parametrize(
    ("text", "input", "output_gradient", "gradient"),
    [
        ("n1c1k1i4f2", [1, 2, 3, 4], [1, 2, 3], [14, 20]),
        ("n1c1k1i4f2p1", [1, 2, 3, 4], [1, 2, 3, 4, 5], [2 + 6 + 12 + 20, 1 + 4 + 9 + 16]),
        ("n1c1k1i5f2s2d2", [1, 2, 3, 4, 5], [1, 2], [7, 13]),
        ("n2c1k1i2f1", [1, 2, 3, 4], [1, 1, 10, 10], [73]),
        ("n1c2k1i2f1", [1, 2, 3, 4], [1, 10], [21, 43]),
        ("n1c1k2i2f1", [1, 2], [1, 10, 3, 0], [21, 3]),
        ("n2c1k2i1f1", [1, 2], [3, 4, 50, 60], [103, 124]),
        ("n1c2k4i1f1g2", [1, 2], [1, 2, 3, 4], [1, 2, 6, 8]),
        ("n1c1k1i3f2p1+0mcircular", [1, 2, 3], [1, 2, 3], [11, 14]),
    ],
)
def test_the_weight_gradient(text: str, input: list[int], output_gradient: list[int], gradient: list[int]) -> None:
    geometry = parse_geometry(text)
    x, dy = array(input, geometry.input_shape), array(output_gradient, geometry.output_shape)
    found = weight_gradient(x, dy, geometry)
    assert (found.shape, found.ravel().tolist()) == (geometry.weight_shape, gradient)


@pytest.mark.parametrize("text", ["n0c2k3i4f2", "n1c0k3i4f2", "n1c2k0i4f2", "n1c2k3i1f3", "n0c2k3i4f2p1mcircular"])
def test_of_nothing_there_are_zeros_and_the_bias(text: str) -> None:
    geometry = parse_geometry(text)
    x, f, dy = (np.ones(shape) for shape in (geometry.input_shape, geometry.weight_shape, geometry.output_shape))
    bias = np.arange(1.0, 1 + geometry.out_channels)
    assert (forward(x, f, geometry, bias) == np.broadcast_to(bias[:, None], geometry.output_shape)).all()
    assert forward(x, f, geometry).shape == geometry.output_shape
    for found, shape in (
        (input_gradient(dy, f, geometry), geometry.input_shape),
        (weight_gradient(x, dy, geometry), geometry.weight_shape),
    ):
        assert found.shape == shape
        assert not found.any()


@pytest.mark.parametrize(("one", "other", "both"), [("float32", "float64", "float64"), ("int8", "int32", "int32")])
def test_the_result_has_the_dtype_of_both_factors(one: str, other: str, both: str) -> None:
    geometry = parse_geometry("n1c1k1i4f2p1mreflect")
    x, f, dy = np.ones(geometry.input_shape, one), np.ones((1, 1, 2), other), np.ones(geometry.output_shape, one)
    assert forward(x, f, geometry).dtype == both
    assert input_gradient(dy, f, geometry).dtype == both
    assert weight_gradient(x, dy.astype(other), geometry).dtype == both


def test_a_large_gradient_is_scattered_where_strides_would_fill_it_with_zeros() -> None:
    gathers = bilinear._gathers_input_gradient
    assert gathers(parse_geometry("n1c1k1i4x4f2x2s2x2")) == (bilinear.NEGLIGIBLE_ELEMENTS > 0)
    assert not gathers(parse_geometry("n8c8k8i64x64f3x3s2x2"))
    assert gathers(parse_geometry("n8c8k8i64x64f3x3"))
    assert gathers(parse_geometry("n8c16k8i64x64f3x3s1x2"))
