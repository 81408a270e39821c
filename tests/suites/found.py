"""What a search may have found of a candidate called `me`, for tests of what is made of it."""

from __future__ import annotations

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.reports.records.record import CaseRecord, CheckResult, Mismatch
from convoracle.reports.records.tally import Row
from convoracle.suites.search.collected import Findings

CASE = parse_case("n1c1k1i1f1/float32/uniform/0")
RIGHT, WRONG = Verdict(Outcome.CONFORMS, elements=1), Verdict(Outcome.VIOLATES, "wrong", "value", elements=1)
STRUCTURE = Row("structure", "forward")


def declined(reason: str) -> Verdict:
    return Verdict(Outcome.UNSUPPORTED, reason)


def result(verdict: Verdict, check: str = "structure", subject: str = "forward") -> CheckResult:
    return CheckResult(check, subject, verdict)


def mismatch(identity: str = "me-forward-1", check: str = "structure", subject: str = "forward") -> Mismatch:
    return Mismatch(identity, "me", check, subject, str(CASE), str(CASE), WRONG)


def findings(*results: CheckResult, mismatches: tuple[Mismatch, ...] = ()) -> Findings:
    """Each result on a case of its own."""
    return Findings(mismatches, tuple(CaseRecord(str(CASE), "me", (each,)) for each in results))
