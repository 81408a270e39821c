"""Inputs and weights of more than 2**31 elements: an index of 32 bits is found out, in almost no memory."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.layouts import EXPANDED
from convoracle.oracle.problem.passes import LINKED, Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Limits, Raised, Reply, Returned
from convoracle.suites.checks.examination import Examination
from convoracle.suites.checks.kind import OfCandidate
from convoracle.suites.checks.reach import KIND, PLACES, SECONDS, ask_reach, reach_case


def _strided(x: np.ndarray, w: np.ndarray, flat: type, unit: int = 1) -> np.ndarray:
    """A 1x1 convolution with a large stride on the last axis, by flat indices, times a unit, of some integer type."""
    if len(w) > 1:
        return _pointwise(x, w, flat)
    size, step = x.shape[-1], 2**18 if x.shape[-1] < 2**20 else 2**20
    rows = np.prod(x.shape[2:-1], dtype=np.int64)
    starts = (np.arange(rows)[:, None] * size + np.arange(0, size, step)) * unit
    starts = starts.astype(flat).astype(np.int64) // unit % (rows * size)
    taken = x[(0, 0, *np.unravel_index(starts.ravel(), x.shape[2:]))]
    return (taken * w.ravel()[0]).reshape(1, 1, *x.shape[2:-1], -1)


def _pointwise(x: np.ndarray, w: np.ndarray, flat: type) -> np.ndarray:
    """A 1x1 convolution of an input of one position that is constant, by the flat index at which each filter begins."""
    outputs, inputs = w.shape[:2]
    starts = (np.arange(outputs) * inputs).astype(flat).astype(np.int64) % (outputs * inputs)
    return (w[starts // inputs, starts % inputs, 0] * x.sum()).reshape(1, -1, 1)


def wide(x, w, stride):
    return _strided(x, w, np.int64)


def narrow(x, w, stride):
    return _strided(x, w, np.int32)


def narrow_in_bytes(x, w, stride):
    return _strided(x, w, np.int32, 4)


def dense(x, w, stride):
    return np.array(x)


@pytest.mark.parametrize("place", PLACES)
def test_indices_of_64_bits_reach_everything(place: str) -> None:
    result = ask_reach(InProcess(wide), place)
    assert result is not None
    assert result.verdict.outcome is Outcome.CONFORMS


@pytest.mark.parametrize(
    ("kernel", "place", "told"),
    [
        (narrow, "two axes together", "1 of 4096 elements are wrong"),
        (narrow_in_bytes, "bytes of two axes", "1 of 4096 elements are wrong"),
        (narrow, "weight", "8 of 2097160 elements are wrong, the first at [0, 2097152, 0]"),
    ],
)
def test_an_index_of_32_bits_is_found(kernel: Any, place: str, told: str) -> None:
    result = ask_reach(InProcess(kernel), place)
    assert result is not None
    assert result.verdict.outcome is Outcome.VIOLATES
    assert told in result.verdict.reason
    sound = ask_reach(InProcess(narrow), "bytes of two axes")
    assert sound is not None
    assert sound.verdict.outcome is Outcome.CONFORMS, "its elements can be counted"


def test_who_lays_it_out_in_memory_may_want_too_much() -> None:
    with Isolated(dense, Limits(memory_bytes=2**30)) as executor:
        result = ask_reach(executor, "one axis")
    assert result is not None
    assert result.verdict.outcome is Outcome.UNSUPPORTED


class Answers(InProcess):
    """Gives one reply to every call, and keeps the operands and what they were given with."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(wide)
        self.reply = reply

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **settings: Any) -> Reply:
        self.given = pass_, operands, geometry, settings
        return self.reply


ONE_AXIS = Returned(np.full((1, 1, 2049), 6, np.float32), 0.1)
"""2049 windows lie 2**20 apart on 2**31 + 1024 elements, each a 3 that is weighted by 2."""


