"""Which relations there are, and of which cases they speak."""

from __future__ import annotations

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.checks.relations.catalogue import RELATIONS, applicable, relation_named, relations_of

ALWAYS = {"linearity-in-input", "linearity-in-weight", "wider-padding", "translation", "transposition"}
"""What is said of any forward pass that has more than one output position and is padded with zeros."""


def test_relations_have_names_of_their_own() -> None:
    for relation in RELATIONS:
        assert relation_named(relation.name) is relation
        assert relation.explanation[0].islower()
        assert not relation.explanation.endswith(".")
        assert relation.between <= relation.passes
    with pytest.raises(KeyError):
        relation_named("symmetry")


@pytest.mark.parametrize(
    ("geometry", "more", "fewer"),
    [
        ("n1c1k1i5f2", set(), set()),
        ("n2c1k1i5f2", {"batch-permutation", "batch-independence"}, set()),
        ("n1c2k1i5f2", {"channel-permutation"}, set()),
        ("n1c1k2i5f2", {"channel-permutation"}, set()),
        ("n1c2k2i5f2g2", {"channel-permutation", "groups"}, set()),
        ("n1c1k1i5f2d2", {"dilation"}, set()),
        ("n1c1k1i5f1p1d2", {"explicit-padding"}, set()),
        ("n1c1k1i3f2d2to1", set(), {"transposition"}),
        ("n1c1k1i5f1", {"matrix-product"}, set()),
        ("n1c1k1i5f1s2", {"matrix-product", "stride"}, set()),
        ("n1c1k1i5f1t", set(), set()),
        ("n1c1k1i5f2s2t", {"stride"}, set()),
        ("n1c1k1i5f2p1", {"explicit-padding"}, set()),
        ("n1c1k1i5f2p1mreflect", {"explicit-padding"}, {"wider-padding", "translation", "transposition"}),
        ("n1c1k1i2f2", set(), {"translation"}),
        ("n1c1k1i3f2s2", {"stride"}, {"translation"}),
        ("n1c1k1i3f2s3p1", {"stride", "explicit-padding"}, {"translation"}),
    ],
)
def test_what_is_said_of_a_forward_pass(geometry: str, more: set[str], fewer: set[str]) -> None:
    found = {relation.name for relation in relations_of(Pass.FORWARD, parse_geometry(geometry))}
    assert found == (ALWAYS | more) - fewer


@pytest.mark.parametrize("geometry", ["n0c1k1i5f2", "n1c0k1i5f2", "n1c1k1i2f3"])
def test_nothing_is_said_where_there_is_nothing_to_compare(geometry: str) -> None:
    assert relations_of(Pass.FORWARD, parse_geometry(geometry)) == ()


def test_a_sum_over_positions_knows_nothing_of_kernels() -> None:
    found = relations_of(Pass.BIAS_GRADIENT, parse_geometry("n2c2k2i5f2s2p1d2g2"))
    assert {relation.name for relation in found} == {
        "linearity-in-output-gradient",
        "batch-permutation",
        "batch-independence",
        "channel-permutation",
        "translation",
    }


@pytest.mark.parametrize(
    ("dtype", "pass_", "some"),
    [("int8", Pass.FORWARD, True), ("int8", Pass.UPDATE, False), ("complex64", Pass.DOUBLE_BACKWARD_INPUT, False)],
)
def test_nothing_is_said_of_a_pass_that_a_dtype_does_not_have(dtype: str, pass_: Pass, some: bool) -> None:
    assert bool(applicable(parse_case(f"n1c1k1i5f2/{dtype}/uniform/0"), pass_)) is some
