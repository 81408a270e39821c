"""Which case comes next: the same for all that take everything, whatever faults they have, and never one twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.audits.power import stream
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.asking import Asking
from convoracle.suites.capabilities.declined import Declined
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.covering import covering
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.strategies import Space
from convoracle.suites.search.agenda import Agenda

SPACE = PROFILES["quick"].space(dtypes=("float32",))


def agenda(total: int, offer: Offer, candidate: object = "reference") -> Agenda:
    passes = frozenset({Pass.FORWARD})
    asking = Asking(InProcess(candidate), tuple(passes))
    return Agenda(Budget(offer.space, passes, total, 7), offer, asking, Declined("reference"))


def told(agenda: Agenda, remembered: Iterable[Case] = ()) -> list[Case]:
    return [planned.case for planned in agenda.cases(remembered)]


class OfOneAxis:
    """Takes convolutions along one axis only, and says so."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        if geometry.rank != 1:
            raise NotImplementedError("one axis only")
        return np.zeros(geometry.output_shape, input.dtype)


@pytest.mark.parametrize("total", [1, 10, 60, 100, 300])
def test_who_takes_everything_is_asked_the_stream_of_the_seed(total: int) -> None:
    asked = told(agenda(total, Offer(SPACE)))
    assert tuple(asked) == stream(SPACE, total, 7)
    assert len(set(asked)) == total


def test_what_is_remembered_comes_first_and_once_and_leaves_room_for_the_covering() -> None:
    known = stream(SPACE, 60, 7)[5:45:2]
    elsewhere = replace(known[0], dtype="float64")
    asked = told(agenda(60, Offer(SPACE)), (*known, elsewhere))
    assert tuple(asked[: len(known)]) == known
    assert len(set(asked)) == len(asked) >= 60
    assert set(covering(SPACE)) <= set(asked)


def test_what_is_declined_does_not_count_and_drawing_is_given_up_where_most_is() -> None:
    plan = agenda(60, Offer(SPACE, is_whole=False), OfOneAxis())
    asked = told(plan)
    assert len(set(asked)) == len(asked)
    assert list(plan.taken) == asked
    assert {case.geometry.rank for case in asked} == {1}
    assert 0 < sum(record.declined for record in plan.declined.records()) < 400


def test_where_all_there_is_was_examined_it_ends_below_the_budget() -> None:
    tiny = Space(ranks=(1,), dtypes=("float32",), max_products=1, settings=frozenset())
    asked = told(agenda(100_000, Offer(tiny)))
    assert 0 < len(set(asked)) == len(asked) < 100_000
