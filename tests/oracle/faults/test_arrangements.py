"""The right numbers in another arrangement, axis by axis."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.faults import FaultModel
from convoracle.oracle.faults.arrangements import arrangements
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

PLANE = parse_geometry("n2c3k4i5x6f1x2")
"""Output (2, 4, 5, 5), input (2, 3, 5, 6), weight (4, 3, 1, 2)."""


def named(ndim: int) -> dict[str, FaultModel]:
    return {model.name: model for model in arrangements(ndim)}


def right(pass_: Pass, geometry: ConvGeometry) -> Array:
    shape = pass_.result_shape(geometry)
    return np.arange(np.prod(shape)).reshape(shape)


def arranged(model: FaultModel, pass_: Pass, geometry: ConvGeometry) -> Array:
    def counting(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        return right(pass_, geometry)

    nothing = Operands(np.zeros(0), np.zeros(0), None, np.zeros(0))
    return model.plant(counting)(pass_, nothing, geometry)


@pytest.mark.parametrize(
    ("name", "pass_", "order"),
    [
        ("result-channels-last", Pass.FORWARD, (0, 2, 3, 1)),
        ("result-channels-last", Pass.INPUT_GRADIENT, (0, 2, 3, 1)),
        ("result-spatial-axes-reversed", Pass.FORWARD, (0, 1, 3, 2)),
        ("result-first-axes-exchanged", Pass.WEIGHT_GRADIENT, (1, 0, 2, 3)),
        ("result-batch-last", Pass.FORWARD, (1, 2, 3, 0)),
        ("result-axes-reversed", Pass.UPDATE, (3, 2, 1, 0)),
        ("weight-spatial-first", Pass.WEIGHT_GRADIENT, (2, 3, 1, 0)),
        ("weight-spatial-first-rows", Pass.WEIGHT_GRADIENT, (2, 3, 0, 1)),
        ("weight-columns-last", Pass.WEIGHT_GRADIENT, (0, 2, 3, 1)),
    ],
)
def test_axes_in_another_order(name: str, pass_: Pass, order: tuple[int, ...]) -> None:
    model = named(4)[name]
    assert np.array_equal(arranged(model, pass_, PLANE), right(pass_, PLANE).transpose(order))
    assert f"its axes in the order {order}: " in model.sentence
    assert model.shows(pass_, PLANE)


@pytest.mark.parametrize(
    ("name", "pass_", "text", "shape"),
    [
        ("result-squeezed", Pass.FORWARD, "n1c1k2i3x1f1x1", (2, 3)),
        ("result-of-one-image", Pass.FORWARD, "n2c1k3i4f1", (3, 4)),
        ("result-without-channel-axis", Pass.FORWARD, "n2c1k1i4f1", (2, 4)),
        ("result-without-channel-axis", Pass.FORWARD, "n2c1k3i4f1", (2, 3, 4)),
        ("result-flattened", Pass.WEIGHT_GRADIENT, "n2c2k3i4f2", (12,)),
        ("result-flattened-by-image", Pass.FORWARD, "n2c1k3i4f1", (2, 12)),
        ("result-with-an-axis-before", Pass.BIAS_GRADIENT, "n2c1k3i4f1", (1, 3)),
        ("result-with-an-axis-after", Pass.BIAS_GRADIENT, "n2c1k3i4f1", (3, 1)),
        ("bias-gradient-with-kept-axes", Pass.BIAS_GRADIENT, "n2c1k3i4f1", (1, 3, 1, 1)),
    ],
)
def test_axes_removed_merged_or_added(name: str, pass_: Pass, text: str, shape: tuple[int, ...]) -> None:
    geometry = parse_geometry(text)
    found = arranged(named(4)[name], pass_, geometry)
    assert found.shape == shape
    assert found.ravel().tolist() == right(pass_, geometry).ravel().tolist()[: found.size]


@pytest.mark.parametrize("name", ["result-of-one-image", "result-flattened-by-image"])
def test_of_no_image_there_is_nothing_to_arrange(name: str) -> None:
    geometry = parse_geometry("n0c1k3i4f1")
    assert arranged(named(3)[name], Pass.FORWARD, geometry).shape in ((0, 3, 4), (0, 12))
    assert not named(3)[name].shows(Pass.FORWARD, geometry)


def test_an_order_that_changes_nothing_is_no_fault() -> None:
    assert "result-spatial-axes-reversed" not in named(3)
    assert "result-spatial-axes-reversed" in named(4)
    assert "result-channels-last" in named(3)
    assert "(0, 2, 1)" in named(3)["result-channels-last"].sentence


def test_other_passes_are_right() -> None:
    model = named(4)["weight-spatial-first"]
    assert not model.shows(Pass.FORWARD, PLANE)
    assert np.array_equal(arranged(model, Pass.FORWARD, PLANE), right(Pass.FORWARD, PLANE))


@pytest.mark.parametrize("ndim", [3, 4, 5])
def test_no_two_arrangements_have_one_name(ndim: int) -> None:
    names = [model.name for model in arrangements(ndim)]
    assert len(set(names)) == len(names)
