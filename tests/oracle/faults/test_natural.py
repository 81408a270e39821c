"""Misreadings whose results have the shape that the mistake gives them, and what other geometry is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convoracle.oracle.faults import FAULT_MODELS, FaultModel, fault_named, honest
from convoracle.oracle.faults.natural import READINGS, natural, natural_models
from convoracle.oracle.faults.planting import probe
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass, shape_of

READ = {model.name: model for model in READINGS}


def read_by(model: FaultModel, text: str, pass_: Pass = Pass.FORWARD) -> ConvGeometry:
    """The geometry that an implementation is given, with operands that fit it."""
    seen: list[ConvGeometry] = []

    def told(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        assert all(array.shape == shape_of(name, geometry) for name, array in operands.arrays().items())
        seen.append(geometry)
        return honest.evaluate(pass_, operands, geometry)

    geometry = parse_geometry(text)
    model.plant(told)(pass_, probe(geometry), geometry)
    return seen[-1]


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("padding-full", "n1c1k1i5f3d2", "n1c1k1i5f3p4d2"),
        ("padding-half-the-kernel", "n1c1k1i11f4d3", "n1c1k1i11f4p4d3"),
        ("padding-half-without-dilation", "n1c1k1i5f3d2", "n1c1k1i5f3p1d2"),
        ("padding-same-instead", "n1c1k1i6f3s2", "n1c1k1i6f3s2p0+1"),
        ("padding-same-without-stride", "n1c1k1i6f3s2", "n1c1k1i6f3s2p1"),
        ("pads-by-side-for-pads-by-axis", "n1c1k1i5x5f1x1p1+2x3+4", "n1c1k1i5x5f1x1p1+3x2+4"),
        ("pads-by-axis-for-pads-by-side", "n1c1k1i5x5f1x1p1+2x3+4", "n1c1k1i5x5f1x1p1+3x2+4"),
        ("pads-by-axis-for-pads-by-side", "n1c1k1i5x5x5f1x1x1p1+2x3+4x5+6", "n1c1k1i5x5x5f1x1x1p1+3x5+2x4+6"),
        ("pads-by-side-for-pads-by-axis", "n1c1k1i5x5x5f1x1x1p1+2x3+4x5+6", "n1c1k1i5x5x5f1x1x1p1+4x2+5x3+6"),
        ("direct-for-transposed", "n1c2k2i4f2s2to1", "n1c2k2i4f2s2"),
        ("transposed-for-direct", "n1c2k2i4f2s2", "n1c2k2i4f2s2t"),
    ],
)
def test_what_is_read(name: str, given: str, read: str) -> None:
    assert read_by(READ[name], given) == parse_geometry(read)
    assert READ[name].shows(Pass.FORWARD, parse_geometry(given))
    assert not READ[name].shows(Pass.BIAS_GRADIENT, parse_geometry(given))
    assert not READ[name].shows(Pass.FORWARD, parse_geometry(given.replace("n1", "n0")))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("padding-full", "n1c1k1i4f2t"),
        ("padding-full", "n1c1k1i4f2p1"),
        ("padding-half-the-kernel", "n1c1k1i1f3mreflect"),
        ("direct-for-transposed", "n1c2k3i4f2t"),
        ("direct-for-transposed", "n1c2k2i4f2"),
        ("transposed-for-direct", "n1c2k3i4f2"),
        ("transposed-for-direct", "n1c2k2i4f2t"),
        ("transposed-for-direct", "n1c2k2i4f2p1mreflect"),
    ],
)
def test_what_cannot_be_read_so_or_is_right_is_left_alone(name: str, text: str) -> None:
    assert read_by(READ[name], text) == parse_geometry(text)
    assert not READ[name].shows(Pass.FORWARD, parse_geometry(text))


def test_a_misreading_keeps_the_shape_that_it_has_there() -> None:
    model = natural(fault_named("stride-axes-exchanged"))
    assert model is not None
    geometry = parse_geometry("n1c1k1i4x6f1x1s1x3")
    assert read_by(model, str(geometry)) == parse_geometry("n1c1k1i4x6f1x1s3x1")
    assert model.plant(honest.evaluate)(Pass.FORWARD, probe(geometry), geometry).shape == (1, 1, 2, 6)
    assert model.name == "stride-axes-exchanged"
    assert model.shows(Pass.FORWARD, geometry)
    assert not model.shows(Pass.FORWARD, parse_geometry("n1c1k1i4x6f1x1s2x2"))
    assert natural(fault_named("kernel-rotated")) is None


def test_every_misreading_and_every_reading_is_among_the_models() -> None:
    models = tuple(natural_models(FAULT_MODELS))
    assert [model.name for model in models] == [
        *(model.name for model in FAULT_MODELS if model.misread is not None), *READ,
    ]  # fmt: skip
    assert tuple(natural_models(())) == READINGS


@pytest.mark.parametrize(
    ("name", "pass_", "text", "result"),
    [
        ("input-gradient-without-remainder", Pass.INPUT_GRADIENT, "n1c1k1i6f2s3", [10, 1, 0, 20, 2]),
        ("input-gradient-without-remainder", Pass.INPUT_GRADIENT, "n1c1k1i5f2s3", [10, 1, 0, 20, 2]),
        ("input-gradient-without-remainder", Pass.FORWARD, "n1c1k1i6f2s3", [12, 45]),
        ("weight-gradient-with-remainder", Pass.WEIGHT_GRADIENT, "n1c1k1i6f2s3", [9, 12, 15]),
        ("weight-gradient-with-remainder", Pass.WEIGHT_GRADIENT, "n1c1k1i5f2s3", [9, 12]),
        ("weight-gradient-with-remainder", Pass.WEIGHT_GRADIENT, "n1c1k1i9f2s4d2", [11, 17, 23]),
        ("weight-gradient-with-remainder", Pass.WEIGHT_GRADIENT, "n1c1k1i2f2s3t", None),
    ],
)
def test_what_a_stride_leaves_over(
    name: str, pass_: Pass, text: str, result: list[int] | None, result_of: Callable[..., Array]
) -> None:
    geometry = parse_geometry(text)
    shape = geometry.output_size[0]
    given = {
        "input": list(range(1, 1 + geometry.size[0])), "weight": [10, 1], "output_gradient": list(range(1, 1 + shape)),
    }  # fmt: skip
    found = result_of(READ[name], pass_, text, **given).ravel().tolist()
    right = result_of(None, pass_, text, **given).ravel().tolist()
    assert found == (right if result is None else result)
    assert READ[name].shows(pass_, geometry) is (found != right)


def test_the_direction_of_a_longer_weight_gradient_has_its_length() -> None:
    geometry = read_by(READ["weight-gradient-with-remainder"], "n1c1k1i6f2s3", Pass.DOUBLE_BACKWARD_WEIGHT)
    assert geometry == parse_geometry("n1c1k1i6f3s3")
