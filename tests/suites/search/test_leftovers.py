"""What is left by earlier calls is told from what is wrong by itself by asking it alone, as often as it pays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.faults import FaultModel, fault_named
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.reports.records.record import CheckResult
from convoracle.suites.audits.planted import PlantedInProcess
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.history import History
from convoracle.suites.search.ledger import Ledger
from convoracle.suites.search.leftovers import Leftovers

CASES = [parse_case(f"n1c1k1i2f1/float32/uniform/{seed}") for seed in range(12)]


class Restarted(PlantedInProcess):
    """Counts how often it is restarted."""

    def __init__(self, model: FaultModel) -> None:
        super().__init__(model)
        self.restarts = 0

    def restart(self) -> None:
        self.restarts += 1
        super().restart()


def wrong(executor: PlantedInProcess, case: Case) -> CheckResult:
    """The failing result of a forward pass, after a call with other data."""
    for each in (replace(case, seed=case.seed + 1), case):
        result = ask_again(executor, "structure", "forward", each)
    assert result is not None
    assert result.verdict.outcome is Outcome.VIOLATES
    return result


def leftovers(name: str, budget: int = 10) -> tuple[Leftovers, Restarted, Fault]:
    executor, ledger = Restarted(fault_named(name)), Ledger(name, 20)
    fault = ledger.take_up(wrong(executor, CASES[0]), CASES[0], None, History("right alone"))
    return Leftovers(executor, ledger, budget), executor, fault


def test_a_result_that_is_right_alone_is_what_was_left_behind() -> None:
    left, executor, fault = leftovers("returns-the-previous-result")
    assert left.explanation(wrong(executor, CASES[1]), CASES[1]) is fault


def test_a_result_that_is_wrong_alone_is_not_and_is_asked_once() -> None:
    left, executor, _ = leftovers("returns-zeros")
    result = wrong(executor, CASES[1])
    assert left.explanation(result, CASES[1]) is None
    restarts = executor.restarts
    assert restarts > 0
    assert left.explanation(result, CASES[1]) is None
    assert executor.restarts == restarts


def test_nothing_is_asked_where_no_such_fault_is_known() -> None:
    executor = Restarted(fault_named("returns-zeros"))
    left = Leftovers(executor, Ledger("returns-zeros", 20), 10)
    assert left.explanation(wrong(executor, CASES[1]), CASES[1]) is None
    assert executor.restarts == 0


@pytest.mark.parametrize("budget", [1, 2])
def test_after_many_that_were_right_alone_no_more_are_asked(budget: int) -> None:
    left, executor, fault = leftovers("returns-the-previous-result", budget)
    for case in CASES:
        assert left.explanation(wrong(executor, case), case) is fault
    assert executor.restarts == 2 * budget


def test_of_another_pass_two_more_are_asked_all_the_same() -> None:
    left, executor, fault = leftovers("returns-the-previous-result", 1)
    for case in CASES[:4]:
        left.explanation(wrong(executor, case), case)
    executor.restarts = 0
    for case in CASES:
        result = wrong(executor, case)
        assert left.explanation(replace(result, subject="weight_gradient"), case) is fault
    assert executor.restarts == 2
