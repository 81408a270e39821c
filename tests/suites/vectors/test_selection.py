"""Which vectors there are, and which a selection leaves."""

from __future__ import annotations

from itertools import pairwise

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass, is_defined
from convoracle.suites.vectors.flags import FLAGS
from convoracle.suites.vectors.selection import Choice, calls, choices, none_left


def test_names_that_select() -> None:
    assert {choice.case.dtype for choice in choices(["Groups", "int8", "float64"])} == {"int8", "float64"}
    assert {str(choice.check) for choice in choices(["precision"])} == {"precision"}
    assert not choices(["AcceptedInvalid"])
    assert {str(call.pass_) for _, call in calls(["AcceptedInvalid", "forward"])} == {"forward"}
    assert len(choices()) > len(choices(["forward"])) > 0
    with pytest.raises(InvalidArgument, match="sideways"):
        choices(["forward", "sideways"])


@pytest.fixture(scope="module")
def every() -> tuple[Choice, ...]:
    return choices()


def test_each_has_an_id_of_its_own_in_order_and_flags_that_there_are(every: tuple[Choice, ...]) -> None:
    assert [choice.id for choice in every] == [f"{number:04}" for number in range(1, len(every) + 1)]
    for choice in every:
        assert choice.flags
        assert set(choice.flags) <= set(FLAGS)
        assert choice.comment
        assert is_defined(choice.pass_, choice.case.dtype)
        assert parse_case(str(choice.case)) == choice.case


def test_the_passes_of_a_case_stand_together(every: tuple[Choice, ...]) -> None:
    """Else the case would be written twice."""
    keys = [(choice.check, choice.case, choice.comment) for choice in every]
    changes = sum(one != other for one, other in pairwise(keys))
    assert changes + 1 == len(set(keys))


def test_a_part_keeps_its_ids(every: tuple[Choice, ...]) -> None:
    part = choices(["jvp", "float32"])
    assert part == tuple(each for each in every if (each.pass_, each.case.dtype) == (Pass.JVP, "float32"))


def test_illegal_calls_are_numbered_and_have_their_own_flag() -> None:
    every = calls()
    assert [name for name, _ in every] == [f"illegal-{number:03}" for number in range(1, len(every) + 1)]
    assert calls(["AcceptedInvalid"]) == every
    assert calls(["Groups"]) == calls(["float32"]) == ()


def test_what_leaves_nothing_is_told_with_what_was_asked() -> None:
    assert str(none_left(["int8", "NanLeak"], "should leave some")) == (
        "--only='int8 NanLeak', but should leave some [vectors export]"
    )