@pytest.mark.parametrize(
    ("reply", "outcome", "told"),
    [
        (ONE_AXIS, Outcome.CONFORMS, ""),
        (Raised("ValueError", "too large", "", 0.1), Outcome.UNSUPPORTED, "refuses it: ValueError: too large"),
        (Died("memory limit of 4 GiB"), Outcome.UNSUPPORTED, "needs more memory than it may have: memory limit of 4"),
        (Died("out of memory"), Outcome.UNSUPPORTED, "needs more memory than it may have: out of memory"),
        (Died("SIGSEGV"), Outcome.CRASHED, "the process died: SIGSEGV, on n1c1k1i2147484672f1s1048576"),
        (replace(ONE_AXIS, mutated=("input",)), Outcome.VIOLATES, "changed its operand input, on n1c1k1i2147484672f1"),
        (
            replace(ONE_AXIS, value=ONE_AXIS.value[..., :-1]),
            Outcome.VIOLATES,
            "returned shape (1, 1, 2048), but should be (1, 1, 2049), on n1c1k1i2147484672f1s1048576",
        ),
        (
            replace(ONE_AXIS, value=ONE_AXIS.value * (np.arange(2049) < 2047)),
            Outcome.VIOLATES,
            "2 of 2049 elements are wrong, the first at [0, 0, 2047]: 0 instead of 6, on n1c1k1i2147484672f1s1048576",
        ),
    ],
)
def test_a_reply_is_refused_for_its_size_or_right_or_wrong(reply: Reply, outcome: Outcome, told: str) -> None:
    result = ask_reach(Answers(reply), "one axis")
    assert result is not None
    assert (result.check, result.subject, result.verdict.outcome) == ("reach", "one axis", outcome)
    assert result.verdict.reason.startswith(told)


def test_every_row_has_numbers_of_its_own_without_any_memory() -> None:
    executor = Answers(ONE_AXIS)
    ask_reach(executor, "two axes together")
    pass_, operands, geometry, settings = executor.given
    assert (pass_, geometry) == (Pass.FORWARD, PLACES["two axes together"])
    assert operands.input.shape == (1, 1, 2048, 1)
    assert operands.input.ravel().tolist() == list(range(1, 2049))
    assert settings == {"seconds": SECONDS, "layout": EXPANDED}


def test_the_time_told_is_that_of_the_call() -> None:
    began = time.perf_counter()
    result = ask_reach(Answers(ONE_AXIS), "one axis")
    assert result is not None
    assert 0 < result.seconds <= time.perf_counter() - began


class OnlyABiasGradient:
    def bias_gradient(self, output_gradient: np.ndarray) -> np.ndarray:
        raise AssertionError("was called")


def test_only_the_forward_pass_is_asked() -> None:
    assert ask_reach(InProcess(OnlyABiasGradient), "one axis") is None
    assert isinstance(KIND.schedule, OfCandidate)
    questions = {passes: list(KIND.schedule.questions(passes, (1,))) for passes in (LINKED, (Pass.BIAS_GRADIENT,))}
    assert questions == {LINKED: [(reach_case(place), place) for place in PLACES], (Pass.BIAS_GRADIENT,): []}


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("one axis", "n1c1k1i2f1/float32/uniform/0"),
        ("two axes together", "n1c1k1i2x2f1x1/float32/uniform/0"),
        ("weight", "n1c1k1i2f1/float32/uniform/0"),
    ],
)
def test_the_verdict_is_recorded_under_a_small_case_of_as_many_axes(place: str, text: str) -> None:
    assert str(reach_case(place)) == text


@pytest.mark.parametrize("place", PLACES)
def test_there_are_more_elements_than_an_index_of_32_bits_tells_apart(place: str) -> None:
    geometry = PLACES[place]
    most = max(math.prod(geometry.input_shape), math.prod(geometry.weight_shape))
    assert most * (4 if "bytes" in place else 1) > 2**31
    assert ("bytes" in place) == (most < 2**31)


def test_a_place_that_is_not_there_is_told() -> None:
    examination = Examination(InProcess(wide), reach_case("one axis"), (Pass.FORWARD,))
    with pytest.raises(
        InvalidArgument, match="should be one of one axis, two axes together, bytes of two axes, weight"
    ):
        KIND.ask(examination, KIND.name, "three axes")
