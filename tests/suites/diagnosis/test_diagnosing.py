"""Diagnoses of a candidate's faults: narrowed down on cases asked of it, told in mismatches, never a wrong guess."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.explaining.diagnosis import Certainty, Diagnosis
from convoracle.oracle.faults import FAULT_MODELS, fault_named, honest
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.reports.files.junit import junit
from convoracle.reports.records.record import RunInfo
from convoracle.reports.records.totals import Run, totals
from convoracle.reports.views.terminal import mismatch_text
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.checks.examination import ask
from convoracle.suites.diagnosis.diagnosing import Told, explain, terms_told
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.interrogation import interrogate
from convoracle.suites.search.counterexample import build

BROKEN = Path(__file__).parents[3] / "examples" / "broken_conv2d.py"
VIOLATES = Verdict(Outcome.VIOLATES, "wrong", "value")


def fault_at(text: str, pass_: Pass) -> Fault:
    case = parse_case(text)
    return Fault("x-1", "structure", str(pass_), Outcome.VIOLATES, "value", case, case, VIOLATES)


def diagnosis_of(fault: Fault, executor: Executor) -> Diagnosis:
    return interrogate(fault, executor).diagnosis


def forward_only(change: Callable[[Operands, ConvGeometry], Array]) -> InProcess:
    class Forward:
        def forward(self, input: Array, weight: Array, bias: Array | None, geometry: ConvGeometry) -> Array:
            zeros = np.zeros(geometry.output_shape, input.dtype)
            return change(Operands(input, weight, bias, zeros), geometry)

    return InProcess(Forward())


def forward(operands: Operands, geometry: ConvGeometry) -> Array:
    return honest.evaluate(Pass.FORWARD, operands, geometry)


@pytest.mark.parametrize(
    ("name", "pass_", "case"),
    [
        ("kernel-not-rotated", Pass.INPUT_GRADIENT, "n1c1k1i2f2/float32/uniform/0"),
        ("kernel-rotated", Pass.INPUT_GRADIENT, "n1c1k1i2f2/float32/uniform/0"),
        ("stride-ignored-in-weight-gradient", Pass.WEIGHT_GRADIENT, "n1c1k1i3f1s2/float32/uniform/0"),
        ("stride-ignored", Pass.UPDATE, "n1c1k1i3f1s2/float32/uniform/0"),
        ("bias-gradient-without-first-axis", Pass.BIAS_GRADIENT, "n1c1k1i2f1/float32/uniform/0"),
        ("padding-ignored", Pass.FORWARD, "n1c1k1i1f1p1/int8/uniform/0"),
        ("first-block-only-4", Pass.FORWARD, "n1c1k1i5f1/float32/uniform/0"),
        ("row-remainder-dropped-4", Pass.FORWARD, "n1c1k1i5f1/float32/uniform/0"),
        ("bias-added-twice", Pass.FORWARD, "n1c1k1i1f1/bias/float16/uniform/0"),
        ("gradient-not-conjugated", Pass.WEIGHT_GRADIENT, "n1c1k1i1f1/complex64/uniform/0"),
    ],
)
def test_the_planted_fault_comes_first(name: str, pass_: Pass, case: str) -> None:
    diagnosis = diagnosis_of(fault_at(case, pass_), PlantedInProcess(fault_named(name)))
    assert diagnosis.first == (name,)
    assert len(diagnosis.asked) > 1
    assert diagnosis.asked[0] == case


def test_others_that_agree_are_ruled_out_where_the_candidate_can_be_asked() -> None:
    with Isolated(f"{BROKEN}:conv2d") as executor:
        diagnosis = diagnosis_of(fault_at("n1c1k1i1x3f1x1s1x2/float32/uniform/0", Pass.FORWARD), executor)
    assert diagnosis.certainty is Certainty.UNIQUE
    assert diagnosis.first == ("first-stride-on-all-axes",)
    assert " others agree on the smallest case, but not on n" in diagnosis.sentences()[1]


def test_models_that_cannot_be_told_apart_are_all_named() -> None:
    case = "n1c1k1i1x3f1x1s1x2/float32/uniform/0"
    planted = fault_named("stride-ignored").plant(honest.evaluate)

    def known_case_only(operands: Operands, geometry: ConvGeometry) -> Array:
        if geometry != parse_case(case).geometry:
            raise ValueError("not this one")
        return planted(Pass.FORWARD, operands, geometry)

    executor = forward_only(known_case_only)
    diagnosis = diagnosis_of(fault_at(case, Pass.FORWARD), executor)
    assert diagnosis.certainty is Certainty.SEVERAL
    assert len(diagnosis.asked) == 1
    assert "on this case do not tell that from as if" in diagnosis.sentences()[1]


def test_two_faults_at_once() -> None:
    kernel, stride = fault_named("kernel-rotated"), fault_named("stride-axes-exchanged")
    both = stride.plant(kernel.plant(honest.evaluate))
    executor = forward_only(lambda operands, geometry: both(Pass.FORWARD, operands, geometry))
    diagnosis = diagnosis_of(fault_at("n1c1k1i5x6f2x2s1x2/float32/uniform/0", Pass.FORWARD), executor)
    assert set(diagnosis.first) == {"kernel-rotated", "stride-axes-exchanged"}
    assert len(diagnosis.asked) > 1
    shown_alone = diagnosis_of(fault_at("n1c1k1i2x3f1x2/float32/uniform/0", Pass.FORWARD), executor)
    assert "kernel-rotated" in shown_alone.first


def without_corner(operands: Operands, geometry: ConvGeometry) -> Array:
    given = operands.input.copy()
    given[(slice(None), slice(None), *([0] * geometry.rank))] = 0
    return forward(replace(operands, input=given), geometry)


def without_centre(operands: Operands, geometry: ConvGeometry) -> Array:
    weight = operands.weight.copy()
    weight[(slice(None), slice(None), *(length // 2 for length in geometry.kernel))] = 0
    return forward(replace(operands, weight=weight), geometry)


@pytest.mark.parametrize(
    "change",
    [
        lambda operands, geometry: -forward(operands, geometry),
        lambda operands, geometry: np.roll(forward(operands, geometry), 1, -1),
        without_corner,
        without_centre,
    ],
    ids=["negative", "rolled", "without corner", "without centre"],
)
def test_an_unknown_fault_is_not_given_a_known_ones_name(change: Callable) -> None:
    for case in ("n1c1k1i1f1/float32/uniform/0", "n1c1k1i2f1/float32/uniform/0", "n1c1k1i4f2/float32/uniform/0"):
        diagnosis = diagnosis_of(fault_at(case, Pass.FORWARD), forward_only(change))
        assert diagnosis.certainty is Certainty.NONE, case
        assert diagnosis.sentences()[0] == f"None of the {len(FAULT_MODELS)} known faults gives these numbers."


def test_a_mismatch_tells_its_diagnosis_on_the_terminal_and_to_junit() -> None:
    executor = InProcess(f"{BROKEN}:conv2d")
    mismatch, _ = build(fault_at("n1c1k1i1x3f1x1s1x2/float32/uniform/0", Pass.FORWARD), executor, {})
    assert mismatch.diagnosed == ("first-stride-on-all-axes",)
    assert mismatch.diagnosis[0] == "It is as if the first axis's stride held for all axes (first-stride-on-all-axes)."
    assert mismatch.diagnosis[-1] == "O₁₂ should be X₁₃F₁₁; the candidate uses X₁₂ in place of X₁₃ beside F₁₁"
    info = RunInfo(0, "quick", (executor.info,), "2026-11-24T06:00:00+00:00", "convoracle check", ())
    for text in (mismatch_text(mismatch), junit(Run(info, totals((), info.checks), (mismatch,), finished=True))):
        assert mismatch.diagnosis[0] in text.replace("&apos;", "'")


def test_terms_of_an_update_are_those_of_its_gradient() -> None:
    fault = fault_at("n1c1k1i3f1s2/float32/uniform/0", Pass.UPDATE)
    assert terms_told(fault, PlantedInProcess(fault_named("stride-ignored"))) == (
        "∂L/∂F₁ should be ∂L/∂O₁·X₁ + ∂L/∂O₂·X₃; the candidate uses X₂ in place of X₃ beside ∂L/∂O₂",
    )


def test_terms_are_told_of_small_real_cases_only() -> None:
    rotated = PlantedInProcess(fault_named("kernel-rotated"))
    assert terms_told(fault_at("n1c1k1i2f2/float32/uniform/0", Pass.FORWARD), rotated)
    assert terms_told(fault_at("n2c4k4i8x8f3x3/float32/uniform/0", Pass.FORWARD), rotated) == ()
    assert terms_told(fault_at("n1c1k1i2f2/complex64/uniform/0", Pass.FORWARD), rotated) == ()


def test_a_fault_that_is_not_shrunk_yet_or_too_large_is_not_compared() -> None:
    rotated = PlantedInProcess(fault_named("kernel-rotated"))
    small = fault_at("n1c1k1i2f2/float32/uniform/0", Pass.FORWARD)
    assert build(small, rotated, {})[0].diagnosis
    assert build(small, rotated, {}, is_shrunk=False)[0].diagnosis == ()
    told = explain(fault_at("n64c64k64i56x56f3x3/float32/uniform/0", Pass.FORWARD), rotated)
    sentence = "Not compared with the known faults: its 6,879,707,136 products are more than 10,000,000."
    assert told == Told(sentences=(sentence,))


def test_a_candidate_that_falls_silent_ends_the_diagnosis_and_no_run() -> None:
    def refuse(operands: Operands, geometry: ConvGeometry) -> Array:
        raise RuntimeError("no more")

    fault = fault_at("n1c1k1i1f1/float32/uniform/0", Pass.FORWARD)
    diagnosis = diagnosis_of(fault, forward_only(refuse))
    assert diagnosis.certainty is Certainty.NONE
    assert explain(fault, forward_only(refuse)).names == ()


def test_who_raises_an_error_is_told_how_to_say_that_it_does_not_take_a_case() -> None:
    def pointwise(input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        if max(geometry.kernel) > 1:
            raise ValueError("1x1 only")
        return reference.forward(input, weight, geometry).astype(input.dtype)

    case = parse_case("n1c1k1i3f2/float32/uniform/0")
    executor = InProcess(pointwise)
    verdict = ask(executor, Numbers.INTEGERS, case, Pass.FORWARD).verdict
    shows = ("structure", "forward", verdict.outcome, verdict.cause)
    told = explain(Fault("it", *shows, found=case, shrunk=case, verdict=verdict), executor)
    assert (told.names, told.kind) == ((), "")
    assert "raise NotImplementedError, or declare a domain" in " ".join(told.sentences)


def raised_by(use: Callable[[object], object]) -> tuple[str, ...]:
    def conv(x: Array, w: Array, b: object, stride: object) -> Array:
        use(stride)
        raise ValueError("of its own")

    case = parse_case("n1c1k1i1x1f1x1/float32/uniform/0")
    executor = InProcess(conv)
    verdict = ask(executor, Numbers.INTEGERS, case, Pass.FORWARD).verdict
    shows = ("structure", "forward", verdict.outcome, verdict.cause)
    return explain(Fault("it", *shows, found=case, shrunk=case, verdict=verdict), executor).sentences


def test_who_wants_one_number_where_a_tuple_is_given_is_told_how_to_say_so() -> None:
    (at_a_tuple, _), (other,) = raised_by(lambda stride: 7 // stride), raised_by(lambda stride: stride)
    assert "annotate it as int, or give it one as default" in at_a_tuple
    assert "let it raise NotImplementedError" in other
