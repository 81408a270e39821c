"""What becomes of NaN and Inf in code that cleans, clamps or multiplies by zeros."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults.spreading import MODELS
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Pass

NAN, INF = np.nan, np.inf
MOST = float(np.finfo(np.float32).max)
NAMED = {model.name: model for model in MODELS}


@pytest.mark.parametrize(
    ("name", "text", "input", "weight", "right", "wrong"),
    [
        ("nan-taken-for-zero-in-input", "n1c1k1i3f1", [NAN, INF, 2], [1], [NAN, INF, 2], [0, INF, 2]),
        ("nan-taken-for-zero-in-input", "n1c1k1i1f1", [2], [NAN], [NAN], [NAN]),
        ("nan-taken-for-zero-in-weight", "n1c1k1i1f1", [2], [NAN], [NAN], [0]),
        ("nan-to-num-of-input", "n1c1k1i4f1", [NAN, INF, -INF, 2], [1], [NAN, INF, -INF, 2], [0, MOST, -MOST, 2]),
        ("nan-to-num-of-weight", "n1c1k1i1f1", [1], [-INF], [-INF], [-MOST]),
        ("nan-to-num-of-weight", "n1c1k1i1f1", [NAN], [1], [NAN], [NAN]),
        ("nan-to-num-of-results", "n1c1k1i3f1", [NAN, INF, -2], [1], [NAN, INF, -2], [0, MOST, -2]),
        ("nan-becomes-the-lowest", "n1c1k1i3f1", [NAN, INF, -INF], [1], [NAN, INF, -INF], [-MOST, MOST, -MOST]),
        ("nan-becomes-the-largest", "n1c1k1i3f1", [NAN, INF, -INF], [1], [NAN, INF, -INF], [MOST, MOST, -MOST]),
        ("zeros-between-taps", "n1c1k1i3f2d2", [1, NAN, 2], [1, 1], [3], [NAN]),
        ("zeros-between-taps", "n1c1k1i4f2d2", [1, 2, 3, INF], [1, 1], [4, INF], [4, INF]),
        ("zeros-between-taps", "n1c1k1i5f2s3p1d2", [INF, 1, 1, 1, 1], [1, 1], [1, 2], [NAN, 2]),
        ("zeros-between-groups", "n1c2k2i1f1g2", [NAN, 1], [1, 1], [NAN, 1], [NAN, NAN]),
        ("zeros-between-groups", "n1c2k2i2f1g2", [1, INF, 2, 3], [1, 1], [1, INF, 2, 3], [1, INF, 2, NAN]),
        ("zeros-between-groups", "n1c2k2i1f1g2t", [NAN, 1], [1, 1], [NAN, 1], [NAN, 1]),
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
    for model, output in ((None, right), (NAMED[name], wrong)):
        found = result_of(model, Pass.FORWARD, text, "float32", input=input, weight=weight)
        assert found.dtype == np.float32
        assert np.array_equal(found.ravel(), output, equal_nan=True)


@pytest.mark.parametrize(("what", "wrong"), [("nan-taken-for-zero-in", [0, INF]), ("nan-to-num-of", [0, MOST])])
def test_of_the_output_gradient(what: str, wrong: list[float], result_of: Callable[..., Array]) -> None:
    model, given = NAMED[f"{what}-output-gradient"], {"output_gradient": [NAN, INF], "weight": [1]}
    assert result_of(model, Pass.INPUT_GRADIENT, "n1c1k1i2f1", "float32", **given).ravel().tolist() == wrong


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_the_largest_number_is_that_of_the_dtype(dtype: str, result_of: Callable[..., Array]) -> None:
    largest = {"float16": 65504.0, "bfloat16": (2 - 2.0**-7) * 2.0**127, "float64": np.finfo(np.float64).max}[dtype]
    found = result_of(NAMED["nan-to-num-of-results"], Pass.FORWARD, "n1c1k1i1f1", dtype, input=[-INF], weight=[1])
    assert float(found.item()) == -largest


@pytest.mark.parametrize("name", NAMED)
def test_ordinary_numbers_are_right(name: str, result_of: Callable[..., Array]) -> None:
    given = {"input": [1, -2, 3, 4, 5, 6], "weight": [1, 2, 3, 4]}
    right, wrong = (
        result_of(model, Pass.FORWARD, "n1c2k2i3f2d2g2", "float32", **given) for model in (None, NAMED[name])
    )
    assert right.tolist() == wrong.tolist()


@pytest.mark.parametrize(
    ("name", "text", "shows"),
    [
        ("zeros-between-taps", "n1c1k1i3f2d2", True),
        ("zeros-between-taps", "n1c1k1i3f2", False),
        ("zeros-between-groups", "n1c2k2i3f2g2", True),
        ("zeros-between-groups", "n1c2k2i3f2", False),
        ("zeros-between-groups", "n0c2k2i3f2g2", False),
        ("nan-to-num-of-results", "n1c1k1i3f2", True),
        ("nan-to-num-of-results", "n0c1k1i3f2", False),
    ],
)
def test_where_it_can_make_a_difference(name: str, text: str, shows: bool) -> None:
    assert NAMED[name].shows(Pass.FORWARD, parse_geometry(text)) is shows


def test_no_two_have_one_name() -> None:
    assert len(NAMED) == len(MODELS) == 11
