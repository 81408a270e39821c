"""Certificates: every right result has one, a wrong one but with the probability told, and errors are found."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.certifying import certificate, elements, sums
from convoracle.oracle.certifying.bounds import unit_of_results
from convoracle.oracle.certifying.certificate import MISS, Wrong, certify
from convoracle.oracle.certifying.combinations import LEAST_MISS, drawn
from convoracle.oracle.certifying.projections import projected
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import Case, lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.strategies import conv_cases

from .layers import largest, right

CASE = parse_case("n3c4k6i7x6f3x2s2x1p1x0g2/bias/float32/uniform/5")
TRANSPOSED = parse_case("n3c4k6i5x4f3x2s2x1p1x0g2to1x0/bias/float32/uniform/5")
GEOMETRIES = [CASE, TRANSPOSED, parse_case("n2c3k2i5f3p2mreflect/bias/float64/uniform/3")]


@given(conv_cases(ranks=(1, 2, 3), dtypes=("float32", "bfloat16", "float16")), st.sampled_from(list(Pass)))
def test_right_results_are_certified(case: Case, pass_: Pass) -> None:
    operands = lattice_operands(case)
    found = certify(pass_, operands, right(pass_, operands, case), case.geometry, largest_sum=largest(case))
    assert found.holds
    assert found.places == 0
    assert found.miss <= MISS
    assert found.elements == np.prod(pass_.result_shape(case.geometry))


@pytest.mark.parametrize("case", GEOMETRIES, ids=str)
@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_each_single_wrong_element_is_found_and_told(pass_: Pass, case: Case) -> None:
    operands = lattice_operands(case)
    result = right(pass_, operands, case)
    rng = np.random.default_rng(0)
    for flat in rng.choice(result.size, min(result.size, 12), replace=False):
        index = tuple(map(int, np.unravel_index(flat, result.shape)))
        wrong = result.copy()
        wrong[index] += 1
        found = certify(pass_, operands, wrong, case.geometry, largest_sum=largest(case), seed=int(flat))
        assert found.wrong == Wrong(index, float(wrong[index]), float(result[index]))
        assert found.places == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.5, 2.0**26])
def test_what_is_no_integer_of_the_lattice_is_wrong_at_once(value: float) -> None:
    operands = lattice_operands(CASE)
    result = right(Pass.FORWARD, operands, CASE)
    result[2, 5, 1, 3] = value
    found = certify(Pass.FORWARD, operands, result, CASE.geometry, largest_sum=largest(CASE))
    assert found.wrong is not None
    assert found.wrong.index == (2, 5, 1, 3)


@pytest.mark.parametrize("pass_", list(Pass), ids=str)
def test_of_transforms_the_nearest_integers_are_certified(pass_: Pass) -> None:
    operands = lattice_operands(CASE)
    result = right(pass_, operands, CASE)
    allowed = 0.2 * unit_of_results(pass_, operands)
    near = result + np.random.default_rng(0).uniform(-0.9 * allowed, 0.9 * allowed, result.shape)
    seen = partial(certify, pass_, operands, geometry=CASE.geometry, largest_sum=largest(CASE), allowed=allowed)
    assert seen(near).holds
    for off in (1.5 * allowed, 5 * allowed, -5 * allowed, np.nan):
        wrong = near.copy()
        wrong.flat[1] = result.flat[1] + off
        found = seen(wrong).wrong
        assert found is not None
        assert found.index == tuple(map(int, np.unravel_index(1, result.shape)))
        assert found.expected == result.flat[1]


def test_the_least_probability_is_still_one() -> None:
    chosen = drawn((3, 5), 1, 2.0**24, LEAST_MISS, np.random.default_rng(0))
    assert 0 < chosen.miss <= LEAST_MISS


def test_errors_that_cancel_in_plain_sums_are_found() -> None:
    """Two images exchanged, or two channels: the sum over all is what it was."""
    operands = lattice_operands(CASE)
    result = right(Pass.FORWARD, operands, CASE)
    for exchanged in (result[[1, 0, 2]], result[:, [1, 0, 2, 3, 4, 5]]):
        found = certify(Pass.FORWARD, operands, exchanged, CASE.geometry, largest_sum=largest(CASE))
        assert found.wrong is not None
        assert exchanged[found.wrong.index] == found.wrong.actual
        assert result[found.wrong.index] == found.wrong.expected
        assert found.wrong.actual != found.wrong.expected


@pytest.mark.parametrize("planted", [2000, pytest.param(100_000, marks=pytest.mark.campaign)])
def test_misses_are_as_rare_as_is_told(planted: int) -> None:
    """Of errors made to be missed, of the form a b' - c d', by one combination with factors of ±1 to ±3."""
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(planted):
        chosen = drawn((2, 2), 1, 1, 0.4, rng, most=3)
        assert (chosen.count, chosen.largest) == (1, 3)
        error = rng.integers(-3, 4, (2, 2, 1)).astype(np.float64)
        error[0, 0] = error[0, 0] or 1
        missed += not projected(error, chosen).any()
    chosen = drawn((2, 2), 1, 1, 0.4, rng, most=3)
    assert 0 < missed / planted < chosen.miss
    assert chosen.miss == 1 / 3


def test_the_probability_that_is_wanted_is_reached_with_exact_sums() -> None:
    rng = np.random.default_rng(0)
    for shape, count in (((1, 1), 4), ((1, 4096), 4), ((32, 512), 6), ((4096, 4096), 18), ((2, 64, 112), 9)):
        chosen = drawn(shape, 1, 2.0**24, MISS, rng)
        degree = max(1, sum(size > 1 for size in shape))
        assert chosen.miss == (degree / (2 * chosen.largest)) ** count
        assert chosen.miss <= MISS < chosen.miss * 2 * chosen.largest / degree
        assert chosen.count == count
        assert math.prod(shape) * chosen.largest**degree * 2.0**24 <= 2.0**53
        drawn_factors = (chosen.first, chosen.second, chosen.lines)
        factors = np.abs(np.concatenate([each.ravel() for each in drawn_factors if each is not None]))
        assert 1 <= factors.min() <= factors.max() <= chosen.largest


def test_what_cannot_be_certified_is_refused() -> None:
    operands = lattice_operands(CASE)
    result = right(Pass.FORWARD, operands, CASE)
    with pytest.raises(InvalidArgument, match=r"actual.shape=\(3, 6, 3, 5\)|actual.shape="):
        certify(Pass.FORWARD, operands, result[:, :, :-1], CASE.geometry, largest_sum=largest(CASE))
    for miss in (0, 1, 2.0**-1074):
        with pytest.raises(InvalidArgument, match=f"miss={miss}, but should be a probability below 1"):
            certify(Pass.FORWARD, operands, result, CASE.geometry, largest_sum=largest(CASE), miss=miss)
    with pytest.raises(InvalidArgument, match=r"allowed=0.5, but should be less than half of 1"):
        certify(Pass.FORWARD, operands, result, CASE.geometry, largest_sum=largest(CASE), allowed=0.5)
    case = replace(CASE, dtype="complex64")
    with pytest.raises(InvalidArgument, match="dtype='complex64', but should be of real numbers"):
        certify(Pass.FORWARD, lattice_operands(case), result, CASE.geometry, largest_sum=largest(CASE))
    with pytest.raises(InvalidArgument, match="should have fewer pairs of channels"):
        drawn((2**15, 2**15), 1, 2.0**24, MISS, np.random.default_rng(0))


@pytest.mark.parametrize("case", GEOMETRIES, ids=str)
@pytest.mark.parametrize("pass_", [each for each in Pass if each is not Pass.BIAS_GRADIENT], ids=str)
def test_an_element_alone_is_the_sum_of_its_terms(pass_: Pass, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "_MOST_TERMS", 0)
    operands = lattice_operands(case)
    result = right(pass_, operands, case)
    index = tuple(size - 1 for size in result.shape)
    wrong = result.copy()
    wrong[index] += 1
    found = certify(pass_, operands, wrong, case.geometry, largest_sum=largest(case))
    assert found.wrong == Wrong(index, float(wrong[index]), float(result[index]))


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT])
def test_one_combination_at_a_time_says_the_same(pass_: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where several would take more memory than a share of the tensors'."""
    case = parse_case("n2c5k6i9x9f3x3p1x1/float32/uniform/3")
    operands = lattice_operands(case)
    actual = right(pass_, operands, case)
    seen = partial(certify, pass_, operands, geometry=case.geometry, largest_sum=largest(case), miss=2.0**-90)
    wrong = actual.copy()
    wrong[1, 2, :2] += 1
    together = seen(actual), seen(wrong)
    assert together[0].combinations > 1
    monkeypatch.setattr(certificate, "_SHARE", 0)
    monkeypatch.setattr(certificate, "_LEAST_BYTES", 1)
    assert (seen(actual), seen(wrong)) == together
    assert together[1].wrong is not None
    assert together[1].wrong.index[:2] == (1, 2)


@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE])
def test_groups_are_taken_a_few_at_a_time_where_all_would_be_a_large_block(
    pass_: Pass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "_BLOCK_ELEMENTS", 96)
    monkeypatch.setattr(sums, "_LEAST_ACROSS", 4)
    case = parse_case("n2c35k28i6x5f2x3g7/float32/uniform/3")
    operands = lattice_operands(case)
    actual = right(pass_, operands, case)
    seen = partial(certify, pass_, operands, geometry=case.geometry, largest_sum=largest(case))
    assert seen(actual).holds
    for index in ((0, 0, 0, 0), tuple(size - 1 for size in actual.shape)):
        wrong = actual.copy()
        wrong[index] += 1
        assert seen(wrong).wrong == Wrong(index, float(wrong[index]), float(actual[index]))
