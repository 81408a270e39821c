"""One case put to one candidate: what is asked once, what is sound, and what a verdict is on."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Reply
from convoracle.suites.checks.examination import Examination, Judged, ask, ask_values, pass_of
from convoracle.suites.checks.value import operands_of

CASE = parse_case("n1c1k1i4f2/float32/uniform/1/strided")
PASSES = (Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT, Pass.FORWARD)


class Counts:
    """Counts its calls; right in the forward pass, wrong in the weight gradient, and without a bias gradient."""

    accumulators = {"float32": "float64"}

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.strides: set[bool] = set()

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        self.calls.append("forward")
        self.strides.add(input.flags.c_contiguous)
        return reference.forward(input.astype(np.float64), weight.astype(np.float64), geometry).astype(np.float32)

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        self.calls.append("weight_gradient")
        return np.zeros(geometry.weight_shape, np.float32)


def examination(**settings: object) -> tuple[Examination, Counts]:
    candidate = Counts()
    return Examination(InProcess(candidate), CASE, PASSES, **settings), candidate  # type: ignore[arg-type]


class Filled(InProcess):
    """Keeps of which calls memory is to be filled."""

    def __init__(self) -> None:
        super().__init__(Counts())
        self.filled: list[bool] = []

    def call(self, *arguments: Any, is_filled: bool = True, **options: Any) -> Reply:
        self.filled.append(is_filled)
        return super().call(*arguments, is_filled=is_filled, **options)


def test_memory_need_not_be_filled_on_reals_after_a_call_that_was_right_on_integers_with_it() -> None:
    asked = Examination(Filled(), CASE, PASSES)
    for pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT):
        for numbers in (Numbers.REALS, Numbers.INTEGERS, Numbers.REALS, Numbers.CONTAMINATED):
            asked.ask(numbers, pass_)
    asked.call(Numbers.REALS, Pass.FORWARD)
    assert asked.executor.filled == [True, True, False, True, True, True, True, True, True]


def test_memory_is_filled_on_reals_where_integers_decided_nothing() -> None:
    asked = Examination(Filled(), CASE, PASSES)
    asked._on_integers[Pass.FORWARD] = Judged(Verdict(Outcome.UNDECIDED), np.zeros(3), 0.0)
    asked.ask(Numbers.REALS, Pass.FORWARD)
    assert asked.executor.filled == [True]


def test_integers_are_asked_once_and_other_numbers_each_time() -> None:
    asked, candidate = examination()
    assert asked.ask(Numbers.INTEGERS, Pass.FORWARD) is asked.ask(Numbers.INTEGERS, Pass.FORWARD)
    assert asked.returned(Pass.FORWARD) is not None
    assert candidate.calls == ["forward"]
    for count in (2, 3):
        asked.ask(Numbers.REALS, Pass.FORWARD)
        assert candidate.calls == ["forward"] * count
    asked.call(Numbers.INTEGERS, Pass.FORWARD)
    assert candidate.calls == ["forward"] * 4


def test_a_verdict_tells_check_pass_and_time_and_operands_lie_as_the_case_says() -> None:
    asked, candidate = examination()
    began = time.perf_counter()
    result = ask_values(Numbers.REALS, asked, "precision", "forward")
    assert result is not None
    assert (result.check, result.subject, result.verdict.outcome) == ("precision", "forward", Outcome.CONFORMS)
    assert 0 < result.seconds <= time.perf_counter() - began
    assert candidate.strides == {False}


def test_what_a_pass_returned_is_the_array_or_nothing() -> None:
    asked, candidate = examination()
    returned = asked.returned(Pass.WEIGHT_GRADIENT)
    assert returned is not None
    assert not returned.any()
    assert asked.returned(Pass.BIAS_GRADIENT) is None
    assert candidate.calls == ["weight_gradient"]


def test_sound_are_the_passes_asked_so_far_that_are_not_wrong_in_their_order() -> None:
    asked, _ = examination()
    assert asked.sound == []
    asked.ask(Numbers.REALS, Pass.FORWARD)
    assert asked.sound == []
    for pass_ in reversed(PASSES):
        asked.ask(Numbers.INTEGERS, pass_)
    assert asked.sound == [Pass.FORWARD]
    right = Examination(InProcess("reference"), CASE, PASSES)
    for pass_ in reversed(PASSES):
        right.ask(Numbers.INTEGERS, pass_)
    assert right.sound == list(PASSES)


def test_it_is_held_to_what_it_declares_or_to_what_is_said() -> None:
    assert examination()[0].arithmetic.accumulator.name == "float64"
    narrow = Arithmetic.of("float32", "float16")
    assert examination(held_to=narrow)[0].arithmetic is narrow


def test_recorded_operands_are_asked_instead() -> None:
    """1 * 4 + 2 * 5 = 14, and so on; of another weight than the case has."""
    recorded = Operands(
        np.array([[[1, 2, 3, 4]]], np.float32), np.array([[[4, 5]]], np.float32), None, np.ones((1, 1, 3), np.float32)
    )
    asked, _ = examination(recorded=recorded)
    assert asked.operands(Numbers.INTEGERS) is recorded
    assert asked.standard(Numbers.INTEGERS, Pass.FORWARD).expected().tolist() == [[[14, 23, 32]]]
    assert asked.ask(Numbers.INTEGERS, Pass.FORWARD).verdict.outcome is Outcome.CONFORMS
    of_case = examination()[0].operands(Numbers.INTEGERS)
    assert of_case is operands_of(Numbers.INTEGERS, CASE, examination()[0].arithmetic)


@pytest.mark.parametrize(("text", "outcome"), [("n1c1k1i4f2", Outcome.REFUSED), ("n1c0k1i4f2", Outcome.UNSUPPORTED)])
def test_an_error_is_a_refusal_but_of_degenerate_cases(text: str, outcome: Outcome) -> None:
    def conv(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        raise ValueError("no")

    case = parse_case(f"{text}/float32/uniform/1")
    assert ask(InProcess(conv), Numbers.INTEGERS, case, Pass.FORWARD).verdict.outcome is outcome


@pytest.mark.parametrize(
    ("text", "numbers", "subject", "some"),
    [
        ("n1c1k1i4f2/int8/uniform/1", Numbers.INTEGERS, "forward", True),
        ("n1c1k1i4f2/int8/uniform/1", Numbers.INTEGERS, "update", False),
        ("n1c1k1i4f2/int8/uniform/1", Numbers.CONTAMINATED, "forward", False),
        ("n1c1k1i4f2/complex64/huge/1", Numbers.REALS, "forward", False),
        ("n1c1k1i4f2/complex64/uniform/1", Numbers.REALS, "forward", True),
    ],
)
def test_nothing_is_said_where_a_check_or_a_pass_is_not_defined(
    text: str, numbers: Numbers, subject: str, some: bool
) -> None:
    asked = Examination(InProcess("reference"), parse_case(text), tuple(Pass))
    assert (ask_values(numbers, asked, "x", subject) is not None) is some


def test_what_was_recorded_is_asked_again_in_any_case() -> None:
    case = parse_case("n1c1k1i4f2/float32/uniform/1/broadcast")
    recorded = operands_of(Numbers.INTEGERS, case)
    assert ask_values(Numbers.CONTAMINATED, Examination(InProcess("reference"), case, PASSES), "x", "forward") is None
    again = Examination(InProcess("reference"), case, PASSES, recorded=recorded)
    assert ask_values(Numbers.CONTAMINATED, again, "x", "forward") is not None


def test_a_subject_is_a_pass() -> None:
    assert pass_of("jvp") is Pass.JVP
    with pytest.raises(InvalidArgument, match="should be one of forward, input_gradient") as raised:
        pass_of("adjoint")
    assert "'adjoint'" in str(raised.value)
