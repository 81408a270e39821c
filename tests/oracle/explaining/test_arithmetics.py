"""Known arithmetics: the planted one is the tightest that fits, in every pass, and right results fit none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.explaining.arithmetics import fits
from convoracle.oracle.explaining.reproduction import Observation
from convoracle.oracle.numbers.conversions import convert
from convoracle.oracle.numbers.dtypes import Arithmetic, format_of
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Operands, Pass

GEOMETRY = parse_geometry("n2c3k4i6x5f2x3s2x1p1x0")
PASSES = [each for each in Pass if each is not Pass.BIAS_GRADIENT]


def observed(pass_: Pass, dtype: str, form: str, kept: tuple[str, ...] = (), fill: str = "uniform") -> Observation:
    """Operands converted to a format but for some, and sums that are exact."""
    drawn = real_operands(Case(GEOMETRY, True, dtype, fill, 2))
    arrays: dict[str, Any] = {
        name: array.astype(np.float64) if name in kept else convert(array.astype(np.float64), format_of(form))
        for name, array in drawn.arrays().items()
    }
    given = Operands(**arrays, learning_rate=drawn.learning_rate)
    actual: Array = reference.evaluate(pass_, given, GEOMETRY).astype(dtype)
    return Observation(actual, pass_, drawn, GEOMETRY, Arithmetic.of(dtype), False)


def kept_of(pass_: Pass) -> tuple[str, ...]:
    return ("bias", "bias_direction", *(("weight",) if pass_ is Pass.UPDATE else ()))


@pytest.mark.parametrize("pass_", PASSES, ids=str)
@pytest.mark.parametrize(("dtype", "form"), [("float32", "bfloat16"), ("float32", "tfloat32"), ("float64", "float32")])
def test_converted_operands_are_told_from_all_else(pass_: Pass, dtype: str, form: str) -> None:
    found = fits((observed(pass_, dtype, form, kept_of(pass_)),))
    assert found[0].known.name == f"factors-in-{form}"
    assert found[0].ratio <= 1


@pytest.mark.parametrize("pass_", PASSES, ids=str)
def test_right_results_have_no_other_arithmetic(pass_: Pass) -> None:
    assert fits((observed(pass_, "float32", "float32"),)) == ()


def test_the_range_tells_formats_of_one_precision_apart() -> None:
    alike = {each.known.name for each in fits((observed(Pass.FORWARD, "float32", "tfloat32", ("bias",)),))}
    assert {"factors-in-tfloat32", "factors-in-float16"} <= alike
    wide = observed(Pass.FORWARD, "float32", "tfloat32", ("bias",), "wide")
    assert "factors-in-float16" not in {each.known.name for each in fits((wide,))}


def test_twice_the_error_is_not_within_the_bound() -> None:
    seen = observed(Pass.FORWARD, "float32", "bfloat16", ("bias",))
    off = seen.actual + 64 * np.abs(seen.actual) * np.float32(2**-8)
    assert all(each.known.name != "factors-in-bfloat16" for each in fits((replace(seen, actual=off),)))


def test_integers_and_complex_numbers_have_none() -> None:
    seen = observed(Pass.FORWARD, "float32", "bfloat16")
    assert fits((replace(seen, arithmetic=Arithmetic.of("int8")),)) == ()
