"""Planes of a result: each is what a smaller convolution gives, and the ends of the axes are among those chosen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.certifying.planes import pairs_of, plane, some_pairs
from convoracle.oracle.operands.data import parse_case, real_operands
from convoracle.oracle.problem.passes import Pass
from convoracle.oracle.rounding.bounds import summation

CASES = (
    "n3c4k6i7x5f3x2s2x1p1x0/bias/float64/uniform/0",
    "n2c4k6i7x5f3x2p1x0+1g2/bias/float64/uniform/1",
    "n2c6k4i5f3s2p1g2t/bias/float64/uniform/2",
    "n1c1k1i5f3/bias/float64/uniform/3",
    "n2c3k3i4x4f3x3p1x1g3mcircular/bias/float64/uniform/4",
)


@pytest.mark.parametrize("pass_", Pass)
@pytest.mark.parametrize("text", CASES)
def test_a_plane_is_what_its_smaller_convolution_gives(text: str, pass_: Pass) -> None:
    case = parse_case(text)
    operands, geometry = real_operands(case), case.geometry
    whole = reference.evaluate(pass_, operands, geometry)
    for pair in np.ndindex(pairs_of(pass_, geometry)):
        part = plane(pass_, operands, geometry, pair)
        alone = reference.evaluate(pass_, part.operands, part.geometry)
        assert part.of(whole).shape == alone.shape
        np.testing.assert_allclose(alone, part.of(whole), rtol=1e-12, atol=1e-13)
        assert summation(pass_, part.operands, part.geometry) == summation(pass_, operands, geometry)


@pytest.mark.parametrize("count", [1, 2, 5, 18, 40])
def test_the_first_and_the_last_are_among_as_many_as_are_wanted(count: int) -> None:
    geometry = parse_case(CASES[0]).geometry
    pairs = some_pairs(Pass.FORWARD, geometry, count, seed=3)
    assert len(pairs) == len(set(pairs)) == min(count, math.prod(pairs_of(Pass.FORWARD, geometry)))
    assert list(pairs) == sorted(pairs)
    assert pairs[0] == (0, 0)
    assert count == 1 or pairs[-1] == (2, 5)
    assert pairs == some_pairs(Pass.FORWARD, geometry, count, seed=3)


def test_another_seed_looks_at_others_and_none_is_left_out_for_ever() -> None:
    geometry = parse_case(CASES[0]).geometry
    seen = {pair for seed in range(40) for pair in some_pairs(Pass.FORWARD, geometry, 5, seed)}
    assert len(seen) == 18


def test_a_result_without_planes_has_none() -> None:
    geometry = parse_case("n0c2k2i5f3/float64/uniform/0").geometry
    assert some_pairs(Pass.FORWARD, geometry, 5, seed=0) == ()
