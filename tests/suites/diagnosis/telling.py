"""What is told of a candidate that fails a check on a case."""

from __future__ import annotations

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.diagnosis.diagnosing import Told, explain
from convoracle.suites.diagnosis.fault import Fault

ONE = "n1c1k1i1x1f1x1/float32/uniform/0"


def told_of(executor: Executor, check: str, text: str, pass_: Pass = Pass.FORWARD) -> Told:
    case = parse_case(text)
    result = ask_again(executor, check, str(pass_), case)
    assert result is not None
    verdict = result.verdict
    assert verdict.outcome is Outcome.VIOLATES, verdict
    return explain(Fault("x-1", check, str(pass_), verdict.outcome, verdict.cause, case, case, verdict), executor)
