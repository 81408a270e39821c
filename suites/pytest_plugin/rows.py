"""The rows of a candidate: what has a test of its own, and when that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ...reports.records.record import LEAST_COMPARED, CandidateInfo
from ...reports.records.tally import Row
from ...reports.views.gate import shortfalls
from ..calling.executor import Executor
from ..checks.registry import CHECKS, FIRST, usual_checks
from ..search.collected import Findings


def asked_rows(executor: Executor) -> Iterator[Row]:
    """The rows in which all is counted that a candidate is asked, unless the user says which checks."""
    for check in usual_checks(executor.info):
        yield from (Row(check, subject) for subject in CHECKS[check].subjects(executor.passes))


def require(row: Row, findings: Findings, info: CandidateInfo) -> None:
    """Fail the test of a row with what was found in it; skip it where nothing could be decided."""
    part = findings.of(row)
    if part.mismatches:
        pytest.fail(part.text(info), pytrace=False)
    if row.check == FIRST.name:
        if part.compared == 0:
            pytest.fail(f"not one result was compared: {part.unsupported_reasons()}", pytrace=False)
        if short := shortfalls(part.shares, LEAST_COMPARED):
            pytest.fail("\n".join(short), pytrace=False)
    if not part.conforming:
        pytest.skip("nothing to show: not asked where structure conforms, or of nothing that could be decided")
