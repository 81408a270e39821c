"""Plainer geometries: legal ones with less of a setting, and a narrower kernel that leaves the output as large."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.suites.cases.corpora import CORPORA, load_corpus
from convoracle.suites.cases.corpora.plainer import plainer_ones

_EVERY = tuple({entry.geometry: None for corpus in CORPORA for entry in load_corpus(corpus)})


@given(st.sampled_from(_EVERY))
def test_plainer_geometries_are_legal_and_other_ones(geometry: ConvGeometry) -> None:
    for plainer in plainer_ones(geometry):
        assert plainer != geometry
        assert min(plainer.output_size) > 0


@pytest.mark.parametrize(
    ("text", "narrower"),
    [
        ("n1c1k1i9f7p3", {"n1c1k1i9f5p2", "n1c1k1i9f3p1", "n1c1k1i3f1p3", "n1c1k1i5f3p3", "n1c1k1i8f6p3"}),
        ("n1c1k1i9f7p3t", {"n1c1k1i9f5p2t", "n1c1k1i9f3p1t"}),
        ("n1c1k1i9x9f5x5p2x2", {"n1c1k1i9x9f3x3p1x1", "n1c1k1i7x7f3x3p2x2"}),
        ("n1c1k1i9x9f5x3p2x1", {"n1c1k1i9x9f3x3p1x1", "n1c1k1i8x8f4x2p2x1", "n1c1k1i9x7f5x1p2x1"}),
        ("n1c1k1i9f4p3d2", {"n1c1k1i9f3p2d2", "n1c1k1i7f3p3d2"}),
    ],
)
def test_a_kernel_is_narrower_with_as_much_less_padding_or_size(text: str, narrower: set[str]) -> None:
    geometry = parse_geometry(text)
    plainer = {str(each): each for each in plainer_ones(geometry)}
    assert narrower <= plainer.keys()
    assert {plainer[each].output_size for each in narrower} == {geometry.output_size}


def test_of_axes_that_are_alike_none_is_made_narrower_alone() -> None:
    plainer = set(map(str, plainer_ones(parse_geometry("n1c1k1i9x9f5x5p2x2"))))
    assert not plainer & {"n1c1k1i9x9f3x5p1x2", "n1c1k1i7x9f3x5p2x2"}
