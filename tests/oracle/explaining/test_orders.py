"""Sums in the usual orders: those of NumPy's own accumulators are among them, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers.equations import evaluate
from convoracle.oracle.explaining.orders import AT_ONCE, listable, sums
from convoracle.oracle.numbers.dtypes import format_of
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass

GEOMETRY = parse_geometry("n2c3k2i5x4f2x3s2x1p1x0g1")


def operands(bias: bool = False) -> Operands:
    drawn = real_operands(Case(GEOMETRY, bias, "float16", "uniform", 4))
    return Operands(**{name: array.astype(np.float64) for name, array in drawn.arrays().items()} | _no_bias(drawn))


def _no_bias(drawn: Operands) -> dict:
    return {} if drawn.bias is not None else {"bias": None}


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    "pass_", [Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT], ids=str
)
def test_the_sum_without_rounding_is_that_of_the_equations(pass_: Pass, bias: bool) -> None:
    exact = evaluate(pass_, operands(bias), GEOMETRY).astype(np.float64).astype(np.float32).ravel()
    indices = list(np.ndindex(pass_.result_shape(GEOMETRY)))
    found = {each.order: each.values for each in sums(pass_, operands(bias), GEOMETRY, format_of("float32"), indices)}
    assert np.array_equal(found[AT_ONCE], exact)


def test_a_loop_in_half_precision_is_one_of_the_orders() -> None:
    given = operands()
    x, w = given.input.astype(np.float16), given.weight.astype(np.float16)
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (0, 0)))
    out = np.zeros(GEOMETRY.output_shape, np.float16)
    for index in np.ndindex(out.shape):
        n, k, i, j = index
        for c in range(3):
            for r in range(2):
                for s in range(3):
                    out[index] += x[n, c, 2 * i + r, j + s] * w[k, c, r, s]
    indices = list(np.ndindex(out.shape))
    found = sums(Pass.FORWARD, given, GEOMETRY, format_of("float16"), indices)
    equal = {each.order for each in found if (each.values == out.ravel()).all()}
    assert "summed one after another from rounded products" in equal
    assert AT_ONCE not in equal


def test_of_large_cases_some_elements_are_listed_and_of_updates_none() -> None:
    assert len(listable(Pass.FORWARD, GEOMETRY)) == 2 * 2 * 3 * 2
    assert listable(Pass.UPDATE, GEOMETRY) == []
    some = listable(Pass.FORWARD, parse_geometry("n8c8k8i20x20f3x3"))
    assert len(some) == 24
    assert (some[0], some[-1]) == ((0, 0, 0, 0), (7, 7, 17, 17))
