"""Shrinking a geometry keeps its kind, never increases a number, and reaches the limit where it can."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.suites.cases.corpora import CORPORA, load_corpus
from convoracle.suites.cases.corpora.shrinking import shrunk, smaller_ones, smallest, with_few_settings

_EVERY = tuple({entry.geometry: None for corpus in CORPORA for entry in load_corpus(corpus)})


def _kept(geometry: ConvGeometry) -> tuple[object, ...]:
    spans = [d * (r - 1) + 1 for d, r in zip(geometry.dilation, geometry.kernel, strict=True)]
    padded = [size + low + high for size, (low, high) in zip(geometry.size, geometry.padding, strict=True)]
    remainders = [(p - span) % s for p, span, s in zip(padded, spans, geometry.stride, strict=True)]
    settings = (geometry.kernel, geometry.stride, geometry.padding, geometry.dilation, geometry.padding_mode)
    multiplier = geometry.out_channels // geometry.groups if geometry.is_depthwise else None
    kind = (min(geometry.groups, 2), geometry.is_depthwise, multiplier)
    rest = None if geometry.transposed else tuple(remainders)
    return (*settings, geometry.transposed, geometry.output_padding, kind, rest)


def _numbers(geometry: ConvGeometry) -> tuple[int, ...]:
    return (geometry.batch, geometry.groups, geometry.in_channels, geometry.out_channels, *geometry.size)


@given(st.sampled_from(_EVERY), st.integers(1, 10**6))
def test_a_shrunk_geometry_is_of_the_same_kind(geometry: ConvGeometry, limit: int) -> None:
    small = shrunk(geometry, limit)
    assert _kept(small) == _kept(geometry)
    assert all(a <= b for a, b in zip(_numbers(small), _numbers(geometry), strict=True))
    assert geometry.is_degenerate or min(small.output_size) >= 1
    assert small.products <= limit or not list(smaller_ones(small))


def test_what_is_small_enough_stays_as_it_is() -> None:
    geometry = parse_geometry("n2c4k6i9x8f3x3s2x2g2")
    assert shrunk(geometry, geometry.products) is geometry


def test_every_corpus_shrinks_to_what_a_quick_check_takes() -> None:
    assert max(shrunk(geometry, 20_000).products for geometry in _EVERY) <= 20_000


@pytest.mark.parametrize(
    ("text", "smallest"),
    [
        ("n9c64k64i56x56f3x3p1x1", "n1c1k1i1x1f3x3p1x1"),
        ("n9c64k128i57x57f3x3s2x2g64", "n1c2k4i3x3f3x3s2x2g2"),
        ("n9c64k128i56x56f3x3s2x2g8", "n1c4k2i4x4f3x3s2x2g2"),
        ("n9c8k8i7f4s3p1to2", "n1c1k1i1f4s3p1to2"),
        ("n1c1k1i9f2p3mreflect", "n1c1k1i4f2p3mreflect"),
    ],
)
def test_the_smallest_of_a_kind(text: str, smallest: str) -> None:
    assert shrunk(parse_geometry(text), 0) == parse_geometry(smallest)


def test_a_fault_is_reduced_to_what_it_needs() -> None:
    geometry = parse_geometry("n8c64k128i56x57f3x3s2x2p1x1d2x2g4")
    found = smallest(geometry, lambda each: each.in_channels > 5 and each.stride[-1] > 1 and each.rank > 1)
    assert found == parse_geometry("n1c6k1i1x1f1x1s2x2")
    assert smallest(geometry, lambda each: each.stride[-1] > 1) == parse_geometry("n1c1k1i1f1s2")


def test_reducing_a_fault_asks_at_full_size_only_where_it_must() -> None:
    geometry = parse_geometry("n8c64k128i56x56f3x3p1x1")
    asked = []

    def shows(each: ConvGeometry) -> bool:
        asked.append(each.products)
        return True

    smallest(geometry, shows)
    assert max(asked) <= 100


def test_a_fault_that_shows_at_full_size_only_is_left_there() -> None:
    geometry = parse_geometry("n8c64k128i56x56f3x3p1x1")
    assert smallest(geometry, lambda each: each == geometry) == geometry


@pytest.mark.parametrize(
    ("text", "needed", "plainest"),
    [
        ("n5c1k1i2x4x6f1x4x5", lambda g: g.rank == 3 and g.size[1:] != (1, 1), "n1c1k1i1x1x2f1x1x1"),
        ("n2c3k4i9f5p4mreflect", lambda g: g.padding_mode == "reflect" and g.padding[0][0] > 0, "n1c1k1i2f1p1mreflect"),
        ("n2c2k2i9x9f3x3s3x5", lambda g: g.rank == 2 and g.stride[0] != g.stride[1], "n1c1k1i1x1f1x1s1x2"),
        ("n1c1k1i9x9f3x3d3x5", lambda g: g.rank == 2 and g.dilation[1] > 2, "n1c1k1i1x1f1x1d1x3"),
        ("n1c1k1i5x5f5x5", lambda g: g.rank == 2 and g.kernel[1] > 1, "n1c1k1i1x2f1x2"),
        ("n1c1k1i9x9f5x5", lambda g: g.rank == 2 and g.kernel[0] == g.kernel[1] > 1, "n1c1k1i2x2f2x2"),
        ("n1c1k1i1f2p1d2", lambda g: g.dilation[0] > 1 and g.kernel[0] > 1, "n1c1k1i3f2d2"),
        ("n1c1k1i2f3s2p1", lambda g: g.stride[0] > 1 and g.output_size[0] > 1, "n1c1k1i3f1s2"),
        ("n1c1k1i5f3p0+1", lambda g: g.padding[0][1] > 0, "n1c1k1i1f1p1"),
        ("n1c2k66i6f1g2", lambda g: g.groups > 1 and g.out_channels > 2, "n1c2k4i1f1g2"),
        ("n1c7k1i9f3s2p1t", lambda g: g.output_size[0] > 16, "n1c1k1i17f1"),
        ("n1c9k1i9f3", lambda g: g.in_channels == g.size[0] > 2, "n1c3k1i3f1"),
        ("n1c1k1i1f7p3", lambda g: g.kernel[0] == 2 * g.padding[0][0] + 1 > 1, "n1c1k1i1f3p1"),
        ("n1c1k1i9f8", lambda g: g.output_size[0] == 2 and g.kernel[0] > 1, "n1c1k1i3f2"),
        ("n1c1k1i2x1f1x1", lambda g: g.batch * g.size[0] * len(g.size) > 3 or g.batch == 2, "n2c1k1i1f1"),
        ("n2c2k2i3f1", lambda g: g.products in (24, 2), "n1c1k1i2f1"),
        ("n1c1k1i5x9f3x5", lambda g: g.size == (5, 9) or (g.size == (3, 5) == g.kernel), "n1c1k1i3x5f3x5"),
        ("n1c1k1i13x12f1x1", lambda g: g.products >= 128, "n1c1k1i128f1"),
    ],
)  # fmt: skip
def test_what_is_not_needed_is_as_plain_as_it_gets(text, needed, plainest: str) -> None:
    assert smallest(parse_geometry(text), needed) == parse_geometry(plainest)


@pytest.mark.parametrize("text", ["n2c2k2i2x2f2x2s2x2t", "n2c4k2i3x4f3x3p1x2d1x2g2", "n1c2k2i5x4f2x3s2x1p0+1x1"])
def test_shrinking_ends_whatever_shows(text: str) -> None:
    for salt in range(20):
        smallest(parse_geometry(text), lambda geometry, salt=salt: zlib.crc32(f"{salt}{geometry}".encode()) % 4 > 0)


def test_few_settings_come_one_and_two_at_a_time_on_something_plain() -> None:
    geometry = parse_geometry("n9c64k64i56x56f3x3p1x1d2x2g64")
    few = list(map(str, with_few_settings(geometry)))
    assert few[0] == "n9c1k1i1x1f1x1"
    assert few.index("n1c1k1i1x1f1x1d2x2") < few.index("n9c1k1i1x1f1x1d2x2")
    assert not any(all(sign in each for sign in ("n9", "g2", "d2")) for each in few)


@given(st.sampled_from(_EVERY))
def test_each_setting_of_a_geometry_is_tried_alone_or_with_another_and_small(geometry: ConvGeometry) -> None:
    few = list(with_few_settings(geometry))
    assert len(set(few)) == len(few)
    assert all(each.rank == geometry.rank and each.products <= max(100, geometry.products) for each in few)
    for name in ("stride", "dilation"):
        own = getattr(geometry, name)
        assert max(own) == 1 or own in {getattr(each, name) for each in few}
