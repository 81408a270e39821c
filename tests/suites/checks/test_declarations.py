"""Declarations that would have made a result right: each is suggested where it is due, and wrong terms get none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, Numbers, parse_case
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.checks.declarations import fitting
from convoracle.suites.checks.value import answer, operands_of, solve, standard

PLAIN = parse_case("n2c3k2i6x6f3x3p1x1/float32/uniform/3")


def _first(numbers: Numbers, case: Case, actual: Array, operands: Operands | None = None) -> str:
    """The declaration that fits best, by its first words; empty where none does."""
    arithmetic = Arithmetic.of(case.dtype)
    operands = operands or operands_of(numbers, case)
    exact = solve(numbers, Pass.FORWARD, operands, case.geometry)
    assert standard(numbers, Pass.FORWARD, operands, exact, arithmetic, case).judge(actual).outcome.is_mismatch
    fits = fitting(numbers, case, Pass.FORWARD, operands, exact, actual, arithmetic)
    return fits[0].alternative.declaration if fits else ""


def _forward(operands: Operands, case: Case) -> Array:
    return reference.evaluate(Pass.FORWARD, operands, case.geometry)


def _cut_off(array: Array) -> Array:
    return (np.ascontiguousarray(array).view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


def test_operands_in_tfloat32_suggest_it_and_cut_off_ones_that_they_are() -> None:
    case = parse_case("n1c1k50i99f1/float32/uniform/3")
    operands = operands_of(Numbers.REALS, case)
    actual = _forward(operands.map(_cut_off), case)
    declared = 'multipliers = {"float32": "tfloat32"}, conventions = {"operands": "truncated"}'
    assert _first(Numbers.REALS, case, actual) == declared
    nearest = _forward(operands.map(lambda array: array.astype(np.float16).astype(np.float32)), case)
    assert _first(Numbers.REALS, case, nearest) == 'multipliers = {"float32": "tfloat32"}'


def test_a_transform_suggests_itself_on_the_lattice() -> None:
    exact = answer(Numbers.INTEGERS, PLAIN, Pass.FORWARD).value.to_float64()
    actual = (exact + np.where(np.arange(exact.size).reshape(exact.shape) % 2, 0.01, -0.02)).astype(np.float32)
    assert _first(Numbers.INTEGERS, PLAIN, actual) == 'conventions = {"algorithm": "transform"}'


def test_flushed_subnormals_suggest_themselves() -> None:
    case = replace(PLAIN, fill="subnormal")
    actual = _forward(operands_of(Numbers.REALS, case), case)
    flushed = np.where(np.abs(actual) < 2.0**-126, np.float32(0), actual)
    assert _first(Numbers.REALS, case, flushed) == 'conventions = {"subnormals": "flushed"}'


@pytest.mark.parametrize("name", ["int8", "float16"])
def test_results_of_another_dtype_suggest_it(name: str) -> None:
    case = parse_case("n1c1k1i3f2/int8/uniform/3" if name == "int8" else "n1c1k1i3f2/float32/uniform/3")
    exact = answer(Numbers.REALS, case, Pass.FORWARD).value.to_float64()
    actual = np.clip(exact, -128, 127).astype(np.int8) if name == "int8" else exact.astype(np.float16)
    told = _first(Numbers.REALS, case, actual)
    assert told.startswith(f'results = {{"{case.dtype}": "{name}"}}')
    assert told.endswith('{"integers": "saturate"}') == (name == "int8")


def test_zeros_left_out_suggest_it() -> None:
    case = parse_case("n1c2k1i4f2/float32/uniform/2")
    lattice = operands_of(Numbers.INTEGERS, case)
    contaminated = lattice.input.copy()
    contaminated[0, 1, 2] = np.inf
    operands = replace(lattice, input=contaminated, weight=lattice.weight * 0)
    finite = _forward(operands.map(lambda a: np.where(np.isfinite(a), a, 0).astype(a.dtype)), case)
    assert _first(Numbers.CONTAMINATED, case, finite, operands) == 'conventions = {"zeros": "skipped"}'


@pytest.mark.parametrize("numbers", [Numbers.INTEGERS, Numbers.REALS])
def test_a_missing_term_suggests_nothing(numbers: Numbers) -> None:
    operands = operands_of(numbers, PLAIN)
    weight = operands.weight.copy()
    weight[..., 0, 0] = 0
    assert _first(numbers, PLAIN, _forward(replace(operands, weight=weight), PLAIN)) == ""
