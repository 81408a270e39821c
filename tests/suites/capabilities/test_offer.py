"""What a candidate offers is found by asking, and what it declines is on record."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.vocabulary import SETTINGS
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import CaseRecord
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.asking import Asking
from convoracle.suites.capabilities.declined import Declined
from convoracle.suites.capabilities.offer import Offer, learn
from convoracle.suites.cases.space import Space


def plain_conv2d(x, w, stride):
    raise AssertionError("an honest error is no refusal to support")


def any_rank(x, w, bias, stride, padding, dilation, groups):
    if x.dtype == np.float16:
        raise NotImplementedError("float16 is for tomorrow")
    return x


def nothing(x, w):
    raise NotImplementedError("later")


def learned(candidate: object, passes=(Pass.FORWARD,)) -> tuple[Offer, tuple[CaseRecord, ...]]:
    executor = InProcess(candidate)
    declined = Declined(executor.info.name)
    return learn(Asking(executor, passes), Space(), declined), declined.records()


_SAID = SETTINGS - {"unequal padding", "padding mode", "transposed", "output padding"}
"""What a function can be told by stride, padding, dilation, groups and bias."""


@pytest.mark.parametrize(
    ("candidate", "ranks", "dtypes", "settings"),
    [
        (plain_conv2d, (2,), Space().dtypes, {"stride", "layout"}),
        (any_rank, (1, 2, 3), ("float32", "float64", "bfloat16"), _SAID),
    ],
)
def test_cases_are_drawn_where_the_candidate_answers(candidate, ranks, dtypes, settings) -> None:
    offer, declined = learned(candidate)
    space = offer.space
    assert (space.ranks, space.dtypes, space.settings) == (ranks, dtypes, settings)
    assert not offer.is_whole
    assert declined
    assert all(r.verdict.outcome is Outcome.UNSUPPORTED for record in declined for r in record.results)
    assert len({record.case for record in declined}) == len(declined)


def test_all_is_drawn_for_one_that_takes_the_geometry() -> None:
    def forward(input, weight, bias, geometry):
        return input

    offer, declined = learned(forward)
    assert (offer.space, offer.is_whole, declined) == (Space(), True, ())


def test_one_that_declines_everything_is_asked_the_plainest_cases() -> None:
    assert learned(nothing)[0].space == Space(settings=frozenset())


class Rare:
    """Takes next to nothing: its forward pass what `is_taken` says, its input gradient what `is_taken_too` says."""

    def __init__(self, is_taken, is_taken_too) -> None:
        self.asked = {Pass.FORWARD: 0, Pass.INPUT_GRADIENT: 0}
        self._taken = {Pass.FORWARD: is_taken, Pass.INPUT_GRADIENT: is_taken_too}

    def forward(self, input, weight, bias, geometry):
        return self._answer(Pass.FORWARD, input, geometry)

    def input_gradient(self, weight, output_gradient, geometry):
        return self._answer(Pass.INPUT_GRADIENT, output_gradient, geometry)

    def _answer(self, pass_, array, geometry):
        self.asked[pass_] += 1
        if not self._taken[pass_](geometry):
            raise NotImplementedError("not today")
        return array


def takes_nothing(geometry) -> bool:
    return False


def takes_some(geometry) -> bool:
    return geometry.rank == 2 and max(geometry.dilation) > 2


def test_of_what_was_drawn_in_vain_a_pass_that_says_the_same_is_asked_an_eighth() -> None:
    candidate = Rare(takes_nothing, takes_nothing)
    assert learned(candidate, (Pass.FORWARD, Pass.INPUT_GRADIENT))[0].forms == {}
    first, second = candidate.asked.values()
    assert first > 5000
    assert second < first / 3, "what both are asked before anything is drawn is a fifth"


def test_a_pass_that_takes_one_of_these_is_asked_for_more() -> None:
    candidate = Rare(takes_nothing, takes_some)
    offer, _ = learned(candidate, (Pass.FORWARD, Pass.INPUT_GRADIENT))
    assert list(map(len, offer.forms.values())) == [0, 20]
    whole = Rare(takes_some, takes_some)
    assert len(learned(whole, (Pass.FORWARD, Pass.INPUT_GRADIENT))[0].forms[Pass.FORWARD]) == 20
    assert whole.asked[Pass.FORWARD] < candidate.asked[Pass.FORWARD]


class Counted:
    """A convolution that takes no groups, and counts which geometries its passes were asked."""

    def __init__(self, *, most_axes_of_gradient: int) -> None:
        self.asked: dict[Pass, set[str]] = {Pass.FORWARD: set(), Pass.INPUT_GRADIENT: set()}
        self._most_axes = most_axes_of_gradient

    def forward(self, input, weight, bias, geometry):
        return self._answer(Pass.FORWARD, input, geometry, 3)

    def input_gradient(self, weight, output_gradient, geometry):
        return self._answer(Pass.INPUT_GRADIENT, output_gradient, geometry, self._most_axes)

    def _answer(self, pass_, array, geometry, most_axes):
        self.asked[pass_].add(str(geometry))
        if geometry.groups > 1 or geometry.rank > most_axes:
            raise NotImplementedError("no groups, and not so many axes")
        return array


@pytest.mark.parametrize("most_axes", [3, 2])
def test_a_pass_that_says_the_same_as_another_is_asked_a_part_of_what_that_was(most_axes: int) -> None:
    candidate = Counted(most_axes_of_gradient=most_axes)
    offer, _ = learned(candidate, (Pass.FORWARD, Pass.INPUT_GRADIENT))
    first, second = (candidate.asked[pass_] for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT))
    of_gradient = {form for form in offer.forms[Pass.FORWARD] if form.rank <= most_axes}
    assert set(offer.forms[Pass.INPUT_GRADIENT]) == of_gradient
    assert (3 * len(second) < 2 * len(first)) is (most_axes == 3)
