"""How the shipped cases see the faults: what is kept of them is what is found where they are asked."""

from __future__ import annotations

import pytest

from convoracle.oracle.faults import FAULT_MODELS
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.shipped_sightings import is_seen_by_one_case, lines, seen, shipped_sightings
from convoracle.suites.audits.sighting import Sighting, keeps_shapes, sighting
from convoracle.suites.cases.covering import shipped
from convoracle.suites.cases.drawing import Chunk
from convoracle.suites.cases.space import Space

MODELS = tuple(filter(is_seen_by_one_case, FAULT_MODELS))
PAIRS = [(model, pass_) for model in MODELS for pass_ in Pass if pass_ in model.passes]


def kept(pair) -> list[Sighting]:
    return [shipped_sightings(pair).of_case[case] for case in shipped()]


def test_something_is_kept_of_every_fault_in_every_pass() -> None:
    """Where this fails, `python -m convoracle.suites.audits.shipped_sightings` tells what is to be kept."""
    assert all(len(kept(pair)) == len(shipped()) for pair in PAIRS)
    assert all(shipped_sightings(pair).best is max(kept(pair)) for pair in PAIRS)


@pytest.mark.parametrize(
    "models", [MODELS[::40], pytest.param(MODELS, marks=pytest.mark.campaign)], ids=["some", "all"]
)
def test_what_is_kept_is_what_is_seen(models) -> None:
    for model in models:
        for pass_ in model.passes:
            assert kept((model, pass_)) == [sighting(model, pass_, case) for case in shipped()], (model.name, pass_)


def test_a_line_has_the_cases_of_each_way_as_bits() -> None:
    model = next(model for model in MODELS if model.name == "stride-ignored-in-input-gradient")
    name, in_shape, fitted, _ = next(lines(model)).split()
    assert (name, int(in_shape, 16)) == (model.name, 0)
    cases = [case for place, case in enumerate(shipped()) if int(fitted, 16) >> place & 1]
    assert cases
    assert all(max(case.geometry.stride) > 1 for case in cases)


@pytest.mark.parametrize("chunks", [6, pytest.param(200, marks=pytest.mark.campaign)])
def test_what_no_shipped_case_sees_better_no_other_does(chunks: int) -> None:
    """So that nobody need look for one: a fault that shows has another shape there, or shows nowhere."""
    cases = dict.fromkeys(case for number in range(chunks) for case in Chunk(Space(dtypes=DTYPES), 3, number).cases())
    worse = [pair for pair in PAIRS if shipped_sightings(pair).best is not Sighting.IN_SHAPE]
    assert len(worse) > 50
    for model, pass_ in worse:
        best = shipped_sightings((model, pass_)).best
        for case in cases:
            if model.shows(pass_, case.geometry):
                assert best is Sighting.FITTED, (model.name, pass_, str(case))
                assert not keeps_shapes(model, pass_, case.geometry), (model.name, pass_, str(case))


def test_of_a_case_that_is_not_shipped_it_is_found_out() -> None:
    model = next(model for model in MODELS if model.name == "kernel-rotated")
    case = next(case for case in Chunk(Space(), 0, 1).cases() if max(case.geometry.kernel) > 1)
    assert case not in shipped()
    assert seen((model, Pass.FORWARD), case) is sighting(model, Pass.FORWARD, case)
