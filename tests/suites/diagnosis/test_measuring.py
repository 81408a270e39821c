"""Right terms in another arithmetic: which one it is, how surely, and what to declare if it is meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.faults import FAULTS, FaultModel, Kind, fault_named
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.reports.views.causes import causes
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.cases.strategies import Space
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.diagnosis.diagnosing import Told, explain
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.search.conformance import examine_all

from .. import natural
from .. import natural_arithmetic as arithmetic

ONE = "n1c1k1i1x1f1x1/float32/uniform/0"
TRANSFORM = 'conventions = {"algorithm": "transform"}'


def told_of(executor: Executor, check: str, text: str, pass_: Pass = Pass.FORWARD) -> Told:
    case = parse_case(text)
    result = ask_again(executor, check, str(pass_), case)
    assert result is not None
    verdict = result.verdict
    assert verdict.outcome is Outcome.VIOLATES, verdict
    return explain(Fault("x-1", check, str(pass_), verdict.outcome, verdict.cause, case, case, verdict), executor)


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
    ("kernel", "case", "declaration"),
    [
        (arithmetic.tf32_operands, ONE, 'multipliers = {"float32": "tfloat32"}'),
        (arithmetic.tf32_cut, ONE, 'multipliers = {"float32": "tfloat32"}, conventions = {"operands": "truncated"}'),
        (arithmetic.bfloat16_weight, ONE, 'multipliers = {"float32": "bfloat16"}'),
        (arithmetic.bfloat16_sums, ONE, 'accumulators = {"float32": "bfloat16"}'),
        (arithmetic.flushed, "n1c1k1i1x1f1x1/float32/subnormal/0", 'conventions = {"subnormals": "flushed"}'),
    ],
)
def test_what_is_recognised_comes_with_what_to_declare(kernel: natural.Conv2d, case: str, declaration: str) -> None:
    told = told_of(natural.candidate(kernel), "precision", case)
    assert f"declare {declaration}:" in told.sentences[-1]


@pytest.mark.parametrize("kernel", [arithmetic.by_fft, arithmetic.winograd])
@pytest.mark.parametrize("case", ["n1c2k1i2x4f3x3p1x1", "n2c3k4i8x9f3x3p1x1"])
def test_a_transform_is_told_as_what_to_declare_and_nothing_else(kernel: natural.Conv2d, case: str) -> None:
    told = told_of(natural.candidate(kernel), "structure", f"{case}/float32/uniform/0")
    assert told.names == (TRANSFORM,)
    assert told.kind == "convention"
    (sentence,) = told.sentences
    assert sentence.startswith(
        f"If it computes by a transform such as Winograd's or the FFT and that is meant, declare {TRANSFORM}"
    )
    assert "worst ratio 0.0" in sentence


@pytest.mark.parametrize(
    ("check", "case"),
    [
        ("precision", "n1c1k1i3x4f3x3p1x1/float32/huge/2"),
        ("contamination", "n1c1k1i3x4f3x3p1x1/float32/uniform/88"),
    ],
)
def test_a_transform_has_one_name_in_every_check_also_where_it_is_not_asked(check: str, case: str) -> None:
    told = told_of(natural.candidate(arithmetic.winograd), check, case)
    assert told.names[0] == TRANSFORM
    assert told.sentences[0].startswith("If it computes by a transform")


def test_an_overflow_that_is_not_one_of_a_transform_does_not_suggest_it() -> None:
    def clamped(x: Array, w: Array, *settings: natural.Pair) -> Array:
        largest = np.finfo(x.dtype).max
        return np.clip(natural.plain(x, w, *settings), -largest, largest)

    told = told_of(natural.candidate(clamped), "precision", "n1c1k1i3x4f3x3p1x1/float32/huge/16")
    assert TRANSFORM not in told.names


def test_zeros_that_are_skipped_can_be_declared_also_where_similar_cases_hold_no_nan() -> None:
    told = told_of(natural.candidate(arithmetic.zeros_skipped), "contamination", "n1c2k1i3x6f1x1/float32/uniform/794")
    assert told.names == ('conventions = {"zeros": "skipped"}',)


@pytest.mark.parametrize("seed", range(3))
def test_zero_times_inf_is_asked_in_every_quick_run(seed: int) -> None:
    executor, space = natural.candidate(arithmetic.zeros_skipped), Space((2,), ("float32",), max_products=300)
    budget = Budget(space, frozenset({Pass.FORWARD}), PROFILES["quick"].cases, seed)
    findings = examine_all(executor, replace(budget, checks=frozenset({"contamination"})))
    assert {mismatch.check for mismatch in findings.mismatches} == {"contamination"}
    assert len(causes(findings.mismatches)) == 1


def test_wrong_terms_are_no_arithmetic_and_nothing_to_declare() -> None:
    """A term of hundreds is within the bound of coarse sums, and is missing on the lattice of those as well."""

    def one_missing(x: Array, w: Array, *settings: natural.Pair) -> Array:
        out = natural.plain(x, w, *settings)
        out[..., -1, -1] -= x[:, :1, -1, -1] * w[:1, 0, -1, -1] if out.shape[2:] == x.shape[2:] else 0
        return out

    told = told_of(natural.candidate(one_missing), "structure", "n1c3k1i2x2f1x1/float32/uniform/0")
    assert told.kind != "convention"
    assert not any("declare" in sentence for sentence in told.sentences)


def test_no_known_arithmetic_is_no_known_arithmetic() -> None:
    def rescaled(x: Array, w: Array, *settings: natural.Pair) -> Array:
        return natural.plain(x, w, *settings) * np.float32(1.0005)

    told = told_of(natural.candidate(rescaled), "precision", ONE)
    assert told.names == ()
    assert told.sentences == ("No known arithmetic gives these numbers.",)


_ZERO = "nan-taken-for-zero-in-input"


@pytest.mark.parametrize(
    ("kernel", "case", "name"),
    [
        (arithmetic.nan_to_num, "n1c1k1i1x1f1x1/float32/uniform/2", "nan-to-num-of-results"),
        (arithmetic.nan_as_zero, "n1c1k2i1x2f1x1/float32/uniform/7", _ZERO),
        (arithmetic.clamped, "n1c1k1i1x1f1x1/float32/uniform/2", "nan-becomes-the-lowest"),
        (arithmetic.dense_dilation, "n2c3k1i2x3f1x2d2x2/float32/uniform/0", "zeros-between-taps"),
    ],
)
def test_what_becomes_of_nan_is_recognised(kernel: natural.Conv2d, case: str, name: str) -> None:
    """Inf that is kept and the largest number in its place differ where they meet a zero."""
    told = told_of(natural.candidate(kernel), "contamination", case)
    assert told.names == (name,)
    assert "that explains all" in told.sentences[0]
    assert "They do not tell it from as if" not in told.sentences[0]


def test_zeros_that_are_multiplied_can_be_declared() -> None:
    candidate = natural.candidate(arithmetic.dense_dilation)
    told = told_of(candidate, "contamination", "n2c3k1i2x3f1x2d2x2/float32/uniform/0")
    assert 'declare conventions = {"contamination": "spreads"}' in told.sentences[-1]


def test_saturation_is_recognised_and_the_order_of_sums_is_left_open() -> None:
    candidate = natural.candidate(arithmetic.overflow_saturates)
    told = told_of(candidate, "precision", "n2c3k2i4x3f2x2/float32/huge/0")
    largest = ("infinity-saturates", "nan-to-num-of-results", "nan-becomes-the-lowest", "nan-becomes-the-largest")
    assert told.names == largest
    assert "They do not tell it from as if NaN in a result were zero" in told.sentences[0]
    assert ", or from 1 more." in told.sentences[0]


@pytest.mark.parametrize("name", ["factors-in-float16", "result-in-float16"])
def test_a_narrower_format_is_recognised_by_the_numbers_that_leave_its_range(name: str) -> None:
    told = told_of(PlantedInProcess(fault_named(name)), "precision", "n1c3k1i1x1f1x1/float32/huge/1")
    assert name in told.names


def test_what_no_fault_leaves_is_told_as_that() -> None:
    def sevens(x: Array, w: Array, *settings: natural.Pair) -> Array:
        out = natural.plain(x, w, *settings)
        return np.where(np.isnan(out), np.float32(7), out)

    told = told_of(natural.candidate(sevens), "contamination", "n2c3k4i8x9f3x3/float32/uniform/2")
    assert told.names == ()
    assert told.sentences[0].startswith("None of the ")


_ALIGNED = "tfloat32-for-multiples-of-"
"""Operands are rounded there, and that is what is told."""


@pytest.mark.parametrize(
    "model", [model for model in FAULTS if model.kind is Kind.ROUNDING], ids=lambda model: model.name
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


def test_a_library_for_one_thread_is_told_what_to_declare() -> None:
    case = parse_case(ONE)
    verdict = Verdict(Outcome.VIOLATES, "differs", "threads")
    fault = Fault("x-1", "company", "forward", verdict.outcome, "threads", case, case, verdict)
    told = explain(fault, natural.candidate(natural.plain))
    assert told.names == ('domain = {"threads": "one"}',)
    assert explain(replace(fault, verdict=replace(verdict, cause="reuse")), natural.candidate(natural.plain)) == Told()


def test_one_thread_is_no_advice_where_results_are_wrong_alone() -> None:
    def wrong_of_several_channels(x: Array, w: Array, *settings: natural.Pair) -> Array:
        return natural.plain(x, w, *settings) + (x.shape[1] > 1)

    case = parse_case("n1c2k1i1x1f1x1/float32/uniform/0")
    verdict = Verdict(Outcome.VIOLATES, "differs", "threads")
    fault = Fault("x-1", "company", "forward", verdict.outcome, "threads", case, case, verdict)
    assert explain(fault, natural.candidate(wrong_of_several_channels)) == Told()


def test_sums_in_an_order_that_varies_can_be_declared() -> None:
    turns = [1, -1]

    def varying(x: Array, w: Array, *settings: natural.Pair) -> Array:
        turns.reverse()
        return arithmetic.by_taps(x[:, :: turns[0]], w[:, :: turns[0]], *settings, x.dtype)

    told = told_of(natural.candidate(varying), "company", "n2c7k2i4x4f3x3/float32/normal/0")
    assert told.names == ('conventions = {"repeatability": "varies"}',)


def test_a_narrower_result_is_told_although_operands_that_suit_the_wider_one_overflow_in_it() -> None:
    def narrowed(x: Array, w: Array, *settings: natural.Pair) -> Array:
        with np.errstate(over="ignore"):
            return natural.plain(x, w, *settings).astype(np.float16)

    told = told_of(natural.candidate(narrowed), "structure", ONE)
    assert told.names == ('results = {"float32": "float16"}',)


def test_a_format_in_which_every_number_may_overflow_is_not_suggested_for_nan() -> None:
    def cancelling(x: Array, w: Array, *settings: natural.Pair) -> Array:
        with np.errstate(all="ignore"):
            plain = natural.plain(x, w, *settings)
            return plain - plain * 0 if x.dtype != np.float32 else plain + np.where(abs(plain) > 2.0**100, np.nan, 0)

    told = told_of(natural.candidate(cancelling), "precision", "n1c2k1i1x1f1x1/float32/huge/2")
    assert not any("multipliers" in name or "accumulators" in name for name in told.names)
