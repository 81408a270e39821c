"""What is measured of an arithmetic that is known is what it is, beside bounds that hold for it."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.numbers.dtypes import Arithmetic as Declared
from convoracle.oracle.probing.card import PASSES, probe
from convoracle.oracle.probing.dot import Dot, Unanswered
from convoracle.oracle.probing.measuring import CONFIDENCE, Growth, coarsest, grow, improbable, measure, probable_bound
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

from .emulated import Arithmetic, convolution, in_sequence, pairwise

GEOMETRY = ConvGeometry.of(size=8, kernel=3, in_channels=2, out_channels=2)
SINGLE = Declared.of("float32")
PLAIN = Arithmetic(in_sequence)
SHORT = (8, 32, 128)


def _measured(arithmetic: Arithmetic, declared: Declared = SINGLE):  # type: ignore[no-untyped-def]
    dot = Dot(convolution(arithmetic, declared.storage.name), Pass.FORWARD, GEOMETRY, declared.storage.name)
    found = measure(dot, declared)
    assert found is not None
    return found


def _in_sequence(form: str):  # type: ignore[no-untyped-def]
    """The forward pass of a kernel of one element, in a dtype, channel after channel."""

    def ask(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        total = np.zeros(pass_.result_shape(geometry), form)
        for channel in range(geometry.in_channels):
            total = total + operands.weight[None, :, channel] * operands.input[:, None, channel]
        return total

    return ask


def test_errors_are_those_of_the_arithmetic() -> None:
    wide, narrow = _measured(PLAIN), _measured(replace(PLAIN, operands=11))
    assert wide.errors.largest <= wide.errors.proven == pytest.approx(6 * 2.0**-24)
    assert wide.errors.root_mean_square < wide.errors.largest
    assert 2.0**-13 < narrow.errors.largest < 2.0**-10
    assert narrow.errors.largest > narrow.errors.proven


def test_the_same_is_measured_again() -> None:
    assert _measured(PLAIN) == _measured(PLAIN)


def test_results_that_are_rounded_right_are_within_half_an_ulp() -> None:
    found = _measured(PLAIN, Declared.of("bfloat16", "float32"))
    assert [(each.most, each.elements) for each in found.ulps] == [(0.5, found.errors.elements)]
    assert found.unit == "bfloat16"


def test_every_result_is_in_one_bin_and_each_is_twice_as_wide_as_the_one_before() -> None:
    found = _measured(replace(PLAIN, operands=8))
    assert sum(each.elements for each in found.ulps) == found.errors.elements
    assert [each.most for each in found.ulps] == [2.0 ** (place - 1) for place in range(len(found.ulps))]
    assert found.ulps[-1].elements > 0
    assert found.ulps[0].elements < found.errors.elements / 10


def test_what_is_no_number_is_not_measured() -> None:
    arithmetic = replace(PLAIN, sums=11, largest=Fraction(1, 2))
    assert measure(Dot(convolution(arithmetic, "float16"), Pass.FORWARD, GEOMETRY, "float16"), SINGLE) is None


def test_a_card_has_figures_only_where_the_arithmetic_is_known_that_they_are_compared_with() -> None:
    ask = convolution(PLAIN, "float32")
    assert probe(ask, Pass.FORWARD, GEOMETRY, "float32").measured is None
    card = probe(ask, Pass.FORWARD, GEOMETRY, "float32", SINGLE)
    assert card.measured is not None
    assert not any("measured" in finding.line for finding in card.findings)


@pytest.mark.parametrize("pass_", PASSES, ids=str)
@pytest.mark.parametrize("rank", [1, 2])
def test_every_pass_has_sums_of_each_length(pass_: Pass, rank: int) -> None:
    found = grow(reference.evaluate, pass_, "float32", SINGLE, rank=rank, lengths=SHORT)
    assert [rung.terms for rung in found.rungs] == [8, 32, 128]
    for rung in found.rungs:
        assert 0 < rung.errors.root_mean_square <= rung.errors.largest
        assert rung.errors.largest <= min(rung.probable, rung.errors.proven)
    assert not found.ended


def test_sums_in_sequence_lose_more_the_longer_they_are_and_pairwise_ones_hardly() -> None:
    long = grow(_in_sequence("float32"), Pass.FORWARD, "float32", SINGLE, lengths=(8, 128, 2048))
    errors = [rung.errors.largest for rung in long.rungs]
    assert errors[2] > 3 * errors[1] > 9 * errors[0]
    assert all(rung.errors.largest < rung.probable < rung.errors.proven for rung in long.rungs[1:])
    halves = grow(convolution(Arithmetic(pairwise), "float32"), Pass.FORWARD, "float32", SINGLE, lengths=(8, 128))
    assert halves.rungs[1].errors.largest < errors[1] / 2


def test_sums_that_stand_still_exceed_what_is_probable_and_not_what_is_proven() -> None:
    """In float16 a sum of 2048 takes up no more numbers below 1: these roundings are not right on average."""
    found = grow(_in_sequence("float16"), Pass.FORWARD, "float16", Declared.of("float16"), lengths=(8, 32768))
    first, last = found.rungs
    assert first.errors.largest < first.probable
    assert last.probable < last.errors.largest < last.errors.proven


def test_why_there_is_no_longer_sum_is_told() -> None:
    def short(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if geometry.in_channels > 8:
            raise Unanswered("it raised ValueError: too many")
        return reference.evaluate(pass_, operands, geometry)

    found = grow(short, Pass.FORWARD, "float32", SINGLE, lengths=SHORT)
    assert [rung.terms for rung in found.rungs] == [8]
    assert found.ended == "it raised ValueError: too many"
    assert isinstance(found, Growth)


def _no_answer(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
    return np.full(pass_.result_shape(geometry), np.inf, np.float32)


def test_sums_that_overflow_are_told() -> None:
    assert grow(_no_answer, Pass.FORWARD, "float32", SINGLE).ended == "a sum of 8 products is no finite number"


def test_the_probable_bound_is_of_the_root_of_n_and_its_probability_as_published() -> None:
    u = 2.0**-24
    assert probable_bound(10**4, SINGLE, 1.0) == pytest.approx(100 * u, rel=1e-2)
    assert improbable(1000, SINGLE, 5.0) == pytest.approx(2000 * math.exp(-12.5), rel=1e-5)
    assert probable_bound(100, Declared.of("float32", multiplier="tfloat32")) > 2 * 2.0**-11
    assert probable_bound(100, Declared.of("bfloat16", "float32")) > 2.0**-8


def test_random_roundings_are_below_the_probable_bound_as_often_as_it_says() -> None:
    """Products of 64 factors 1 + d, each d as large as it may be and of either sign: of 20000 with lambda = 2."""
    u, confidence, terms = 2.0**-8, 2.0, 64
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (20000, terms))
    errors = np.abs(np.prod(1 + u * signs, axis=1) - 1)
    declared = replace(SINGLE, accumulator=Declared.of("bfloat16").result)
    exceeding = float((errors > probable_bound(terms, declared, confidence)).mean())
    assert 0 < exceeding <= 2 * math.exp(-(confidence**2) / 2)
    assert (errors <= probable_bound(terms, declared, CONFIDENCE)).all()


@pytest.mark.parametrize(
    ("declared", "unit"),
    [
        (SINGLE, "float32"),
        (Declared.of("bfloat16", "float32"), "bfloat16"),
        (Declared.of("float32", multiplier="tfloat32"), "tfloat32"),
        (Declared.of("float32", "float64"), "float32"),
    ],
)
def test_errors_are_compared_with_the_coarsest_format(declared: Declared, unit: str) -> None:
    assert coarsest(declared) == unit
