"""A kind of check as data: its schedule, its subjects, and what holds of every one."""

from __future__ import annotations

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.checks.kind import MOST_ATTEMPTS, OfPass, Shrinking, every_pass
from convoracle.suites.checks.registry import CHECKS


@pytest.mark.parametrize(("every", "due"), [(1, range(8)), (2, (0, 2, 4, 6)), (4, (0, 4))])
def test_of_so_many_seeds_one_is_due(every: int, due: range) -> None:
    seeds = [seed for seed in range(8) if OfPass(every).is_due(parse_case(f"n1c1k1i1f1/float32/uniform/{seed}"))]
    assert seeds == list(due)


def test_every_case_is_due_unless_it_is_said_otherwise() -> None:
    assert OfPass() == OfPass(every=1)


def test_passes_are_subjects_in_their_own_order() -> None:
    assert every_pass({Pass.JVP, Pass.FORWARD, Pass.BIAS_GRADIENT}) == ("forward", "bias_gradient", "jvp")
    assert every_pass(()) == ()


def test_a_kind_is_shrunk_on_sound_cases_with_two_seeds_unless_it_says_otherwise() -> None:
    assert Shrinking() == Shrinking(MOST_ATTEMPTS, range(2), True)


@pytest.mark.parametrize("kind", CHECKS.values(), ids=lambda kind: kind.name)
def test_what_holds_of_every_kind(kind: object) -> None:
    kind = CHECKS[kind.name]  # type: ignore[attr-defined]
    assert 0 < kind.shrinking.attempts <= MOST_ATTEMPTS
    assert 0 in kind.shrinking.seeds
    subjects = list(kind.subjects(frozenset(Pass)))
    assert len(set(subjects)) == len(subjects) > 0
    assert kind.is_due(parse_case("n1c1k1i1f1/float32/uniform/0")) is isinstance(kind.schedule, OfPass)
