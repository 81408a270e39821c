"""The vectorised reference against the equations, term by term."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from convoracle.oracle import equations, reference
from convoracle.oracle.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.passes import Array, Operands, Pass
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

EVERY_PASS = list(Pass)
NAMED_CASES = {
    "the seed's exercise": "n1c1k1i3x3f2x2",
    "a whole window in the low padding": "n2c1k2i2f2p5+0",
    "a whole window in the high padding": "n2c1k2i2f2p0+5",
    "padding on every side of every axis": "n1c2k3i3x2f2x3p1+2x3+0",
    "more padding than the kernel reaches": "n2c2k2i2x3f1x2p3x4",
    "stride above kernel": "n2c2k3i7x5f2x1s3x2",
    "stride above kernel and padding": "n2c2k2i4x4f1x1s3x3p1+2x0+1",
    "windows that do not tile the input": "n2c2k2i8x6f3x2s3x2p1x0",
    "pointwise": "n3c4k2i4x3f1x1",
    "pointwise, strided": "n3c4k2i5x4f1x1s2x2",
    "dilated with padding": "n1c2k2i6x5f2x3s1x1p2x1d3x2",
    "dilated and strided": "n2c1k2i9f3s2p2+1d2",
    "grouped": "n2c4k6i4x3f2x2g2",
    "depthwise": "n2c3k3i5x4f3x3p1x1g3",
    "depthwise, two outputs a channel": "n2c3k6i5x4f2x3s2x2p1+0x0+2g3",
    "three axes": "n2c2k2i3x4x2f2x1x2s1x2x1p0x1x1d1x1x1",
    "four axes": "n1c1k2i2x3x2x2f2x2x1x2",
    "one-sized axes": "n1c1k1i1x1f1x1",
    "empty batch": "n0c2k3i4x3f2x2p1x1",
}


@st.composite
def axes(draw: st.DrawFn, *, largest: int) -> tuple[int, int, int, tuple[int, int], int]:
    """Size, kernel, stride, padding and dilation of one axis, the kernel within the padded input."""
    kernel = draw(st.integers(1, 3))
    dilation = draw(st.integers(1, 3))
    padding = (draw(st.integers(0, 4)), draw(st.integers(0, 4)))
    smallest = max(1, dilation * (kernel - 1) + 1 - sum(padding))
    size = draw(st.integers(smallest, max(smallest, largest)))
    return size, kernel, draw(st.integers(1, 4)), padding, dilation


@st.composite
def geometries(draw: st.DrawFn) -> ConvGeometry:
    """Small geometries of one to three spatial axes; they shrink to one axis, one channel, no padding."""
    rank = draw(st.integers(1, 3))
    spatial = [draw(axes(largest=(8, 4, 3)[rank - 1])) for _ in range(rank)]
    size, kernel, stride, padding, dilation = zip(*spatial, strict=True)
    groups = draw(st.integers(1, 3))
    geometry = ConvGeometry(
        batch=draw(st.integers(0, 3)),
        in_channels=groups * draw(st.integers(1, 2)),
        out_channels=groups * draw(st.integers(1, 2)),
        size=size,
        kernel=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    assume(geometry.products <= 1500)
    return geometry


def integer_operands(geometry: ConvGeometry, dtype: str, seed: int, *, bias: bool = True) -> Operands:
    """Integers so small that every sum of products is exact in any dtype used here."""
    random = np.random.default_rng(seed)

    def fill(shape: tuple[int, ...]) -> Array:
        return random.integers(-4, 5, shape).astype(dtype)

    return Operands(
        input=fill(geometry.input_shape),
        weight=fill(geometry.weight_shape),
        bias=fill(geometry.bias_shape) if bias else None,
        output_gradient=fill(geometry.output_shape),
        learning_rate=2 if dtype == "int64" else 0.5,
    )


def non_contiguous(array: Array) -> Array:
    """The same values behind reversed and stepped strides."""
    spread = np.full((*array.shape[:-1], 2 * array.shape[-1]), 99, array.dtype)[..., ::-1]
    view = spread.swapaxes(0, array.ndim - 1).copy().swapaxes(0, array.ndim - 1)[..., ::2]
    view[...] = array
    return view


def assert_equals_the_equations(result: Array, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> None:
    expected = equations.evaluate(pass_, operands, geometry)
    assert result.shape == pass_.result_shape(geometry)
    assert result.dtype == operands.input.dtype
    np.testing.assert_array_equal(result, expected.astype(result.dtype))


@pytest.mark.parametrize("dtype", ["int64", "float64"])
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(geometry=geometries(), seed=st.integers(0, 2**16), bias=st.booleans(), strided=st.booleans())
def test_every_pass_equals_the_equations(
    dtype: str, geometry: ConvGeometry, seed: int, bias: bool, strided: bool
) -> None:
    operands = integer_operands(geometry, dtype, seed, bias=bias)
    if strided:
        operands = replace(operands, **{name: non_contiguous(array) for name, array in operands.arrays().items()})
    before = {name: array.copy() for name, array in operands.arrays().items()}
    for pass_ in EVERY_PASS:
        result = reference.evaluate(pass_, operands, geometry)
        assert_equals_the_equations(result, pass_, operands, geometry)
        assert not any(np.shares_memory(result, array) for array in operands.arrays().values())
    for name, array in operands.arrays().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("pass_", EVERY_PASS, ids=str)
@pytest.mark.parametrize("name", NAMED_CASES)
@pytest.mark.parametrize("dtype", ["int64", "float64", "float32"])
def test_named_cases_equal_the_equations(name: str, dtype: str, pass_: Pass) -> None:
    geometry = parse_geometry(NAMED_CASES[name])
    operands = integer_operands(geometry, dtype, seed=1)
    assert_equals_the_equations(reference.evaluate(pass_, operands, geometry), pass_, operands, geometry)
