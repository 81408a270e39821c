"""The text form of a geometry: the same for ever, read back, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import given

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.suites.cases.strategies import conv_geometries


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
        ("n1c1k1i4f3p2mreflect", ConvGeometry.of(size=4, kernel=3, padding=2, padding_mode="reflect")),
        (
            "n1c4k6i4x5f3x2s3x2p1x0g2to2x0",
            ConvGeometry.of(
                in_channels=4, out_channels=6, size=(4, 5), kernel=(3, 2), stride=(3, 2), padding=((1, 1), (0, 0)),
                groups=2, transposed=True, output_padding=(2, 0),
            ),
        ),
        ("n1c0k2i0f2", ConvGeometry.of(in_channels=0, out_channels=2, size=0, kernel=2)),
    ],
)  # fmt: skip
def test_text_form_is_stable(text: str, geometry: ConvGeometry) -> None:
    assert str(geometry) == text


@pytest.mark.parametrize(
    "text", ["", "n1c1k1i3", "n1c1k1i3f2 ", "n1c1k1i3f2\n", "n-1c1k1i3f2", "n1c1k1i3x3f2x", "n١c1k1i3f2"]
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="should look like"):
        parse_geometry(text)


def test_a_legal_form_of_an_illegal_geometry_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="should leave some output"):
        parse_geometry("n1c1k1i3f2p2t")


def test_what_is_unread_is_told_and_not_read() -> None:
    text = str(parse_geometry("n1c1k1i3f2s2d4to3").direct)
    assert text == "n1c1k1i12f2s2d4u2"
    with pytest.raises(InvalidArgument, match="should look like"):
        parse_geometry(text)
