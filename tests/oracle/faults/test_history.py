"""What earlier calls leave behind: the same calls of each model, result by result."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults import fault_named, honest
from convoracle.oracle.faults.history import MODELS
from convoracle.oracle.faults.model import Kind
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

Call = Callable[..., Array]


def calls(name: str) -> Call:
    """One planted implementation, of passes of a row of inputs times a kernel; output gradients are ones."""
    planted = fault_named(name).plant(honest.evaluate)

    def call(
        pass_: Pass, input: list[float], weight: list[float], dtype: str = "float64", bias: float | None = None
    ) -> Array:
        geometry = parse_geometry(f"n1c1k1i{len(input)}f{len(weight)}")
        operands = Operands(
            np.array(input, dtype).reshape(geometry.input_shape),
            np.array(weight, dtype).reshape(geometry.weight_shape),
            None if bias is None else np.array([bias], dtype),
            np.ones(geometry.output_shape, dtype),
            learning_rate=1.0,
        )
        return planted(pass_, operands, geometry)

    return call


def flat(array: Array) -> list[float]:
    return array.ravel().tolist()


def test_they_are_all_of_conduct() -> None:
    assert {model.kind for model in MODELS} == {Kind.CONDUCT}


def test_results_of_one_shape_share_their_memory() -> None:
    call = calls("result-memory-reused")
    first = call(Pass.FORWARD, [1, 2, 3], [10])
    assert flat(first) == [10, 20, 30]
    second = call(Pass.FORWARD, [4, 5, 6], [10])
    assert second is first
    assert flat(first) == [40, 50, 60]
    longer = call(Pass.FORWARD, [1, 2, 3, 4], [10])
    other = call(Pass.INPUT_GRADIENT, [1, 2, 3], [7])
    assert flat(longer) == [10, 20, 30, 40]
    assert flat(other) == [7, 7, 7]
    assert flat(first) == [40, 50, 60]


def test_every_other_call_loses_the_elements_of_even_index() -> None:
    call = calls("race-between-threads")
    assert [flat(call(Pass.FORWARD, [1, 2, 3], [10, 1], bias=100)) for _ in range(4)] == [
        [112, 123], [102, 103], [112, 123], [102, 103],
    ]  # fmt: skip
    call = calls("race-between-threads")
    assert [flat(call(Pass.UPDATE, [1, 2, 3], [10, 20])) for _ in range(2)] == [[10 - 3, 20 - 5], [10 - 2, 20 - 3]]


def test_a_call_returns_what_the_one_before_it_should_have() -> None:
    call = calls("returns-the-previous-result")
    assert flat(call(Pass.FORWARD, [1, 2], [10])) == [10, 20]
    assert flat(call(Pass.FORWARD, [3, 4], [10])) == [10, 20]
    assert flat(call(Pass.FORWARD, [5, 6], [10])) == [30, 40]
    assert flat(call(Pass.INPUT_GRADIENT, [5, 6], [9])) == [9, 9]
    assert flat(call(Pass.FORWARD, [7, 8, 9], [1])) == [7, 8, 9]
    assert flat(call(Pass.FORWARD, [1, 2, 3], [1], "float32")) == [1, 2, 3]


def test_a_call_adds_to_the_result_of_the_one_before_it() -> None:
    call = calls("added-to-the-previous-result")
    assert flat(call(Pass.FORWARD, [1, 2], [10])) == [10, 20]
    assert flat(call(Pass.FORWARD, [3, 4], [10])) == [40, 60]
    assert flat(call(Pass.FORWARD, [1, 1], [1])) == [41, 61]
    assert flat(call(Pass.FORWARD, [1, 1, 1], [1])) == [1, 1, 1]
    assert flat(call(Pass.INPUT_GRADIENT, [1, 1, 1], [2])) == [2, 2, 2]


def test_the_first_size_met_with_a_kernel_holds_for_all() -> None:
    call = calls("plan-without-size-in-its-key")
    assert flat(call(Pass.FORWARD, [1, 2, 3], [10])) == [10, 20, 30]
    assert flat(call(Pass.FORWARD, [1, 2, 3, 4], [10])) == [10, 20, 30, 0]
    assert flat(call(Pass.FORWARD, [1, 2], [10])) == [10, 20]
    assert flat(call(Pass.FORWARD, [1, 2, 3, 4], [10, 1])) == [12, 23, 34]
    assert flat(call(Pass.INPUT_GRADIENT, [1, 2, 3, 4], [10])) == [10, 10, 10, 10]


def test_the_first_dtype_met_with_a_geometry_holds_for_all() -> None:
    call = calls("plan-without-dtype-in-its-key")
    third = 1 / 3
    assert flat(call(Pass.FORWARD, [third], [1], "float32")) == [float(np.float32(third))]
    wrong = call(Pass.FORWARD, [third], [1])
    assert (flat(wrong), wrong.dtype) == ([float(np.float32(third))], np.float64)
    assert flat(call(Pass.FORWARD, [third, 1], [1])) == [third, 1]
    half = call(Pass.FORWARD, [third], [1], "float16")
    assert (flat(half), half.dtype) == ([float(np.float16(third))], np.float16)


def test_the_bias_gradient_needs_the_weight_gradient_before_it() -> None:
    call = calls("bias-gradient-with-weight-gradient-only")
    assert flat(call(Pass.BIAS_GRADIENT, [1, 2, 3], [1])) == [0]
    assert flat(call(Pass.WEIGHT_GRADIENT, [1, 2, 3], [1])) == [6]
    assert flat(call(Pass.BIAS_GRADIENT, [4, 5, 6], [1])) == [3]
    assert flat(call(Pass.BIAS_GRADIENT, [4, 5], [1])) == [0]
    assert flat(call(Pass.FORWARD, [4, 5], [1])) == [4, 5]


def test_half_of_the_last_step_is_taken_once_more() -> None:
    """A step of -6, then of -15 and half of the one before, then of -1 and half of both."""
    call = calls("momentum-left-in")
    assert flat(call(Pass.UPDATE, [1, 2, 3], [10])) == [4]
    assert flat(call(Pass.UPDATE, [4, 5, 6], [100])) == [100 - 15 - 3]
    assert flat(call(Pass.UPDATE, [0, 0, 1], [10])) == [10 - 1 - 9]
    assert flat(call(Pass.UPDATE, [1, 2], [10])) == [7]
    assert flat(call(Pass.UPDATE, [0, 0, 1], [10], "float32")) == [9]


@pytest.mark.parametrize(
    ("name", "text", "pass_", "shows"),
    [
        ("race-between-threads", "n1c1k1i3f1", Pass.FORWARD, True),
        ("race-between-threads", "n0c1k1i3f1", Pass.FORWARD, False),
        ("returns-the-previous-result", "n0c1k1i3f1", Pass.UPDATE, True),
        ("plan-without-size-in-its-key", "n0c1k1i3f1", Pass.UPDATE, False),
        ("momentum-left-in", "n0c1k1i3f1", Pass.UPDATE, False),
        ("momentum-left-in", "n1c1k1i3f1", Pass.UPDATE, True),
        ("bias-gradient-with-weight-gradient-only", "n1c1k1i3f1", Pass.BIAS_GRADIENT, True),
        ("bias-gradient-with-weight-gradient-only", "n1c1k1i3f1", Pass.WEIGHT_GRADIENT, False),
    ],
)
def test_where_it_can_make_a_difference(name: str, text: str, pass_: Pass, shows: bool) -> None:
    assert fault_named(name).shows(pass_, parse_geometry(text)) is shows
