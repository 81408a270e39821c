"""What one call of an isolated candidate comes to, short of the end of its process: errors, arrays and what is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Malformed, Raised, Returned, Unsupported

from ..misbehaving import GEOMETRY, SIGNAL_OF_WEIGHT, bad_call_then_good, between_good_calls, misbehaving, operands


def test_exception() -> None:
    def conv(input: Array, weight: Array) -> object:
        if weight.flat[0] == SIGNAL_OF_WEIGHT:
            return np.ones(3) @ np.ones(4)
        return np.zeros(GEOMETRY.output_shape)

    reply = between_good_calls(conv)
    assert isinstance(reply, Raised)
    assert reply.kind == "ValueError"
    assert "mismatch" in reply.message
    assert reply.where.startswith(__file__)


def test_exit_is_an_exception() -> None:
    reply = bad_call_then_good(lambda input, weight: sys.exit(4))
    assert isinstance(reply, Raised)
    assert (reply.kind, reply.message) == ("SystemExit", "4")


class Stop(BaseException):
    """Neither an Exception nor one of Python's own."""


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise Stop


def fail(error: BaseException) -> Callable[[Array, Array], object]:
    def act(input: Array, weight: Array) -> object:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (KeyboardInterrupt("k"), "KeyboardInterrupt", "k"),
        (GeneratorExit("g"), "GeneratorExit", "g"),
        (SystemExit(2), "SystemExit", "2"),
        (Stop("s"), "Stop", "s"),
        (Unspeakable(), "Unspeakable", "(no message: its __str__ raised Stop)"),
    ],
)
def test_whatever_is_raised_is_an_exception(error: BaseException, kind: str, message: str) -> None:
    reply = bad_call_then_good(fail(error))
    assert isinstance(reply, Raised)
    assert (reply.kind, reply.message) == (kind, message)
    if kind != "KeyboardInterrupt":
        with InProcess(fail(error)) as executor:
            reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
        assert isinstance(reply, Raised)
        assert (reply.kind, reply.message) == (kind, message)


def test_call_text_that_raises_is_a_comment() -> None:
    class Silent:
        def forward(self, x: Array, w: Array) -> Array:
            return x

        def call_text(self, pass_: Pass, geometry: ConvGeometry, dtype: str, bias: bool) -> str:
            raise SystemExit("two\nlines")

    for executor in (Isolated(Silent()), InProcess(Silent())):
        text = executor.call_text(Pass.FORWARD, GEOMETRY, "float32", False)
        executor.close()
        assert text == "# Silent wrote no call: SystemExit: two\n# lines\n"


@pytest.mark.parametrize("kind", [ValueError, NotImplementedError])
def test_long_message_is_cut(kind: type[Exception]) -> None:
    reply = bad_call_then_good(fail(kind("spam " * 10_000)))
    assert isinstance(reply, Raised | Unsupported)
    message = reply.message if isinstance(reply, Raised) else reply.reason
    assert len(message) == 2000
    assert message.startswith("spam")
    assert message.endswith("…")


def test_long_last_words_are_cut_to_their_end() -> None:
    def act(input: Array, weight: Array) -> object:
        os.write(2, b"spam " * 10_000 + b"finally\n")
        os._exit(1)

    reply = bad_call_then_good(act)
    assert isinstance(reply, Died)
    assert len(reply.detail) == 2000
    assert reply.detail.startswith("…")
    assert reply.detail.endswith("spam finally")


@pytest.mark.parametrize(
    ("value", "description"),
    [
        (None, "None"),
        ([1.0], "a list"),
        (np.float64(3), "a numpy.float64"),
        (np.array([None]), "an array of object, which is no type of numbers, of shape (1,)"),
        (np.full((1, 2), "a"), "an array of <U1, which is no type of numbers, of shape (1, 2)"),
        (np.zeros(2, "M8[s]"), "an array of datetime64[s], which is no type of numbers, of shape (2,)"),
        (np.zeros(2, bool), "an array of bool, which is no type of numbers, of shape (2,)"),
        (np.zeros(1, "V4"), "an array of |V4, which is no type of numbers, of shape (1,)"),
        (np.zeros(1, [("a", "f4")]), "an array of [('a', '<f4')], which is no type of numbers, of shape (1,)"),
    ],
)
def test_no_array(value: object, description: str) -> None:
    reply = bad_call_then_good(lambda input, weight: value)
    assert isinstance(reply, Malformed)
    assert reply.description == description


def test_any_array_of_numbers_comes_back() -> None:
    dtypes = ("float16", "bfloat16", "float8_e5m2", "int4", "int64", "uint8", "complex128", ">f4")
    shapes: tuple[tuple[int, ...], ...] = ((), (0,), (2, 0, 3), (1, 2), (300, 200))
    values = [np.ones(shape).astype(np.dtype(dtype)) for dtype in dtypes for shape in shapes]
    left = list(values)
    with Isolated(lambda input, weight: left.pop(0)) as executor:
        replies = [executor.call(Pass.FORWARD, operands(), GEOMETRY) for _ in values]
    for reply, value in zip(replies, values, strict=True):
        assert isinstance(reply, Returned)
        assert (reply.value.dtype, reply.value.shape) == (value.dtype, value.shape)
        assert np.array_equal(reply.value, value)


def test_unsupported() -> None:
    def act(input: Array, weight: Array) -> object:
        raise NotImplementedError("no even kernels")

    assert bad_call_then_good(act) == Unsupported("no even kernels")
    with Isolated(misbehaving(act)) as executor:
        assert isinstance(executor.call(Pass.UPDATE, operands(), GEOMETRY), Unsupported)
        strided = ConvGeometry.of(size=(3, 3), kernel=2, stride=2)
        reply = executor.call(Pass.FORWARD, operands(), strided)
    assert reply == Unsupported("conv takes no `stride`")


def test_mutated_operand_is_named_and_the_original_unharmed() -> None:
    def act(input: Array, weight: Array) -> object:
        input += 1
        return np.zeros(GEOMETRY.output_shape)

    given = operands(SIGNAL_OF_WEIGHT)
    with Isolated(misbehaving(act)) as executor:
        reply = executor.call(Pass.FORWARD, given, GEOMETRY)
    assert isinstance(reply, Returned)
    assert reply.mutated == ("input",)
    assert np.array_equal(given.input, np.ones(GEOMETRY.input_shape))


@pytest.mark.parametrize("make", [Isolated, InProcess])
def test_view_of_an_operand(make: Callable[[object], Executor]) -> None:
    executor = make(misbehaving(lambda input, weight: input[..., :2, :2]))
    reply = executor.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY)
    executor.close()
    assert isinstance(reply, Returned)
    assert reply.aliased == "input"
    assert reply.value.flags.c_contiguous
