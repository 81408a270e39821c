"""ConvGeometry: the sizes and shapes that follow from its fields, named paddings, and what its arguments may be."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convoracle.oracle.answers.equations import terms
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.vocabulary import SETTINGS
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import conv_geometries


@given(conv_geometries(space=Space(settings=SETTINGS - {"transposed", "padding mode"})))
def test_the_last_window_fits_and_one_more_would_not(geometry: ConvGeometry) -> None:
    for axis in range(geometry.rank):
        low, high = geometry.padding[axis]
        reads = geometry.source_positions(axis)
        if len(reads) == 0:
            assert geometry.dilation[axis] * (geometry.kernel[axis] - 1) + 1 > geometry.size[axis] + low + high
            continue
        assert reads[-1, -1] < geometry.size[axis] + high
        assert reads[-1, -1] + geometry.stride[axis] >= geometry.size[axis] + high
        assert reads[0, 0] == -low


@settings(max_examples=30)
@given(conv_geometries(space=Space(max_products=500)))
def test_products_are_counted_window_by_window(geometry: ConvGeometry) -> None:
    products = sum(len(terms(Pass.FORWARD, geometry, index)) for index in np.ndindex(geometry.output_shape))
    assert geometry.products == products


@given(conv_geometries())
def test_the_direct_convolution_of_a_transposed_one_has_its_input_as_output(geometry: ConvGeometry) -> None:
    direct = geometry.direct
    assert not direct.transposed
    assert direct.weight_shape == geometry.weight_shape
    if geometry.transposed:
        assert (direct.input_shape, direct.output_shape) == (geometry.output_shape, geometry.input_shape)
    else:
        assert direct is geometry


@pytest.mark.parametrize(
    ("text", "unread"), [("n1c1k1i3f2d4to3", (3,)), ("n1c1k1i3f2s2d4to3", (2,)), ("n1c1k1i3f2s4d3to3", (0,))]
)
def test_positions_of_wide_output_padding_are_unread_by_the_direct_convolution(
    text: str, unread: tuple[int, ...]
) -> None:
    geometry = parse_geometry(text)
    assert str(geometry) == text
    assert geometry.is_padded_by_strides is any(unread)
    assert geometry.direct.unread == unread
    assert geometry.direct.output_size == geometry.size
    beyond = geometry.direct.source_positions(0).max() + 1
    assert geometry.direct.remainders == (geometry.output_size[0] - beyond,)


@given(conv_geometries(space=Space(settings=SETTINGS - {"transposed"})), st.integers(0, 2))
def test_padding_modes_place_what_numpy_pads(geometry: ConvGeometry, axis: int) -> None:
    modes = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    axis %= geometry.rank
    size, sides = geometry.size[axis], geometry.padding[axis]
    assume(size > 0)
    padded = np.pad(np.arange(1, size + 1), sides, mode=modes[geometry.padding_mode])  # type: ignore[call-overload]
    outputs = geometry.stride[axis] * np.arange(geometry.output_size[axis])
    taps = geometry.dilation[axis] * np.arange(geometry.kernel[axis])
    reads = np.where(geometry.inside(axis), geometry.source_positions(axis) + 1, 0)
    assert (reads == padded[outputs[:, None] + taps]).all()


@pytest.mark.parametrize(
    ("arguments", "output_size"),
    [
        ({"size": 3, "kernel": 2}, 4),
        ({"size": 3, "kernel": 2, "stride": 3}, 8),
        ({"size": 3, "kernel": 2, "stride": 3, "output_padding": 2}, 10),
        ({"size": 3, "kernel": 3, "stride": 2, "dilation": 2, "padding": ((1, 2),)}, 6),
        ({"size": 3, "kernel": 5, "stride": 2, "padding": "same_upper"}, 6),
        ({"size": 1, "kernel": 4, "padding": ((3, 0),)}, 1),
        ({"size": 3, "kernel": 2, "stride": 2, "dilation": 4, "output_padding": 3}, 12),
        ({"size": 3, "kernel": 1, "stride": 2, "padding": "same_upper"}, 6),
        ({"size": 4, "kernel": 2, "stride": 5, "padding": "same_lower"}, 20),
        ({"size": 4, "kernel": 2, "stride": 5, "padding": "valid"}, 17),
    ],
)
def test_the_output_size_of_a_transposed_convolution(arguments: dict[str, Any], output_size: int) -> None:
    assert ConvGeometry.of(**arguments, transposed=True).output_size == (output_size,)


@pytest.mark.parametrize(
    ("text", "degenerate"),
    [
        ("n1c1k1i3f2", False),
        ("n0c1k1i3f2", False),
        ("n1c0k1i3f2", True),
        ("n1c1k0i3f2", True),
        ("n1c1k1i0f2p1", True),
        ("n1c1k1i3x3f2x4", True),
        ("n1c1k1i1f4t", False),
    ],
)
def test_what_is_degenerate(text: str, degenerate: bool) -> None:
    assert parse_geometry(text).is_degenerate is degenerate


@pytest.mark.parametrize("text", ["n1c1k1i3f5", "n1c1k1i3x4f2x2d1x4"])
def test_a_kernel_that_does_not_fit_has_no_output(text: str) -> None:
    geometry = parse_geometry(text)
    assert geometry.output_size[-1] == 0
    assert geometry.products == 0


@pytest.mark.parametrize(
    ("padding", "sides", "outputs"),
    [
        ("valid", (0, 0), 2),
        ("same_upper", (0, 1), 3),
        ("same_lower", (1, 0), 3),
        ("causal", (2, 0), 3),
    ],
)
def test_named_paddings(padding: str, sides: tuple[int, int], outputs: int) -> None:
    geometry = ConvGeometry.of(size=6, kernel=3, stride=2, padding=padding)
    assert geometry.padding == (sides,)
    assert geometry.output_size == (outputs,)


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"size": 3, "kernel": 2, "stride": 0}, "stride[0]=0, but should be an integer of at least 1"),
    ({"size": 3, "kernel": 2, "stride": -1}, "stride[0]=-1"),
    ({"size": 3, "kernel": 2, "dilation": 0}, "dilation[0]=0"),
    ({"size": 3, "kernel": 2, "padding": -1}, "padding[0][0]=-1, but should be an integer of at least 0"),
    ({"size": 3, "kernel": 2, "padding": "full"}, "padding='full', but should be one of"),
    ({"size": 3, "kernel": 2, "padding": ((1, 2, 3),)}, "should be a (low, high) pair"),
    ({"size": 3, "kernel": 2, "batch": -1}, "batch=-1, but should be an integer of at least 0"),
    ({"size": 3, "kernel": 2, "in_channels": -1}, "in_channels=-1, but should be an integer of at least 0"),
    ({"size": -1, "kernel": 2}, "size[0]=-1, but should be an integer of at least 0"),
    ({"size": 3, "kernel": 0}, "kernel[0]=0, but should be an integer of at least 1"),
    ({"size": 3, "kernel": 2, "padding": "causal", "transposed": True}, "should be another name, or numbers"),
    ({"size": 3, "kernel": 2, "groups": 0}, "groups=0"),
    ({"size": float("nan"), "kernel": 2}, "size[0]=nan, but should be an integer"),
    ({"size": 3.0, "kernel": 2}, "size[0]=3.0, but should be an integer"),
    ({"size": 3, "kernel": True}, "kernel[0]=True, but should be an integer"),
    ({"size": "33", "kernel": 2}, "should be a tuple of integers"),
    ({"size": (3, 3), "kernel": 2, "stride": "ab"}, "stride='ab'"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSALS)
def test_an_argument_of_another_kind_is_refused_by_its_name(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        ConvGeometry.of(**arguments)
    assert told in str(refusal.value)
    assert str(refusal.value).endswith("[ConvGeometry]")


def test_numpy_integers_are_integers() -> None:
    geometry = ConvGeometry.of(size=np.array([3, 4]), kernel=np.int64(2), batch=np.int32(2))
    assert geometry == ConvGeometry.of(size=(3, 4), kernel=2, batch=2)
    assert type(geometry.batch) is int


def test_equal_geometries_have_one_hash_in_every_process() -> None:
    """A geometry that is handed to another process brings its hash along."""
    text = "n2c3k4i7x7f3x3p1x1mreflect"
    program = f"from convoracle.oracle.problem.geometry import parse_geometry; print(hash(parse_geometry({text!r})))"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert hashes == {f"{hash(parse_geometry(text))}\n"}
    assert hash(parse_geometry(text)) != hash(parse_geometry("n2c3k4i7x7f3x3p1x0mreflect"))
