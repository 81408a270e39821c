"""Identities of different computations: a transposed convolution is a gradient, a 1x1 kernel a matrix product."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.numbers.arrays import widened
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.checks.relations.catalogue import relation_named
from convoracle.suites.checks.relations.identities import transposed_of

THREE = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)


@pytest.mark.parametrize(
    ("direct", "transposed"),
    [
        ("n1c1k1i3f2", "n1c1k1i2f2t"),
        ("n2c4k6i7x5f3x2s2x1p1x0g2", "n2c6k4i4x4f3x2s2x1p1x0g2t"),
        ("n1c1k1i6f3s2", "n1c1k1i2f3s2to1"),
        ("n1c1k1i8f2s3p1+0d2", "n1c1k1i3f2s3p1+0d2t"),
    ],
)
def test_the_transposed_convolution_of_a_direct_one_leads_back(direct: str, transposed: str) -> None:
    """What strides leave unread at the end is its output padding."""
    geometry = parse_geometry(direct)
    assert transposed_of(geometry) == parse_geometry(transposed)
    assert transposed_of(geometry).direct == geometry


CASES = (
    ("transposition", "n2c2k3i6f3s2/bias/float32/uniform/1"),
    ("transposition", "n1c2k4i3f2s2g2to1/bias/float64/uniform/1"),
    ("transposition", "n2c2k2i4f2p1/bias/complex64/uniform/1"),
    ("matrix-product", "n2c4k6i5x4f1x1g2/bias/float32/uniform/1"),
    ("matrix-product", "n3c4k6i5f1s2/float64/uniform/2"),
    ("matrix-product", "n2c3k2i4f1/bias/complex64/uniform/3"),
)


@pytest.mark.parametrize(("name", "text"), CASES)
@pytest.mark.parametrize("pass_", THREE, ids=str)
def test_the_reference_has_it(name: str, text: str, pass_: Pass) -> None:
    case, relation = parse_case(text), relation_named(name)
    assert relation.applies(case.geometry)
    assert pass_ in relation.passes
    derivation = relation.derive(pass_, lattice_operands(case).of(pass_), case.geometry)
    own, other = derivation.sides(
        [reference.evaluate(call.pass_, wide(call.operands), call.geometry) for call in derivation.calls]
    )
    assert own.any()
    assert np.array_equal(own, other)


def wide(operands: Operands) -> Operands:
    return operands.map(widened)


@pytest.mark.parametrize(
    ("pass_", "asked", "shapes"),
    [
        (Pass.FORWARD, Pass.INPUT_GRADIENT, ((1, 3, 2), (1, 2, 6))),
        (Pass.INPUT_GRADIENT, Pass.FORWARD, ((1, 3, 2), (1, 2, 6))),
        (Pass.WEIGHT_GRADIENT, Pass.WEIGHT_GRADIENT, ((1, 3, 2), (1, 2, 6))),
    ],
)
def test_input_and_output_gradient_are_exchanged(
    pass_: Pass, asked: Pass, shapes: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    case = parse_case("n1c2k3i6f3s2/float32/uniform/1")
    _, other = relation_named("transposition").derive(pass_, lattice_operands(case), case.geometry).calls
    assert other.pass_ is asked
    assert (other.operands.input.shape, other.operands.output_gradient.shape) == shapes
    assert other.operands.bias is None


def test_a_matrix_product_by_hand() -> None:
    """Two channels to one at two positions: 1 * 5 + 3 * 6 + 7, and 2 * 5 + 4 * 6 + 7."""
    operands = Operands(np.array([[[1.0, 2], [3, 4]]]), np.array([[[5.0], [6]]]), np.array([7.0]), np.ones((1, 1, 2)))
    geometry = parse_geometry("n1c2k1i2f1")
    derivation = relation_named("matrix-product").derive(Pass.FORWARD, operands, geometry)
    own, product = derivation.sides([np.zeros((1, 1, 2))])
    assert own.tolist() == [[[0, 0]]]
    assert product.tolist() == [[[30, 41]]]
    derivation = relation_named("matrix-product").derive(Pass.INPUT_GRADIENT, operands, geometry)
    assert derivation.sides([np.zeros((1, 2, 2))])[1].tolist() == [[[5, 5], [6, 6]]]
    derivation = relation_named("matrix-product").derive(Pass.WEIGHT_GRADIENT, operands, geometry)
    assert derivation.sides([np.zeros((1, 2, 1))])[1].tolist() == [[[3], [7]]]
