"""A fault of a candidate: which failing results it can be, and which other fault it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.reports.records.record import CheckResult
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.history import Question

PLAIN = parse_case("n1c1k1i4f2/float32/uniform/0")
STRIDED = parse_case("n2c1k1i9f3s2/bias/float32/uniform/3")
NEEDS = frozenset(("stride above 1", "a kernel above 1"))


def fault(
    check: str = "structure", cause: str = "value", outcome: Outcome = Outcome.VIOLATES, subject: str = "forward",
    needs: frozenset[str] = NEEDS, **more: Any,
) -> Fault:  # fmt: skip
    verdict = Verdict(outcome, "", cause)
    return Fault("x-1", check, subject, outcome, cause, STRIDED, STRIDED, verdict, needs, **more)


def result(
    check: str = "structure", cause: str = "value", outcome: Outcome = Outcome.VIOLATES, subject: str = "forward"
) -> CheckResult:
    return CheckResult(check, subject, Verdict(outcome, "another", cause))


def test_a_result_shows_it_that_is_alike_in_check_pass_outcome_and_cause() -> None:
    assert fault().shows_as(result())
    for other in (
        result(check="precision"),
        result(cause="shape"),
        result(outcome=Outcome.CRASHED),
        result(subject="update"),
    ):
        assert not fault().shows_as(other)


@pytest.mark.parametrize(("case", "explained"), [(STRIDED, True), (PLAIN, False)])
def test_it_explains_a_case_that_has_the_settings_that_it_needs(case: Case, explained: bool) -> None:
    assert fault().explains(result(), case) is explained


def test_where_it_needs_no_setting_sizes_tell_it() -> None:
    sizes = frozenset(("several windows",))
    assert fault(needs=sizes).explains(result(), PLAIN)
    assert not fault(needs=sizes).explains(result(), parse_case("n1c1k1i2f2/float32/uniform/0"))
    assert fault(needs=frozenset(("stride above 1", "a kernel that differs between axes"))).explains(result(), STRIDED)


def test_what_depends_on_earlier_calls_explains_nothing_and_is_no_plainer_fault() -> None:
    kept = fault(history="right at first")
    assert not kept.explains(result(), STRIDED)
    assert not kept.is_plainer_than(fault())
    assert not fault().is_plainer_than(kept)


@pytest.mark.parametrize(
    ("check", "cause", "outcome", "subject", "explained"),
    [
        ("precision", "value", Outcome.VIOLATES, "forward", True),
        ("precision", "value", Outcome.VIOLATES, "update", False),
        ("precision", "shape", Outcome.VIOLATES, "forward", False),
        ("precision", "value", Outcome.CRASHED, "forward", False),
        ("contamination", "value", Outcome.VIOLATES, "forward", True),
        ("contamination", "nan", Outcome.VIOLATES, "forward", True),
        ("company", "order", Outcome.VIOLATES, "forward", True),
        ("company", "mutation", Outcome.VIOLATES, "forward", False),
        ("company", "reuse", Outcome.VIOLATES, "forward", False),
        ("adjoint", "value", Outcome.VIOLATES, "forward", False),
        ("relation:stride", "value", Outcome.VIOLATES, "forward", False),
    ],
)
def test_wrong_terms_are_what_other_checks_of_the_pass_see(
    check: str, cause: str, outcome: Outcome, subject: str, explained: bool
) -> None:
    assert fault().explains(result(check, cause, outcome, subject), STRIDED) is explained


@pytest.mark.parametrize("check", ["precision", "contamination", "company"])
def test_only_structure_covers_other_checks(check: str) -> None:
    assert not fault(check=check).explains(result("structure"), STRIDED)


def test_a_wrong_shape_covers_the_same_on_reals_only() -> None:
    wrong = fault(cause="shape")
    assert wrong.explains(result("precision", "shape"), STRIDED)
    assert not wrong.explains(result("contamination", "shape"), STRIDED)
    assert not wrong.explains(result("company", "order"), STRIDED)


def test_who_writes_into_operands_is_wrong_in_company_and_where_they_are_read_only() -> None:
    """Whatever a case needs for it."""
    writes = fault(cause="mutation")
    readonly = parse_case(f"{PLAIN}/readonly")
    assert writes.explains(result("company", "threads"), PLAIN)
    assert writes.explains(result("precision", "ValueError", Outcome.REFUSED), readonly)
    assert not writes.explains(result("precision", "ValueError", Outcome.REFUSED), PLAIN)
    assert not writes.explains(result("company", "threads", subject="update"), PLAIN)
    assert not fault(cause="alias").explains(result("precision", "ValueError", Outcome.REFUSED), readonly)


@pytest.mark.parametrize(
    ("one", "other", "plainer"),
    [
        (fault(), fault(), True),
        (fault(), fault(needs=NEEDS | {"groups above 1"}), True),
        (fault(needs=NEEDS | {"groups above 1"}), fault(), False),
        (fault(), fault(needs=frozenset(("dilation above 1",))), False),
        (fault(), fault(subject="update"), False),
        (fault(), fault(outcome=Outcome.CRASHED), False),
        (fault(), fault(check="precision"), True),
        (fault(check="precision"), fault(), False),
        (fault(), fault(check="company", cause="order"), True),
        (fault(), fault(cause="shape"), False),
    ],
)
def test_one_with_fewer_needs_is_the_same_and_plainer(one: Fault, other: Fault, plainer: bool) -> None:
    assert one.is_plainer_than(other) is plainer


def test_what_comes_before_it_follows_from_the_case() -> None:
    assert fault().preceding(PLAIN) is None
    before = fault(before=lambda asked: Question("precision", asked.subject, asked.case))
    assert before.preceding(PLAIN) == Question("precision", "forward", PLAIN)


@pytest.mark.parametrize(
    ("check", "of_values"), [("structure", True), ("contamination", True), ("company", False), ("adjoint", False)]
)
def test_whether_it_is_of_values(check: str, of_values: bool) -> None:
    assert fault(check=check).is_of_values is of_values


def test_a_crash_in_another_function_is_another_fault() -> None:
    def died(function: str, check: str = "structure") -> CheckResult:
        place = f"\n  native {function}+0x1 of libmine.so" if function else ""
        return CheckResult(check, "forward", Verdict(Outcome.CRASHED, f"the process died: SIGSEGV{place}", "SIGSEGV"))

    def known(function: str) -> Fault:
        return replace(fault(outcome=Outcome.CRASHED, cause="SIGSEGV"), verdict=died(function).verdict)

    for other, same in (("im2col", True), ("", True), ("gemm", False)):
        assert known("im2col").shows_as(died(other)) is same
        assert known("im2col").explains(died(other), STRIDED) is same
        assert known("im2col").is_plainer_than(known(other)) is same
