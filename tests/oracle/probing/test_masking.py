"""Masks find the order that an arithmetic really sums in, in every pass."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings

from convoracle.oracle.probing.card import probe
from convoracle.oracle.probing.dot import Dot
from convoracle.oracle.probing.masking import order
from convoracle.oracle.probing.trees import Tree, leaves, meeting
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Pass

from .emulated import Arithmetic, blocked, convolution
from .test_trees import trees


@settings(max_examples=40, deadline=None)
@given(trees())
def test_the_tree_that_is_found_is_the_one_that_is_summed_by(tree: Tree) -> None:
    geometry = ConvGeometry.of(size=1, kernel=1, in_channels=len(leaves(tree)))
    ask = convolution(Arithmetic(lambda terms: tree), "float32")
    found, _ = order(Dot(ask, Pass.FORWARD, geometry, "float32"))
    assert all(meeting(found, *pair) == meeting(tree, *pair) for pair in combinations(leaves(tree), 2))


@pytest.mark.parametrize(
    ("pass_", "geometry"),
    [
        (Pass.FORWARD, ConvGeometry.of(size=1, kernel=1, in_channels=16)),
        (Pass.INPUT_GRADIENT, ConvGeometry.of(size=1, kernel=1, out_channels=16)),
        (Pass.WEIGHT_GRADIENT, ConvGeometry.of(size=16, kernel=1)),
        (Pass.BIAS_GRADIENT, ConvGeometry.of(size=16, kernel=1)),
    ],
    ids=str,
)
def test_every_pass_is_asked(pass_: Pass, geometry: ConvGeometry) -> None:
    arithmetic = Arithmetic(blocked(4), operands=11 if pass_ is not Pass.BIAS_GRADIENT else 53)
    card = probe(convolution(arithmetic, "float32"), pass_, geometry, "float32")
    assert card.value("order") == "4 blocks of 4 in sequence, each 4 pairwise"
    assert card.value("sums") == 24
    bits = [finding.value for finding in card.findings if finding.line in ("input", "weight", "output gradient")]
    assert bits == ([11, 11] if pass_ is not Pass.BIAS_GRADIENT else [])
