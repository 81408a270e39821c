"""Audited are the exact results that results were compared with, of the cases that the oracle audits."""

from __future__ import annotations

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CaseRecord, CheckResult
from convoracle.reports.records.audited import audited
from convoracle.reports.records.compared import names_of_values
from convoracle.reports.records.migration import CHECKS

AUDITED = "n1c1k1i4f2/float32/uniform/64"
RIGHT = Verdict(Outcome.CONFORMS, elements=3)
RESULTS = (
    CheckResult("structure", "forward", RIGHT),
    CheckResult("precision", "jvp", RIGHT),
    CheckResult("structure", "jvp", Verdict(Outcome.UNSUPPORTED, "no")),
    CheckResult("adjoint", "adjoint", RIGHT),
    CheckResult("relation:stride", "forward", RIGHT),
)


def test_audited_are_those_that_a_check_of_values_compared_a_result_with() -> None:
    found = audited(CaseRecord(AUDITED, "mine", RESULTS), names_of_values(CHECKS))
    assert found == {(AUDITED, "structure", "forward"), (AUDITED, "precision", "jvp")}


@pytest.mark.parametrize("case", ["n1c1k1i4f2/float32/uniform/63", "what is this?"])
def test_of_other_cases_and_of_unreadable_ones_nothing_is(case: str) -> None:
    assert audited(CaseRecord(case, "mine", RESULTS), names_of_values(CHECKS)) == set()
