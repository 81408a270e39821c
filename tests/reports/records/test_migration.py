"""Run folders of earlier schemas, kept as they were written, are read and shown; what they do not say is not known."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers
from convoracle.reports import (
    SCHEMA_VERSION,
    InvalidRecord,
    Mismatch,
    RunInfo,
    RunWriter,
    read_mismatch,
    read_records,
    read_run,
    write_reports,
)
from convoracle.reports.records.migration import CHECKS
from convoracle.reports.records.record import OLDEST_SCHEMA, CheckInfo
from convoracle.reports.records.serialization import StoredMismatch, from_json, to_json

SAMPLES = Path(__file__).parent / "samples"
MISMATCH = "kernels.py-conv-forward-1"
EARLIER = range(OLDEST_SCHEMA, SCHEMA_VERSION)


def sample(schema: int) -> Path:
    return SAMPLES / f"schema_{schema}"


def test_there_is_a_sample_of_every_earlier_schema_that_is_read() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == {f"schema_{schema}" for schema in EARLIER}
    for schema in EARLIER:
        for document in (*sample(schema).glob("*.json"), *sample(schema).glob("mismatches/*/*.json")):
            assert f'"schema": {schema},' in document.read_text(), document
        assert (sample(schema) / "records.jsonl").read_text().startswith(f'{{"schema":{schema},')


@pytest.mark.parametrize("schema", EARLIER)
def test_a_run_of_an_earlier_schema_is_read_and_shown(schema: int, tmp_path: Path) -> None:
    run = read_run(sample(schema))
    assert (run.finished, run.notes, run.totals.records, run.totals.cases) == (True, (), 17, 16)
    assert [(mismatch.id, mismatch.check) for mismatch in run.mismatches] == [(MISMATCH, "structure")]
    assert run.totals.counts.faults == {run.mismatches[0].id: run.totals.counts.of("kernels.py:conv").mismatches}
    assert run.totals.counts.of("reference").conforming > 20
    assert run.totals.counts.cases == sum(not record.declined for record in read_records(sample(schema)))
    folder = shutil.copytree(sample(schema), tmp_path / "run")
    write_reports(folder)
    assert "1 cause, 1 mismatch found" in (folder / "index.html").read_text("utf-8")
    assert 'failures="1"' in (folder / "junit.xml").read_text("utf-8")


@pytest.mark.parametrize("schema", EARLIER)
def test_a_mismatch_of_an_earlier_schema_can_be_asked_again(schema: int) -> None:
    checks = {check.name: check for check in CHECKS}
    mismatch, evidence = read_mismatch(sample(schema) / "mismatches" / MISMATCH, checks)
    assert mismatch.case.startswith("n1c1k1i")
    assert evidence.actual is not None
    assert (evidence.actual != evidence.expected).any()


def test_what_was_not_said_is_not_known() -> None:
    second, third = read_run(sample(2)), read_run(sample(3))
    assert (second.info.min_compared, second.info.checks, third.info.checks) == (0.0, CHECKS, CHECKS)
    assert {candidate.threads for candidate in second.info.candidates} == {"any"}
    assert (second.mismatches[0].diagnosed, second.mismatches[0].title) == ((), "")
    assert third.mismatches[0].diagnosed == ("kernel-rotated",)
    assert {record.declined for record in read_records(sample(2))} == {0}


def test_a_run_of_schema_4_has_its_own_words_of_its_checks() -> None:
    """Also of those of which there is no more to know."""
    checks = {check.name: check for check in read_run(sample(4)).info.checks}
    assert {check.name for check in CHECKS} < checks.keys()
    for check in CHECKS:
        assert replace(checks[check.name], meaning="") == check
        assert checks[check.name].meaning
    assert checks["company"] == CheckInfo("company", checks["company"].meaning)
    assert checks["company"].meaning.startswith("Is a call right whatever else is called?")


RUN = RunInfo(0, "quick", (), "", "", (), checks=(CheckInfo("reach", "Far away.", ("calls",), Numbers.REALS),))
STORED = StoredMismatch(
    Mismatch("x-1", "x", "reach", "far", "c", "c", Verdict(Outcome.VIOLATES), violation="It is far."), 0.5, ()
)


@pytest.mark.parametrize("document", [RUN, STORED])
def test_what_a_document_of_schema_4_says_by_itself_stays(document: RunInfo | StoredMismatch) -> None:
    body = json.loads(to_json(document)) | {"schema": 4}
    assert from_json(type(document), json.dumps(body).encode(), file="x") == document


@pytest.mark.parametrize(
    ("checks", "field", "problem"),
    [
        (7, "checks", "should be a list, not 7"),
        ([7], "checks[0]", "should be an object, not 7"),
        ([["structure", 7]], "checks[0]", "should be an object"),
        ([["structure", "", ""]], "checks[0]", "should be an object"),
    ],
)
def test_what_is_no_check_is_refused(checks: object, field: str, problem: str) -> None:
    body = json.loads(to_json(RUN)) | {"schema": 4, "checks": checks}
    with pytest.raises(InvalidRecord) as caught:
        from_json(RunInfo, json.dumps(body).encode(), file="x")
    assert (caught.value.field, problem in caught.value.problem) == (field, True), caught.value.problem


@pytest.mark.parametrize("schema", [3, 4])
@pytest.mark.parametrize(
    ("check", "numbers", "is_among_calls"),
    [
        ("structure", Numbers.INTEGERS, False),
        ("precision", Numbers.REALS, False),
        ("contamination", Numbers.CONTAMINATED, False),
        ("adjoint", Numbers.INTEGERS, False),
        ("relation:stride", None, False),
        ("company", None, True),
        ("illegal", None, False),
        ("reach", None, False),
    ],
)
def test_what_a_mismatch_did_not_say_is_known_but_for_its_words(
    schema: int, check: str, numbers: Numbers | None, is_among_calls: bool
) -> None:
    told = replace(STORED.mismatch, check=check, title="far" if schema == 4 else "")
    body = json.loads(to_json(replace(STORED, mismatch=told))) | {"schema": schema}
    for name in ("violation", "numbers", "is_among_calls", *(["title"] if schema == 3 else [])):
        del body["mismatch"][name]
    known = replace(told, violation="", numbers=numbers, is_among_calls=is_among_calls)
    assert from_json(StoredMismatch, json.dumps(body).encode(), file="x").mismatch == known


@pytest.mark.parametrize("schema", EARLIER)
def test_records_of_an_earlier_schema_come_to_the_same_in_lines(schema: int, tmp_path: Path) -> None:
    run = read_run(sample(schema))
    with RunWriter.create(tmp_path, run.info) as writer:
        for record in read_records(sample(schema)):
            writer.append(record)
    again = read_run(tmp_path).totals
    assert (again.compared, again.heard, again.counts.faults) == (
        run.totals.compared, run.totals.heard, run.totals.counts.faults
    )  # fmt: skip
    for key, cell in run.totals.counts.cells.items():
        kept = again.counts.cells[key]
        assert kept.outcomes == cell.outcomes
        assert f"{kept.ratio:.3g} {kept.coarsest or 0:.3g}" == f"{cell.ratio:.3g} {cell.coarsest or 0:.3g}"
        assert kept.seconds == pytest.approx(cell.seconds, abs=1e-5 * cell.verdicts)
    assert list(again.counts.cells) == list(run.totals.counts.cells)
    before = (sample(schema) / "records.jsonl").stat().st_size
    now = sum(path.stat().st_size for path in (tmp_path / "records").iterdir())
    assert now < before / 2 if schema < 5 else now < 2 * before
