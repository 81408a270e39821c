"""The convolutions that the vectors are of: legal, small, and all different."""

from __future__ import annotations

import math

import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.suites.vectors.convolutions import (
    ALIGNED,
    EACH_DTYPE,
    EQUAL_SIZES,
    EXTREME,
    OF_CONTAMINATION,
    OF_REALS,
    ORDINARY,
)

EVERY = {**ORDINARY, **EXTREME, **EACH_DTYPE, "reals": OF_REALS, "contaminated": OF_CONTAMINATION, "aligned": ALIGNED}


@pytest.mark.parametrize("comment", EVERY)
def test_each_is_legal_and_small(comment: str) -> None:
    geometry = parse_geometry(EVERY[comment])
    assert geometry.products <= 5_000
    shapes = (geometry.input_shape, geometry.weight_shape, geometry.output_shape)
    assert sum(map(math.prod, shapes)) <= 3_000


def test_none_is_there_twice() -> None:
    both = [*ORDINARY.values(), *EXTREME.values()]
    assert len(set(both)) == len(both)
    assert not ORDINARY.keys() & EXTREME.keys()


@pytest.mark.parametrize("comment", [comment for comment in ORDINARY if "square" not in comment])
def test_what_could_be_confused_differs(comment: str) -> None:
    """Images and channels, and the two axes of sizes and kernels."""
    geometry = parse_geometry(ORDINARY[comment])
    assert not geometry.is_degenerate
    assert geometry.batch > 1
    if geometry.rank == 2:
        assert geometry.size[0] != geometry.size[1]
        assert geometry.kernel[0] != geometry.kernel[1] or comment == "1 by 1, a matrix product"


@pytest.mark.parametrize(
    ("comment", "degenerate", "batch"),
    [("an empty batch", False, 0), ("no input channels", True, 2), ("no window that fits", True, 2)],
)
def test_the_extreme_ones_are_what_they_say(comment: str, degenerate: bool, batch: int) -> None:
    geometry = parse_geometry(EXTREME[comment])
    assert (geometry.is_degenerate, geometry.batch) == (degenerate, batch)


def test_equal_sizes_tell_no_layout_from_another() -> None:
    geometry = parse_geometry(EQUAL_SIZES)
    assert {geometry.in_channels, *geometry.size} == {3}
