"""The adjoint identity: exact, needs no expected values, and sees one wrong element of any pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle import reference
from convoracle.oracle.data import Case, lattice_operands, parse_case
from convoracle.oracle.passes import Array, Operands, Pass
from convoracle.oracle.verdict import Outcome
from convoracle.suites.checks.adjoint import check_adjoint
from convoracle.suites.strategies import Space, cases

CASE = parse_case("n2c2k3i4x4f2x2s2x1p1x0/bias/float64/uniform/1")
LINKED = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)


def results_of(case: Case, operands: Operands) -> dict[Pass, Array]:
    return {pass_: reference.evaluate(pass_, operands, case.geometry) for pass_ in LINKED}


@settings(max_examples=40, deadline=None)
@given(cases(space=Space(dtypes=("float64",), max_products=1000)))
def test_the_reference_satisfies_it(case: Case) -> None:
    operands = lattice_operands(case)
    verdict = check_adjoint(results_of(case, operands), operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.CONFORMS


@pytest.mark.parametrize("pass_", LINKED, ids=str)
def test_one_wrong_element_breaks_it(pass_: Pass) -> None:
    operands = lattice_operands(CASE)
    results = results_of(CASE, operands)
    results[pass_].flat[0] += 1
    verdict = check_adjoint(results, operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.VIOLATES
    assert "<dL/dO, O - b> = " in verdict.reason


def test_nan_breaks_it() -> None:
    operands = lattice_operands(CASE)
    results = results_of(CASE, operands)
    results[Pass.INPUT_GRADIENT].flat[0] = np.nan
    verdict = check_adjoint(results, operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.VIOLATES


def test_too_few_passes_say_nothing() -> None:
    operands = lattice_operands(CASE)
    results = results_of(CASE, operands)
    assert check_adjoint({Pass.FORWARD: results[Pass.FORWARD]}, operands) is None
    without_bias_gradient = {pass_: results[pass_] for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT)}
    assert check_adjoint(without_bias_gradient, operands) is None


def test_a_candidate_that_ignores_dilation_everywhere_satisfies_it() -> None:
    dilated = parse_case("n1c1k1i5f2p1+0d2/float64/uniform/1")
    operands = lattice_operands(dilated)
    dense = replace(dilated.geometry, dilation=(1,), padding=((0, 0),))
    assert dense.output_shape == dilated.geometry.output_shape
    results = {pass_: reference.evaluate(pass_, operands, dense) for pass_ in LINKED}
    verdict = check_adjoint(results, operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.CONFORMS
