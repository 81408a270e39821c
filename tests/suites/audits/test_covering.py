"""The shipped coverings see every fault in every pass, and are fitted to what a candidate takes."""

from __future__ import annotations

from itertools import islice

import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.numbers.dtypes import DTYPES, EVERYDAY
from convoracle.oracle.operands.vocabulary import SETTINGS, used_settings
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.power import powers
from convoracle.suites.audits.sighting import Sighting, sighting
from convoracle.suites.cases.covering import covering
from convoracle.suites.cases.drawing import drawn, shares
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import Space


@pytest.mark.parametrize(
    "rank", [2, pytest.param(1, marks=pytest.mark.campaign), pytest.param(3, marks=pytest.mark.campaign)]
)
def test_every_fault_is_seen_in_every_pass_in_which_it_can_show(rank: int) -> None:
    space = Space((rank,), DTYPES)
    plenty = tuple(islice(drawn(space, 1), 100))
    unseen = [power for power in powers(covering(space)) if power.first is None]
    assert [
        f"{power.model.name} in {power.pass_}"
        for power in unseen
        if any(power.model.shows(power.pass_, case.geometry) for case in plenty)
    ] == []
    if rank > 1:
        assert unseen == []
        for name, pass_ in IN_SHAPE:
            shown = max(sighting(fault_named(name), pass_, case) for case in covering(space))
            assert shown is Sighting.IN_SHAPE, (name, pass_)


IN_SHAPE = [
    (name, pass_)
    for name in (
        "stride-axes-exchanged",
        "first-stride-on-all-axes",
        "dilation-axes-exchanged",
        "padding-axes-exchanged",
    )
    for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT)
]
"""Misreadings that change the output's size of most cases: some case leaves it as it is, and shows them."""


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_every_profile_has_room_for_the_whole_covering(profile) -> None:
    cases = covering(profile.space(dtypes=DTYPES))
    assert len(cases) == len(covering(Space(dtypes=DTYPES)))
    assert shares(profile.cases, len(cases), 1000).covering == len(cases)


def test_a_small_budget_has_some_of_each() -> None:
    share = shares(10, 20, 100)
    assert (share.usual, share.drawn, share.covering) == (4, 1, 3)
    assert shares(100, 20, 10).drawn == 50
    assert [shares(profile.cases, 16, 898).usual for profile in PROFILES.values()] == [40, 140, 898]


def test_a_covering_is_fitted_to_the_space() -> None:
    plain = Space((2, 3), ("float16",), settings=SETTINGS - {"bias", "layout", "dilation"})
    cases = covering(plain)
    assert {case.geometry.rank for case in cases} == {2}
    assert {case.dtype for case in cases} == {"float16"}
    assert 3 < len(cases) == len(set(cases))
    assert not set().union(*map(used_settings, cases)) & {"bias", "layout", "dilation"}
    assert {case.geometry.rank for case in covering(Space((1, 3), EVERYDAY))} == {1}
