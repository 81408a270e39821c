"""junit.xml is well-formed whatever the records hold, and never passes where nothing was compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, CaseRecord, CheckResult, Mismatch, Run, RunInfo, junit, write_junit
from convoracle.reports.records.line import whole
from convoracle.reports.records.totals import totals

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def of(info: RunInfo, *records: CaseRecord, mismatches: tuple[Mismatch, ...] = ()) -> Run:
    return Run(info, totals(map(whole, records), info.checks), mismatches, True)


def parsed(run: Run) -> ElementTree.Element:
    """Seen to be what servers expect."""
    text = junit(run)
    SCHEMA.validate(text)
    return ElementTree.fromstring(text.encode())


def case_of(root: ElementTree.Element, suite: str, name: str) -> ElementTree.Element:
    found = root.find(f"testsuite[@name='{suite}']/testcase[@name='{name}']")
    assert found is not None
    return found


def one(outcome: Outcome, *, fault: str | None = None, reason: str = "") -> CaseRecord:
    return CaseRecord("c", "torch", (CheckResult("structure", "forward", Verdict(outcome, reason), 0.5, fault),))


def test_what_passes_is_skipped_and_fails(info, record, flipped, tmp_path):
    failing = CaseRecord(
        "n1c1k1i4f2", "torch", (CheckResult("structure", "update", Verdict(Outcome.VIOLATES), fault="torch-forward-1"),)
    )
    mismatch = replace(flipped[0], subject="update")
    records = (record, replace(record, candidate="reference"), failing, failing)
    run = of(info, *records, mismatches=(mismatch,))
    root = parsed(run)
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("7", "1", "0", "2")
    assert {child.tag for child in case_of(root, "torch", "structure[forward]")} == {"system-out"}
    skipped = case_of(root, "torch", "structure[bias_gradient]").find("skipped")
    assert skipped.get("message") == "the candidate does not support this (1 case asked)"
    failure = case_of(root, "torch", "structure[update]").find("failure")
    assert "2 of 2 verdicts against the candidate" in failure.get("message")
    assert "update of torch 2.13.0 violates structure (exact equality)" in failure.text
    assert "shown by 2 cases" in failure.text
    assert "convoracle replay mismatches/torch-forward-1/mismatch.json" in failure.text
    assert ElementTree.parse(write_junit(run, tmp_path)).getroot().tag == "testsuites"


def test_a_crash_is_an_error(info, flipped):
    mismatch = replace(flipped[0], verdict=Verdict(Outcome.CRASHED, "signal 11"))
    root = parsed(of(info, one(Outcome.CRASHED, fault=mismatch.id), mismatches=(mismatch,)))
    error = case_of(root, "torch", "structure[forward]").find("error")
    assert error.get("type") == "crashed"


def test_a_mismatch_that_was_not_reduced_yet_fails_too(info):
    root = parsed(of(info, one(Outcome.VIOLATES, fault="torch-forward-1")))
    assert case_of(root, "torch", "structure[forward]").find("failure") is not None


def test_nothing_compared_never_passes(info):
    for cases in ((), (one(Outcome.UNSUPPORTED),), (one(Outcome.UNDECIDED),)):
        root = parsed(of(info, *cases))
        assert root.get("errors") == "2"
        assert all(case.find("error") is not None or case.find("skipped") is not None for case in root.iter("testcase"))
        message = case_of(root, "torch", "comparisons were made").find("error").get("message")
        assert message == "nothing was compared for torch 2.13.0"
    root = parsed(of(replace(info, candidates=())))
    assert (root.get("tests"), root.get("errors")) == ("1", "1")


def test_undecided_everywhere_is_skipped_with_its_reason(info):
    root = parsed(of(info, one(Outcome.UNDECIDED)))
    skipped = case_of(root, "torch", "structure[forward]").find("skipped")
    assert "undecided in 1 case" in skipped.get("message")


anything = st.text(st.characters(exclude_categories=()), max_size=30)


@given(anything, anything, st.sampled_from(Outcome))
def test_well_formed_whatever_the_text(name, reason, outcome):
    verdict = Verdict(outcome, reason)
    mismatch = Mismatch("x-1", name, reason, name, reason, name, verdict, needs=(reason,), equations=(reason,))
    info = RunInfo(1, reason, (CandidateInfo(name, reason),), name, reason, ())
    cases = (CaseRecord(reason, name, (CheckResult(reason, name, verdict, fault="x-1"),)),)
    for mismatches in ((), (mismatch,)):
        ElementTree.fromstring(junit(of(info, *cases, mismatches=mismatches)).encode("utf-8"))


def test_the_schema_can_refuse(info, record):
    text = junit(of(info, record))
    for told, other in (
        ('message="', 'says="'),
        ("testcase", "test"),
        ('tests="', 'tests="-'),
        ("system-out", "out"),
    ):
        with pytest.raises(xmlschema.XMLSchemaValidationError):
            SCHEMA.validate(text.replace(told, other))
