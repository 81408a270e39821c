"""Terms read off by impulses and told in the seed's notation: missing, extra, repeated, misplaced, scaled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.explaining.impulses import Reading, calls_needed, read_off
from convoracle.oracle.explaining.wrong_terms import tell
from convoracle.oracle.faults import FAULT_MODELS, Kind, fault_named, honest
from convoracle.oracle.operands.data import Case, lattice_operands
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass

SEED = ConvGeometry.of(size=(3, 3), kernel=2)


def reading_of(
    implementation: Callable, pass_: Pass, geometry: ConvGeometry, *, bias: bool = False, seed: int = 0
) -> Reading:
    operands = lattice_operands(Case(geometry, bias, "float32", "uniform", seed))
    return read_off(lambda given: implementation(pass_, given, geometry), pass_, operands, geometry)


def told(implementation: Callable, pass_: Pass, geometry: ConvGeometry, *, bias: bool = False) -> tuple[str, ...]:
    return tell(reading_of(implementation, pass_, geometry, bias=bias), pass_, geometry, bias=bias)


def planted(name: str) -> Callable:
    return fault_named(name).plant(honest.evaluate)


@pytest.mark.parametrize("pass_", [each for each in Pass if each is not Pass.UPDATE], ids=str)
@pytest.mark.parametrize("text", ["n2c2k2i3f2p1g2", "n1c1k2i2x2f2x1s1x2", "n1c2k2i2f2s2g2to1", "n1c1k1i4f2p1mreflect"])
def test_the_honest_one_has_the_right_terms(pass_: Pass, text: str) -> None:
    geometry = parse_geometry(text)
    bias = pass_ is not Pass.BIAS_GRADIENT
    assert reading_of(honest.evaluate, pass_, geometry, bias=bias) == Reading({})
    assert told(honest.evaluate, pass_, geometry, bias=bias) == ()


@pytest.mark.parametrize(
    "model", [each for each in FAULT_MODELS if each.kind is Kind.TERMS], ids=lambda each: each.name
)
def test_every_wrong_term_is_read_or_the_fault_is_no_sum_of_products(model) -> None:
    geometry = parse_geometry("n2c2k2i4f2s2p1")
    for pass_ in model.passes - {Pass.UPDATE}:
        if model.shows(pass_, geometry) and "float32" in model.needs.dtypes:
            reading = reading_of(model.plant(honest.evaluate), pass_, geometry, bias=model.needs.bias)
            assert reading.wrong or reading.objection


def test_a_misplaced_factor() -> None:
    geometry = parse_geometry("n1c1k1i1x3f1x1s1x2")
    assert told(planted("stride-ignored"), Pass.FORWARD, geometry) == (
        "O₁₂ should be X₁₃F₁₁; the candidate uses X₁₂ in place of X₁₃ beside F₁₁",
    )


def test_the_seeds_input_gradient_without_rotation() -> None:
    first, *_ = told(planted("kernel-not-rotated"), Pass.INPUT_GRADIENT, SEED)
    assert first == ("∂L/∂X₁₁ should be ∂L/∂O₁₁·F₁₁; the candidate uses F₂₂ in place of F₁₁ beside ∂L/∂O₁₁")


def test_missing_terms() -> None:
    assert told(planted("last-tap-dropped"), Pass.FORWARD, parse_geometry("n1c1k1i2f2")) == (
        "O₁ should be X₁F₁ + X₂F₂; X₂F₂ is missing",
    )
    assert told(planted("returns-zeros"), Pass.FORWARD, parse_geometry("n1c1k1i2f2")) == (
        "O₁ should be X₁F₁ + X₂F₂; the candidate uses none of them",
    )
    assert told(planted("bias-gradient-without-batch"), Pass.BIAS_GRADIENT, parse_geometry("n2c1k1i1f1")) == (
        "∂L/∂b₁ should be ∂L/∂O₁₁;₁ + ∂L/∂O₂₁;₁; ∂L/∂O₂₁;₁ is missing",
    )


def test_a_missing_bias() -> None:
    assert told(planted("bias-ignored"), Pass.FORWARD, parse_geometry("n1c1k1i1f1"), bias=True) == (
        "O₁ should be X₁F₁ + b; b is missing",
    )


def test_repeated_and_scaled_terms() -> None:
    geometry = parse_geometry("n2c1k1i1f1")
    assert told(planted("input-gradient-doubled"), Pass.INPUT_GRADIENT, geometry)[0].endswith(
        "is there 2 times instead of 1"
    )
    assert told(planted("batch-mean-of-weight-gradient"), Pass.WEIGHT_GRADIENT, geometry)[0].endswith(
        "∂L/∂O₂₁;₁·X₂₁;₁ is multiplied by 0.5"
    )


def test_an_extra_term() -> None:
    def extra(pass_: Pass, operands: Operands, geometry: ConvGeometry):
        result = honest.evaluate(pass_, operands, geometry).copy()
        result[0, 0, 0] += 3 * operands.input[0, 0, 1] * operands.weight[0, 0, 1]
        return result

    assert told(extra, Pass.FORWARD, parse_geometry("n1c1k1i3f2s2")) == (
        "O₁ should be X₁F₁ + X₂F₂; X₂F₂ is there 4 times instead of 1",
    )
    assert told(extra, Pass.FORWARD, parse_geometry("n1c1k1i2f2s3p1"))[0].endswith("; 3·X₂F₂ is extra")


def test_what_is_not_bilinear_says_so_with_its_evidence() -> None:
    def clipped(pass_: Pass, operands: Operands, geometry: ConvGeometry):
        return np.maximum(honest.evaluate(pass_, operands, geometry), 0)

    def shifted(pass_: Pass, operands: Operands, geometry: ConvGeometry):
        return honest.evaluate(pass_, operands, geometry) + 1

    geometry = parse_geometry("n1c1k1i1f1")
    (line,) = told(clipped, Pass.FORWARD, geometry)
    assert line.startswith("Its terms cannot be read off: it is not bilinear: by its answers to impulses")
    (line,) = told(shifted, Pass.FORWARD, geometry)
    assert "is 1 where all operands are zero" in line


def test_a_last_bit_is_rounding_and_no_lack_of_linearity() -> None:
    def scaled(pass_: Pass, operands: Operands, geometry: ConvGeometry):
        return honest.evaluate(pass_, operands, geometry) * np.float32(0.9995 / 3) * 3

    (line,) = told(scaled, Pass.FORWARD, parse_geometry("n1c1k1i1f1"))
    assert line.startswith("Its terms cannot be read off: it is bilinear only up to rounding: by its answers")


def test_silence_is_an_objection() -> None:
    operands = lattice_operands(Case(SEED, False, "float32", "uniform", 0))
    assert read_off(lambda given: None, Pass.FORWARD, operands, SEED).objection
    answers = iter([np.zeros(SEED.output_shape)])
    assert "impulse" in read_off(lambda given: next(answers, None), Pass.FORWARD, operands, SEED).objection


def test_the_calls_are_counted() -> None:
    calls = []

    def counted(pass_: Pass, operands: Operands, geometry: ConvGeometry):
        calls.append(pass_)
        return honest.evaluate(pass_, operands, geometry)

    reading_of(counted, Pass.FORWARD, SEED, bias=True)
    assert len(calls) == calls_needed(Pass.FORWARD, SEED, bias=True) == 9 * 4 + 1 + 2


def test_every_index_is_told_beyond_one_channel() -> None:
    geometry = replace(SEED, batch=2, in_channels=2)
    first, *_ = told(planted("kernel-rotated"), Pass.FORWARD, geometry)
    assert first.startswith("O₁₁;₁₁ should be X₁₁;₁₁F₁₁;₁₁ + X₁₁;₁₂F₁₁;₁₂")


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("pass_", [each for each in Pass if each is not Pass.UPDATE], ids=str)
@pytest.mark.parametrize("text", ["n2c2k2i3f2p1g2", "n1c1k2i2x2f2x1s1x2", "n1c2k2i2f2s2g2to1", "n0c1k1i3f2"])
def test_calls_are_counted_without_being_made(pass_: Pass, text: str, bias: bool) -> None:
    geometry = parse_geometry(text)
    calls = []
    operands = lattice_operands(Case(geometry, bias, "float32", "uniform", 0))

    def counted(given: Operands) -> np.ndarray:
        calls.append(given)
        return honest.evaluate(pass_, given, geometry)

    read_off(counted, pass_, operands, geometry)
    assert len(calls) == calls_needed(pass_, geometry, bias=bias)


def test_the_calls_of_a_case_of_any_size_are_counted() -> None:
    huge = parse_geometry("n64c512k512i56x56f3x3p1x1")
    assert calls_needed(Pass.FORWARD, huge, bias=False) == 64 * 512 * 56**2 * 512 * 512 * 9 + 2
