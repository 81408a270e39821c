"""Indices that do not fit 32 bits and sums of more than 2**27 terms: certified, and what wraps is found, in 12 GB."""

from __future__ import annotations

import resource
import sys

import numpy as np
import pytest

from convoracle.oracle.certifying.certificate import Wrong, certify
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

pytestmark = pytest.mark.campaign
MOST_BYTES = 12 * 10**9
BEYOND = 1 << 31
DEPTH = (1 << 27) + 64


def most_bytes() -> int:
    """That this process has had in memory at once."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def integers(shape: tuple[int, ...], dtype: type[np.floating], seed: int) -> Array:
    """1 to 3, of either sign: none is zero."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(1, 4, size=shape, dtype=np.int8) * rng.choice(np.array([-1, 1], np.int8), size=shape)
    return drawn.astype(dtype)


def operands(geometry: ConvGeometry, dtype: type[np.floating]) -> Operands:
    return Operands(
        input=integers(geometry.input_shape, dtype, 1),
        weight=integers(geometry.weight_shape, dtype, 2),
        bias=None,
        output_gradient=integers(geometry.output_shape if geometry.out_channels == 1 else (1,), dtype, 3),
    )


def outer(given: Operands, geometry: ConvGeometry) -> Array:
    """The right result of one input channel and a kernel of one."""
    result = np.empty(geometry.output_shape, given.input.dtype)
    weight = given.weight.astype(np.float32).reshape(-1, 1, 1)
    for image, out in zip(given.input, result, strict=True):
        out[...] = image.astype(np.float32) * weight
    return result


def test_an_offset_in_bytes_that_wraps_at_2_to_the_31_is_found_and_localised() -> None:
    geometry = parse_geometry("n129c1k64i256x256f1x1")
    given = operands(geometry, np.float32)
    result = outer(given, geometry)
    assert result.nbytes > BEYOND
    assert certify(Pass.FORWARD, given, result, geometry, largest_sum=9.0).holds

    flat, first = result.reshape(-1), BEYOND // result.itemsize
    flat[: flat.size - first] = flat[first:]
    flat[first:] = 0
    wrong = certify(Pass.FORWARD, given, result, geometry, largest_sum=9.0).wrong
    assert wrong is not None
    image, channel, *place = wrong.index
    assert image in (0, 128)
    assert wrong.actual == result[wrong.index] != wrong.expected
    assert wrong.expected == given.input[(image, 0, *place)] * given.weight[channel, 0, 0, 0]
    assert most_bytes() < MOST_BYTES


def test_one_element_of_2e9_and_a_tail_of_tiles_are_found_and_told() -> None:
    geometry = parse_geometry("n513c1k64i256x256f1x1")
    given = operands(geometry, np.float32)
    result = outer(given, geometry)
    assert result.size > 2 * 10**9
    for index in ((300, 17, 101, 203), (512, 63, 255, 255)):
        right = float(result[index])
        result[index] = right + 1
        found = certify(Pass.FORWARD, given, result, geometry, largest_sum=9.0)
        assert (found.places, found.wrong) == (1, Wrong(index, right + 1, right))
        result[index] = right
    result[..., 253:] = 0  # tiles of 23 columns, but for the last one
    found = certify(Pass.FORWARD, given, result, geometry, largest_sum=9.0)
    assert found.places == 256 * 3
    assert found.wrong is not None
    assert found.wrong.index[2:] == (0, 253)
    assert most_bytes() < MOST_BYTES


def test_elements_that_an_index_which_wraps_at_2_to_the_31_never_writes_are_found() -> None:
    geometry = parse_geometry("n513c1k64i256x256f1x1")
    given = operands(geometry, np.float32)
    result = outer(given, geometry)
    assert result.size > BEYOND
    assert certify(Pass.FORWARD, given, result, geometry, largest_sum=9.0).holds

    flat = result.reshape(-1)
    flat[: flat.size - BEYOND] = flat[BEYOND:]
    flat[BEYOND:] = 0
    wrong = certify(Pass.FORWARD, given, result, geometry, largest_sum=9.0).wrong
    assert wrong is not None
    assert wrong.index[0] in (0, 512)
    assert wrong.actual == result[wrong.index] != wrong.expected
    assert most_bytes() < MOST_BYTES


@pytest.mark.parametrize("off", [0, 1])
def test_sums_of_more_than_2_to_the_27_terms(off: int) -> None:
    """Of the forward pass, and of the weight gradient."""
    forward = parse_geometry(f"n1c{DEPTH // 64}k1i8x8f8x8")
    given = operands(forward, np.float64)
    right = float(np.vdot(given.input, given.weight))
    result = np.full(forward.output_shape, right + off)
    found = certify(Pass.FORWARD, given, result, forward, largest_sum=9.0 * DEPTH).wrong
    assert found == (Wrong((0, 0, 0, 0), right + 1, right) if off else None)
    del given
    wide = parse_geometry(f"n1c1k1i64x{DEPTH // 64}f1x1")
    given = operands(wide, np.float64)
    right = float(np.vdot(given.input, given.output_gradient))
    gradient = np.full(wide.weight_shape, right + off)
    found = certify(Pass.WEIGHT_GRADIENT, given, gradient, wide, largest_sum=9.0 * DEPTH).wrong
    assert found == (Wrong((0, 0, 0, 0), right + 1, right) if off else None)
    assert most_bytes() < MOST_BYTES
