"""What a candidate declined: one record for each reason, with how many cases it was given for."""

from __future__ import annotations

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.reports.records.record import CheckResult
from convoracle.suites.capabilities.declined import Declined


def case(seed: int) -> Case:
    return parse_case(f"n1c1k1i1f1/float32/uniform/{seed}")


def refusal(*reasons: str) -> tuple[CheckResult, ...]:
    return tuple(CheckResult("structure", "forward", Verdict(Outcome.UNSUPPORTED, reason)) for reason in reasons)


def test_reasons_that_differ_in_numbers_only_are_one_told_by_the_first_case() -> None:
    declined = Declined("mine")
    declined.add(case(1), refusal("no stride of 2"))
    declined.add(case(2), refusal("no groups"))
    declined.add(case(3), refusal("no stride of 31"), count=5)
    first, second = declined.records()
    assert (first.case, first.candidate, first.declined) == (str(case(1)), "mine", 6)
    assert first.results[0].verdict.reason == "no stride of 2"
    assert (second.case, second.declined) == (str(case(2)), 1)


def test_the_reasons_of_all_passes_count() -> None:
    declined = Declined("mine")
    declined.add(case(1), refusal("no groups", "no groups"))
    declined.add(case(2), refusal("no groups", "no bias"))
    declined.add(case(3), refusal("no groups"))
    assert [record.declined for record in declined.records()] == [1, 1, 1]


def test_beyond_forty_reasons_all_further_ones_count_with_the_last() -> None:
    declined = Declined("mine")
    letters = [f"{first}{second}" for first in "abcde" for second in "abcdefghij"]
    for seed, letter in enumerate(letters):
        declined.add(case(seed), refusal(letter))
    records = declined.records()
    assert len(records) == 40
    assert [record.declined for record in records] == [1] * 39 + [11]
    declined.add(case(99), refusal("aa"))
    assert declined.records()[0].declined == 2
