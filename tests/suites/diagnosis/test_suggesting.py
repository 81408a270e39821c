"""Declarations that would make a fault none: each where every result conforms under it, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Array
from convoracle.suites.cases.features import features
from convoracle.suites.diagnosis.diagnosing import Told, explain
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.suggesting import MOST_PRODUCTS, Suggestion, similar_cases

from .. import natural
from .. import natural_arithmetic as arithmetic
from .telling import ONE, told_of

TRANSFORM = 'conventions = {"algorithm": "transform"}'


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        (0.0, "If it cuts and that is meant, declare x = 1: it is right then."),
        (0.1234, "If it cuts and that is meant, declare x = 1: its results are within that bound (worst ratio 0.12)."),
    ],
)
def test_a_suggestion_is_a_sentence(ratio: float, told: str) -> None:
    assert str(Suggestion("x = 1", "cuts", ratio)) == told


@pytest.mark.parametrize(
    "text",
    [
        "n1c1k1i1x1f1x1/float32/uniform/0",
        "n2c4k4i6x5f3x2s2x1p1x0g2/bias/float16/uniform/7/strided",
        "n1c1k1i3f2s2t/int8/uniform/3",
    ],
)
def test_similar_cases_are_a_few_of_other_sizes_and_data(text: str) -> None:
    case = parse_case(text)
    found = list(similar_cases(case))
    assert 0 < len(found) <= 3
    assert len({each.geometry for each in found} | {case.geometry}) == len(found) + 1
    assert len({each.seed for each in found} | {case.seed}) == len(found) + 1
    for each in found:
        assert each.geometry.products <= MOST_PRODUCTS
        assert (each.dtype, each.bias, each.fill, each.layout) == (case.dtype, case.bias, case.fill, "contiguous")
        settings = {name for name in features(case) if "memory layout" not in name}
        assert {name for name in settings if name in ("stride above 1", "groups above 1", "transposed", "padding")} <= (
            features(each)
        )


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
    assert any(f"declare {declaration}:" in sentence for sentence in told.sentences)


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


def test_zeros_that_are_multiplied_can_be_declared() -> None:
    candidate = natural.candidate(arithmetic.dense_dilation)
    told = told_of(candidate, "contamination", "n2c3k1i2x3f1x2d2x2/float32/uniform/0")
    assert 'declare conventions = {"contamination": "spreads"}' in told.sentences[-1]


def test_wrong_terms_are_no_arithmetic_and_nothing_to_declare() -> None:
    """A term of hundreds is within the bound of coarse sums, and is missing on the lattice of those as well."""

    def one_missing(x: Array, w: Array, *settings: natural.Pair) -> Array:
        out = natural.plain(x, w, *settings)
        out[..., -1, -1] -= x[:, :1, -1, -1] * w[:1, 0, -1, -1] if out.shape[2:] == x.shape[2:] else 0
        return out

    told = told_of(natural.candidate(one_missing), "structure", "n1c3k1i2x2f1x1/float32/uniform/0")
    assert told.kind != "convention"
    assert not any("declare" in sentence for sentence in told.sentences)


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
