"""The items of `--conv-candidate` show, all together, what `convoracle check` finds, whichever check found it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from convoracle.oracle.problem.passes import Pass
from convoracle.reports import Mismatch, read_run
from convoracle.reports.records.record import kind_of
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.checks.registry import CHECKS
from convoracle.suites.command.cli import main
from convoracle.suites.pytest_plugin.rows import asked_rows
from convoracle.suites.search.collected import examine_all

pytest_plugins = ["pytester"]
CANDIDATES = Path(__file__).parents[1] / "one_for_each_check.py"
FOUND_BY = {
    "Structure": ("structure", 20),
    "Precision": ("precision", 20),
    "Contamination": ("contamination", 20),
    "Relation": ("relation", 60),
    "RelationOfPasses": ("relation", 20),
    "Company": ("company", 20),
    "Illegal": ("illegal", 5),
}
"""Candidate -> the check that finds its fault, and in how many cases it does."""


def test_there_is_one_for_each_check_that_can_be_a_mismatch_of_its_own() -> None:
    """The adjoint identity is broken by results that structure has found wrong; inputs without end are on demand."""
    assert {check for check, _ in FOUND_BY.values()} == set(CHECKS) - {"adjoint", "reach"}


@pytest.mark.parametrize("name", FOUND_BY)
def test_the_items_together_show_what_the_command_finds(name: str, tmp_path: Path) -> None:
    check, cases = FOUND_BY[name]
    source, out = f"{CANDIDATES}:{name}", tmp_path / "out"
    few = ("--cases", str(cases), "--ranks", "1", "--dtypes", "float32")
    assert main(["check", source, "--memory", str(tmp_path / "failures"), "--out", str(out), *few]) == 1
    expected = sorted(map(_told, read_run(out).mismatches))

    budget = Budget(PROFILES["quick"].space(ranks=(1,), dtypes=("float32",)), frozenset(Pass), cases, 0)
    with closing(Isolated(source, Limits())) as executor:
        findings = examine_all(executor, budget)
        shown = [mismatch for row in asked_rows(executor) for mismatch in findings.of(row).mismatches]
    assert check in {kind_of(each.check) for each in shown}
    assert sorted(map(_told, shown)) == expected


def _told(mismatch: Mismatch) -> tuple[str, ...]:
    return mismatch.id, mismatch.check, mismatch.subject, mismatch.case, str(mismatch.verdict.outcome)


def test_illegal_calls_are_an_item(pytester: pytest.Pytester) -> None:
    """`FAILED` for what it took though it says that it refuses it, and nothing else is."""
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-v", f"--conv-candidate={CANDIDATES}:Illegal")
    result.assert_outcomes(passed=16, failed=1)
    result.stdout.fnmatch_lines(["*one_for_each_check.py:Illegal::illegal?calls? FAILED*"])
    result.stdout.fnmatch_lines(["*of one_for_each_check.py:Illegal violates illegal (an illegal call is refused)*"])
