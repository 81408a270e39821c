"""Right terms in another arithmetic: which one it is, how surely, and what to declare if it is meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.faults import FAULT_MODELS, FaultModel, Kind, fault_named
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.reports.views.causes import causes
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.space import Space
from convoracle.suites.search.collected import examine_all

from .. import natural
from .. import natural_arithmetic as arithmetic
from .telling import ONE, told_of


@pytest.mark.parametrize(
    ("kernel", "case", "name", "surely"),
    [
        (arithmetic.float16_sums, ONE, "sums-in-float16", "elements are those bits, summed one after another."),
        (arithmetic.bfloat16_sums, ONE, "sums-in-bfloat16", "elements are those bits"),
        (arithmetic.all_in_float16, ONE, "computed-in-float16", "elements are those bits"),
        (arithmetic.tf32_operands, ONE, "factors-in-tfloat32", "elements are sums of those, within their bound"),
        (arithmetic.tf32_cut, ONE, "factors-in-tfloat32-cut", "elements are sums of those"),
        (arithmetic.bfloat16_operands, ONE, "factors-in-bfloat16", "elements are sums of those"),
        (arithmetic.bfloat16_weight, ONE, "weight-in-bfloat16", "elements are sums of those"),
        (arithmetic.float16_input, ONE, "input-in-float16", "elements are sums of those"),
        (arithmetic.rounded_twice, ONE, "result-in-bfloat16", "those bits, summed without rounding"),
        (arithmetic.float32_inside, ONE.replace("float32", "float64"), "computed-in-float32", "are those bits"),
        (arithmetic.float16_sums, "n2c3k2i5x6f3x3p1x1/float32/normal/4", "sums-in-float16", "those bits"),
        (arithmetic.tf32_operands, "n2c3k2i5x6f3x3p1x1/float32/normal/4", "factors-in-tfloat32", "sums of those"),
        (arithmetic.flushed, "n1c1k1i1x1f1x1/float32/subnormal/0", "subnormals-flushed", "what that gives"),
    ],
)
def test_a_known_arithmetic_is_recognised(kernel: natural.Conv2d, case: str, name: str, surely: str) -> None:
    told = told_of(natural.candidate(kernel), "precision", case)
    assert told.names == (name,)
    assert told.kind == "arithmetic"
    assert told.sentences[0].startswith("It is as if ")
    assert surely in told.sentences[0]


@pytest.mark.parametrize(
    ("kernel", "name"),
    [(arithmetic.float16_input, "input-in-float16"), (arithmetic.tf32_operands, "factors-in-tfloat32")],
)
def test_formats_of_one_precision_are_told_apart_by_their_range_where_a_case_has_one_number(
    kernel: natural.Conv2d, name: str
) -> None:
    for seed in range(4):
        told = told_of(natural.candidate(kernel), "precision", f"n1c1k1i1x1f1x1/float32/uniform/{seed}")
        assert told.names == (name,)


def test_numbers_that_overflow_in_a_narrow_format_have_the_cause_of_those_that_are_rounded_to_it() -> None:
    space = Space((2,), ("float32",), max_products=300)
    budget = Budget(space, frozenset({Pass.FORWARD}), PROFILES["quick"].cases, 0)
    findings = examine_all(natural.candidate(arithmetic.float16_input), budget)
    assert any("Inf" in mismatch.verdict.reason for mismatch in findings.mismatches)
    assert len(findings.mismatches) > 1
    (cause,) = causes(findings.mismatches)
    assert "float16" in cause.title


@pytest.mark.parametrize("seed", range(3))
def test_zero_times_inf_is_asked_in_every_quick_run(seed: int) -> None:
    executor, space = natural.candidate(arithmetic.zeros_skipped), Space((2,), ("float32",), max_products=300)
    budget = Budget(space, frozenset({Pass.FORWARD}), PROFILES["quick"].cases, seed)
    findings = examine_all(executor, replace(budget, checks=frozenset({"contamination"})))
    assert {mismatch.check for mismatch in findings.mismatches} == {"contamination"}
    assert len(causes(findings.mismatches)) == 1


def test_no_known_arithmetic_is_no_known_arithmetic() -> None:
    def rescaled(x: Array, w: Array, *settings: natural.Pair) -> Array:
        return natural.plain(x, w, *settings) * np.float32(1.0005)

    told = told_of(natural.candidate(rescaled), "precision", ONE)
    assert told.names == ()
    assert told.sentences == (
        "No known arithmetic gives these numbers.",
        "Identity card of n4c4k4i1x1f1x1, float32 forward: no line is known to be worse than what is declared; "
        "not determined: order, subnormal operands, subnormal results.",
    )


_ALIGNED = "tfloat32-for-multiples-of-"
"""Operands are rounded there, and that is what is told."""


@pytest.mark.parametrize(
    "model", [model for model in FAULT_MODELS if model.kind is Kind.ROUNDING], ids=lambda model: model.name
)
def test_every_model_of_rounding_is_recognised(model: FaultModel) -> None:
    dtype = "float32" if "float32" in model.needs.dtypes else "float64"
    pass_ = Pass.FORWARD if Pass.FORWARD in model.passes else Pass.INPUT_GRADIENT
    geometry = "n1c32k32i3x2f1x1" if model.name.startswith(_ALIGNED) else "n2c3k2i4x5f2x3p1x1"
    fill = "uniform" if "uniform" in model.needs.data else model.needs.data[0]
    told = told_of(PlantedInProcess(model), "precision", f"{geometry}/{dtype}/{fill}/0", pass_)
    assert told.names == ("factors-in-tfloat32" if model.name.startswith(_ALIGNED) else model.name,)


@pytest.mark.parametrize("name", ["factors-in-bfloat16", "sums-in-float16", "result-in-bfloat16"])
@pytest.mark.parametrize("pass_", Pass, ids=str)
def test_an_arithmetic_is_recognised_in_every_pass(pass_: Pass, name: str) -> None:
    model = fault_named(name)
    if pass_ in model.passes:
        told = told_of(PlantedInProcess(model), "precision", "n2c2k3i4x5f2x3p1x1/float32/uniform/0", pass_)
        assert told.names == (name,)


class Gradient:
    """A weight gradient with operands of bfloat16."""

    def weight_gradient(self, input: Array, output_gradient: Array, geometry: ConvGeometry) -> Array:
        from convoracle.oracle.answers import reference
        from convoracle.oracle.numbers.conversions import convert
        from convoracle.oracle.numbers.dtypes import format_of

        rounded = [convert(each.astype(np.float64), format_of("bfloat16")) for each in (input, output_gradient)]
        return reference.weight_gradient(*rounded, geometry).astype(input.dtype)


def test_gradients_are_measured_as_well() -> None:
    told = told_of(InProcess(Gradient()), "precision", "n2c2k2i5f2/float32/uniform/0", Pass.WEIGHT_GRADIENT)
    assert told.names == ("factors-in-bfloat16",)
