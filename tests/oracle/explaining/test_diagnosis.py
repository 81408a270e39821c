"""Diagnoses of one result: the planted model is among those named, and what no model explains is said to be unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.explaining.diagnosis import Certainty, diagnose, pairs, singles
from convoracle.oracle.explaining.reproduction import Effort, Observation, evaluate
from convoracle.oracle.faults import FAULT_MODELS, Kind, fault_named
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, lattice_operands, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass

RICH = parse_geometry("n3c4k6i8x9f3x2s2x3p1x0d1x2g2")
SMALL = parse_geometry("n1c1k1i3f1s2")


def observed(names: tuple[str, ...], pass_: Pass, geometry: ConvGeometry, seed: int = 1) -> Observation:
    operands = lattice_operands(Case(geometry, True, "float32", "uniform", seed))
    actual = evaluate(tuple(map(fault_named, names)), pass_, operands, geometry)
    return Observation(actual, pass_, operands, geometry, Arithmetic.of("float32"))


@pytest.mark.parametrize(
    "model", [each for each in FAULT_MODELS if each.kind is Kind.TERMS], ids=lambda each: each.name
)
def test_a_planted_model_is_named_wherever_it_shows(model) -> None:
    for pass_ in model.passes:
        if model.shows(pass_, RICH) and "float32" in model.needs.dtypes:
            assert (model,) in singles(observed((model.name,), pass_, RICH))


def test_one_model_alone_explains_a_telling_case() -> None:
    seen = observed(("stride-axes-exchanged",), Pass.FORWARD, RICH)
    diagnosis = diagnose(seen.actual, seen.pass_, seen.operands, seen.geometry, seen.arithmetic, name="this")
    assert diagnosis.certainty is Certainty.UNIQUE
    assert diagnosis.first == ("stride-axes-exchanged",)
    first, certain, explanation, *_ = diagnosis.sentences()
    assert first == "It is as if the strides of the spatial axes were exchanged (stride-axes-exchanged)."
    assert certain == f"No other of the {len(FAULT_MODELS)} known faults gives its numbers on this case."
    assert explanation == fault_named("stride-axes-exchanged").explanation


def test_models_that_agree_are_all_named_the_most_particular_first() -> None:
    seen = observed(("kernel-rotated",), Pass.INPUT_GRADIENT, parse_geometry("n1c1k1i4f2"))
    diagnosis = diagnose(seen.actual, seen.pass_, seen.operands, seen.geometry, seen.arithmetic)
    assert diagnosis.certainty is Certainty.SEVERAL
    assert diagnosis.first == ("kernel-not-rotated",)
    assert ("kernel-rotated",) in [each.faults for each in diagnosis.explanations]
    assert "do not tell that from as if" in diagnosis.sentences()[1]


def test_a_right_result_has_no_diagnosis() -> None:
    seen = observed((), Pass.FORWARD, RICH)
    assert singles(seen) == pairs((seen,)) == ()


def test_two_faults_are_found_where_no_single_one_explains_them() -> None:
    names = ("bias-ignored", "kernel-rotated")
    seen = observed(names, Pass.FORWARD, parse_geometry("n2c2k2i5f3"))
    assert singles(seen) == ()
    diagnosis = diagnose(seen.actual, seen.pass_, seen.operands, seen.geometry, seen.arithmetic)
    assert set(diagnosis.first) == set(names)
    assert len(diagnosis.first) == 2


def test_pairs_take_no_more_than_they_may() -> None:
    seen = observed(("bias-ignored", "kernel-rotated"), Pass.FORWARD, parse_geometry("n2c2k2i5f3"))
    assert pairs((seen,))
    assert pairs((seen,), effort=Effort(1)) == ()


@pytest.mark.parametrize("change", [lambda r: r + 1, lambda r: np.roll(r, 1, -1), lambda r: -r, np.abs, lambda r: r**2])
def test_what_no_model_does_is_unknown(change) -> None:
    seen = observed((), Pass.FORWARD, RICH)
    diagnosis = diagnose(change(seen.actual), seen.pass_, seen.operands, seen.geometry, seen.arithmetic)
    assert diagnosis.certainty is Certainty.NONE
    assert diagnosis.first == ()
    assert diagnosis.sentences() == (f"None of the {len(FAULT_MODELS)} known faults gives these numbers.",)


def test_memory_that_was_not_cleared_may_hold_anything() -> None:
    seen = observed(("unreached-elements-not-zeroed",), Pass.INPUT_GRADIENT, SMALL)
    right = evaluate((), seen.pass_, seen.operands, SMALL)
    changed = np.where(seen.actual == right, right, 1234).astype(np.float32)
    assert (fault_named("unreached-elements-not-zeroed"),) in singles(replace(seen, actual=changed))
    assert singles(replace(seen, actual=changed + 1)) == ()


def test_a_mean_may_be_rounded_in_another_way() -> None:
    seen = observed(("batch-mean-of-weight-gradient",), Pass.WEIGHT_GRADIENT, RICH)
    off = np.nextafter(seen.actual, np.float32(np.inf))
    assert (fault_named("batch-mean-of-weight-gradient"),) in singles(replace(seen, actual=off))
    assert singles(replace(seen, actual=seen.actual * np.float32(1.001))) == ()


def test_on_reals_rounding_is_allowed_and_nothing_more() -> None:
    operands = real_operands(Case(RICH, True, "float32", "uniform", 1))
    model = fault_named("kernel-rotated")
    actual = evaluate((model,), Pass.FORWARD, operands, RICH)
    rounded = actual * np.float32(1 + 2**-23)
    found = [
        singles(Observation(each, Pass.FORWARD, operands, RICH, Arithmetic.of("float32"), exactly=False))
        for each in (rounded, actual * np.float32(1 + 2**-12))
    ]
    assert found == [((model,),), ()]
