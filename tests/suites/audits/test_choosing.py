"""Choosing a covering: every pair of fault and pass that the pool can see is seen by what is chosen, of few models."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits import choosing
from convoracle.suites.audits.sighting import sighting

MODELS = tuple(map(fault_named, ("kernel-not-rotated", "bias-ignored", "kernel-of-the-next-input-channel")))
PAIRS = {
    (MODELS[0], Pass.INPUT_GRADIENT),
    (MODELS[1], Pass.FORWARD),
    (MODELS[2], Pass.FORWARD),
    (MODELS[2], Pass.WEIGHT_GRADIENT),
}


@pytest.fixture(scope="module")
def chosen() -> tuple[Case, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choosing, "FAULT_MODELS", MODELS)
        patch.setattr(choosing, "_POOL", 40)
        patch.setattr(choosing, "_LARGER_POOL", 40)
        return choosing.chosen(1)


def test_each_pair_is_seen(chosen: tuple[Case, ...]) -> None:
    for model, pass_ in PAIRS:
        assert pass_ in model.passes
        assert any(sighting(model, pass_, case) for case in chosen), (model.name, pass_)


def test_it_is_smaller_than_the_pairs_and_no_case_is_there_twice(chosen: tuple[Case, ...]) -> None:
    of_models = chosen[:-2]
    assert 0 < len(of_models) < sum(len(model.passes) for model in MODELS)
    assert len(set(chosen)) == len(chosen)
    assert {case.geometry.rank for case in chosen} == {1}


def test_the_last_two_differ_in_their_dtype_alone(chosen: tuple[Case, ...]) -> None:
    """For what is kept between calls."""
    one, other = chosen[-2:]
    assert (one.dtype, other.dtype) == ("float32", "float64")
    assert replace(one, dtype="float64") == other
    assert one.geometry not in {case.geometry for case in chosen[:-2]}
