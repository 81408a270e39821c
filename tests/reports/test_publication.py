"""All that is made from the records of a run, written anew each time, and held against the run's own baseline."""

from __future__ import annotations

import pytest

from convoracle.reports import InvalidRecord, read_run, write_reports
from convoracle.reports.files.held_against import held_against, keep_baseline

KNOWN = '[[known]]\ncandidate = "torch"\nreason = "T1"\nexpires = 2026-11-25\n'


@pytest.fixture
def finished(writer, record, flipped):
    writer.append(record)
    writer.add_mismatch(*flipped)
    writer.finish(1.0, False)
    return writer


def test_the_reports_of_a_run(finished):
    run = write_reports(finished.folder)
    assert run.totals == read_run(finished.folder).totals
    assert (finished.folder / "index.html").read_text("utf-8").startswith("<!doctype html>")
    assert (finished.folder / "junit.xml").read_text("utf-8").startswith("<?xml")
    assert (finished.folder / "sarif.json").read_text("utf-8").startswith("{")


def test_earlier_reports_are_replaced(finished):
    for path in ("index.html", "cases/index.html", "cases/rows-99.js", "matrix/index.html"):
        file = finished.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text("an earlier one")
    write_reports(str(finished.folder))
    assert not (finished.folder / "cases" / "rows-99.js").exists()
    texts = [path.read_text("utf-8") for path in finished.folder.rglob("index.html")]
    assert [text.count("<!doctype html>") for text in texts] == [1] * 5
    assert "structure[forward]" in (finished.folder / "junit.xml").read_text("utf-8")


def test_without_a_baseline_nothing_is_known(finished):
    write_reports(finished.folder)
    assert "1 cause, 1 mismatch found" in (finished.folder / "index.html").read_text("utf-8")


def test_the_baseline_of_a_run_is_kept_and_told_as_on_the_day_of_the_run(finished):
    keep_baseline(KNOWN, finished.folder)
    run = write_reports(finished.folder)
    page = (finished.folder / "index.html").read_text("utf-8")
    assert "Known: T1" in page
    (of_mismatch,) = finished.folder.glob("mismatches/*/index.html")
    assert "Known: T1" in of_mismatch.read_text("utf-8")
    assert "all of them known" not in page  # of the reference nothing was compared
    assert "Only known mismatches, but not every candidate was compared" in page
    assert held_against(run, finished.folder).unknown == ()


def test_a_baseline_that_is_none_is_told(finished):
    (finished.folder / "held-against.toml").write_text("[[known]]\n")
    with pytest.raises(InvalidRecord, match=r"held-against\.toml.*candidate"):
        write_reports(finished.folder)
    assert not (finished.folder / "cases").exists()


def test_a_new_run_in_the_folder_removes_what_was_made_of_the_old_one(finished, info):
    keep_baseline(KNOWN, finished.folder)
    write_reports(finished.folder)
    finished.close()
    with type(finished).create(finished.folder, info, replace=True):
        left = sorted(path.name for path in finished.folder.iterdir())
    assert left == [".lock", "mismatches", "records", "run.json"]
