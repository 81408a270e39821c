"""Run folders of earlier schemas, kept as they were written, are read and shown; what they do not say is not known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from convoracle.reports import SCHEMA_VERSION, RunWriter, read_mismatch, read_records, read_run, write_reports
from convoracle.reports.records.record import OLDEST_SCHEMA

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
    write_reports(run, folder)
    assert "1 cause, 1 mismatch found" in (folder / "index.html").read_text("utf-8")
    assert 'failures="1"' in (folder / "junit.xml").read_text("utf-8")


@pytest.mark.parametrize("schema", EARLIER)
def test_a_mismatch_of_an_earlier_schema_can_be_asked_again(schema: int) -> None:
    mismatch, evidence = read_mismatch(sample(schema) / "mismatches" / MISMATCH, ["structure"])
    assert mismatch.case.startswith("n1c1k1i")
    assert evidence.actual is not None
    assert (evidence.actual != evidence.expected).any()


def test_what_was_not_said_is_not_known() -> None:
    second, third = read_run(sample(2)), read_run(sample(3))
    assert (second.info.min_compared, second.info.checks, third.info.checks) == (0.0, (), ())
    assert {candidate.threads for candidate in second.info.candidates} == {"any"}
    assert (second.mismatches[0].diagnosed, second.mismatches[0].title) == ((), "")
    assert third.mismatches[0].diagnosed == ("kernel-rotated",)
    assert {record.declined for record in read_records(sample(2))} == {0}


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
    assert (tmp_path / "records.jsonl").stat().st_size < (sample(schema) / "records.jsonl").stat().st_size / 2
