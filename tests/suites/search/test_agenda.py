"""Which case comes next: the same for all that take everything, whatever faults they have, and never one twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from convoracle.oracle.operands.data import Case
from convoracle.oracle.problem.passes import Pass
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


def agenda(total: int, offer: Offer) -> Agenda:
    passes = frozenset({Pass.FORWARD})
    asking = Asking(InProcess("reference"), tuple(passes))
    return Agenda(Budget(offer.space, passes, total, 7), offer, asking, Declined("reference"))


def examined(agenda: Agenda, takes: Callable[[Case], bool] = lambda case: True) -> list[Case]:
    """The cases that are put to a candidate, with what it does not take noted as refused."""
    asked = []
    for planned in agenda.cases():
        asked.append(planned.case)
        if takes(planned.case):
            agenda.note(planned.case, [Pass.FORWARD])
        else:
            agenda.note_refused(planned.case, ())
    return asked


@pytest.mark.parametrize("total", [1, 10, 60, 100, 300])
def test_who_takes_everything_is_asked_the_stream_of_the_seed(total: int) -> None:
    asked = examined(agenda(total, Offer(SPACE)))
    assert tuple(asked) == stream(SPACE, total, 7)
    assert len(set(asked)) == total


def test_what_was_examined_before_is_not_asked_again_and_leaves_room_for_the_covering() -> None:
    known = stream(SPACE, 60, 7)[5:45:2]
    plan = agenda(60, Offer(SPACE))
    for case in known:
        plan.note(case, [Pass.FORWARD])
    asked = examined(plan)
    assert not set(asked) & set(known)
    assert set(covering(SPACE)) <= set(asked) | set(known)


def test_what_is_refused_does_not_count_and_drawing_is_given_up_where_most_is() -> None:
    plan = agenda(60, Offer(SPACE, is_whole=False))
    asked = examined(plan, lambda case: case.geometry.rank == 1)
    assert len(set(asked)) == len(asked)
    assert set(plan.examined) == {case for case in asked if case.geometry.rank == 1}
    assert len(asked) < 400


def test_where_all_there_is_was_examined_it_ends_below_the_budget() -> None:
    tiny = Space(ranks=(1,), dtypes=("float32",), max_products=1, settings=frozenset())
    asked = examined(agenda(100_000, Offer(tiny)))
    assert 0 < len(set(asked)) == len(asked) < 100_000
