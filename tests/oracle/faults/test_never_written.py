"""Results that still hold what was put there: NaN, and of integers a number far below zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.explaining.diagnosis import diagnose
from convoracle.oracle.faults import fault_named, honest
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, lattice_operands
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.oracle.problem.unwritten import unwritten

NAN = np.nan
SIX = [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("result-never-written", "n1c1k1i6f1", [NAN] * 6),
        ("last-row-never-written", "n1c1k1i6f1", [1, 2, 3, 4, 5, NAN]),
        ("last-row-never-written", "n1c1k1i3x2f1x1", [1, 2, 3, 4, NAN, NAN]),
        ("row-remainder-never-written-4", "n1c1k1i6f1", [1, 2, 3, 4, NAN, NAN]),
        ("row-remainder-never-written-4", "n1c1k1i3x2f1x1", SIX),
        ("row-remainder-never-written-8", "n1c1k1i6f1", SIX),
        ("row-blocks-only-written-4", "n1c1k1i6f1", [1, 2, 3, 4, NAN, NAN]),
        ("row-blocks-only-written-8", "n1c1k1i6f1", [NAN] * 6),
    ],
)
def test_the_output(name: str, text: str, wrong: list[float], result_of: Callable[..., Array]) -> None:
    found = result_of(name, Pass.FORWARD, text, input=SIX, weight=[1])
    assert np.array_equal(found.ravel(), wrong, equal_nan=True)
    integers = result_of(name, Pass.FORWARD, text, "int8", input=SIX, weight=[1])
    assert integers.dtype == np.int32
    assert integers.ravel().tolist() == [-2122219135 if np.isnan(value) else value for value in wrong]


@pytest.mark.parametrize(
    ("name", "pass_", "text", "shows"),
    [
        ("result-never-written", Pass.BIAS_GRADIENT, "n0c1k1i3f1", True),
        ("result-never-written", Pass.FORWARD, "n0c1k1i3f1", False),
        ("last-row-never-written", Pass.INPUT_GRADIENT, "n1c1k1i3f1", True),
        ("last-row-never-written", Pass.WEIGHT_GRADIENT, "n1c1k1i3f1", False),
        ("row-remainder-never-written-32", Pass.FORWARD, "n1c1k1i33f1", True),
        ("row-remainder-never-written-32", Pass.FORWARD, "n1c1k1i32f1", False),
    ],
)
def test_where_it_makes_a_difference(name: str, pass_: Pass, text: str, shows: bool) -> None:
    assert fault_named(name).shows(pass_, parse_geometry(text)) is shows


@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("result-never-written", np.s_[:]),
        ("last-row-never-written", np.s_[..., -1:, :]),
        ("row-remainder-never-written-4", np.s_[..., 40:]),
    ],
)
def test_what_still_holds_what_was_put_there_is_told(name: str, left: object, dtype: str) -> None:
    geometry = parse_geometry("n2c2k3i36x44f2x2")
    operands = lattice_operands(Case(geometry, True, dtype, "uniform", 2))
    result = honest.evaluate(Pass.FORWARD, operands, geometry)
    result[left] = unwritten(result.shape, result.dtype)[left]  # type: ignore[index]
    arithmetic = Arithmetic.of(dtype)
    diagnosis = diagnose(result, Pass.FORWARD, operands, geometry, arithmetic)
    assert diagnosis.first == (name,)
    result[left] = 0  # type: ignore[index]
    assert diagnose(result, Pass.FORWARD, operands, geometry, arithmetic).first != (name,)
