"""The rows of a candidate, and when the test of one fails or is skipped."""

from __future__ import annotations

from typing import Any

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.records.record import CandidateInfo
from convoracle.reports.records.tally import Row
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.pytest_plugin.rows import asked_rows, require
from convoracle.suites.search.collected import Findings

from ..found import RIGHT, WRONG, declined, findings, mismatch, result


def test_a_candidate_has_a_row_for_each_usual_check_of_each_of_its_passes() -> None:
    def forward(input: Any, weight: Any, bias: Any, geometry: Any) -> Any: ...

    assert [(row.check, row.subject) for row in asked_rows(InProcess(forward))] == [
        ("structure", "forward"),
        ("precision", "forward"),
        ("contamination", "forward"),
        ("relation", "forward"),
        ("company", "forward"),
    ]


TELLING = [
    (findings(result(RIGHT), result(RIGHT, "precision")), ("passed", ""), ("passed", "")),
    (
        findings(result(WRONG), mismatches=(mismatch(),)),
        ("failed", "violates structure"),
        ("skipped", "nothing to show: not asked where structure conforms, or of nothing that could be decided"),
    ),
    (
        findings(result(RIGHT), result(WRONG, "precision"), mismatches=(mismatch(check="precision"),)),
        ("passed", ""),
        ("failed", "violates precision"),
    ),
    (findings(result(declined("later"))), ("failed", "not one result was compared: later"), ("skipped", "nothing")),
    (
        findings(result(RIGHT), *(result(declined("later")) for _ in range(2)), result(declined("no"), "precision")),
        ("failed", "me: 33 % of what was asked was compared, less than the 50 % that are wanted"),
        ("skipped", "nothing to show"),
    ),
    (findings(result(RIGHT), result(declined("later"))), ("passed", ""), ("skipped", "nothing to show")),
    (
        findings(result(Verdict(Outcome.UNDECIDED, elements=1))),
        ("skipped", "nothing to show"),
        ("skipped", "nothing to show"),
    ),
]


@pytest.mark.parametrize(("found", "structure", "precision"), TELLING)
def test_a_row_tells_its_part_of_what_was_found(
    found: Findings, structure: tuple[str, str], precision: tuple[str, str]
) -> None:
    for check, expected in (("structure", structure), ("precision", precision)):
        outcome, told = judged(Row(check, "forward"), found)
        assert outcome == expected[0]
        assert expected[1] in told


def judged(row: Row, found: Findings) -> tuple[str, str]:
    """What a row's test comes to, and what it says."""
    try:
        require(row, found, CandidateInfo("me"))
    except pytest.fail.Exception as failure:
        return ("raised" if failure.pytrace else "failed"), str(failure)
    except pytest.skip.Exception as skipped:
        return "skipped", str(skipped)
    return "passed", ""
