"""Kernels that take one thing only are asked for that thing: the whole budget is compared, whatever the restriction."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports import tally
from convoracle.reports.records.migration import CHECKS
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import Findings, examine_all

from ..restricted import DECLARED, RESTRICTIONS, ChannelsLast, Declaring, Limited, Raising, conv2d

CASES = 40


def examined(candidate: object, passes=(Pass.FORWARD,), dtypes=("float32", "float64")) -> Findings:
    checks = frozenset({"structure"})
    space = PROFILES["quick"].space(dtypes=dtypes)
    return examine_all(InProcess(candidate), Budget(space, frozenset(passes), CASES, 0, checks=checks))


@pytest.mark.parametrize(
    "candidate",
    [
        conv2d,
        *map(Limited, RESTRICTIONS),
        *map(Raising, ("3x3 s1", "depthwise 3x3", "transposed only", "batch >= 4", "input width % 4")),
        *map(Declaring, DECLARED),
    ],
    ids=lambda candidate: f"{type(candidate).__name__} {getattr(candidate, 'name', '')}",
)
def test_nearly_all_that_is_asked_is_compared(candidate: object) -> None:
    findings = examined(candidate)
    assert not findings.mismatches
    asked = [record for record in findings.records if not record.declined]
    assert tally(findings.records, CHECKS).cases == len(asked) == CASES
    results = [result for record in asked for result in record.results]
    assert len(results) == CASES
    assert sum(result.verdict.elements > 0 for result in results) >= 0.8 * CASES
    geometries = {parse_case(record.case).geometry for record in asked}
    assert len(geometries) >= CASES / 2
    declined = [record for record in findings.records if record.declined]
    assert len(declined) <= 40
    assert all(result.verdict.outcome is Outcome.UNSUPPORTED for record in declined for result in record.results)


def test_one_layout_one_dtype_and_a_bias_are_found() -> None:
    findings = examined(ChannelsLast(), dtypes=("float32", "float64", "float16"))
    assert not findings.mismatches
    asked = [record for record in findings.records if not record.declined]
    assert len(asked) == CASES
    assert sum(result.verdict.elements > 0 for record in asked for result in record.results) >= 0.8 * CASES


def test_a_pass_that_takes_no_plain_form_is_asked_where_it_answers() -> None:
    class Mixed(Limited):
        def limitation(self, pass_, geometry, dtype):
            return super().limitation(pass_, geometry, dtype) if pass_ is Pass.WEIGHT_GRADIENT else None

    findings = examined(Mixed("batch >= 4"), (Pass.FORWARD, Pass.WEIGHT_GRADIENT))
    compared = [result.subject for result in findings.results if result.verdict.elements > 0]
    assert compared.count("weight_gradient") >= CASES / 4


def test_the_same_seed_asks_the_same_cases() -> None:
    first, second = (examined(Limited("depthwise 3x3")) for _ in range(2))
    assert [record.case for record in first.records] == [record.case for record in second.records]


def test_a_pass_that_takes_less_than_another_is_asked_as_well() -> None:
    class Mixed(Limited):
        def limitation(self, pass_, geometry, dtype):
            return super().limitation(pass_, geometry, dtype) if pass_ is Pass.WEIGHT_GRADIENT else None

    findings = examined(Mixed("3x3 s1 p1 dense"), (Pass.FORWARD, Pass.WEIGHT_GRADIENT))
    compared = [result.subject for result in findings.results if result.verdict.elements > 0]
    assert compared.count("weight_gradient") > 3


class Picky:
    """Cannot take bfloat16 or three axes at all, and says so by an exception."""

    def forward(self, input, weight, bias, geometry):
        if input.dtype.name == "bfloat16":
            raise TypeError("no loop for bfloat16")
        if input.ndim == 5:
            raise ValueError("expected 3 or 4 axes")
        return reference.forward(input, weight, geometry, bias)


class Broken(Picky):
    """Fails on some legal cases of a dtype that it takes."""

    def forward(self, input, weight, bias, geometry):
        if input.dtype == np.float64 and geometry.groups > 1:
            raise IndexError("group out of range")
        return super().forward(input, weight, bias, geometry)


def test_what_raises_on_every_form_of_a_dtype_or_rank_is_unsupported() -> None:
    findings = examined(Picky(), dtypes=("float32", "bfloat16"))
    assert not findings.mismatches
    reasons = [result.verdict.reason for record in findings.records if record.declined for result in record.results]
    assert any(
        "TypeError: no loop for bfloat16" in reason and "every plain form of bfloat16" in reason for reason in reasons
    )
    assert any("expected 3 or 4 axes" in reason and "3 spatial axes" in reason for reason in reasons)
    asked = [parse_case(record.case) for record in findings.records if not record.declined]
    assert {case.geometry.rank for case in asked} == {1, 2}
    assert {case.dtype for case in asked} == {"float32"}


def test_what_raises_on_some_forms_is_a_mismatch() -> None:
    findings = examined(Broken())
    assert {(mismatch.verdict.outcome, mismatch.verdict.cause) for mismatch in findings.mismatches} == {
        (Outcome.REFUSED, "IndexError")
    }


def test_one_that_raises_on_everything_is_no_unsupported_one() -> None:
    def nothing_works(x, w):
        raise KeyError("weights")

    findings = examined(nothing_works)
    assert findings.compared == 0
    assert [mismatch.verdict.cause for mismatch in findings.mismatches] == ["KeyError"]
