"""Convolutions tap by tap are those of unrolled windows, whatever the slabs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convoracle.oracle.answers import bilinear
from convoracle.oracle.certifying import taps
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.suites.strategies import conv_geometries


def integers(shape: tuple[int, ...], seed: int, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(dtype)


def plain(geometry: ConvGeometry) -> ConvGeometry:
    """Of one image and one group."""
    direct = geometry.direct
    assume(direct.padding_mode == "zeros" and not direct.is_degenerate and 0 not in direct.input_shape)
    assume(direct.batch and direct.out_channels)
    return replace(direct, batch=1, groups=1)


@given(conv_geometries(ranks=(1, 2, 3)), st.sampled_from([1, 8, 1 << 17]))
def test_forward_and_input_gradient_are_those_of_windows(geometry: ConvGeometry, slab: int) -> None:
    one = plain(geometry)
    input, weight = integers(one.input_shape, 0), integers(one.weight_shape, 1)
    cotangent = integers(one.output_shape, 2)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(taps, "_SLAB_ELEMENTS", slab)
        made = taps.forward(input[0].astype(np.float32), weight, one)
        gradient = taps.input_gradient(cotangent[0], weight.swapaxes(0, 1), one)
    np.testing.assert_array_equal(made, bilinear.forward(input, weight, one)[0])
    np.testing.assert_array_equal(gradient, bilinear.input_gradient(cotangent, weight, one)[0])


@given(conv_geometries(ranks=(1, 2, 3)), st.sampled_from([1, 8, 1 << 17]))
def test_weight_gradients_of_single_channels_are_those_of_windows(geometry: ConvGeometry, slab: int) -> None:
    channels = geometry.direct.in_channels
    each = replace(plain(geometry), batch=2, groups=channels, out_channels=channels)
    input, cotangent = (
        integers(shape, seed, np.float32) for seed, shape in enumerate((each.input_shape, each.output_shape))
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(taps, "_SLAB_ELEMENTS", slab)
        gradient = taps.weight_gradient(cotangent, input, each)
    assert gradient.dtype == np.float32
    np.testing.assert_array_equal(gradient, bilinear.weight_gradient(input, cotangent, each)[:, 0])
