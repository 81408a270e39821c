"""Wrong for NaN, Inf, subnormals or overflow only: on numbers that one can follow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.faults.model import Kind
from convoracle.oracle.faults.values import MODELS
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Pass

NAN, INF = np.nan, np.inf
LARGEST, NORMAL = float(np.finfo(np.float32).max), 2.0**-126
NAMES = [model.name for model in MODELS]


def equal(found: Array, numbers: list[float], dtype: str = "float32") -> bool:
    return found.dtype == dtype and np.array_equal(found.ravel(), np.array(numbers, dtype), equal_nan=True)


def test_they_are_all_of_values_and_other_passes_are_right() -> None:
    assert {model.kind for model in MODELS} == {Kind.VALUES}
    leaks = fault_named("nan-leaks-through-padding")
    assert leaks.passes == {Pass.FORWARD}
    assert not leaks.shows(Pass.INPUT_GRADIENT, parse_geometry("n1c1k1i2f1p1"))


@pytest.mark.parametrize(
    ("name", "text", "input", "weight", "right", "wrong"),
    [
        ("nan-taken-for-zero", "n1c1k1i3f1", [NAN, 2, INF], [3], [NAN, 6, INF], [0, 6, INF]),
        ("nan-taken-for-zero", "n1c1k1i2f1", [1, 2], [NAN], [NAN, NAN], [0, 0]),
        ("nan-in-results-lost", "n1c1k1i3f1", [NAN, 2, INF], [3], [NAN, 6, INF], [0, 6, INF]),
        ("nan-in-results-lost", "n1c1k1i3f1", [INF, 1, 2], [0], [NAN, 0, 0], [0, 0, 0]),
        ("infinity-saturates", "n1c1k1i3f1", [INF, -INF, NAN], [1], [INF, -INF, NAN], [LARGEST, -LARGEST, NAN]),
        ("infinity-saturates", "n1c1k1i2f1", [3e38, 1], [2], [INF, 2], [LARGEST, 2]),
        ("nan-spreads-to-the-neighbour", "n1c1k1i3f1", [INF, 2, 3], [1], [INF, 2, 3], [INF, NAN, 3]),
        ("nan-spreads-to-the-neighbour", "n1c1k1i2x2f1x1", [1, NAN, 3, 4], [1], [1, NAN, 3, 4], [1, NAN, 3, 4]),
        ("nan-leaks-through-padding", "n1c1k1i2f1p1", [NAN, 2], [1], [0, NAN, 2, 0], [NAN, NAN, 2, 0]),
        ("nan-leaks-through-padding", "n1c1k1i2f1p1", [1, -INF], [1], [0, 1, -INF, 0], [0, 1, -INF, NAN]),
        ("nan-leaks-through-padding", "n1c1k1i2f1p1mcircular", [NAN, 2], [1], [2, NAN, 2, NAN], [2, NAN, 2, NAN]),
        ("subnormals-flushed", "n1c1k1i3f1", [1e-40, NORMAL, -1e-40], [1], [1e-40, NORMAL, -1e-40], [0, NORMAL, 0]),
        ("subnormals-flushed", "n1c1k1i1f1", [1e-30], [1e-10], [1e-40], [0]),
        ("subnormals-flushed", "n1c1k1i1f1", [1e-40], [1e10], [1e-30], [0]),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_output(
    name: str,
    text: str,
    input: list[float],
    weight: list[float],
    right: list[float],
    wrong: list[float],
    result_of: Callable[..., Array],
) -> None:
    x, f = np.array(input, np.float32), np.array(weight, np.float32)
    correct = result_of(None, Pass.FORWARD, text, "float32", input=x, weight=f)
    assert np.allclose(correct.ravel(), right, rtol=1e-4, atol=0, equal_nan=True)
    assert equal(result_of(name, Pass.FORWARD, text, "float32", input=x, weight=f), wrong)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["int8", "complex64"])
def test_integers_and_complex_numbers_are_left_alone(name: str, dtype: str, result_of: Callable[..., Array]) -> None:
    given = {"input": [1, 2, 3], "weight": [4]} if dtype == "int8" else {"input": [NAN, INF, 1e-40], "weight": [1]}
    for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
        right, wrong = (result_of(each, pass_, "n1c1k1i3f1p1", dtype, **given) for each in (None, name))
        assert np.array_equal(right, wrong, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "pass_", "text", "shows"),
    [
        ("nan-taken-for-zero", Pass.UPDATE, "n0c1k1i3f1", True),
        ("nan-taken-for-zero", Pass.FORWARD, "n0c1k1i3f1", False),
        ("nan-spreads-to-the-neighbour", Pass.FORWARD, "n1c1k1i2f1", True),
        ("nan-spreads-to-the-neighbour", Pass.FORWARD, "n1c1k1i2x1f1x1", False),
        ("nan-spreads-to-the-neighbour", Pass.FORWARD, "n1c1k1i2f1s2", False),
        ("nan-leaks-through-padding", Pass.FORWARD, "n1c1k1i2f1p1", True),
        ("nan-leaks-through-padding", Pass.FORWARD, "n1c1k1i2f1", False),
        ("nan-leaks-through-padding", Pass.FORWARD, "n1c1k1i2f1p1mreflect", False),
        ("nan-leaks-through-padding", Pass.FORWARD, "n1c1k1i2f4p1t", False),
        ("subnormals-flushed", Pass.UPDATE, "n1c1k1i2f1", False),
    ],
)
def test_where_it_can_make_a_difference(name: str, pass_: Pass, text: str, shows: bool) -> None:
    assert fault_named(name).shows(pass_, parse_geometry(text)) is shows
