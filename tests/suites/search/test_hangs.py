"""Which passes are known to hang on the like of a case: those that hung there, after one more time."""

from __future__ import annotations

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.records.record import CheckResult
from convoracle.suites.search.examiner import Entry
from convoracle.suites.search.hangs import WAITED_FOR, Hangs
from convoracle.suites.search.ledger import Ledger

PLAIN, DILATED = map(parse_case, ("n1c1k1i1f1/float32/uniform/0", "n1c1k1i4f2d2/float32/uniform/0"))
HUNG = Verdict(Outcome.HUNG, "no answer", "timeout")


def hang(check: str, pass_: Pass) -> CheckResult:
    return CheckResult(check, str(pass_), HUNG)


def hangs_of(check: str, case: Case, *, times: int) -> Hangs:
    """Those known of a candidate that hung so often in a check of its forward pass, first on this case."""
    ledger = Ledger("mine", 20)
    ledger.take_up(hang(check, Pass.FORWARD), case, None)
    hangs = Hangs(ledger)
    for _ in range(times):
        hangs.note([hang(check, Pass.FORWARD)])
    return hangs


def test_a_pass_is_waited_for_twice() -> None:
    assert hangs_of("structure", DILATED, times=1).entry(DILATED) == Entry(DILATED)
    known = hangs_of("structure", DILATED, times=2)
    assert known.entry(DILATED) == Entry(DILATED, ((Pass.FORWARD, "mine-forward-1"),))
    assert known.entry(PLAIN) == Entry(PLAIN)


@pytest.mark.parametrize("check", ["company", "relation:stride"])
def test_what_takes_several_calls_says_nothing_of_one(check: str) -> None:
    assert hangs_of(check, PLAIN, times=WAITED_FOR).entry(PLAIN) == Entry(PLAIN)


def test_a_case_that_has_just_what_the_hang_needs_is_like_it() -> None:
    known = hangs_of("structure", PLAIN, times=WAITED_FOR)
    assert known.entry(PLAIN).hangs == known.entry(DILATED).hangs == ((Pass.FORWARD, "mine-forward-1"),)


def test_a_pass_that_hangs_for_once_is_asked_on_where_no_hang_is_known() -> None:
    hangs = Hangs(Ledger("mine", 20))
    for _ in range(2 * WAITED_FOR):
        hangs.note([hang("structure", Pass.FORWARD)])
    assert hangs.entry(PLAIN) == Entry(PLAIN)
