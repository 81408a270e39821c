"""The named amounts of checking, and the cases that each allows."""

from __future__ import annotations

from itertools import pairwise

import pytest

from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import Space


def test_each_profile_runs_more_and_larger_cases_than_the_one_before() -> None:
    assert list(PROFILES) == ["quick", "standard", "deep"]
    for less, more in pairwise(PROFILES.values()):
        assert less.cases < more.cases
        assert less.max_products < more.max_products


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_found_under_its_name_and_restricts_nothing_but_size(name: str) -> None:
    profile = PROFILES[name]
    assert profile.name == name
    assert profile.space() == Space(max_products=profile.max_products)


def test_ranks_and_dtypes_are_those_that_are_asked_for() -> None:
    space = PROFILES["quick"].space(ranks=(6,), dtypes=("int8",))
    assert (space.ranks, space.dtypes, space.max_products) == ((6,), ("int8",), PROFILES["quick"].max_products)
    assert space.settings == Space().settings
