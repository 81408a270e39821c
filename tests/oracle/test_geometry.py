"""ConvGeometry: sizes, named paddings, text form, and every refusal with its arithmetic."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle.equations import output_terms
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.geometry import ConvGeometry, parse_geometry
from convoracle.suites.strategies import Space, conv_geometries


@given(conv_geometries())
def test_text_form_reads_back(geometry: ConvGeometry) -> None:
    assert parse_geometry(str(geometry)) == geometry


@pytest.mark.parametrize(
    ("text", "geometry"),
    [
        ("n1c1k1i3x3f2x2", ConvGeometry.of(size=(3, 3), kernel=2)),
        (
            "n2c4k6i5x7f2x3s2x1p1+0x0+2d1x2g2",
            ConvGeometry.of(
                batch=2, in_channels=4, out_channels=6, size=(5, 7), kernel=(2, 3), stride=(2, 1),
                padding=((1, 0), (0, 2)), dilation=(1, 2), groups=2,
            ),
        ),
        ("n0c1k1i9f3p1", ConvGeometry.of(batch=0, size=9, kernel=3, padding=1)),
    ],
)  # fmt: skip
def test_text_form_is_stable(text: str, geometry: ConvGeometry) -> None:
    assert str(geometry) == text


@given(conv_geometries())
def test_the_last_window_fits_and_one_more_would_not(geometry: ConvGeometry) -> None:
    for axis in range(geometry.rank):
        low, high = geometry.padding[axis]
        last = geometry.source_positions(axis)[-1, -1]
        assert last < geometry.size[axis] + high
        assert last + geometry.stride[axis] >= geometry.size[axis] + high
        assert geometry.source_positions(axis)[0, 0] == -low


@settings(max_examples=30)
@given(conv_geometries(space=Space(max_products=500)))
def test_products_are_counted_window_by_window(geometry: ConvGeometry) -> None:
    products = sum(len(output_terms(geometry, index)) for index in np.ndindex(geometry.output_shape))
    assert geometry.products == products


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
    ({"size": 3, "kernel": 5}, "1*(5 - 1) + 1 = 5, beyond 3 + 0 + 0 = 3"),
    ({"size": (3, 4), "kernel": 2, "dilation": (1, 4)}, "axis 1 reaches 4*(2 - 1) + 1 = 5, beyond 4 + 0 + 0 = 4"),
    (
        {"size": 3, "kernel": 2, "in_channels": 8, "out_channels": 3, "groups": 3},
        "should divide in_channels=8: 8 % 3 = 2",
    ),
    (
        {"size": 3, "kernel": 2, "in_channels": 3, "out_channels": 8, "groups": 3},
        "should divide out_channels=8: 8 % 3 = 2",
    ),
    ({"size": 3, "kernel": 2, "stride": 0}, "stride[0]=0, but should be an integer of at least 1"),
    ({"size": 3, "kernel": 2, "stride": -1}, "stride[0]=-1"),
    ({"size": 3, "kernel": 2, "dilation": 0}, "dilation[0]=0"),
    ({"size": 3, "kernel": 2, "padding": -1}, "padding[0][0]=-1, but should be an integer of at least 0"),
    ({"size": 3, "kernel": 2, "padding": "full"}, "padding='full', but should be one of"),
    ({"size": 3, "kernel": 2, "padding": ((1, 2, 3),)}, "should be a (low, high) pair"),
    ({"size": 3, "kernel": 2, "batch": -1}, "batch=-1, but should be an integer of at least 0"),
    ({"size": 3, "kernel": 2, "in_channels": 0}, "in_channels=0, but should be an integer of at least 1"),
    ({"size": 3, "kernel": 2, "groups": 0}, "groups=0"),
    ({"size": float("nan"), "kernel": 2}, "size[0]=nan, but should be an integer"),
    ({"size": 3.0, "kernel": 2}, "size[0]=3.0, but should be an integer"),
    ({"size": 3, "kernel": True}, "kernel[0]=True, but should be an integer"),
    ({"size": (3, 3), "kernel": (2,)}, "should have 2 entries, one for each axis of size=(3, 3)"),
    ({"size": (), "kernel": ()}, "should have at least one axis"),
    ({"size": "33", "kernel": 2}, "should be a tuple of integers"),
    ({"size": (3, 3), "kernel": 2, "stride": "ab"}, "stride='ab'"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSALS)
def test_impossible_geometry_is_refused_with_its_arithmetic(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        ConvGeometry.of(**arguments)
    assert told in str(refusal.value)
    assert str(refusal.value).endswith("[ConvGeometry]")


def test_numpy_integers_are_integers() -> None:
    geometry = ConvGeometry.of(size=np.array([3, 4]), kernel=np.int64(2), batch=np.int32(2))
    assert geometry == ConvGeometry.of(size=(3, 4), kernel=2, batch=2)
    assert type(geometry.batch) is int


@pytest.mark.parametrize(
    "text", ["", "n1c1k1i3", "n1c1k1i3f2 ", "n1c1k1i3f2\n", "n-1c1k1i3f2", "n1c1k1i3x3f2x", "n١c1k1i3f2"]
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="should look like"):
        parse_geometry(text)


def test_a_legal_form_of_an_illegal_geometry_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="should fit in the padded input"):
        parse_geometry("n1c1k1i3f5")


def test_an_error_survives_being_sent_between_processes() -> None:
    error = InvalidArgument("stride", 0, "should be positive", where="here")
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert copy.argument == "stride"
