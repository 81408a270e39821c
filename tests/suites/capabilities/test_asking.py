"""Asking whether a candidate takes a case: each question once, and what came of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass, is_defined
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Died, Reply, Returned, TimedOut, Unsupported
from convoracle.suites.capabilities.asking import Asking


def case(size: int, dtype: str = "float32", rest: str = "uniform/0") -> Case:
    return parse_case(f"n1c1k1i{size}f1/{dtype}/{rest}")


class Scripted(InProcess):
    """Declines one element, raises for two, dies of three, hangs for four and more, but returns nine."""

    def __init__(self) -> None:
        super().__init__("reference")
        self.asked: list[tuple[Pass, Operands, str]] = []
        self.filled: list[bool] = []

    def call(
        self,
        pass_: Pass,
        operands: Operands,
        geometry: ConvGeometry,
        *,
        seconds: float | None = None,
        layout: str = "contiguous",
        is_filled: bool = True,
    ) -> Reply:
        self.asked.append((pass_, operands, layout))
        self.filled.append(is_filled)
        match geometry.size[0]:
            case 1:
                return Unsupported("too small")
            case 3:
                return Died("SIGSEGV")
            case 9:
                return Returned(np.zeros(1), 0.0)
            case 2:
                return super().call(pass_, operands, geometry, layout="frobnicated")
            case _:
                return TimedOut(1.0)


def asking(*passes: Pass) -> tuple[Asking, Scripted]:
    executor = Scripted()
    return Asking(executor, passes or (Pass.FORWARD, Pass.UPDATE)), executor


def test_a_question_is_asked_once() -> None:
    asked, executor = asking()
    assert not asked.was_asked(case(9))
    assert asked.said(Pass.FORWARD, case(9)) is asked.said(Pass.FORWARD, case(9))
    assert [pass_ for pass_, _, _ in executor.asked] == [Pass.FORWARD]
    assert asked.was_asked(case(9))


def test_ones_are_given_with_a_bias_where_the_case_has_one_in_its_layout() -> None:
    asked, executor = asking()
    asked.said(Pass.FORWARD, parse_case("n1c1k1i9f1/bias/int8/uniform/0/strided"))
    asked.said(Pass.JVP, case(9, "bfloat16"))
    (_, with_bias, layout), (_, without, plain) = executor.asked
    assert (with_bias.input.dtype.name, layout, plain) == ("int8", "strided", "contiguous")
    assert with_bias.bias is not None
    assert with_bias.input_direction is None
    assert (without.bias, without.bias_direction) == (None, None)
    assert without.input_direction is not None
    assert all((array == 1).all() for given in (with_bias, without) for array in given.arrays().values())


def test_only_who_says_so_does_not_take_a_case() -> None:
    """An exception or a crash is no refusal to support it, and no answer."""
    asked, _ = asking(Pass.FORWARD)
    assert [size for size in (1, 3, 5, 9) if asked.takes(case(size))] == [3, 5, 9]
    assert [size for size in (1, 3, 5, 9) if asked.answers(Pass.FORWARD, case(size))] == [9]
    assert asked.said(Pass.FORWARD, case(3)).outcome is Outcome.CRASHED
    assert asked.said(Pass.FORWARD, case(5)).outcome is Outcome.HUNG


def test_whether_a_pass_ever_answered() -> None:
    asked, _ = asking()
    asked.said(Pass.FORWARD, case(3))
    assert not asked.ever_answered(Pass.FORWARD)
    asked.said(Pass.FORWARD, case(9))
    assert asked.ever_answered(Pass.FORWARD)
    assert not asked.ever_answered(Pass.UPDATE)


def test_whether_a_case_was_taken_when_it_was_asked() -> None:
    asked, executor = asking()
    assert not asked.was_taken(case(9))
    for size in (1, 3, 9):
        asked.said(Pass.UPDATE, case(size))
    assert [size for size in (1, 3, 5, 9) if asked.was_taken(case(size))] == [3, 9]
    assert len(executor.asked) == 3


def test_after_two_hangs_a_pass_is_taken_to_accept_the_rest() -> None:
    asked, executor = asking()
    for size in (4, 5, 6, 1):
        asked.said(Pass.FORWARD, case(size))
    assert len(executor.asked) == 2
    assert asked.answers(Pass.FORWARD, case(6))
    assert asked.is_taken(Pass.FORWARD, case(1))
    assert not asked.is_taken(Pass.UPDATE, case(1))


def test_passes_are_those_that_the_dtype_has() -> None:
    asked, _ = asking(Pass.FORWARD, Pass.UPDATE, Pass.DOUBLE_BACKWARD_INPUT)
    assert list(asked.passes_of(case(9, "int8"))) == [Pass.FORWARD]
    assert list(asked.passes_of(case(9, "complex64"))) == [Pass.FORWARD, Pass.UPDATE]


def test_a_refusal_has_a_verdict_for_each_pass() -> None:
    asked, _ = asking()
    refusal = asked.refusal(case(1))
    assert [(each.check, each.subject, each.verdict.outcome) for each in refusal] == [
        ("structure", "forward", Outcome.UNSUPPORTED),
        ("structure", "update", Outcome.UNSUPPORTED),
    ]
    assert refusal[0].verdict.reason == "too small"


def test_an_error_on_a_degenerate_case_is_a_refusal() -> None:
    def conv(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        raise ValueError("no")

    asked = Asking(InProcess(conv), (Pass.FORWARD,))
    assert asked.takes(case(9))
    assert not asked.takes(parse_case("n1c0k1i9f1/float32/uniform/0"))


SMALL, DYING = case(1), case(3)
DECLINED, TAKEN = Verdict(Outcome.UNSUPPORTED, "no"), Verdict(Outcome.CRASHED, "died")


@pytest.mark.parametrize(
    ("said", "of_jvp"),
    [
        ({(Pass.JVP, SMALL): DECLINED, (Pass.JVP, DYING): TAKEN}, Pass.FORWARD),
        ({(Pass.JVP, SMALL): DECLINED}, Pass.FORWARD),
        ({(Pass.JVP, SMALL): TAKEN, (Pass.JVP, DYING): TAKEN}, Pass.JVP),
        ({(Pass.JVP, SMALL): DECLINED, (Pass.JVP, DYING): DECLINED}, Pass.UPDATE),
        ({(Pass.JVP, case(9)): TAKEN}, Pass.JVP),
        ({}, Pass.JVP),
    ],
)
def test_passes_are_alike_that_took_the_same_of_what_both_were_asked(
    said: dict[tuple[Pass, Case], Verdict], of_jvp: Pass
) -> None:
    asked, executor = asking(Pass.JVP, Pass.UPDATE, Pass.FORWARD)
    asked.learned.said |= {(Pass.FORWARD, SMALL): DECLINED, (Pass.FORWARD, DYING): Verdict(Outcome.CONFORMS)}
    asked.learned.said |= {(Pass.UPDATE, SMALL): DECLINED, (Pass.UPDATE, DYING): DECLINED} | said
    assert asked.alike() == {Pass.FORWARD: Pass.FORWARD, Pass.UPDATE: Pass.UPDATE, Pass.JVP: of_jvp}
    assert executor.asked == []


ANSWERED, REFUSED = Verdict(Outcome.CONFORMS), Verdict(Outcome.REFUSED, "no")


@pytest.mark.parametrize(
    ("of_jvp", "assumed"),
    [
        ({SMALL: DECLINED}, {case(9)}),
        ({SMALL: DECLINED, DYING: TAKEN}, {case(9)}),
        ({SMALL: DECLINED, DYING: REFUSED}, set()),
        ({SMALL: ANSWERED}, set()),
        ({case(5): ANSWERED}, set()),
    ],
)
def test_a_pass_is_taken_to_answer_what_one_answered_that_said_the_same_before(
    of_jvp: dict[Case, Verdict], assumed: set[Case]
) -> None:
    asked, executor = asking(Pass.JVP, Pass.FORWARD)
    of_forward = {SMALL: DECLINED, DYING: TAKEN, case(9): ANSWERED, case(2): REFUSED}
    asked.learned.said |= {(Pass.FORWARD, each): said for each, said in of_forward.items()}
    asked.learned.said |= {(Pass.JVP, each): said for each, said in of_jvp.items()}
    asked.assume(Pass.JVP, [case(9), case(2), case(7)])
    assert asked.learned.assumed == {(Pass.JVP, each) for each in assumed}
    assert all(asked.answers(Pass.JVP, each) for each in assumed)
    assert executor.asked == []
    assert not asked.was_asked(case(7))


def test_one_of_the_passes_that_are_alike_is_asked_for_all() -> None:
    asked, executor = asking(Pass.FORWARD, Pass.UPDATE, Pass.JVP, Pass.INPUT_GRADIENT)
    said = {Pass.FORWARD: TAKEN, Pass.INPUT_GRADIENT: TAKEN, Pass.UPDATE: DECLINED, Pass.JVP: DECLINED}
    asked.learned.said |= {(pass_, SMALL): verdict for pass_, verdict in said.items()}
    spokesmen = asked.spokesmen()
    assert spokesmen.takes(case(9))
    assert [pass_ for pass_, _, _ in executor.asked] == [Pass.FORWARD]
    assert not spokesmen.takes(case(1, "float64"))
    assert [pass_ for pass_, _, _ in executor.asked[1:]] == [Pass.FORWARD, Pass.UPDATE]
    assert spokesmen.is_taken(Pass.JVP, case(9))
    assert [pass_ for pass_, _, _ in executor.asked[3:]] == [Pass.UPDATE]


@pytest.mark.parametrize("dtype", DTYPES)
def test_who_speaks_for_a_pass_is_defined_wherever_that_is(dtype: str) -> None:
    asked, _ = asking(*Pass)
    asked.learned.said |= {(pass_, SMALL): TAKEN for pass_ in Pass}
    assert set(asked.spokesmen().first.values()) == {Pass.FORWARD}
    defined = [is_defined(pass_, dtype) for pass_ in Pass]
    assert defined == sorted(defined, reverse=True)


@pytest.mark.parametrize("is_filled", [True, False])
def test_memory_is_filled_where_that_is_asked_for(is_filled: bool) -> None:
    asked, executor = asking()
    replace(asked, is_filled=is_filled).said(Pass.FORWARD, case(9))
    assert executor.filled == [is_filled]
