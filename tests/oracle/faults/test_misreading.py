"""Models that take a geometry for another: the result is that of the other, and the right one where there is none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.faults import FAULT_MODELS, FaultModel, Misreading, fault_named
from convoracle.oracle.faults.planting import probe
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass, most_elements, shape_of

GEOMETRIES = 150
SHAPES = ("input", "weight", "output_gradient")
MISREADING = [model for model in FAULT_MODELS if model.misread is not None]

each_misreading = pytest.mark.parametrize("model", MISREADING, ids=lambda model: model.name)


def misread(model: FaultModel) -> Misreading:
    assert model.misread is not None
    return model.misread


@each_misreading
def test_the_result_is_that_of_the_geometry_that_is_read(
    model: FaultModel, any_geometry: Callable[[int], ConvGeometry], revealing: tuple[ConvGeometry, ...]
) -> None:
    """Exactly so where the arrays have the same shapes there; where the geometry is read as it is, nothing shows."""
    compared = 0
    for geometry in (*revealing, *map(any_geometry, range(300, 300 + GEOMETRIES))):
        other = misread(model)(geometry)
        for pass_ in model.passes:
            shows = model.shows(pass_, geometry)
            operands = probe(geometry)
            if other is None or other == geometry:
                assert not shows, (str(pass_), str(geometry))
                wrong = model.plant(reference.evaluate)(pass_, operands, geometry)
                assert np.array_equal(wrong, reference.evaluate(pass_, operands, geometry)), (str(pass_), str(geometry))
            elif all(shape_of(name, other) == shape_of(name, geometry) for name in SHAPES):
                wrong = model.plant(reference.evaluate)(pass_, operands, geometry)
                right = reference.evaluate(pass_, operands, geometry)
                assert np.array_equal(wrong, reference.evaluate(pass_, operands, other)), (str(pass_), str(geometry))
                assert shows == (not np.array_equal(wrong, right)), (str(pass_), str(geometry))
                compared += 1
    assert compared or model.name in CHANGING_SHAPES


def test_nothing_enormous_is_read_into_a_small_convolution() -> None:
    """Such as 60 elements of padding multiplied by a dilation of 60 on each of three axes: gigabytes."""
    small = parse_geometry("n1c1k2i60x60x60f2x2x2s60x60x60p60x60x60d60x60x60")
    read = [misread(model)(small) for model in MISREADING]
    assert None in read
    assert max(most_elements(other) for other in read if other is not None) <= 1 << 22


def test_no_window_is_moved_over_wide_padding_step_by_step() -> None:
    """99 x 99 x 99 windows of 24,057 elements, of which almost all are padding, where there should be eight."""
    small = parse_geometry("n1c33k4i3x3x3f9x9x9s50x50x50p64x64x64d4x4x4")
    assert misread(fault_named("stride-ignored"))(small) is None
    assert misread(fault_named("stride-ignored"))(parse_geometry("n1c33k4i3x3x3f9x9x9s5x5x5p8x8x8")) is not None


CHANGING_SHAPES = {"output-padding-ignored", "output-size-rounded-up", "groups-and-dilation-exchanged"}
"""Models in which another geometry always has another output, or another weight."""


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("stride-axes-exchanged", "n1c1k1i5x7f2x2s1x3", "n1c1k1i5x7f2x2s3x1"),
        ("first-stride-on-all-axes", "n1c1k1i5x7f2x2s1x3", "n1c1k1i5x7f2x2"),
        ("dilation-ignored", "n1c1k1i5x7f2x2d2x3", "n1c1k1i5x7f2x2"),
        ("padding-axes-exchanged", "n1c1k1i5x7f2x2p1x2", "n1c1k1i5x7f2x2p2x1"),
        ("padding-ignored", "n1c1k1i5x7f2x2p1x2", "n1c1k1i5x7f2x2"),
        ("same-odd-element-on-the-other-side", "n1c1k1i5f2p0+1", "n1c1k1i5f2p1+0"),
        ("padding-mode-ignored", "n1c1k1i5f2p1mreflect", "n1c1k1i5f2p1"),
        ("stride-and-dilation-exchanged-in-backward", "n1c1k1i9f2s2d3", "n1c1k1i9f2s3d2"),
        ("settings-axes-exchanged", "n1c1k1i5x7f2x2s1x3p0x1d2x1", "n1c1k1i5x7f2x2s3x1p1x0d1x2"),
        ("groups-and-dilation-exchanged", "n1c6k6i9f2d3g2", "n1c6k6i9f2d2g3"),
        ("first-padding-on-all-axes", "n1c1k1i5x7f2x2p1x0+2", "n1c1k1i5x7f2x2p1x1"),
        ("same-padding-from-the-first-size", "n1c1k1i5x8f3x3s2x2p1x0+1", "n1c1k1i5x8f3x3s2x2p1x1"),
        ("same-padding-from-the-first-size", "n1c1k1i5x8f3x3s2x2p1x0+2", "n1c1k1i5x8f3x3s2x2p1x0+2"),
        ("padding-dilated", "n1c1k1i5x7f2x2p1x0+1d2x3", "n1c1k1i5x7f2x2p2x0+3d2x3"),
        ("output-size-rounded-up", "n1c1k1i5f1s3", "n1c1k1i5f1s3p0+2"),
        ("output-size-rounded-up", "n1c1k1i3f1s2", "n1c1k1i3f1s2"),
        ("output-padding-ignored", "n1c1k1i3f1s2to1", "n1c1k1i3f1s2t"),
        ("stride-ignored", "n1c1k1i3f1s2to1", "n1c1k1i3f1t"),
        ("stride-ignored-in-input-gradient", "n1c1k1i5x7f2x2s2x3", "n1c1k1i5x7f2x2"),
        ("stride-ignored-in-weight-gradient", "n1c1k1i5x7f2x2s2x3", "n1c1k1i5x7f2x2"),
        ("dilation-axes-exchanged", "n1c1k1i5x7f2x2d1x2", "n1c1k1i5x7f2x2d2x1"),
        ("first-dilation-on-all-axes", "n1c1k1i5x7f2x2d1x2", "n1c1k1i5x7f2x2"),
        ("dilation-ignored-in-input-gradient", "n1c1k1i5x7f2x2d2x3", "n1c1k1i5x7f2x2"),
        ("dilation-ignored-in-weight-gradient", "n1c1k1i5x7f2x2d2x3", "n1c1k1i5x7f2x2"),
        ("dilation-counted-from-zero", "n1c1k1i9x9f2x2d1x2", "n1c1k1i9x9f2x2d2x3"),
        ("padding-sides-exchanged", "n1c1k1i5x5f1x1p1+2x0+3", "n1c1k1i5x5f1x1p2+1x3+0"),
        ("low-padding-on-both-sides", "n1c1k1i5x5f1x1p1+2x0+3", "n1c1k1i5x5f1x1p1x0"),
        ("high-padding-on-both-sides", "n1c1k1i5x5f1x1p1+2x0+3", "n1c1k1i5x5f1x1p2x3"),
        ("padding-shared-evenly", "n1c1k1i5x5f1x1p3+0x0+2", "n1c1k1i5x5f1x1p1+2x1"),
        ("even-kernel-off-centre", "n1c1k1i5x5f2x3p1x1", "n1c1k1i5x5f2x3p0+2x1"),
        ("even-kernel-off-centre", "n1c1k1i5f2p0+1", "n1c1k1i5f2p0+1"),
        ("padding-not-complemented", "n1c1k1i5x5f3x2p0+1x3", "n1c1k1i5x5f3x2p2+1x0+3"),
    ],
)
def test_what_is_read(name: str, given: str, read: str) -> None:
    assert misread(fault_named(name))(parse_geometry(given)) == parse_geometry(read)


def test_a_reading_that_is_not_legal_is_none() -> None:
    exchanged = misread(fault_named("padding-axes-exchanged"))
    assert exchanged(parse_geometry("n1c1k1i2x5f1x1p1x3mreflect")) is None
    for dilations in ("d2x3", "d5x5"):
        other = misread(fault_named("groups-and-dilation-exchanged"))(parse_geometry(f"n1c4k4i9x9f2x2{dilations}"))
        assert other is None


def test_the_output_size_follows_the_geometry_that_is_read() -> None:
    """What code does in which the size is computed from the misread numbers: the model's own result is cut to shape."""
    model, geometry = fault_named("stride-axes-exchanged"), parse_geometry("n1c1k1i4x6f1x1s1x3")
    other = misread(model)(geometry)
    assert other is not None
    assert (geometry.output_size, other.output_size) == ((4, 2), (2, 6))
    assert model.plant(reference.evaluate)(Pass.FORWARD, probe(geometry), geometry).shape == geometry.output_shape
    assert reference.evaluate(Pass.FORWARD, probe(geometry), other).shape == other.output_shape
