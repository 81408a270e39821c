"""The adjoint identity: exact, needs no expected values, and sees one wrong element of any pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import VACUOUS, Outcome, Verdict
from convoracle.oracle.numbers.dtypes import DTYPES, numpy_dtype, result_dtype
from convoracle.oracle.operands.data import Case, lattice_operands, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import LINKED, Array, Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.space import Space
from convoracle.suites.cases.strategies import cases
from convoracle.suites.checks.adjoint import KIND, check_adjoint
from convoracle.suites.checks.examination import Examination

from ..mutants import Honest

CASE = parse_case("n2c2k3i4x4f2x2s2x1p1x0/bias/float64/uniform/1")


def results_of(case: Case, operands: Operands) -> dict[Pass, Array]:
    dtype = numpy_dtype(result_dtype(case.dtype))
    wide = operands.map(lambda array: array.astype(dtype))
    return {pass_: reference.evaluate(pass_, wide, case.geometry) for pass_ in LINKED}


def _has_no_products(case: Case, operands: Operands) -> bool:
    """Whether there is none, or may be none other than zero on a sparse lattice."""
    return not case.geometry.products or not all((array != 0).all() for array in operands.arrays().values())


@settings(max_examples=80, deadline=None)
@given(cases(space=Space(dtypes=DTYPES, max_products=1000)))
def test_the_reference_satisfies_it(case: Case) -> None:
    operands = lattice_operands(case)
    verdict = check_adjoint(results_of(case, operands), operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.CONFORMS or (verdict.cause == VACUOUS and _has_no_products(case, operands))


def test_without_a_product_it_could_not_have_failed() -> None:
    case = parse_case("n1c1k1i2f5p1/float32/uniform/1")
    operands = lattice_operands(case)
    verdict = check_adjoint(results_of(case, operands), operands)
    assert verdict is not None
    assert (verdict.outcome, verdict.cause) == (Outcome.UNDECIDED, VACUOUS)


@pytest.mark.parametrize("pass_", LINKED, ids=str)
def test_one_wrong_element_breaks_it(pass_: Pass) -> None:
    operands = lattice_operands(CASE)
    results = results_of(CASE, operands)
    results[pass_].flat[0] += 1
    verdict = check_adjoint(results, operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.VIOLATES
    assert "<dL/dO, O - b> = " in verdict.reason


@pytest.mark.parametrize("pass_", LINKED, ids=str)
@pytest.mark.parametrize(
    "text",
    [
        "n2c2k3i3x2f2x2s2x1p1x0to1x0/bias/float32/uniform/1",
        "n2c2k3i4x4f3x2p2x1mreflect/bias/float64/uniform/2",
        "n2c2k3i4f2p2mcircular/bias/int8/uniform/3/reversed",
        "n1c2k2i4f2/bias/float8_e5m2/uniform/4",
    ],
)
def test_one_wrong_element_breaks_it_whatever_the_case(text: str, pass_: Pass) -> None:
    case = parse_case(text)
    operands = lattice_operands(case)
    results = results_of(case, operands)
    assert check_adjoint(results, operands) == Verdict(Outcome.CONFORMS, elements=3)
    results[pass_].flat[-1] += 1
    verdict = check_adjoint(results, operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.VIOLATES


@pytest.mark.parametrize("pass_", [Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT], ids=str)
def test_a_complex_gradient_that_is_not_conjugated_breaks_it(pass_: Pass) -> None:
    case = parse_case("n2c2k3i4f2/bias/complex64/uniform/5")
    operands = lattice_operands(case)
    results = results_of(case, operands)
    assert check_adjoint(results, operands) == Verdict(Outcome.CONFORMS, elements=3)
    other = {"weight": operands.weight.conj(), "input": operands.input.conj()}
    results[pass_] = reference.evaluate(pass_, replace(operands, **other), case.geometry)
    verdict = check_adjoint(results, operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.VIOLATES


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


def test_two_inner_products_are_enough() -> None:
    case = parse_case("n2c2k3i4f2/float32/uniform/1")
    operands = lattice_operands(case)
    results = results_of(case, operands)
    two = {pass_: results[pass_] for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT)}
    assert check_adjoint(two, operands) == Verdict(Outcome.CONFORMS, elements=2)


@pytest.mark.parametrize(("output", "told"), [(2000001.0, "2000001"), (2.5, "2.5")])
def test_whole_numbers_are_told_with_all_their_digits(output: float, told: str) -> None:
    """The input gradient of 1000 * 2000 is 1000, and its product with the input 2,000,000."""
    one = np.ones((1, 1, 1))
    operands = Operands(2000 * one, 1000 * one, None, one)
    verdict = check_adjoint({Pass.FORWARD: output * one, Pass.INPUT_GRADIENT: 1000 * one}, operands)
    assert verdict is not None
    assert verdict.reason == f"the inner products differ: <dL/dO, O - b> = {told}, <dL/dX, X> = 2000000"


class WithoutAWeightGradient(Honest):
    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        raise ValueError("no")


class RoundsIntegers(Honest):
    conventions = {"algorithm": "transform"}


@pytest.mark.parametrize(
    ("candidate", "passes", "numbers"),
    [
        (Honest, tuple(Pass), 3),
        (Honest, (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT), 2),
        (Honest, (Pass.FORWARD,), None),
        (WithoutAWeightGradient, LINKED, 2),
        (RoundsIntegers, LINKED, None),
    ],
)
def test_it_is_asked_of_what_the_passes_that_may_be_asked_returned(
    candidate: type[Honest], passes: tuple[Pass, ...], numbers: int | None
) -> None:
    case = parse_case("n2c2k3i4f2/bias/float32/uniform/1")
    result = KIND.ask(Examination(InProcess(candidate), case, passes), KIND.name, KIND.name)
    assert (None if result is None else result.verdict.elements) == numbers


@pytest.mark.parametrize(
    ("passes", "some"),
    [
        ({Pass.FORWARD, Pass.INPUT_GRADIENT}, True),
        ({Pass.FORWARD, Pass.WEIGHT_GRADIENT}, True),
        ({Pass.FORWARD, Pass.BIAS_GRADIENT}, False),
        ({Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT}, False),
    ],
)
def test_it_is_a_row_where_a_gradient_can_be_held_to_the_forward_pass(passes: set[Pass], some: bool) -> None:
    assert tuple(KIND.subjects(passes)) == (("adjoint",) if some else ())


def test_a_candidate_that_ignores_dilation_everywhere_satisfies_it() -> None:
    dilated = parse_case("n1c1k1i5f2p1+0d2/float64/uniform/1")
    operands = lattice_operands(dilated)
    dense = replace(dilated.geometry, dilation=(1,), padding=((0, 0),))
    assert dense.output_shape == dilated.geometry.output_shape
    results = {pass_: reference.evaluate(pass_, operands, dense) for pass_ in LINKED}
    verdict = check_adjoint(results, operands)
    assert verdict is not None
    assert verdict.outcome is Outcome.CONFORMS
