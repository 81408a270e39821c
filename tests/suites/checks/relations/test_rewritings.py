"""One convolution written as another: which one, which operands it is given, and how its result is mapped back."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.numbers.arrays import widened
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.checks.relations.catalogue import relation_named
from convoracle.suites.checks.relations.relation import RelatedCall
from convoracle.suites.checks.relations.rewritings import REWRITINGS

OTHERS = (
    ("batch-permutation", "n3c1k1i4f2", "n3c1k1i4f2"),
    ("channel-permutation", "n1c4k6i4f2g2", "n1c4k6i4f2g2"),
    ("groups", "n1c4k2i4f2g2", "n1c4k2i4f2"),
    ("groups", "n1c4k2i4f2g2t", "n1c4k2i4f2t"),
    ("dilation", "n1c1k1i5f2p1d2", "n1c1k1i5f3p1"),
    ("dilation", "n1c1k1i9x9f3x2d3x1", "n1c1k1i9x9f7x2"),
    ("stride", "n1c1k1i7f2s3", "n1c1k1i7f2"),
    ("stride", "n1c1k1i3f2s2to1", "n1c1k1i6f2t"),
    ("wider-padding", "n1c1k1i5f3p1+0", "n1c1k1i5f3p1"),
    ("wider-padding", "n1c1k1i5f3p0+1", "n1c1k1i5f3p1"),
    ("wider-padding", "n1c1k1i5f3p1", "n1c1k1i5f3p2"),
    ("wider-padding", "n1c1k1i5f3s2p1+0", "n1c1k1i5f3s2p1+2"),
    ("wider-padding", "n1c1k1i5f5s2p4+0", "n1c1k1i5f5s2p4"),
    ("wider-padding", "n1c1k1i5f3s2p1+0t", "n1c1k1i6f3s2p1+2t"),
    ("wider-padding", "n1c1k1i5f3s2p0+1t", "n1c1k1i6f3s2p2+1t"),
    ("explicit-padding", "n1c1k1i4f3p1+2", "n1c1k1i7f3"),
    ("explicit-padding", "n1c1k1i4f3p1mreflect", "n1c1k1i6f3"),
    ("explicit-padding", "n1c1k1i4f3p1t", "n1c1k1i4f3t"),
    ("translation", "n1c1k1i6f2s2", "n1c1k1i6f2s2"),
)


@pytest.mark.parametrize(("name", "geometry", "other"), OTHERS)
def test_the_other_convolution(name: str, geometry: str, other: str) -> None:
    calls = relation_named(name).derive(Pass.FORWARD, operands_of(geometry), parse_geometry(geometry)).calls
    assert [str(call.geometry) for call in calls] == [geometry, other]


@pytest.mark.parametrize(("name", "geometry", "other"), OTHERS)
@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_both_have_the_same_result_and_not_by_chance(name: str, geometry: str, other: str, pass_: Pass) -> None:
    relation = relation_named(name)
    if pass_ not in relation.passes:
        pytest.skip("it does not speak of this pass")
    derivation = relation.derive(pass_, operands_of(geometry).of(pass_), parse_geometry(geometry))
    own, mapped = derivation.sides(list(map(result, derivation.calls)))
    assert own.size > 0
    assert own.any()
    assert np.array_equal(own, mapped)


def operands_of(geometry: str) -> Operands:
    return lattice_operands(parse_case(f"{geometry}/bias/float64/uniform/1"))


def result(call: RelatedCall) -> np.ndarray:
    return widened(reference.evaluate(call.pass_, call.operands, call.geometry))


def derived(name: str, geometry: str) -> list[Operands]:
    """The operands of both calls, where the input is 1, 2, 3, …"""
    parsed = parse_geometry(geometry)
    input_ = np.arange(1.0, np.prod(parsed.input_shape) + 1).reshape(parsed.input_shape)
    given = operands_of(geometry)
    operands = Operands(input_, given.weight, given.bias, given.output_gradient)
    return [call.operands for call in relation_named(name).derive(Pass.FORWARD, operands, parsed).calls]


@pytest.mark.parametrize(
    ("name", "geometry", "inputs"),
    [
        ("batch-permutation", "n3c1k1i1f1", ([1, 2, 3], [3, 2, 1])),
        ("channel-permutation", "n1c4k2i1f1g2", ([1, 2, 3, 4], [4, 3, 2, 1])),
        ("channel-permutation", "n1c6k2i1f1g2", ([1, 2, 3, 4, 5, 6], [6, 4, 5, 3, 1, 2])),
        ("explicit-padding", "n1c1k1i2f1p1+2", ([1, 2], [0, 1, 2, 0, 0])),
        ("explicit-padding", "n1c1k1i3f2p1mreplicate", ([1, 2, 3], [1, 1, 2, 3, 3])),
        ("translation", "n1c1k1i4f2", ([1, 2, 3, 0], [0, 1, 2, 3])),
        ("translation", "n1c1k1i5f2s2", ([1, 2, 3, 0, 0], [0, 0, 1, 2, 3])),
    ],
)
def test_the_input_of_both(name: str, geometry: str, inputs: tuple[list[int], list[int]]) -> None:
    assert tuple(operands.input.ravel().tolist() for operands in derived(name, geometry)) == inputs


def test_a_kernel_gets_zeros_between_its_taps() -> None:
    own, other = (operands.weight.ravel().tolist() for operands in derived("dilation", "n1c1k1i7f3d2"))
    assert other == [own[0], 0, own[1], 0, own[2]]


def test_the_results_of_a_dense_convolution_are_read_at_every_stride() -> None:
    derivation = relation_named("stride").derive(
        Pass.FORWARD, operands_of("n1c1k1i7f2s3"), parse_geometry("n1c1k1i7f2s3")
    )
    own, other = derivation.sides([np.array([[[7.0, 8.0]]]), np.arange(6.0)[None, None]])
    assert (own.tolist(), other.tolist()) == ([[[7, 8]]], [[[0, 3]]])


def test_these_are_all() -> None:
    assert {relation.name for relation in REWRITINGS} == {name for name, _, _ in OTHERS}
