"""`convoracle report`: what it writes."""

from __future__ import annotations

from pathlib import Path

from convoracle.reports import CandidateInfo, RunInfo, RunWriter, write_reports
from convoracle.suites.command.cli import main


def test_report_is_rendered_again_from_the_records(tmp_path: Path) -> None:
    info = RunInfo(0, "quick", (CandidateInfo("reference"),), "2026-11-24T06:00:00+00:00", "convoracle check", ())
    with RunWriter.create(tmp_path / "run", info):
        pass
    write_reports(tmp_path / "run")
    names = (
        "index.html",
        "junit.xml",
        "cases/index.html",
        "cases/tables.js",
        "matrix/index.html",
        "accuracy/index.html",
    )
    pages = [tmp_path / "run" / name for name in names]
    before = [page.read_text() for page in pages]
    for page in pages:
        page.unlink()
    assert main(["report", str(tmp_path / "run")]) == 0
    assert [page.read_text() for page in pages] == before
