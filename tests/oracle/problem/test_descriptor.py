"""benchdnn descriptors: real lines with known sizes, the rules one by one, and the way there and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.problem.descriptor import parse_descriptor, split_name, write_descriptor
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry


@pytest.mark.parametrize(
    ("text", "geometry"),
    [
        # The first layer of ResNet-50: the driver implies 2 behind, where 3, as in front, gives the same output.
        (
            'g1mb50ic3ih224iw224oc64oh112ow112kh7kw7sh2sw2ph3pw3n"resnet_50:conv1"',
            "n50c3k64i224x224f7x7s2x2p3x3",
        ),
        ('mb50ic64ih56oc256oh56kh1ph0n"resnet_50:res2a_branch1*4"', "n50c64k256i56x56f1x1"),
        ("mb1ic16oc16_ih16kh3ph0oh15_iw16kw3pw1ow16", "n1c16k16i16x16f3x3p0+1x1"),
        ('ic32oc13_ih13oh12kh3ph0_n"tails_conv:1"', "n2c32k13i13x13f3x3p0+1x0+1"),
        ("mb1_g16ic16oc16_ih15oh3kh7sh5ph3_iw10ow10kw3", "n1c16k16i15x10f7x3s5x1p3x1g16"),
        ("mb1_g16ic16oc16_ih14oh8kh2sh2ph1_iw10ow10kw3", "n1c16k16i14x10f2x3s2x1p1x1g16"),
        ("mb1ic512ih38iw57oc512oh38ow57kh3kw3ph3pw3dh2dw2", "n1c512k512i38x57f3x3p3x3d3x3"),
        ("ic3oc64id28od36kd3pd5sd1dd0", "n2c3k64i28x28x28f3x3x3p5x5x5"),
        ("mb1ic3ih132iw132id116oc32kh3kw3kd3ph0pw0pd0", "n1c3k32i116x132x132f3x3x3"),
        ("ic8iw5oc8ow2kw3pw3dw2", "n2c8k8i5f3p3+0d3"),
    ],
)
def test_lines_of_benchdnn_have_the_sizes_they_say(text: str, geometry: str) -> None:
    assert parse_descriptor(text) == parse_geometry(geometry)


@pytest.mark.parametrize(
    ("text", "geometry"),
    [
        ("g1mb256oc3oh227ow227ic96ih55iw55kh11kw11sh4sw4ph0pw0", "n256c96k3i55x55f11x11s4x4t"),
        # By symmetric padding, with the output padding that PyTorch would be given.
        ("g1mb96ic64ih112iw112oc3oh224ow224kh7kw7sh2sw2ph3pw3", "n96c64k3i112x112f7x7s2x2p3x3to1x1"),
        ("oc16ic16_ow5iw8kw3pw3", "n2c16k16i8f3p3+2t"),
        ("g17oc17ic17_od5id5kd3pd1", "n2c17k17i5x5x5f3x3x3p1x1x1g17t"),
        ("ic4oc6iw5kw3sw2pw1", "n2c4k6i5f3s2p1t"),
    ],
)
def test_channels_and_sizes_of_a_deconvolution_are_its_own(text: str, geometry: str) -> None:
    assert parse_descriptor(text, transposed=True) == parse_geometry(geometry)


@pytest.mark.parametrize(
    ("text", "geometry"),
    [
        ("ic1oc1iw5kw2", "n2c1k1i5f2"),
        ("ic1oc1ih5kh2", "n2c1k1i5x5f2x2"),
        ("ic1oc1id5kd2", "n2c1k1i5x5x5f2x2x2"),
        ("ic1oc1ih5kh2iw4kw3", "n2c1k1i5x4f2x3"),
        ("ic1oc1ih5kh3sh2ph1dh1", "n2c1k1i5x5f3x3s2x2p1x1d2x2"),
        ("_mb3__ic1_oc1_iw5_kw2_", "n3c1k1i5f2"),
        ("ic1oc1iw5kw3ow5", "n2c1k1i5f3p1"),
        ("ic1oc1iw5kw2ow5", "n2c1k1i5f2p0+1"),
        ("ic1oc1iw5kw2ow0", "n2c1k1i5f2"),
        ("mb0ic1oc1iw5kw2sh1ph0dh0", "n0c1k1i5f2"),
    ],
)
def test_what_is_left_out_follows_from_the_rest(text: str, geometry: str) -> None:
    assert parse_descriptor(text) == parse_geometry(geometry)


def test_dilation_counts_from_zero() -> None:
    assert parse_descriptor("ic1oc1iw9kw3dw0").dilation == (1,)
    assert parse_descriptor("ic1oc1iw9kw3dw1").dilation == (2,)


@pytest.mark.parametrize(
    ("text", "argument", "told"),
    [
        ("ic1oc1iw5kw2zw4", "text", "column 13"),
        ("ic1oc1iw-5kw2", "text", "column 7"),
        ("ic1oc1ic2iw5kw2", "ic", "column 7"),
        ("oc1iw5kw2", "ic", "should be given"),
        ("ic1oc1iw5", "kw", "should be given"),
        ("ic1oc1ih5kh2iw4", "kw", "should be given"),
        ("ic1oc1iw5kw2sw0", "sw", "at least 1"),
        ("g0ic1oc1iw5kw2", "g", "at least 1"),
        ("ic1oc1", "text", "it has ''"),
        ("ic1oc1id5kd2iw4kw2", "text", "it has 'dw'"),
        ("ic1oc1iw5kw9", "text", "(0,)"),
        ("ic1oc1iw9kw2ow3", "ow", "at least 8"),
        ("g2ic3oc4iw5kw2", "groups", "3 % 2 = 1"),
    ],
)
def test_a_wrong_descriptor_is_refused_with_the_place(text: str, argument: str, told: str) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        parse_descriptor(text)
    assert refusal.value.argument == argument
    assert told in str(refusal.value)


def test_a_deconvolution_has_no_more_output_than_output_padding_gives() -> None:
    assert parse_descriptor("ic1oc1iw3kw2sw2ow7", transposed=True).output_padding == (1,)
    with pytest.raises(InvalidArgument, match="ow=8, but should be at most 7"):
        parse_descriptor("ic1oc1iw3kw2sw2ow8", transposed=True)


def test_the_name_is_what_follows_the_first_n() -> None:
    assert split_name('ic1oc1iw5kw2_n"conv_n:1*3"') == ("ic1oc1iw5kw2_", "conv_n:1*3")
    assert split_name("ic1oc1iw5kw2") == ("ic1oc1iw5kw2", "")


@pytest.mark.parametrize(
    "geometry",
    [
        ConvGeometry.of(size=5, kernel=3, padding=1, padding_mode="reflect"),
        ConvGeometry.of(size=(2, 2, 2, 2), kernel=1),
        ConvGeometry.of(size=2, kernel=3),
        ConvGeometry.of(size=2, kernel=1, in_channels=0),
    ],
)
def test_what_has_no_descriptor_is_refused(geometry: ConvGeometry) -> None:
    with pytest.raises(InvalidArgument):
        write_descriptor(geometry)


@st.composite
def _geometries(draw: st.DrawFn) -> ConvGeometry:
    """Geometries of all kinds that have a descriptor."""
    rank = draw(st.integers(1, 3))
    alike = draw(st.booleans())

    def axes(least: int, most: int) -> tuple[int, ...]:
        numbers = st.integers(least, most)
        return (draw(numbers),) * rank if alike else tuple(draw(numbers) for _ in range(rank))

    groups, transposed, stride = draw(st.integers(1, 3)), draw(st.booleans()), axes(1, 4)
    extra = tuple(min(number, s - 1) for number, s in zip(axes(0, 3), stride, strict=True)) if transposed else 0
    low, more = axes(0, 4), axes(-4, 4)
    try:
        geometry = ConvGeometry.of(
            size=axes(1, 9),
            kernel=axes(1, 4),
            batch=draw(st.integers(0, 3)),
            in_channels=groups * draw(st.integers(1, 3)),
            out_channels=groups * draw(st.integers(1, 3)),
            stride=stride,
            padding=tuple((a, max(a + b, 0)) for a, b in zip(low, more, strict=True)),
            dilation=axes(1, 3),
            groups=groups,
            transposed=transposed,
            output_padding=extra,
        )
    except InvalidArgument:
        assume(False)
    assume(not geometry.is_degenerate)
    return geometry


@given(_geometries())
def test_reading_what_was_written_gives_the_same_convolution(geometry: ConvGeometry) -> None:
    text = write_descriptor(geometry, "a name")
    read = parse_descriptor(text, transposed=geometry.transposed)
    assert read.output_size == geometry.output_size
    assert read.products == geometry.products
    sides = [(low, high) for (low, _), (_, high) in zip(geometry.padding, read.padding, strict=True)]
    assert read == replace(geometry, padding=tuple(sides), output_padding=read.output_padding)
    assert write_descriptor(read, "a name") == text


@given(_geometries())
def test_symmetric_padding_comes_back_exactly(geometry: ConvGeometry) -> None:
    padding = tuple((low, low) for low, _ in geometry.padding)
    try:
        symmetric = replace(geometry, padding=padding)
    except InvalidArgument:
        assume(False)
    assume(not symmetric.is_degenerate)
    assert parse_descriptor(write_descriptor(symmetric), transposed=symmetric.transposed) == symmetric
