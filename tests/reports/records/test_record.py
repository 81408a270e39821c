"""What is kept of a run: values that compare by what they hold, and checks by their kind."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.numbers.dtypes import EVERYDAY
from convoracle.reports.records.record import (
    OLDEST_SCHEMA,
    SCHEMA_VERSION,
    CandidateInfo,
    CaseRecord,
    CheckResult,
    Mismatch,
    kind_of,
)


@pytest.mark.parametrize(
    ("check", "kind"),
    [("structure", "structure"), ("relation:stride", "relation"), ("relation:a:b", "relation"), ("", "")],
)
def test_the_kind_of_a_check_stands_before_the_colon(check: str, kind: str) -> None:
    assert kind_of(check) == kind


def test_what_is_written_is_read() -> None:
    assert 1 <= OLDEST_SCHEMA <= SCHEMA_VERSION


def test_a_candidate_that_declares_nothing_is_asked_in_everyday_dtypes_from_any_thread() -> None:
    info = CandidateInfo("mine")
    assert (info.dtypes, info.threads, info.values) == (EVERYDAY, "any", None)
    assert (info.accumulators, info.multipliers, info.results, info.conventions, info.domain) == ((),) * 5
    assert not info.validates


def test_records_are_equal_by_what_they_hold_and_cannot_be_changed() -> None:
    def record() -> CaseRecord:
        return CaseRecord("c", "mine", (CheckResult("structure", "forward", Verdict(Outcome.CONFORMS)),))

    assert record() == record()
    assert len({record(), record()}) == 1
    with pytest.raises(FrozenInstanceError):
        record().case = "d"  # type: ignore[misc]


def test_a_mismatch_of_which_nothing_more_is_known() -> None:
    mismatch = Mismatch("mine-1", "mine", "structure", "forward", "c", "c", Verdict(Outcome.VIOLATES))
    assert mismatch.repeats
    assert not any((mismatch.history, mismatch.after, mismatch.follows, mismatch.framework, mismatch.diagnosed))
