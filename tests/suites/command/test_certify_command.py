"""`convoracle certify --out`: what was certified, as a page and as a document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convoracle.suites.command.cli import main


@pytest.mark.usefixtures("own_folder")
def test_what_was_certified_is_written_with_how_sure_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.txt").write_text("mb2ic4oc4ih8kh3ph1\n")
    assert main(["certify", "reference", "--corpus", "own.txt", "--passes", "forward", "--out", "report"]) == 0
    assert "1 of 1 result certified" in capsys.readouterr().out
    document = json.loads(Path("report/certificates.json").read_text())
    (row,) = document["rows"]
    assert (row["subject"], row["outcome"], row["elements"]) == ("forward", "conforms", 512)
    assert row["miss"] <= 2.0**-40
    text = Path("report/index.html").read_text("utf-8")
    assert "proven&nbsp;right" in text
    assert "512" in text


@pytest.mark.usefixtures("own_folder")
def test_a_file_in_the_place_of_the_folder_is_refused_before_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").write_text("mine")
    assert main(["certify", "reference", "--corpus", "resnet50", "--out", "taken"]) == 2
    assert "out='taken', but should be a folder, or new" in capsys.readouterr().err
    assert Path("taken").read_text() == "mine"
