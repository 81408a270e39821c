"""`convoracle header`: what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.suites.command.cli import main


def test_header_prints_the_c_interface_or_the_folder_that_holds_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["header"]) == 0
    text = capsys.readouterr().out
    assert text.endswith("#endif\n") or text.rstrip().endswith("*/")
    assert "convoracle" in text
    assert main(["header", "--folder"]) == 0
    (folder,) = capsys.readouterr().out.splitlines()
    assert (Path(folder) / "convoracle.h").read_text() == text
