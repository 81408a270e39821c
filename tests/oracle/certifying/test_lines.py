"""Sums over lines are those of the sums in each place, and no fault is lost in them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convoracle.oracle.certifying import lines, sums
from convoracle.oracle.certifying.certificate import Wrong, certify
from convoracle.oracle.certifying.combinations import drawn
from convoracle.oracle.certifying.projections import expected, projected
from convoracle.oracle.operands.data import Case, lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.strategies import conv_cases

from .layers import largest, right

LIKE_IMAGES = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.JVP)
CASES = [
    parse_case("n2c4k6i17x6f3x2s2x1p1x0g2/bias/float32/uniform/5"),
    parse_case("n1c2k3i12x5x4f3x2x3p1x1x1d2x1x1/float32/uniform/5"),
    parse_case("n2c4k6i8x4f3x2s2x1p1x0g2to1x0/bias/float32/uniform/5"),
]


@given(
    conv_cases(ranks=(2, 3), dtypes=("float32", "float64")), st.sampled_from(LIKE_IMAGES), st.sampled_from([1, 1 << 18])
)
def test_they_are_the_sums_of_what_each_place_should_be(case: Case, pass_: Pass, block: int) -> None:
    shape, operands = pass_.result_shape(case.geometry), lattice_operands(case)
    assume(case.geometry.direct.padding_mode == "zeros" and 0 not in shape)
    combined = drawn(shape[:3], 1, 2.0**20, 2.0**-20, np.random.default_rng(0))
    assert combined.lines is not None
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sums, "_BLOCK_ELEMENTS", block)
        found = expected(pass_, operands, case.geometry, combined, largest=2.0**10)
    places = expected(pass_, operands, case.geometry, combined.of_places)
    np.testing.assert_array_equal(found, np.einsum("tl,tl...->t...", combined.lines, places))
    np.testing.assert_array_equal(found, projected(right(pass_, operands, case), combined))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("pass_", LIKE_IMAGES, ids=str)
def test_a_wrong_element_and_errors_that_cancel_along_a_line_are_found(pass_: Pass, case: Case) -> None:
    assert lines.sums_lines(case.geometry)
    operands = lattice_operands(case)
    result = right(pass_, operands, case)
    seen = partial(certify, pass_, operands, geometry=case.geometry, largest_sum=largest(case))
    assert seen(result).holds
    rng = np.random.default_rng(0)
    for _ in range(8):
        index = tuple(map(int, rng.integers(result.shape)))
        wrong = result.copy()
        wrong[index] += 1
        assert seen(wrong).wrong == Wrong(index, float(wrong[index]), float(result[index]))
        other = (*index[:2], (index[2] + 1) % result.shape[2], *index[3:])
        wrong[other] -= 1
        found = seen(wrong)
        assert found.places == 2
        assert found.wrong is not None
        assert found.wrong.index in (index, other)
    exchanged = result[:, :, [1, 0, *range(2, result.shape[2])]]
    assert not seen(exchanged).holds


def test_of_three_axes_misses_are_as_rare_as_is_told() -> None:
    """Of the errors made to be missed, differences of products."""
    rng = np.random.default_rng(1)
    missed, planted = 0, 3000
    for _ in range(planted):
        chosen = drawn((2, 2, 2), 1, 1, 0.6, rng, most=3)
        assert (chosen.count, chosen.degree, chosen.largest) == (1, 3, 3)
        error = rng.integers(-2, 3, (2, 2, 2, 1)).astype(np.float64)
        error[0, 0, 0] = error[0, 0, 0] or 1
        missed += not projected(error, chosen).any()
    chosen = drawn((2, 2, 2), 1, 1, 0.6, rng, most=3)
    assert 0 < missed / planted < chosen.miss == 1 / 2


def test_an_axis_of_one_element_needs_no_factors() -> None:
    chosen = drawn((1, 5, 9), 1, 2.0**20, 2.0**-40, np.random.default_rng(0))
    assert chosen.degree == 2
    assert (chosen.first == 1).all()
    assert chosen.lines is not None
    assert (np.abs(chosen.lines) > 1).any()
    assert chosen.miss == chosen.largest**-chosen.count


def test_lines_are_not_summed_where_that_would_leave_no_room_for_factors() -> None:
    case = parse_case("n1c4k6i17x6f3x2p1x0/float64/uniform/5")
    operands = lattice_operands(case).map(lambda array: array * 2.0**12)
    result = right(Pass.FORWARD, operands, case)
    seen = partial(certify, Pass.FORWARD, operands, geometry=case.geometry, largest_sum=2.0**50)
    assert seen(result).holds
    assert seen(result).miss <= 2.0**-40
    result[0, 3, 11, 2] += 1
    assert seen(result).wrong == Wrong((0, 3, 11, 2), float(result[0, 3, 11, 2]), float(result[0, 3, 11, 2]) - 1)


def test_lines_are_summed_of_few_images_alone() -> None:
    geometry = CASES[0].geometry
    assert not lines.sums_lines(replace(geometry, batch=64))
    assert not lines.sums_lines(parse_case("n1c2k2i64f3/float32/uniform/0").geometry)
    assert not lines.sums_lines(parse_case("n1c2k2i9x9f3x3p1x1mreflect/float32/uniform/0").geometry)
