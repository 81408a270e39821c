"""`convoracle report`, `seed` and `header`: what they write and print."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.reports import CandidateInfo, RunInfo, RunWriter, read_run, write_reports
from convoracle.suites.command.cli import main


def test_seed_prints_the_equations(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["seed"]) == 0
    assert "O₁₁ = X₁₁F₁₁ + X₁₂F₁₂ + X₂₁F₂₁ + X₂₂F₂₂" in capsys.readouterr().out


def test_report_is_rendered_again_from_the_records(tmp_path: Path) -> None:
    info = RunInfo(0, "quick", (CandidateInfo("reference"),), "2026-11-24T06:00:00+00:00", "convoracle check", ())
    with RunWriter.create(tmp_path / "run", info):
        pass
    write_reports(read_run(tmp_path / "run"), tmp_path / "run")
    pages = [tmp_path / "run" / name for name in ("index.html", "junit.xml")]
    before = [page.read_text() for page in pages]
    for page in pages:
        page.unlink()
    assert main(["report", str(tmp_path / "run")]) == 0
    assert [page.read_text() for page in pages] == before


def test_header_prints_the_c_interface_or_the_folder_that_holds_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["header"]) == 0
    text = capsys.readouterr().out
    assert text.endswith("#endif\n") or text.rstrip().endswith("*/")
    assert "convoracle" in text
    assert main(["header", "--folder"]) == 0
    (folder,) = capsys.readouterr().out.splitlines()
    assert (Path(folder) / "convoracle.h").read_text() == text
