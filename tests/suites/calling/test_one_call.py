"""Calls made over and over: what is returned or raised, and which operands a call changed."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.calling.company import CompanyCall, Part
from convoracle.suites.calling.one_call import DECLINED, Caller, agrees, snapshot
from convoracle.suites.candidates.loading.source import bind_object

GEOMETRY = parse_geometry("n1c1k1i2f1")


def operands() -> Operands:
    return Operands(np.array([[[1.0, 2]]]), np.array([[[3.0]]]), None, np.ones((1, 1, 2)))


def caller(act: Callable[[Array, Array], object], *, interruptible: bool = False) -> tuple[Caller, list[str]]:
    def conv(input: Array, weight: Array) -> object:
        return act(input, weight)

    announced: list[str] = []

    def announce(doing: str, at_once: int = 1) -> None:
        announced.append(doing)

    return Caller(bind_object(conv), Pass.FORWARD, announce, interruptible), announced


def failing(error: BaseException) -> Callable[[Array, Array], object]:
    def act(input: Array, weight: Array) -> object:
        raise error

    return act


def test_a_call_is_announced_and_returns_the_array_itself() -> None:
    kept: list[Array] = []

    def act(input: Array, weight: Array) -> Array:
        kept.append(input * weight)
        return kept[-1]

    making, announced = caller(act)
    result = making.make(operands(), GEOMETRY, "the same call")
    assert result is kept[0]
    assert announced == ["making the same call"]
    making.make_quietly(operands(), GEOMETRY)
    assert announced == ["making the same call"]


def test_operands_are_given_as_they_lie() -> None:
    given = operands()
    making, _ = caller(lambda input, weight: np.shares_memory(input, given.input) + np.zeros(1))
    assert making.make(given, GEOMETRY, "it") == 1
    assert making.make_fresh(CompanyCall(given, GEOMETRY), "it") == 0


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (failing(ValueError("no such size")), "ValueError: no such size"),
        (failing(NotImplementedError("no even kernels")), f"{DECLINED}: no even kernels"),
        (lambda input, weight: sys.exit(2), "SystemExit: 2"),
        (failing(KeyboardInterrupt()), "KeyboardInterrupt: "),
        (lambda input, weight: None, "returned a NoneType"),
        (lambda input, weight: [1.0], "returned a list"),
        (lambda input, weight: np.array(["a"]), "returned an array of <U1"),
        (lambda input, weight: np.zeros(1, bool), "returned an array of bool"),
    ],
)
def test_what_is_no_array_of_numbers_is_a_text(act: Callable[[Array, Array], object], text: str) -> None:
    assert caller(act)[0].make(operands(), GEOMETRY, "it") == text


def test_a_long_message_is_cut() -> None:
    text = caller(failing(ValueError("spam " * 10_000)))[0].make(operands(), GEOMETRY, "it")
    assert isinstance(text, str)
    assert len(text) == 2000


def test_the_user_interrupts_where_that_is_said() -> None:
    making, _ = caller(failing(KeyboardInterrupt()), interruptible=True)
    with pytest.raises(KeyboardInterrupt):
        making.make(operands(), GEOMETRY, "it")
    assert caller(failing(SystemExit(2)), interruptible=True)[0].make(operands(), GEOMETRY, "it") == "SystemExit: 2"


def test_overflow_raises_no_warning_of_ours(recwarn: pytest.WarningsRecorder) -> None:
    making, _ = caller(lambda input, weight: np.float32(3e38) * np.array([2], np.float32))
    assert making.make(operands(), GEOMETRY, "it") == np.inf
    assert not recwarn.list


def test_a_fresh_call_that_changes_its_copies_is_remembered_and_harms_nobody() -> None:
    def act(input: Array, weight: Array) -> Array:
        if weight[0, 0, 0] == 3:
            input[...] = 0
        return np.zeros(1)

    making, _ = caller(act)
    call = CompanyCall(operands(), GEOMETRY)
    making.make_fresh(call, "the first call")
    assert call.operands.input.tolist() == [[[1, 2]]]
    harmless = CompanyCall(Operands(np.ones((1, 1, 2)), np.ones((1, 1, 1)), None, np.ones((1, 1, 2))), GEOMETRY)
    making.make_fresh(harmless, "another call")
    assert making.spoilt == [("the first call", ("input",))]


def test_a_snapshot_is_no_view() -> None:
    array = np.arange(6.0).reshape(2, 3).T
    copy = snapshot(array)
    array[...] = 0
    assert isinstance(copy, np.ndarray)
    assert copy.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert copy.flags.c_contiguous
    assert snapshot("ValueError: no") == "ValueError: no"


@pytest.mark.parametrize(
    ("got", "expected", "sign", "agree"),
    [
        (np.array([1.0, -2]), np.array([1.0, -2]), 1, True),
        (np.array([1.0, -2]), np.array([1.0, 2]), 1, False),
        (np.array([0.0]), np.array([-0.0]), 1, True),
        (np.array([-1.0, 2]), np.array([1.0, -2]), -1, True),
        (np.array([1.0, -2]), np.array([1.0, -2]), -1, False),
        (np.array([1.0]), np.array([1], np.float32), 1, False),
        (np.array([1.0]), np.array([[1.0]]), 1, False),
        (np.array([np.nan]), np.array([np.nan]), 1, False),
        ("ValueError: no", "ValueError: no", -1, True),
        ("ValueError: no", "TypeError: no", 1, False),
        ("ValueError: no", np.array([1.0]), 1, False),
        (np.array([1.0]), "ValueError: no", 1, False),
    ],
)
def test_agreement_is_of_numbers_dtype_and_shape(got: Part, expected: Part, sign: int, agree: bool) -> None:
    assert agrees(got, expected, sign) is agree
